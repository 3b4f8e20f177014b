"""Encodings of the whole world: each is named, and only what two looks agree on is mended (IMP-2, IMP-19)."""

from __future__ import annotations

import random

import pytest

from pipelines.files.encodings import recognise, to_utf8
from pipelines.files.mending import mend
from pipelines.files.profiling import profile_bytes
from tests.files.world import Sample, samples, text_of

ALL = list(samples())
NOT_SURE = {"Ukrainian-cp1251-3", "Turkish-cp1254-3", "Turkish-iso8859-9-3", "Polish-cp1250-3", "Polish-iso8859-2-3"}
"""Too short for two looks to agree; DOS pages of Latin letters are never sure."""


@pytest.mark.parametrize("sample", ALL, ids=lambda sample: sample.name)
def test_it_is_named_and_mended_where_two_looks_agree(sample: Sample) -> None:
    found = recognise(sample.data)
    meant = sample.data.decode(sample.codec)
    assert sample.data.decode(found.name).removeprefix("\ufeff") == meant.removeprefix("\ufeff")
    assert found.label != found.name.upper()
    assert found.sure == (sample.name not in NOT_SURE and sample.codec != "cp850")
    assert to_utf8(sample.data, found) == (meant.removeprefix("\ufeff").encode() if found.sure else None)


def test_there_are_enough_of_them() -> None:
    assert len(ALL) >= 57
    assert len({sample.codec for sample in ALL}) >= 25


@pytest.mark.parametrize(
    "language", ["Russian", "Greek", "Hebrew", "Arabic", "Czech", "Hungarian", "Japanese", "Korean"]
)
def test_no_file_of_another_script_is_ever_mended_as_a_western_one(language: str) -> None:
    """Rows of any number, in any order: what is mended reads as it was written."""
    codecs = {"Russian": "cp1251", "Greek": "cp1253", "Hebrew": "cp1255", "Arabic": "cp1256", "Japanese": "shift_jis"}
    codec = codecs.get(language, "euc_kr" if language == "Korean" else "cp1250")
    header, *rows = text_of(language, 24).splitlines()
    for seed in range(12):
        rng = random.Random(seed)
        text = "\n".join([header if seed % 2 else "Email;A;B;C", *rng.sample(rows, rng.randrange(1, 7))])
        data = text.encode(codec)
        mended = to_utf8(data, recognise(data))
        assert mended is None or mended.decode() == text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("codec", ["cp1251", "cp866", "big5", "euc_kr", "cp874"])
def test_line_ends_change_nothing(codec: str, end: str) -> None:
    language = {"big5": "Taiwanese", "euc_kr": "Korean", "cp874": "Thai"}.get(codec, "Russian")
    data = text_of(language, 30).replace("\n", end).encode(codec)
    assert recognise(data).sure
    assert data.decode(recognise(data).name) == data.decode(codec)


def test_damaged_bytes_in_few_lines_are_damage_and_in_most_another_encoding() -> None:
    text = text_of("French", 30)
    data = text.encode()
    place = data.index("é".encode()) + 1
    found = recognise(data[:place] + data[place + 1 :])
    assert (found.name, found.damaged) == ("utf-8-damaged", 1)
    thai = recognise(text_of("Thai", 3).encode("cp874"))
    assert thai.name == "cp874"


def test_a_mended_file_shows_three_cells_before_and_after() -> None:
    data = text_of("Russian", 20).encode("cp1251")
    profile, source = profile_bytes(data, name="a.csv", separator=";", max_bytes=1 << 20)
    mended = mend(profile, source, lambda _: ())
    assert mended is not None
    (change,) = mended.changes
    assert change.what == "Windows-1251 (Cyrillic) turned into UTF-8"
    assert change.examples == ((1, "���", "Имя"), (1, "�������", "Фамилия"), (1, "�����", "Город"))


def test_a_long_file_is_told_by_the_lines_that_hold_signs() -> None:
    plain = "".join(f"client{n}@example.org;A;B;C\n" for n in range(20_000))
    data = ("Email;A;B;C\n" + plain + text_of("Greek", 40).partition("\n")[2]).encode("cp1253")
    assert (recognise(data).name, recognise(data).sure, recognise(data).line) == ("cp1253", True, 20_002)
