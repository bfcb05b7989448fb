"""Invalid JSON and YAML, and repeated keys, are reported in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.disk.json_files import parsed, read_json, read_yaml
from unfreeze.errors import InputError

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(-1e100, 1e100) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(PLAIN, st.booleans())
def test_what_json_writes_is_read_as_python_reads_it(values: object, escaped: bool) -> None:
    assert parsed(json.dumps(values, ensure_ascii=escaped).encode(errors="surrogatepass"), "x") == values


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "Expecting value: line 1 column 1"),
        (b"{", "Expecting property name"),
        (b'{"a": 1}}', "Extra data"),
        (b'{"a":\n\xff}', "byte 0xff in line 2 is not UTF-8 text"),
        (b'{"a": 1, "b": {"a": 1, "a": 2}}', "'a' appears twice in one object; keep one"),
        (b'{"a": NaN}', "it contains NaN, which JSON does not have"),
        (b'{"a": [-Infinity]}', "it contains -Infinity, which JSON does not have"),
        (b'{"a": 1e999}', "it contains the number 1e999, which is too large"),
        (b'{"a": 1e200}', "which is too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "which is too large"),
        (b'{"a": "\\ud800"}', "it contains half of a character"),
        (b'{"\\udfff": 1}', "it contains half of a character"),
        (b"[" * 100_000 + b"]" * 100_000, "it is nested too deeply"),
        (b'{"a":' * 100_000, "it is nested too deeply"),
        (b"\xff\xfe{\x00}\x00", "byte 0xff in line 1 is not UTF-8 text"),
    ],
)
def test_what_is_not_json_is_reported(content: bytes, problem: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(InputError) as raised:
        read_json(tmp_path / "x.json")
    assert str(raised.value).startswith(f"{tmp_path / 'x.json'}: cannot be read: ")
    assert problem in str(raised.value)
    assert len(raised.value.problem) < 300


def test_missing_file_and_folder_are_reported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.json: nothing here"):
        read_json(tmp_path / "x.json", "nothing here")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_json(tmp_path)


def test_mark_of_byte_order_and_whole_pairs_of_halves_are_read() -> None:
    assert parsed(b"\xef\xbb\xbf[1]", "x") == [1]
    assert parsed(b'["\\ud83d\\ude00", "\\\\ud800"]', "x") == ["\N{GRINNING FACE}", "\\ud800"]


@pytest.mark.parametrize(
    ("content", "values"),
    [
        ("a: 1\nb: [x, 2.5, true]", {"a": 1, "b": ["x", 2.5, True]}),
        ("base: &b {x: 1, y: 2}\nother: {<<: *b, y: 3}", {"base": {"x": 1, "y": 2}, "other": {"x": 1, "y": 3}}),
        ("", None),
        ("\ufeffa: 1", {"a": 1}),
        ("1: a\ntrue: b", {1: "b"}),
    ],
)
def test_yaml_is_read(content: str, values: object, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(content, encoding="utf-8")
    if content.startswith("1:"):  # Python takes both keys for one
        with pytest.raises(InputError, match="appears twice"):
            read_yaml(tmp_path / "x.yaml")
    else:
        assert read_yaml(tmp_path / "x.yaml") == values


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a: 1\na: 2", "'a' appears twice"),
        (b"r: [{b: 1, b: 1}]", "'b' appears twice"),
        (b"[" * 5000, "nested too deeply"),
        (b"a: \xff", "byte 0xff in line 1 is not UTF-8 text"),
        (b"a: 2025-13-45", "month must be in 1..12"),
        (b"a: !!timestamp x", ""),
        (b"a: !!int x", "invalid literal"),
        (b"a: !!python/object/apply:os.system [true]", "could not determine a constructor"),
        (b"? [a]\n: 1", "unhashable key"),
        (b"{a: 1", "while parsing a flow mapping"),
        (b"a\n--- b", "expected a single document"),
        (b"a: *b", "undefined alias"),
        (b"\x00", "special characters are not allowed"),
        (b"<<: 3", "expected a mapping"),
        (b"a: " + b"9" * 6000, "digits"),
    ],
)
def test_what_is_not_yaml_is_reported(content: bytes, problem: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(content)
    with pytest.raises(InputError) as raised:
        read_yaml(tmp_path / "x.yaml")
    assert str(raised.value).startswith(f"{tmp_path / 'x.yaml'}: is not YAML: ")
    assert problem in str(raised.value)
    assert len(raised.value.problem) < 300
    assert "\n" not in str(raised.value)
