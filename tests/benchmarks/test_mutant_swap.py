"""A change reaches everybody who imported what it changes."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from mutant_swap import UnfitError, swap

SOURCE = """
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

LIMIT = 1000


def plain(a, b=1):
    return a + b


@contextmanager
def inside(log):
    log.append("in")
    yield
    log.append("out")


@dataclass(frozen=True)
class Point:
    x: int
    y: int = 2

    @property
    def total(self):
        return self.x + self.y

    @classmethod
    def made(cls):
        return cls(1)


class Low(Point):
    def twice(self):
        return super().total * 2


class Pair(NamedTuple):
    a: int = 1
"""


@pytest.fixture
def made(tmp_path: Path) -> Iterator[ModuleType]:
    path = tmp_path / "made_to_swap.py"
    path.write_text(SOURCE)
    sys.path.insert(0, str(tmp_path))
    import made_to_swap

    yield made_to_swap
    sys.path.remove(str(tmp_path))
    del sys.modules["made_to_swap"]


def change(module: ModuleType, old: str, new: str) -> None:
    """Swap the top statement that has this text."""
    for statement in ast.parse(SOURCE.replace(old, new)).body:
        if new in ast.unparse(statement):
            swap(module, statement)


def test_code_and_defaults_of_a_function_that_is_imported_already(made: ModuleType) -> None:
    plain = made.plain
    change(made, "a + b", "a - b")
    assert plain(3) == 2
    change(made, "b=1", "b=10")
    assert plain(3) == 13


def test_a_context_manager(made: ModuleType) -> None:
    inside, log = made.inside, []
    change(made, 'log.append("in")', "log.append('IN')")
    with inside(log):
        pass
    assert log == ["IN", "out"]


def test_properties_class_methods_and_defaults_of_a_dataclass(made: ModuleType) -> None:
    point = made.Point(5)
    change(made, "self.x + self.y", "self.x - self.y")
    assert point.total == 3
    change(made, "cls(1)", "cls(7)")
    assert made.Point.made() == made.Point(7)
    change(made, "y: int = 2", "y: int = 3")
    assert made.Point(5).y == 3


def test_a_method_that_calls_its_parent(made: ModuleType) -> None:
    low = made.Low(5)
    change(made, "super().total * 2", "super().total / 2")
    assert low.twice() == 3.5


def test_a_constant_for_those_who_imported_it_by_name(made: ModuleType) -> None:
    other = ModuleType("other_of_made")
    other.LIMIT = made.LIMIT  # type: ignore[attr-defined]
    sys.modules["other_of_made"] = other
    change(made, "LIMIT = 1000", "LIMIT = 1001")
    del sys.modules["other_of_made"]
    assert (made.LIMIT, other.LIMIT) == (1001, 1001)  # type: ignore[attr-defined]


def test_defaults_that_are_kept_elsewhere_are_refused(made: ModuleType) -> None:
    with pytest.raises(UnfitError, match="Pair keeps"):
        change(made, "a: int = 1", "a: int = 2")
