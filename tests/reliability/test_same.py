"""The checker of two output folders sees every change but those of measured values."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from same import differences, without_amounts

RECORD = {"id": "a", "dev": {"accuracy": 0.5}, "train_s": 1.5, "latency_ms": {"1": 2.0}, "curve": [{"loss": 0.25}]}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    one = tmp_path / "one"
    (one / "runs").mkdir(parents=True)
    (one / "runs" / "record.json").write_text(json.dumps(RECORD), encoding="utf-8")
    pq.write_table(pa.table({"prediction": ["x", None], "score": [0.5, float("nan")]}), one / "test.parquet")
    np.savez(one / "index.npz", offsets=np.arange(3))
    (one / "weights.safetensors").write_bytes(bytes(range(50)))
    (one / "page.html").write_text("<p>took 2.5 s</p>\n<p>score 71.2</p>\n", encoding="utf-8")
    shutil.copytree(one, tmp_path / "other")
    return one, tmp_path / "other"


def _record(**values: Any) -> Callable[[Path], object]:
    return lambda folder: (folder / "runs" / "record.json").write_text(json.dumps({**RECORD, **values}))


SAME: dict[str, Callable[[Path], object]] = {
    "nothing": lambda folder: None,
    "seconds": _record(train_s=99),
    "milliseconds": _record(latency_ms={"1": 3.5}),
    "seconds in prose": lambda folder: (folder / "page.html").write_text("<p>took 310 ms</p>\n<p>score 71.2</p>\n"),
}
CHANGED: dict[str, tuple[Callable[[Path], object], str]] = {
    "number": (_record(dev={"accuracy": 0.6}), "runs/record.json dev.accuracy: 0.5 | 0.6"),
    "inner number": (_record(curve=[{"loss": 0.26}]), "curve[0].loss"),
    "longer list": (_record(curve=[{"loss": 0.25}] * 2), "curve length: 1 | 2"),
    "type": (_record(id=1), "id"),
    "measured, but none": (_record(train_s=None), "train_s (measured)"),
    "measured, but a text": (_record(train_s="1.5"), "train_s (measured)"),
    "key": (_record(more=1), "keys"),
    "value": (
        lambda f: pq.write_table(pa.table({"prediction": ["x", "y"], "score": [0.5, math.nan]}), f / "test.parquet"),
        "test.parquet prediction[1]: None | 'y'",
    ),
    "column type": (
        lambda f: pq.write_table(pa.table({"prediction": ["x", None], "score": ["a", "b"]}), f / "test.parquet"),
        "schema",
    ),
    "array": (lambda f: np.savez(f / "index.npz", offsets=np.arange(3.0)), "index.npz offsets"),
    "byte": (lambda f: (f / "weights.safetensors").write_bytes(bytes(range(49)) + b"x"), "byte 49 of 50"),
    "shorter": (lambda f: (f / "weights.safetensors").write_bytes(bytes(range(49))), "byte 49 of 50"),
    "score in prose": (lambda f: (f / "page.html").write_text("<p>took 2.5 s</p>\n<p>score 71.3</p>\n"), "line 2"),
    "missing": (lambda f: (f / "page.html").unlink(), "page.html file: there | missing"),
    "hidden": (lambda f: (f / "runs" / ".left").touch(), "runs/.left file: missing | there"),
}  # fmt: skip


@pytest.mark.parametrize("change", SAME)
def test_what_was_measured_may_differ(change: str, folders: tuple[Path, Path]) -> None:
    SAME[change](folders[1])
    assert differences(*folders) == []


@pytest.mark.parametrize("change", CHANGED)
def test_anything_else_is_told_with_file_place_and_both_values(change: str, folders: tuple[Path, Path]) -> None:
    make, told = CHANGED[change]
    make(folders[1])
    (found,) = differences(*folders)
    assert told in str(found)


def test_free_files_need_only_be_there(folders: tuple[Path, Path]) -> None:
    (folders[1] / "page.html").write_text("other")
    assert differences(*folders, free=("*.html",)) == []
    (folders[1] / "page.html").unlink()
    assert len(differences(*folders, free=("*.html",))) == 1


def test_amounts_are_times_sizes_and_ratios() -> None:
    assert without_amounts("in 3.5 s, 12 min, 2,048 MB and 1.7x") == "in #, #, # and #"
    assert without_amounts("71.2 on 48 items, layer 3") == "71.2 on 48 items, layer 3"
