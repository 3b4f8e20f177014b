"""A base as a few lines of plain Python would keep it: imports, edits by hand, undos (IMP-8, IMP-10, IMP-15, STA-2, STA-5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

STRICTNESS = {"yes": 0, "no": 1, "orange_list": 2, "suppression_list": 3}
STONES = ("Perle", "Diamant")
FIELDS = ("email", "mobile", "mobile_status", "opt_in_email", "postcode", "interests")
NEW = dict.fromkeys(FIELDS) | {"mobile_status": "unknown"}
Contact = dict[str, Any]


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
    contacts: dict[int, Contact] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    """The suppression list for e-mail: key → the strictest consent that it keeps."""
    revisions: list[Revision] = field(default_factory=list)
    imports: int = 0
    last_id: int = 0

    def find(self, email: str) -> int | None:
        return next((number for number, contact in self.contacts.items() if contact["email"] == email), None)

    def take(self, rows: list[Contact], action: str, *, clear: bool = False, free: bool = False) -> dict[str, int]:
        """An import; its counts."""
        self.imports += 1
        revision = Revision(self.imports)
        counts = dict.fromkeys(("inserted", "updated", "unchanged", "deleted", "skipped_by_action"), 0)
        for row in rows:
            number = self.find(row["email"])
            outcome = self._take_row(revision, number, row, action, clear, free)
            counts[outcome] += 1
        self.revisions.append(revision)
        return counts

    def _take_row(
        self, revision: Revision, number: int | None, row: Contact, action: str, clear: bool, free: bool
    ) -> str:
        known = number is not None
        if action == "suppress" and not known:
            self._keep(row["email"], "suppression_list")
        if known is (action == "insert") if action in ("insert", "update") else (not known and action != "upsert"):
            return "skipped_by_action"
        if action == "delete":
            assert number is not None
            self._change(revision, number, None)
            return "deleted"
        if action in ("unsubscribe", "suppress"):
            consent = "no" if action == "unsubscribe" else "suppression_list"
            row = {"email": row["email"], "opt_in_email": consent}
        before = self.contacts[number] if number is not None else NEW | {"opt_in_email": self.kept.get(row["email"])}
        after = merged(before, row, clear=clear, free=free)
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

    def edit(self, number: int, values: Contact) -> None:
        """An edit by hand of what is not the key: sets exactly that."""
        before = self.contacts[number]
        after = before | values
        if after["mobile"] != before["mobile"] and "mobile_status" not in values:
            after["mobile_status"] = "unknown"
        revision = Revision(None)
        if after != before:
            self._change(revision, number, after)
        self.revisions.append(revision)

    def _change(self, revision: Revision, number: int, after: Contact | None) -> None:
        before = self.contacts.get(number)
        revision.changes[number] = Change(before, after)
        self._set(number, after)

    def _set(self, number: int, after: Contact | None) -> None:
        before = self.contacts.pop(number, None)
        if after is None:
            assert before is not None
            self._keep(before["email"], before["opt_in_email"])
            return
        self.contacts[number] = after
        self.contacts = dict(sorted(self.contacts.items()))
        if after["opt_in_email"] == "suppression_list":
            self._keep(after["email"], "suppression_list")
        elif before is None or before["opt_in_email"] == "suppression_list":
            self.kept.pop(after["email"], None)

    def _keep(self, email: str, consent: str | None) -> None:
        if STRICTNESS.get(consent or "yes", 0) > STRICTNESS.get(self.kept.get(email, "yes"), 0):
            self.kept[email] = str(consent)

    def undo(self, number: int) -> None:
        """Undo an import: each contact as the revisions that still stand made it."""
        self.imports += 1
        [undone] = [revision for revision in self.revisions if revision.number == number]
        undone.undone = True
        former = dict(self.contacts)
        for contact_id in sorted(former):
            if not self._belongs(contact_id):
                self._set(contact_id, None)
            elif contact_id in undone.changes and undone.changes[contact_id].before is not None:
                self._set(contact_id, self._reverted(contact_id, undone))
        taken = {contact["email"] for contact in self.contacts.values()}
        for contact_id in sorted(self._ever() - former.keys(), reverse=True):
            back = self._standing(contact_id) if self._belongs(contact_id) else None
            if back is not None and back["email"] not in taken:
                taken.add(back["email"])
                consent = max(back["opt_in_email"], self.kept.get(back["email"]), key=lambda c: STRICTNESS.get(c, -1))
                self._set(contact_id, back | {"opt_in_email": consent})

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
        now, change = self.contacts[contact_id], undone.changes[contact_id]
        if change.after is None or change.before is None:
            return now
        standing, back = self._standing(contact_id), dict(now)
        later = self.revisions[self.revisions.index(undone) + 1 :]
        for name in FIELDS:
            if change.before[name] == change.after[name]:
                continue
            if name == "opt_in_email":
                order = [STRICTNESS.get(consent, 0.5) for consent in (change.before[name], now[name])]
                if now[name] == change.after[name] and order[0] >= order[1]:
                    back[name] = change.before[name]
            elif not any(_stands_on(revision, contact_id, name) for revision in later):
                back[name] = standing[name]
        return back


def _stands_on(revision: Revision, contact_id: int, name: str) -> bool:
    change = revision.changes.get(contact_id)
    if change is None or change.before is None or change.after is None or revision.undone:
        return False
    return change.before[name] != change.after[name]


def merged(before: Contact, row: Contact, *, clear: bool, free: bool) -> Contact:
    """A known contact, or a new one with what the list keeps of it, after one row of a file."""
    after = before | {"email": row["email"]}
    for name in ("mobile", "postcode"):
        if name in row and (row[name] is not None or clear):
            after[name] = row[name]
    if after["mobile"] != before["mobile"]:
        after["mobile_status"] = "unknown"
    if row.get("mobile_status") is not None:
        after["mobile_status"] = row["mobile_status"]
    old, new = before["opt_in_email"], row.get("opt_in_email")
    if new is not None:
        loosens = old is not None and STRICTNESS[new] < STRICTNESS[old]
        if not loosens or (free and old != "suppression_list"):
            after["opt_in_email"] = new
    if "interests" in row:
        crossed = {*(() if clear else before["interests"] or ()), *(row["interests"] or ())}
        after["interests"] = [stone for stone in STONES if stone in crossed] or None
    return after
