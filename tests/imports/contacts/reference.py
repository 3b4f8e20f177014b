"""A base as a few lines of plain Python would keep it: imports, edits by hand, undos (IMP-8, IMP-10, IMP-15, STA-2, STA-5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

STRICTNESS = {"yes": 0, "no": 1, "orange_list": 2, "suppression_list": 3}
STONES = ("Perle", "Diamant")
CONSENTS = ("opt_in_email", "opt_in_sms")
CHANNEL_OF = {"email": "opt_in_email", "mobile": "opt_in_sms"}
"""The two addresses of a contact, and the consent that each is for."""
FIELDS = ("email", "mobile", "mobile_status", *CONSENTS, "postcode", "interests")
NEW = dict.fromkeys(FIELDS) | {"mobile_status": "unknown"}
Contact = dict[str, Any]
Entry = tuple[str, str, bool]
"""An address, a consent's name, whether the address was the key."""


@dataclass
class Change:
    """One contact in one revision; `before` None: inserted, `after` None: deleted."""

    before: Contact | None
    after: Contact | None


@dataclass
class Revision:
    number: int | None
    changes: dict[int, Change] = field(default_factory=dict)
    named: set[int] = field(default_factory=set)
    undone: bool = False
    inserted: set[int] = field(default_factory=set)


