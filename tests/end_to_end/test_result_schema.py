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
    *("audit", "plan", "recipe", "metrics", "files", "columns", "sizes", "truncated", "environment"),
    *("chosen", "gains", "findings"),
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
    (encoder,) = result["encoders"].values()
    rest = ("data", "encoders", "arms", "differences", "floor", "verdict", "second")
    missing = {
        "Top level": {*result, *_keys({k: v for k, v in result.items() if k not in rest})} - _documented("Top level"),
        "data": set(_keys(result["data"])) - _documented("data"),
        "encoders": set(_keys({k: v for k, v in encoder.items() if k not in ("probes", "unread", "over_limit")}))
        - _documented("encoders"),
        "differences": set(_keys(result["differences"])) - _documented("differences"),
        "floor": set(_keys(result["floor"])) - _documented("floor"),
        "probes": set(encoder["probes"]) - _documented("probes"),
        "layers": set(_keys(encoder["probes"]["layers"])) - _documented("layers"),
        "verdict": set(_keys(result["verdict"])) - _documented("verdict"),
    }
    for arm in result["arms"]:
        missing["arms"] = set(_keys({k: v for k, v in arm.items() if k != "cost"})) - _documented("arms")
        missing["cost"] = set(_keys(arm["cost"])) - _documented("cost")
    if (second := result["second"]) is not None:
        measures = {key for measure in second["measures"] for key in measure}
        missing["second"] = {*second, *measures} - _documented("second")
        calibration = set(_keys(list(second["calibration"].values())))
        missing["calibration"] = calibration - _documented("calibration")
    file = json.loads((answered(kind) / "probes.json").read_text(encoding="utf-8"))
    missing["probes.json"] = set(file) - _documented("probes") - _documented("probes.json")
    assert {section: keys for section, keys in missing.items() if keys} == {}


def test_every_documented_key_is_there(answered: Callable[[str], Path]) -> None:
    result = json.loads((answered("classification") / "result.json").read_text(encoding="utf-8"))
    (encoder,) = result["encoders"].values()
    arm = result["arms"][1]
    places = {"Top level": result, "data": result["data"], "encoders": encoder, "arms": arm, "cost": arm["cost"]}
    places |= {name: result[name] for name in ("floor", "verdict")}
    places |= {"probes": encoder["probes"], "layers": encoder["probes"]["layers"][0]}
    places["differences"] = result["differences"][0]
    places["probes.json"] = json.loads((answered("classification") / "probes.json").read_text(encoding="utf-8"))
    for section, values in places.items():
        rows = re.findall(r"^\| (`[^|]*) \|", _sections()[section], re.MULTILINE)
        first = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
        assert first <= values.keys(), section
