"""Values of a file come as the types that are declared, or one line says which does not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.disk.typed import briefly, read_typed, typed
from unfreeze.errors import InputError


@dataclass(frozen=True)
class Point:
    step: int
    loss: float


@dataclass(frozen=True)
class Kept:
    name: str
    kind: Literal["a", "b"]
    points: tuple[Point, ...]
    scores: Mapping[str, float]
    layers: tuple[int, ...] | Literal["mix"] | None
    pair: tuple[float, float]
    sure: bool
    later: int = 7


WHOLE = Kept("x", "a", (Point(1, 0.5), Point(2, 1.0)), {"f": 1 / 3}, (0, -1), (0.1, 2), True)
VALUES: dict[str, Any] = json.loads(json.dumps(asdict(WHOLE)))
numbers = st.floats(-1e100, 1e100) | st.integers(-(10**9), 10**9)


@given(st.builds(
    Kept, st.text(), st.sampled_from(["a", "b"]), st.lists(st.builds(Point, st.integers(), numbers)).map(tuple),
    st.dictionaries(st.text(), numbers), st.none() | st.just("mix") | st.lists(st.integers()).map(tuple),
    st.tuples(numbers, numbers), st.booleans(), st.integers(),
))  # fmt: skip
def test_a_dataclass_comes_back_to_the_last_digit(kept: Kept) -> None:
    assert typed(json.loads(json.dumps(asdict(kept))), Kept, "x") == kept


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(VALUES, indent=1), encoding="utf-8-sig")
    assert read_typed(tmp_path / "x.json", Kept) == WHOLE
    with pytest.raises(InputError, match=r"y\.json: is this it\?"):
        read_typed(tmp_path / "y.json", Kept, "is this it?")


def test_what_older_files_lack_has_its_default() -> None:
    assert typed({name: value for name, value in VALUES.items() if name != "later"}, Kept, "x") == WHOLE


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": 3}, "name: input should be a valid string, found 3"),
        ({"name": None}, "name: input should be a valid string, found None"),
        ({"kind": "c"}, "kind: input should be 'a' or 'b', found 'c'"),
        ({"points": {}}, "points: input should be a valid array, found {}"),
        ({"points": [{"step": 1}]}, "points.0.loss: is missing"),
        ({"points": [{"step": True, "loss": 1}]}, "points.0.step: input should be a valid integer, found True"),
        ({"points": [{"step": 1.0, "loss": 1}]}, "points.0.step: input should be a valid integer, found 1.0"),
        ({"points": [{"step": "1", "loss": 1}]}, "points.0.step: input should be a valid integer, found '1'"),
        ({"scores": True}, "scores: input should be an object, found True"),
        ({"scores": {"f": "x"}}, "scores.f: input should be a valid number, found 'x'"),
        ({"scores": {"f": None}}, "scores.f: input should be a valid number, found None"),
        ({"scores": {"f": False}}, "scores.f: input should be a valid number, found False"),
        ({"pair": [1.0]}, "pair.1: is missing"),
        ({"pair": [1.0, 2.0, 3.0]}, "pair"),
        ({"sure": 1}, "sure: input should be a valid boolean, found 1"),
        ({"name": "\n" * 99, "sure": "x\ny"}, r"sure: input should be a valid boolean, found 'x\ny'"),
        ({"scores": {"x" * 900: "y" * 900}}, "found 'yyy"),
        ({"scores": {"f": [[0] * 999] * 999}}, "found [[0, 0, 0, ...], [0, 0, 0, ...], [0, 0, 0, ...], ...]"),
    ],
)
def test_other_types_are_reported_with_field_and_remedy(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError) as raised:
        typed({**VALUES, **change}, Kept, "x.json", "delete it")
    said = str(raised.value)
    assert said.startswith("x.json: is not as this version of unfreeze writes it: ")
    assert problem in said
    assert said.endswith("; delete it")
    assert len(said) < 400
    assert "\n" not in said


@pytest.mark.parametrize(
    ("change", "field"), [({"new": 1}, "new"), ({"points": [{"step": 1, "loss": 1, "x": 1}]}, "x")]
)
def test_what_a_newer_version_wrote_is_reported_and_may_be_passed_over(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=f"{field}' is not known to this version of unfreeze; if a newer one wrote it"):
        typed({**VALUES, **change}, Kept, "x")
    found = typed({**VALUES, **change}, Kept, "x", loose=True)
    assert (found.name, found.later) == ("x", 7)


@pytest.mark.parametrize("content", [b"[1]", b"null", b'"x"', b"{}", b"3", b'{"a":' + b"[" * 250 + b"]" * 250 + b"}"])
def test_what_is_no_such_object_is_reported(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(InputError, match=r"x\.json: (is not as|cannot be read)"):
        read_typed(tmp_path / "x.json", Kept)


def test_a_key_that_appears_twice_is_reported(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(VALUES)[:-1] + ', "later": 8}', encoding="utf-8")
    with pytest.raises(InputError, match="'later' appears twice"):
        read_typed(tmp_path / "x.json", Kept)


def test_numbers_that_are_none_are_reported() -> None:
    for value in (float("nan"), float("inf")):
        with pytest.raises(InputError, match="is not as this version"):
            typed({**VALUES, "scores": {"f": value}}, Kept, "x")


def test_values_that_hold_themselves_or_very_much_are_shown_in_short() -> None:
    ring: list[Any] = []
    ring.append(ring)
    bomb: list[Any] = ["x"]
    for _ in range(60):
        bomb = [bomb, bomb]
    assert len(briefly(ring)) < 60
    assert len(briefly(bomb)) < 60
    assert len(briefly(10**4000)) < 60
