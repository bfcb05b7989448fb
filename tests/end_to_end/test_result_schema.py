"""`docs/result_schema.md` and a real `result.json` tell the same keys."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "result_schema.md"
OPEN = (
    *("audit", "plan", "recipe", "metrics", "files", "columns", "sizes", "truncated", "methods", "environment"),
    *("chosen", "gains"),
)
"""Keys below these are methods, splits, metrics and settings, which other pages list."""


def _sections() -> dict[str, str]:
    """Heading to the text below it."""
    parts = re.split(r"^#+ (.*)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _keys(item)
    if isinstance(value, dict):
        for key, below in value.items():
            yield key
            if key not in OPEN:
                yield from _keys(below)


def _documented(section: str) -> set[str]:
    """Keys of a section's table: all code in its rows, told with quotes or without."""
    rows = [line for line in _sections()[section].splitlines() if line.startswith("|")]
    return {name.strip('"') for row in rows for name in re.findall(r"`([^`]+)`", row)}


@pytest.mark.parametrize("kind", ["pair-classification", "regression", "tagging-BIO"])
def test_every_key_is_documented(kind: str, answered: Callable[[str], Path]) -> None:
    result = json.loads((answered(kind) / "result.json").read_text(encoding="utf-8"))
    top = {k: v for k, v in result.items() if k not in ("data", "methods", "difference", "floor", "probes", "verdict")}
    missing = {
        "Top level": {*result, *_keys(top)} - _documented("Top level"),
        "data": set(_keys(result["data"])) - _documented("data"),
        "difference": set(_keys(result["difference"])) - _documented("difference"),
        "floor": set(_keys(result["floor"])) - _documented("floor"),
        "probes": set(result["probes"]) - _documented("probes"),
        "layers": set(_keys(result["probes"]["layers"])) - _documented("layers"),
        "verdict": set(_keys(result["verdict"])) - _documented("verdict"),
    }
    for method in result["methods"].values():
        missing["methods"] = set(_keys({k: v for k, v in method.items() if k != "cost"})) - _documented("methods")
        missing["cost"] = set(_keys(method["cost"])) - _documented("cost")
    file = json.loads((answered(kind) / "probes.json").read_text(encoding="utf-8"))
    missing["probes.json"] = set(file) - _documented("probes") - _documented("probes.json")
    assert {section: keys for section, keys in missing.items() if keys} == {}


def test_every_documented_key_is_there(answered: Callable[[str], Path]) -> None:
    result = json.loads((answered("classification") / "result.json").read_text(encoding="utf-8"))
    method = result["methods"]["fine-tuning"]
    places = {"Top level": result, "data": result["data"], "methods": method, "cost": method["cost"]}
    places |= {name: result[name] for name in ("difference", "floor", "probes", "verdict")}
    places["layers"] = result["probes"]["layers"][0]
    places["probes.json"] = json.loads((answered("classification") / "probes.json").read_text(encoding="utf-8"))
    for section, values in places.items():
        rows = re.findall(r"^\| (`[^|]*) \|", _sections()[section], re.MULTILINE)
        first = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
        assert first <= values.keys(), section
