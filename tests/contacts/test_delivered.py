"""Whoever nothing is known of than deliveries is valid without reckoning, which is as if they had been reckoned (BHV-2, STA-4)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings

from expectations.judge import Judge
from pipelines.base.store import Connection
from pipelines.contacts.revisions import begin
from pipelines.contacts.states import affect, follow_events
from tests.behaving import Behaving
from tests.conftest import Account
from tests.examples import examples
from tests.imports.events.test_any_order import Played, Playing, ways
from tests.imports.events.test_importing import CONTACTS, event

EARLY, LATE = "2026-01-01T10:00:00Z", "2026-01-02T10:00:00Z"
NAMED = "SELECT c.email FROM {} JOIN contacts AS c USING (contact_id)"


def early(kind: str) -> Callable[[Behaving], object]:
    return lambda behaving: behaving.send(event("anna@ex.fr", kind, EARLY), name="esp-0.ndjson")


def nobody_lost_events(connection: Connection) -> None:
    connection.execute("CREATE TEMP TABLE carnet_lost_events (contact_id BIGINT, channel VARCHAR)")


@pytest.mark.parametrize(
    ("before", "known"),
    [
        pytest.param(early("sent"), True, id="nothing else"),
        pytest.param(early("delivered"), True, id="a delivery"),
        pytest.param(early("soft"), False, id="a return"),
        pytest.param(early("unsub"), False, id="a refusal"),
        pytest.param(lambda b: b.contacts("email;email_status\nanna@ex.fr;Soft\n"), False, id="a setting"),
        pytest.param(
            lambda b: (b.edit("anna@ex.fr", email="a@ex.fr"), b.edit("a@ex.fr", email="anna@ex.fr")),
            False,
            id="another address",
        ),
    ],
)
def test_who_need_not_be_reckoned(behaving: Behaving, before: Callable[[Behaving], object], *, known: bool) -> None:
    behaving.contacts(CONTACTS)
    before(behaving)
    result = behaving.send(event("anna@ex.fr", "delivered", LATE))
    with behaving.workspace.store.rehearse() as writer:
        connection = writer.connection
        nobody_lost_events(connection)
        affect(writer, result.import_id or 0)
        found = {
            name: connection.execute(NAMED.format(name)).fetchall() for name in ("carnet_delivered", "carnet_affected")
        }
    anna = [("anna@ex.fr",)]
    assert found == {"carnet_delivered": anna if known else [], "carnet_affected": [] if known else anna}


def test_an_event_that_names_its_address_is_reckoned(behaving: Behaving) -> None:
    """It happened a moment ago: whose address it was may still change, so the event keeps it."""
    behaving.contacts(CONTACTS)
    result = behaving.send(event("anna@ex.fr", "delivered", datetime.now(UTC).isoformat()))
    with behaving.workspace.store.rehearse() as writer:
        nobody_lost_events(writer.connection)
        affect(writer, result.import_id or 0)
        assert writer.connection.execute("SELECT count(*) FROM carnet_delivered").fetchall() == [(0,)]
        assert writer.connection.execute(NAMED.format("carnet_affected")).fetchall() == [("anna@ex.fr",)]


def test_a_version_keeps_what_did_not_change(behaving: Behaving) -> None:
    """All fields before and after, those too that nothing declares any more; the log of consents has what changed."""
    behaving.declare("fields: [{name: size, label: Size, format: text}]")
    behaving.contacts("email;first_name;opt_in_email;size\nanna@ex.fr;Anna;yes;42\nbob@ex.fr;Bob;yes;43\n")
    behaving.declare()
    behaving.send(
        event("anna@ex.fr", "delivered", EARLY), event("bob@ex.fr", "unsub", EARLY), event("bob@ex.fr", "soft", LATE)
    )
    columns = ("first_name", "size", "email_status", "opt_in_email", "email_return_at")
    both = ", ".join(f'v."former:{name}", v."{name}"' for name in columns)
    query = f'SELECT v.email, {both}, v.modified_at > v."former:modified_at" FROM contact_versions AS v'
    told = behaving.sql(f"{query} JOIN revisions USING (revision_id) WHERE kind = 'events' ORDER BY v.email")
    soft = datetime.fromisoformat(LATE)
    assert told == [
        ("anna@ex.fr", "Anna", "Anna", "42", "42", "unknown", "valid", "yes", "yes", None, None, True),
        ("bob@ex.fr", "Bob", "Bob", "43", "43", "unknown", "soft", "yes", "no", None, soft, True),
    ]
    assert behaving.sql("SELECT email, size, email_status FROM contacts ORDER BY email") == [
        ("anna@ex.fr", "42", "valid"),
        ("bob@ex.fr", "43", "soft"),
    ]
    consents = "SELECT c.email, k.channel, k.old, k.new FROM consents AS k JOIN contacts AS c USING (contact_id) WHERE k.new = 'no'"
    assert behaving.sql(consents) == [("bob@ex.fr", "email", "yes", "no")]


# Each example plays a base: shrinking a failure would take longer than reading it.
@settings(max_examples=examples(20), deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(both=ways())
def test_to_reckon_everybody_anew_changes_nobody(both: tuple[Played, Played], judge: Judge) -> None:
    played, _ = both
    with tempfile.TemporaryDirectory() as folder:
        behaving = Behaving(Account(Path(folder), judge))
        behaving.declare("soft_limit: 2")
        playing = Playing(behaving)
        for place, step in enumerate([*played.steps, None]):
            for number, (before, model, events) in enumerate(played.files):
                if before == place:
                    behaving.send(*events, name=f"{model}-{number}.ndjson", model=model, force=True)
            if step is not None:
                playing.play(*step)
        with behaving.workspace.store.rehearse() as writer:
            connection = writer.connection
            connection.execute("CREATE TEMP TABLE carnet_affected AS SELECT contact_id FROM main.contacts")
            connection.execute("CREATE TEMP TABLE carnet_delivered (contact_id BIGINT, channel VARCHAR)")
            assert follow_events(writer, begin(writer, "events", "test", datetime.now(UTC))) == 0
