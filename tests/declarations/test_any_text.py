"""No text, however broken, ends in anything but declarations or problems with a place inside the file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.declared import load
from pipelines.layout import ROOT

SAMPLES = "---\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "assets").rglob("defs.yaml")))
SCALAR = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.dates(), st.text(max_size=8))
WORDS = st.sampled_from(
    (
        "type",
        "attributes",
        "name",
        "fields",
        "format",
        "values",
        "criteria",
        "field",
        "op",
        "value",
        "segment",
        "any",
        "not",
    )
)
TREE = st.recursive(
    SCALAR,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=8,
)
TYPES = st.sampled_from(["ContactBase", "ImportModel", "Segment", "Export", "EventImport"])


def judged(text: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "defs.yaml"
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        loaded = load(Path(name))
    assert loaded.ok != any(problem.severity == "error" for problem in loaded.problems)
    assert all(1 <= problem.line <= text.count("\n") + text.count("\r") + 9 for problem in loaded.problems)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=40))
@example("\x85\u2028a: [")
@example("a: *b")
def test_any_text(text: str) -> None:
    judged(text)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, len(SAMPLES)),
    st.integers(0, 12),
    st.sampled_from(["", "\t", "{", "]", ": ", "- ", "'", "yes", "&a ", "\n"]),
)
def test_the_samples_with_a_piece_torn_out(start: int, length: int, put_in: str) -> None:
    judged(SAMPLES[:start] + put_in + SAMPLES[start + length :])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(TYPES, st.one_of(st.dictionaries(WORDS, TREE, max_size=5), TREE)), max_size=3))
def test_documents_of_any_shape(documents: list[tuple[str, object]]) -> None:
    bare = {"type": "pipelines.components.ContactBase", "attributes": {}}
    trees = [{"type": f"pipelines.components.{name}", "attributes": tree} for name, tree in documents]
    judged(yaml.safe_dump_all([bare, *trees]))
