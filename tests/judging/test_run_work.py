"""The work of a method's runs: as their records say, or estimated for records that do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from unfreeze.disk.files import write_json
from unfreeze.judging.judge import judge
from unfreeze.judging.run_work import method_work
from unfreeze.methods.table import default_names
from unfreeze.records.comparison import read_choices, read_records
from unfreeze.records.setting import read_setting

Make = Callable[..., Path]


def count(folder: Path, works: dict[str, int]) -> None:
    """Write counts into every record, as this version does."""
    for number, run in enumerate(sorted((folder / "runs").iterdir())):
        values = json.loads((run / "record.json").read_text(encoding="utf-8"))
        states = {"joint mean": 40, f"joint {number % 2}": 2} if values["method"] == "feature-extraction" else {}
        write_json(run / "record.json", {**values, "work": works[values["method"]], "states": states})


def test_counts_are_summed_and_each_kind_of_states_is_computed_once(comparison: Make) -> None:
    folder = comparison("classification", seeds=3)
    count(folder, {"feature-extraction": 100, "fine-tuning": 1000})
    records, choice = read_records(folder), read_choices(folder)["feature-extraction"]
    runs = [records[run] for run in (*choice.trials, *choice.runs)]
    work = method_work(runs, runs[-1], read_setting(folder))
    assert len(set(choice.trials) | set(choice.runs)) == 6
    assert (work.total, work.estimated) == (6 * 100 + 40 + 2 + 2, False)
    setting = read_setting(folder)
    known = replace(setting, encoder=replace(setting.encoder, piece_work=77))
    assert method_work(runs, runs[-1], known).piece == 77  # a linear head on pooled states adds almost nothing
    other = replace(runs[-1], recipe=replace(runs[-1].recipe, head="bcn"), trained_parameters=5)
    assert method_work(runs, other, known).piece == 82


@pytest.mark.parametrize(("works", "cheap"), [((100, 900), "feature-extraction"), ((9000, 900), "fine-tuning")])
def test_the_cheaper_method_hangs_on_counts_and_on_no_clock(
    comparison: Make, works: tuple[int, int], cheap: str
) -> None:
    folder = comparison("classification", rates={"feature-extraction": 0.1, "fine-tuning": 0.1})
    count(folder, dict(zip(default_names(), works, strict=True)))
    rng = np.random.default_rng(0)
    for _ in range(3):
        for path in folder.glob("runs/*/record.json"):
            values = json.loads(path.read_text(encoding="utf-8"))
            write_json(path, {**values, "train_s": float(rng.lognormal(0, 5)), "examples_per_s": 1.0})
        choices = json.loads((folder / "choice.json").read_text(encoding="utf-8"))
        for choice in choices.values():
            choice |= {
                "extract_s": float(rng.lognormal(0, 5)),
                "latency_ms": {"1": float(rng.lognormal(0, 5)), "32": 1},
            }
        write_json(folder / "choice.json", choices)
        result = judge(folder)
        assert (result.verdict.choice, result.verdict.use) == ("undecided", cheap)
        assert not result.methods[cheap].cost.work_is_estimated


def test_records_that_did_not_count_are_estimated_and_it_is_said(comparison: Make) -> None:
    folder = comparison("classification", rates={"feature-extraction": 0.1, "fine-tuning": 0.1})
    result = judge(folder)
    assert result.verdict.use == "feature-extraction"
    assert "takes less computing (about " in result.verdict.headline
    costs = [result.methods[method].cost for method in default_names()]
    assert all(cost.work_is_estimated for cost in costs)
    frozen, tuned = (cost.work for cost in costs)
    layers = 6 * 12 * 384**2  # MiniLM
    # Extraction reads train and dev once for each way of pooling.
    # Each of six runs of 3 epochs goes forward and back, and reads dev each time.
    read = {"train": 1000 * 28, "dev": 200 * 28}
    assert frozen == pytest.approx(3 * layers * sum(read.values()), rel=0.05)
    assert tuned == pytest.approx(6 * 3 * layers * (3 * read["train"] + read["dev"]), rel=0.05)
