"""The benchmarks are scripts beside each other, not a package: their folder goes on the path."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import tiny

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from results import Chart, Machine, Ratio, Result, Table


@pytest.fixture
def result() -> Result:
    """A result with every kind of cell and chart."""
    machine = Machine("2026-01-31", "Some Processor", 2, 2, 0.5, {"Python": "3.11.7", "torch": "2.13.0"})
    rows = (("a | b", 1234, 0.5, None), ("c", 5, 12345.678, "60% of bf16"))
    tables = Table("First", ("", "texts", "seconds", "share"), rows, "A note."), Table("Second", ("x",), (("y",),))
    ratios = (
        Ratio("made, against peer", 30.0, 10.0, "texts/s", 3.0, 2.9, 3.1, 3.05, 0.61, "bf16"),
        Ratio("made, against another", 1.0, 2.0, "texts/s", 0.5),
    )
    charts = (
        Chart("Speeds", "bars", "", "texts a second", (("ours", "packed", 30.0), ("peer", "packed", 10.0))),
        Chart("Growth", "lines", "texts", "MB", (("ours", 1000.0, 5.0), ("ours", 2000.0, 0.0)), log=True),
    )
    return Result("made", "python benchmarks/made.py --data DIR", machine, 12.5, tables, ratios, charts)


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the tiny encoder."""
    return tiny.make_encoder(tmp_path_factory.mktemp("encoder") / "tiny")
