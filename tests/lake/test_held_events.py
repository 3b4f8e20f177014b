"""Events that are held in the lake give what the same events in the base give: states, reports, segments, people (LAK-3)."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.base.adopting import adopt
from pipelines.errors import UsageError
from pipelines.layout import ROOT
from tests.behaving import Behaving
from tests.conftest import Account
from tests.examples import examples
from tests.lake.held_world import COLUMNS, declare, event
from tests.rights.world import places

Both = tuple[Behaving, Behaving]
"""Two accounts that are given the same: one keeps its events in the base, the other holds them in its lake."""


@pytest.fixture
def make_both(new_account: Callable[[], Account]) -> Callable[[], Both]:
    """Makes two accounts with three contacts at each call."""

    def make() -> Both:
        plain, held = Behaving(new_account()), Behaving(new_account())
        declare(plain, lake=False)
        declare(held, lake=True)
        for each in (plain, held):
            each.contacts("Email;Nom;Opt-In Email\nann@ex.fr;A;oui\nbob@ex.fr;B;oui\ncat@ex.fr;C;oui\n")
        return plain, held

    return make


@pytest.fixture
def both(make_both: Callable[[], Both]) -> Both:
    """Two accounts with three contacts."""
    return make_both()


def told(behaving: Behaving) -> dict[str, Any]:
    """All that is asked of an account."""
    workspace = behaving.workspace
    counts = dict(workspace.refresh_segments(force=True).counts)
    workspace.compute_activity()
    reports = [each.as_json() for each in workspace.operation_reports()]
    workspace.publish()
    with workspace.published() as copy:
        rows = {
            "contacts": "SELECT * EXCLUDE (created_at, modified_at) FROM contacts ORDER BY ALL",
            "events": f"SELECT {COLUMNS} FROM events ORDER BY ALL",
            "clickers": "SELECT contact_id FROM segments.clickers ORDER BY ALL",
            "silent": "SELECT contact_id FROM segments.silent ORDER BY ALL",
            "consents": "SELECT contact_id, channel, old, new, source FROM consents WHERE source LIKE 'operation%' ORDER BY ALL",
            "pending": "SELECT event_id, key, type FROM pending_events ORDER BY ALL",
            "operations": "FROM operations ORDER BY ALL",
            "activity": "SELECT contact_id, degree, active, last_active_at FROM activity ORDER BY ALL",
        }
        found = {name: copy.execute(query).fetchall() for name, query in rows.items()}
    return {"counts": counts, "reports": reports, **found}


def own(behaving: Behaving) -> list[str]:
    """The types of the events that the base's own file has."""
    return [row[0] for row in behaving.sql("SELECT type FROM main.events ORDER BY type")]


def test_events_that_move_no_state_are_in_the_lake_alone(both: Both) -> None:
    plain, held = both
    for each in both:
        each.send(
            event(1, "ann", "sent"),
            event(2, "ann", "click", url="https://ex.fr/É"),
            event(3, "bob", "unsub"),
            event(4, "bob", "open"),
            event(5, "cat", "hard_bounce"),
            event(6, "dan", "open"),
        )
    assert own(held) == ["bad_alias", "unsubscribed"]
    assert told(held) == told(plain)
    assert held.contact("bob@ex.fr", "opt_in_email") == "no"
    assert held.contact("cat@ex.fr", "email_status") == "bad_alias"


def test_a_file_of_columns_that_says_all_takes_the_short_way(both: Both) -> None:
    rows = "id;campaign;email;event;ts;url;message\n" + "".join(
        f"e{n};Soldes;{who}@ex.fr;{kind};2026-03-04T10:00:0{n}Z;;\n"
        for n, (who, kind) in enumerate([("ann", "open"), ("bob", "delivered"), ("ann", "click")])
    )
    for each in both:
        result = each.events(each.account.write(rows, "esp.csv"))
        assert (result.counts.new, result.counts.known) == (3, 0)
        again = each.events(each.account.write(rows, "esp-again.csv"), force=True)
        assert (again.counts.new, again.counts.known) == (0, 3)
    assert own(both[1]) == ["delivered"]
    assert told(both[1]) == told(both[0])


