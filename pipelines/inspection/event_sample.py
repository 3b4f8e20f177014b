"""The first objects of a JSON file, or rows of a table, as columns: path → its texts (IMP-18).

Belongs here: taking objects apart. Does not: what a path likely means (`event_guesses`). Some hundred objects are looked at,
whatever the size of the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pipelines.files.objects import cut_objects
from pipelines.files.reading import TextFrame

_OBJECTS, _DEEPEST = 300, 8
Rows = list[dict[str, str]]


def rows_of_json(text: bytes) -> tuple[Rows, int]:
    """The first objects, each with what stands at its paths, as an EventImport writes them; and how many objects there are.

    A list gives a path with `[]`, of its first item; a text that holds JSON is gone into.
    """
    objects = cut_objects(text).frame
    read = (_loaded(each) for each in objects["text"].head(_OBJECTS).to_list())
    return [dict(_paths(each, "", 0)) for each in read if isinstance(each, dict)], objects.height


def rows_of_text(text: TextFrame) -> Rows:
    """The same of the first rows of a table, by their headers; empty cells are left out."""
    cells = text.frame.head(_OBJECTS).select(f"c{place}" for place in range(len(text.headers))).rows()
    return [{name: cell for name, cell in zip(text.headers, row, strict=True) if name and cell} for row in cells]


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _paths(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > _DEEPEST or value is None or value == "":
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            # A key that holds a dot, or a list's sign, is not one that a path can name among others.
            if key and key == _whole(key) and not {".", "[", "\0"} & set(key):
                yield from _paths(inner, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        for item in value[:1]:
            yield from _paths(item, f"{path}[]", depth + 1)
    elif isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        inner = _loaded(value)
        yield from _paths(inner, path, depth + 1) if isinstance(inner, dict | list) else [(path, _whole(value))]
    else:
        yield path, _whole(value if isinstance(value, str) else json.dumps(value))


def _whole(text: str) -> str:
    """The text, without halves of characters, which JSON can write and nothing else can hold."""
    return text.encode("utf-8", "replace").decode()
