"""JSON in the shapes that people have it, against the json module; and one line about whatever is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.data.json_records import read_json
from unfreeze.errors import InputError

ROWS = [{"text": "a", "label": 1}, {"text": "b\n", "more": {"x": [1, {}]}}, {"label": None, "text": "\u2028"}]
COLUMNS = {
    "text": ["a", "b\n", "\u2028"],
    "label": [1, None, None],
    "more": [None, {"x": [1, {}]}, None],
}


def read(text: str) -> tuple[dict[str, list[Any]], list[int], str]:
    return read_json(Path("a.json"), text)


@pytest.mark.parametrize(
    ("text", "lines", "said"),
    [
        ("\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS), [1, 2, 3], ""),
        ("\n\n \t" + "\r\n\n".join(json.dumps(row) for row in ROWS) + "\n\n", [3, 5, 7], ""),
        ("\n".join(json.dumps(row, indent=1) for row in ROWS), [1, 5, 14], ""),
        (json.dumps(ROWS), [1, 1, 1], "The file is one JSON array."),
        ("\n" + json.dumps(ROWS, indent=1) + "\n", [3, 7, 16], "The file is one JSON array."),
        ("[" + ",\n".join(json.dumps(row) for row in ROWS) + "]", [1, 2, 3], "The file is one JSON array."),
        (json.dumps({"version": 1, "data": ROWS}), [1, 1, 1], "The records are 'data' of a JSON object."),
        (json.dumps({"rows": ROWS, "n": [3]}, indent=1), [3, 7, 16], "The records are 'rows' of a JSON object."),
    ],
)
def test_shapes(text: str, lines: list[int], said: str) -> None:
    assert read(text) == (COLUMNS, lines, said)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab", max_size=1), inner, max_size=2),
    max_leaves=4,
)


@given(
    st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, min_size=1), min_size=2, max_size=4),
    st.sampled_from([None, 1]),
    st.booleans(),
    st.booleans(),
)
def test_what_json_wrote_is_read_back(rows: list[Any], indent: int | None, ascii: bool, array: bool) -> None:
    written = [json.dumps(row, indent=indent, ensure_ascii=ascii) for row in rows]
    text = json.dumps(rows, indent=indent, ensure_ascii=ascii) if array else "\n".join(written)
    columns, lines, _ = read(text)
    assert [{name: values[i] for name, values in columns.items() if name in row} for i, row in enumerate(rows)] == rows
    assert all(values[i] is None for name, values in columns.items() for i, row in enumerate(rows) if name not in row)
    assert all(text.split("\n")[line - 1].lstrip(" ,[").startswith("{") for line in lines)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1}\n{"a": 1\n{"a": 2}\n', r"^a\.json:2: is not JSON \(Expecting"),
        ('{"a": 1}\n{"a": "x\n', r"^a\.json:2: is not JSON"),
        ('{"a": 1}\n\n{"a": 1} {"a": 2}\n', r"^a\.json:3: is not JSON \(more than one object"),
        ('{"a": 1}\n{"a":\n2}\n', r"^a\.json:2: is not JSON \(more than one object, or a part of one"),
        ("{'a': 1}\n", r"^a\.json:1: is not JSON .*; one JSON object per line is expected$"),
        ("text\n", r"^a\.json:1: is not JSON"),
        ("3\n", r"^a\.json:1: found a JSON int; one JSON object per line"),
        ('{"a": 1}\n[1]\n', r"^a\.json:2: found a JSON list; one JSON object per line"),
        ('[{"a": 1},\n1]', r"^a\.json:2: found a JSON int"),
        ('[{"a": 1},\n{"a": 2}\n', r"^a\.json:2: is not JSON \(a comma or the end"),
        ('[{"a": 1}\n{"a": 2}]\n', r"^a\.json:2: is not JSON \(a comma or the end"),
        ('[{"a": 1},\n\n]\n', r"^a\.json:3: is not JSON \(Expecting value"),
        ('[{"a": 1}]\n{"a": 2}\n', r"^a\.json:2: is not JSON \(more follows"),
        ('{\n "a": 1,\n "b": }\n', r"^a\.json:3: is not JSON \(Expecting value, in what begins at line 1\)"),
        ('{"a": 1}\n{"a": 1, "b": 2, "a": 1}\n', r"^a\.json:2: the key 'a' occurs twice"),
        ('[{"x": 1},\n{"b": [{"a": 1, "a": 2}]}]', r"^a\.json:2: the key 'a' occurs twice"),
        ('{"a": 1}\n{"a": "\\ud83d"}\n', r"^a\.json:2: contains half of a pair"),
        ('{"a": 1}\n{"a": ' + "9" * 5000 + "}\n", r"^a\.json:2: contains a value that cannot be read"),
        ('{"a": 1}\n{"a": ' + "[" * 100_000 + "]" * 100_000 + "}\n", r"^a\.json:2: lists or objects are nested too"),
        ('{"a": ' + "[" * 100_000, r"^a\.json:1: lists or objects are nested too deeply"),
        ('[{"a": ' * 100_000, r"^a\.json:1: lists or objects are nested too deeply"),
        ('{"train": [{"a": 1}], "test": [{"a": 2}]}', r"^a\.json: contains several arrays of records \(train, test\)"),
        ('{"text": {"0": "a"}, "label": {"0": 1}}', r"^a\.json: contains one object under each key; .*'records'"),
    ],
)  # fmt: skip
def test_one_line_about_what_is_wrong(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        read(text)
    assert len(str(caught.value)) < 300


def test_one_example_with_a_list_of_objects_stays_an_example() -> None:
    text = '{"text": "Anna left.", "entities": [{"start": 0, "end": 4}]}\n'
    assert read(text) == ({"text": ["Anna left."], "entities": [[{"start": 0, "end": 4}]]}, [1], "")