def test_ids_that_stand_for_several_events_are_contested_with_the_lake(both: Both) -> None:
    for each in both:
        each.send(event(1, "ann", "click", "2026-03-05T10:00:00Z"), event(2, "ann", "open"), event(3, "bob", "sent"))
        later = each.send(
            event(1, "ann", "click", "2026-03-06T10:00:00Z"), event(3, "bob", "sent"), name="esp-2.ndjson"
        )
        assert (later.counts.new, later.counts.known) == (0, 2)
        earlier = each.send(event(1, "bob", "open", "2026-03-01T10:00:00Z"), name="esp-3.ndjson")
        assert "conflicting_event" in earlier.problems["rule"].to_list()
        refusal = each.send(event(2, "ann", "unsub", "2026-03-09T10:00:00Z"), name="esp-4.ndjson")
        assert refusal.counts.new == 1
    assert told(both[1]) == told(both[0])
    assert own(both[1]) == ["unsubscribed"]
    assert both[1].contact("ann@ex.fr", "opt_in_email") == "no"


def test_events_without_an_id_are_known_whoever_brought_them(both: Both) -> None:
    anonymous = {"campaign": "Soldes", "email": "ann@ex.fr", "event": "open", "ts": "2026-03-04T10:00:00Z"}
    for each in both:
        assert each.send(anonymous).counts.new == 1
        assert each.send(anonymous, event(9, "ann", "open"), name="esp-2.ndjson").counts.known == 1
    assert told(both[1]) == told(both[0])


def test_people_who_come_later_get_their_events(both: Both) -> None:
    for each in both:
        each.send(event(1, "dan", "open"), event(2, "dan", "unsub"), event(3, "ann", "open"))
        each.contacts("Email;Opt-In Email\ndan@ex.fr;oui\n")
        assert each.contact("dan@ex.fr", "opt_in_email") == "no"
        each.send(event(4, "ann", "sent"), name="esp-2.ndjson")
    assert own(both[1]) == ["unsubscribed"]
    assert told(both[1]) == told(both[0])


def test_events_go_over_to_successors_and_to_who_stays_of_a_merge(both: Both) -> None:
    for each in both:
        each.send(event(1, "ann", "open"), event(2, "bob", "click"), event(3, "cat", "click"), event(4, "bob", "sent"))
        each.contacts("Email\nann@ex.fr\n", "leaving")
        each.contacts("Email\nann@ex.fr\n")
    assert told(both[1]) == told(both[0])
    merges = [each.workspace.merge("bob@ex.fr", "cat@ex.fr") for each in both]
    assert told(both[1]) == told(both[0])
    for each in both:
        each.send(event(5, "bob", "open"), event(6, "cat", "open"), name="esp-2.ndjson")
    assert own(both[1]) == []
    assert told(both[1]) == told(both[0])
    for each, merged in zip(both, merges, strict=True):
        each.undo(merged.import_id)
    assert told(both[1]) == told(both[0])


def test_a_preview_holds_nothing(both: Both) -> None:
    for each in both:
        each.send(event(1, "ann", "open"), event(2, "ann", "click"))
    before = told(both[1])
    more = (event(1, "ann", "open", "2026-03-01T10:00:00Z"), event(7, "ann", "open"))
    previews = [each.send(*more, preview=True, name="esp-2.ndjson") for each in both]
    assert previews[1].counts == previews[0].counts
    assert told(both[1]) == before
    for each in both:
        each.send(event(8, "ann", "open"), name="esp-3.ndjson")
    assert told(both[1]) == told(both[0])


_WHO = st.sampled_from(["ann", "bob", "cat", "dan", "eve"])
_EVENT = st.builds(
    event,
    st.integers(1, 9),
    _WHO,
    st.sampled_from(["sent", "open", "click", "delivered", "soft", "hard_bounce", "unsub", "complained"]),
    st.sampled_from([f"2026-03-0{day}T10:00:00Z" for day in range(1, 8)]),
)
_STEP = st.one_of(
    st.tuples(st.just("send"), st.lists(_EVENT, min_size=1, max_size=6)),
    st.tuples(st.just("come"), _WHO),
    st.tuples(st.just("leave"), _WHO),
    st.tuples(st.just("move"), _WHO),
)


def do(behaving: Behaving, number: int, step: tuple[str, Any]) -> None:
    match step:
        case ("send", events):
            behaving.send(*events, name=f"esp-{number}.ndjson", force=True)
        case ("come", who):
            behaving.contacts(f"Email;Opt-In Email\n{who}@ex.fr;oui\n")
        case ("leave", who):
            behaving.contacts(f"Email\n{who}@ex.fr\n", "leaving")
        case (_, who):
            here = behaving.sql("SELECT contact_id FROM contacts WHERE email = ?", [f"{who}@ex.fr"])
            free = behaving.sql("SELECT 1 FROM contacts WHERE email = ?", [f"new-{who}@ex.fr"])
            if here and not free:
                behaving.edit(f"{who}@ex.fr", email=f"new-{who}@ex.fr")