@dataclass
class Base:
    key: str = "email"
    contacts: dict[int, Contact] = field(default_factory=dict)
    kept: dict[Entry, str] = field(default_factory=dict)
    """The suppression list: the strictest consent that it keeps."""
    leaving: list[Entry] = field(default_factory=list)
    entering: list[tuple[Entry, str]] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    imports: int = 0
    last_id: int = 0

    @property
    def other(self) -> str:
        return "mobile" if self.key == "email" else "email"

    def find(self, key: str) -> int | None:
        return next((number for number, contact in self.contacts.items() if contact[self.key] == key), None)

    def may_be_keyed_by(self, key: str) -> bool:
        keys = [contact[key] for contact in self.contacts.values()]
        return None not in keys and len(set(keys)) == len(keys)

    def take(self, rows: list[Contact], action: str, *, clear: bool = False, free: bool = False) -> dict[str, int]:
        """An import; its counts."""
        self.imports += 1
        revision = Revision(self.imports)
        counts = dict.fromkeys(("inserted", "updated", "unchanged", "deleted", "skipped_by_action"), 0)
        for row in rows:
            number = self.find(row[self.key])
            outcome = self._take_row(revision, number, row, action, clear, free)
            counts[outcome] += 1
        self._settle_list()
        self.revisions.append(revision)
        return counts

    def _take_row(
        self, revision: Revision, number: int | None, row: Contact, action: str, clear: bool, free: bool
    ) -> str:
        known = number is not None
        if action == "suppress" and not known:
            self._enter(row[self.key], "opt_in_email", "suppression_list", by_key=True)
            self._enter(row[self.key], "opt_in_sms", "no", by_key=True)
        if action in ("unsubscribe", "update") and not known:
            self._remember(row, action)
        if known is (action == "insert") if action in ("insert", "update") else (not known and action != "upsert"):
            return "skipped_by_action"
        if action == "delete":
            assert number is not None
            self._change(revision, number, None)
            return "deleted"
        if action == "unsubscribe":
            row = {self.key: row[self.key], CHANNEL_OF[self.key]: "no"}
        if action == "suppress":
            row = {self.key: row[self.key], "opt_in_email": "suppression_list", "opt_in_sms": "no"}
        before = self.contacts[number] if number is not None else NEW | {self.key: row[self.key]}
        new = {} if known else {self.key: row[self.key]}
        if row.get(self.other) is not None and row[self.other] != before[self.other]:
            new[self.other] = row[self.other]
        after = merged(self._held(before, new), row, self.key, clear=clear, free=free)
        if number is None:
            self.last_id += 1
            number = self.last_id
            revision.inserted.add(number)
        elif after == self.contacts[number]:
            revision.named.add(number)
            return "unchanged"
        revision.named.add(number)
        self._change(revision, number, after)
        return "updated" if known else "inserted"

    def _remember(self, row: Contact, action: str) -> None:
        """What somebody refuses whom the base does not know: at the key, and at the other address for its own channel (STA-5)."""
        own = CHANNEL_OF[self.key]
        said = {own: "no"} if action == "unsubscribe" else {consent: row[consent] for consent in CONSENTS}
        for consent, value in said.items():
            self._enter(row[self.key], consent, value, by_key=True)
        consent = CHANNEL_OF[self.other]
        if action == "update" and row[self.other] is not None:
            self._enter(row[self.other], consent, row[consent], by_key=False)

    def edit(self, number: int, values: Contact) -> None:
        """An edit by hand of what is not the key: sets exactly that, and what the list keeps of another address."""
        before = self.contacts[number]
        moved = {n: v for n, v in values.items() if n in CHANNEL_OF and v is not None and v != before[n]}
        after = self._held(before, moved) | values
        if after["mobile"] != before["mobile"] and "mobile_status" not in values:
            after["mobile_status"] = "unknown"
        revision = Revision(None)
        if after != before:
            self._change(revision, number, after)
        self._settle_list()
        self.revisions.append(revision)

    def _held(self, contact: Contact, addresses: Contact, *, shared: bool = True) -> Contact:
        """The contact with the stricter consents that the list keeps of these addresses."""
        held = dict(contact)
        for (address, consent, by_key), kept in self.kept.items():
            for name, value in addresses.items():
                told = {consent: kept} | ({"opt_in_sms": "no"} if kept == "suppression_list" else {})
                for each, strict in told.items():
                    counts = name == self.key or by_key or (shared and CHANNEL_OF[name] == each)
                    if value == address and counts:
                        held[each] = max(held[each], strict, key=lambda c: STRICTNESS.get(c, -1))
        return held

    def _change(self, revision: Revision, number: int, after: Contact | None) -> None:
        before = self.contacts.get(number)
        revision.changes[number] = Change(before, after)
        self._set(number, after)

    def _set(self, number: int, after: Contact | None, *, by_leave: bool = True) -> None:
        before = self.contacts.pop(number, None)
        for name, own in CHANNEL_OF.items():
            if before is not None and before[name] is not None and before[name] != (after or {}).get(name):
                for consent in CONSENTS:
                    if name == self.key or after is None or own == consent:
                        self._enter(before[name], consent, before[consent], by_key=name == self.key)
        if after is None:
            return
        self.contacts[number] = after
        self.contacts = dict(sorted(self.contacts.items()))
        is_new = {name: after[name] != (before or {}).get(name) for name in CHANNEL_OF}
        suppressed, was = after["opt_in_email"] == "suppression_list", (before or {}).get("opt_in_email")
        if not suppressed and (is_new[self.key] or was == "suppression_list"):
            self._leave(after[self.key], "opt_in_email")
        if is_new[self.key]:
            self._leave(after[self.key], "opt_in_sms")
        if suppressed:
            self._enter(after[self.key], "opt_in_email", "suppression_list", by_key=True)
        for consent in CONSENTS:
            loosened = (before or {}).get(consent) not in (None, "yes")
            arrives = is_new[self.other] and CHANNEL_OF[self.other] == consent
            if by_leave and after[self.other] is not None and after[consent] == "yes" and (loosened or arrives):
                self._leave(after[self.other], consent)

    def _enter(self, address: str, consent: str, value: str | None, *, by_key: bool) -> None:
        if value not in (None, "yes"):
            self.entering.append(((address, consent, by_key), str(value)))

    def _leave(self, address: str, consent: str) -> None:
        self.leaving += [(address, consent, True), (address, consent, False)]

    def _settle_list(self) -> None:
        """The list follows a revision as a whole: who leaves, then who enters."""
        for entry in self.leaving:
            self.kept.pop(entry, None)
        for entry, consent in self.entering:
            if STRICTNESS[consent] > STRICTNESS[self.kept.get(entry, "yes")]:
                self.kept[entry] = consent
        self.leaving, self.entering = [], []

    def undo(self, number: int) -> None:
        """Undo an import: each contact as the revisions that still stand made it."""
        self.imports += 1
        [undone] = [revision for revision in self.revisions if revision.number == number]
        undone.undone = True
        former = dict(self.contacts)
        going = [contact_id for contact_id in former if not self._belongs(contact_id)]
        staying = {contact_id: self._reverted(contact_id, undone) for contact_id in former.keys() - set(going)}
        self._bar_keys(staying, former)
        taken = {former[contact_id][self.key] for contact_id in staying} | {c[self.key] for c in staying.values()}
        for contact_id in going:
            self._set(contact_id, None)
        for contact_id, back in sorted(staying.items()):
            moved = {n: back[n] for n in CHANNEL_OF if back[n] is not None and back[n] != former[contact_id][n]}
            self._set(contact_id, self._held(back, moved, shared=False), by_leave=False)
        for contact_id in sorted(self._ever() - former.keys(), reverse=True):
            back = self._standing(contact_id) if self._belongs(contact_id) else None
            if back is not None and back[self.key] is not None and back[self.key] not in taken:
                taken.add(back[self.key])
                addresses = {name: back[name] for name in CHANNEL_OF if back[name] is not None}
                self._set(contact_id, self._held(back, addresses, shared=False), by_leave=False)
        self._settle_list()

    def _bar_keys(self, staying: dict[int, Contact], former: dict[int, Contact]) -> None:
        """No contact gets a key back that is none, or another one's."""
        taken = {former[contact_id][self.key] for contact_id in staying}
        for contact_id, back in sorted(staying.items()):
            now = former[contact_id]
            if back[self.key] == now[self.key]:
                continue
            if back[self.key] is not None and back[self.key] not in taken:
                taken.add(back[self.key])
                continue
            back[self.key] = now[self.key]
            if self.key == "mobile":
                back["mobile_status"] = now["mobile_status"]

    def _ever(self) -> set[int]:
        return {contact_id for revision in self.revisions for contact_id in revision.changes}

    def _belongs(self, contact_id: int) -> bool:
        changes = [(r, r.changes[contact_id]) for r in self.revisions if contact_id in r.changes]
        if any(change.after is None and not revision.undone for revision, change in changes):
            return False
        inserter_undone = any(change.before is None and revision.undone for revision, change in changes)
        held = any(contact_id in r.named - r.inserted and not r.undone for r in self.revisions)
        edited = any(change.before is not None and not revision.undone for revision, change in changes)
        return not inserter_undone or held or edited

    def _standing(self, contact_id: int) -> Contact:
        found: Contact = {}
        changes = [(r, r.changes[contact_id]) for r in self.revisions if contact_id in r.changes]
        for name in FIELDS:
            values = [
                change.after[name]
                for revision, change in changes
                if change.after is not None
                and (change.before is None or not revision.undone)
                and change.after[name] != (change.before or {}).get(name)
            ]
            first = next(
                (
                    (c.before or {}).get(name)
                    for _, c in changes
                    if c.after is None or c.after[name] != (c.before or {}).get(name)
                ),
                None,
            )
            found[name] = values[-1] if values else first
        return found

    def _reverted(self, contact_id: int, undone: Revision) -> Contact:
        now, change = self.contacts[contact_id], undone.changes.get(contact_id)
        if change is None or change.after is None or change.before is None:
            return dict(now)
        standing, back = self._standing(contact_id), dict(now)
        later = self.revisions[self.revisions.index(undone) + 1 :]
        for name in FIELDS:
            if change.before[name] == change.after[name]:
                continue
            if name in CONSENTS:
                order = [STRICTNESS.get(consent, 0.5) for consent in (change.before[name], now[name])]
                if now[name] == change.after[name] and order[0] >= order[1]:
                    back[name] = change.before[name]
            elif not any(_stands_on(revision, contact_id, name) for revision in later):
                back[name] = standing[name]
        # STA-2: a status is of the number that it was said of, and says nothing of another one.
        if back["mobile"] != change.before["mobile"]:
            back["mobile_status"] = now["mobile_status"]
        return back


def _stands_on(revision: Revision, contact_id: int, name: str) -> bool:
    change = revision.changes.get(contact_id)
    if change is None or change.before is None or change.after is None or revision.undone:
        return False
    return change.before[name] != change.after[name]


def merged(before: Contact, row: Contact, key: str, *, clear: bool, free: bool) -> Contact:
    """A known contact, or a new one, with what the list keeps of it, after one row of a file."""
    after = before | {key: row[key]}
    for name in ("email", "mobile", "postcode"):
        if name in row and (row[name] is not None or clear):
            after[name] = row[name]
    if after["mobile"] != before["mobile"]:
        after["mobile_status"] = "unknown"
    if row.get("mobile_status") is not None:
        after["mobile_status"] = row["mobile_status"]
    for name in CONSENTS:
        old, new = before[name], row.get(name)
        if new is not None:
            loosens = old is not None and STRICTNESS[new] < STRICTNESS[old]
            if not loosens or (free and before["opt_in_email"] != "suppression_list"):
                after[name] = new
    if "interests" in row:
        crossed = {*(() if clear else before["interests"] or ()), *(row["interests"] or ())}
        after["interests"] = [stone for stone in STONES if stone in crossed] or None
    return after