@settings(
    deadline=None,
    max_examples=examples(6),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    # An example takes seconds: a smaller one that fails is found by hand sooner.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(st.lists(_STEP, min_size=2, max_size=6))
def test_after_any_steps_both_are_equal(make_both: Callable[[], Both], steps: list[tuple[str, Any]]) -> None:
    both = make_both()
    for number, step in enumerate(steps):
        for each in both:
            do(each, number, step)
    assert told(both[1]) == told(both[0])


_KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines.imports.intake import ImportRequest
from pipelines.layout import Layout
from pipelines.workspace import Workspace
import pipelines.lake.held as held
where, folder, file = sys.argv[1:]
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
if where == "before":
    held._batches = die
elif where == "written":
    held._name = die
else:
    import pipelines.imports.taking as taking
    taking.record = die
workspace = Workspace.open("a test", Layout(Path(folder) / "data", Path(folder) / "assets"))
workspace.take(ImportRequest(file, "esp", force=True))
"""


@pytest.mark.parametrize("where", ["before", "written", "recorded"])
def test_a_kill_at_any_moment_leaves_the_former_state_and_the_next_run_goes_on(both: Both, where: str) -> None:
    for each in both:
        each.send(event(1, "ann", "open"), event(2, "bob", "sent"))
    held = both[1]
    before = told(held)
    more = [event(1, "ann", "click", "2026-03-01T10:00:00Z"), event(3, "bob", "click"), event(4, "bob", "unsub")]
    path = held.account.write("".join(json.dumps(each) + "\n" for each in more), "esp-2.ndjson")
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, where, str(held.account.folder), str(path)], check=False, cwd=ROOT
    )
    assert done.returncode == -signal.SIGKILL
    assert told(held) == before
    for each in both:
        each.send(*more, name="esp-2.ndjson")
    assert told(both[1])["events"] == told(both[0])["events"]


def scatter(held: Behaving, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three imports of events, in a part each, which are enough to be put together."""
    monkeypatch.setattr("pipelines.lake.held._FEW", 3)
    for number, who in enumerate(["ann", "bob", "zoe.quillfeather"]):
        held.contacts(f"Email\n{who}@ex.fr\n")
        more = (event(f"q{number}", who, "click", url="https://ex.fr/quill"), event(f"r{number}", "cat", "open"))
        held.send(*more, name=f"esp-{number}.ndjson")


def test_small_files_are_put_together_and_nothing_else_changes(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    held = both[1]
    scatter(held, monkeypatch)
    before = told(held)
    assert held.sql("SELECT count(*), sum(events) FROM held_files") == [(3, 6)]
    assert held.workspace.compact_lake().as_json()["held_files_gathered"] == 3
    assert held.sql("SELECT count(*), sum(events) FROM held_files") == [(1, 6)]
    assert told(held) == before
    assert held.workspace.compact_lake().gathered == 0
    again = held.send(
        event("q1", "bob", "click", url="https://ex.fr/quill"), event(9, "bob", "open"), name="esp-9.ndjson"
    )
    assert (again.counts.new, again.counts.known) == (1, 1)
    # Files of before, too, are gone with whom they held.
    held.workspace.erase_contact("zoe.quillfeather@ex.fr")
    assert places(["zoe.quillfeather"], held.account.layout.lake) == {}
    assert held.sql("SELECT sum(events) FROM held_files") == [(6,)]
    held.workspace.publish()
    held.workspace.refresh_segments(force=True)
    with held.workspace.published() as copy:
        assert copy.execute("SELECT count(*) FROM events").fetchall() == [(6,)]


_KILLED_GATHERING = """
import os, signal, sys
from pathlib import Path
from pipelines.layout import Layout
from pipelines.workspace import Workspace
import pipelines.lake.held as held
where, folder = sys.argv[1:]
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
held._FEW = 3
if where == "written":
    held._name = die
else:
    import pipelines.lake.tidying as tidying
    tidying.compact = die
Workspace.open("a test", Layout(Path(folder) / "data", Path(folder) / "assets")).compact_lake()
"""


@pytest.mark.parametrize("where", ["written", "named"])
def test_a_kill_while_files_are_put_together_loses_and_doubles_nothing(
    both: Both, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    held = both[1]
    scatter(held, monkeypatch)
    before = told(held)
    command = [sys.executable, "-c", _KILLED_GATHERING, where, str(held.account.folder)]
    assert subprocess.run(command, check=False, cwd=ROOT).returncode == -signal.SIGKILL
    assert told(held) == before
    held.workspace.compact_lake()
    assert held.sql("SELECT count(*), sum(events) FROM held_files") == [(1, 6)]
    assert told(held) == before


def test_an_erased_person_is_in_no_file_of_the_lake(both: Both) -> None:
    held = both[1]
    who = "zoe.quillfeather@exemple.fr"
    held.contacts(f"Email\n{who}\n")
    more = {"email": who, "event": "click", "ts": "2026-03-04T10:00:00Z", "campaign": "Soldes"}
    held.send(
        {**more, "id": "q1", "url": "https://ex.fr/quill"}, event(2, "bob", "click", url=f"https://ex.fr/?m={who}")
    )
    held.send({**more, "id": "q2", "message": "quill"}, event(3, "bob", "open"), name="esp-2.ndjson")
    held.workspace.publish()
    held.workspace.publish_lake()
    lake = held.account.layout.lake
    assert set(places([who, "quill"], lake)) == {who, "quill"}
    erased = held.workspace.erase_contact(who)
    assert erased.stores["events"] == 3
    assert [each for each in erased.left if "lake" in each.where] == []
    assert places([who, "quill"], lake) == {}
    assert held.sql("SELECT sum(events) FROM held_files") == [(1,)]
    held.workspace.refresh_segments(force=True)
    held.workspace.publish()
    with held.workspace.published() as copy:
        assert copy.execute("SELECT event_id, link FROM events ORDER BY 1").fetchall() == [
            ("e2", "https://ex.fr/?m •••"),
            ("e3", None),
        ]


def test_the_lake_holds_all_events_of_each_publication(both: Both) -> None:
    held = both[1]
    held.send(event(1, "ann", "open"), event(2, "bob", "unsub"))
    held.workspace.publish()
    first = held.workspace.publish_lake().generation
    held.send(event(3, "ann", "click"), event(1, "ann", "open", "2026-03-01T10:00:00Z"), name="esp-2.ndjson")
    held.workspace.publish()
    held.workspace.publish_lake()
    asked = "SELECT event_id, occurred_at::DATE::VARCHAR FROM events ORDER BY ALL"
    with held.workspace.published_as_of(first) as then:
        assert then.execute(asked).fetchall() == [("e1", "2026-03-04"), ("e2", "2026-03-04")]
    with held.workspace.published_as_of(10**9) as now:
        assert now.execute(asked).fetchall() == [("e1", "2026-03-01"), ("e2", "2026-03-04"), ("e3", "2026-03-04")]
    held.workspace.compact_lake()
    assert len(told(held)["events"]) == 3


def test_spark_answers_of_all_events(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in both:
        each.send(event(1, "ann", "click"), event(2, "bob", "unsub"), event(3, "bob", "open"), event(4, "cat", "sent"))
    expected = told(both[0])
    declare(both[1], lake=True, base="lake: {catalog: sqlite, warehouse: lake, engine: spark}")
    assert told(both[1]) == expected
    with both[1].workspace.answers() as answers:
        assert [each["email"] for each in answers.members("clickers").contacts] == ["ann@ex.fr"]


def test_a_lake_that_is_declared_no_longer_is_told(both: Both) -> None:
    held = both[1]
    held.send(event(1, "ann", "open"))
    declare(held, lake=False)
    with pytest.raises(UsageError, match="declares none"):
        held.send(event(1, "ann", "open", "2026-03-01T10:00:00Z"), name="esp-2.ndjson")
    declare(held, lake=True)
    held.send(event(1, "ann", "open", "2026-03-01T10:00:00Z"), name="esp-2.ndjson")


def test_the_published_copy_can_be_gone_on_from(both: Both) -> None:
    held = both[1]
    held.send(event(1, "ann", "open"), event(2, "bob", "unsub"))
    before = told(held)
    held.account.layout.base.unlink()
    adopt(held.workspace.store, "copy")
    assert told(held) == before
    held.send(event(3, "ann", "click"), name="esp-2.ndjson")
    assert len(told(held)["events"]) == 3
