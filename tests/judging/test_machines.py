"""Times are compared within one kind of machine: in the verdict, the result, the terminal and the page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from made_arms import METHODS, RATES, add_patching, change
from made_comparison import make_comparison
from made_folds import make_folds

from unfreeze.judging.judge import judge
from unfreeze.judging.machines import in_words, why_not_compared
from unfreeze.judging.result import Result
from unfreeze.records.folds import fold_folder
from unfreeze.report.render import render
from unfreeze.terminal.summary import summary

FROZEN, TUNED = "feature-extraction", "fine-tuning"
ONE, TWO, GPU = "EPYC, 1 thread", "EPYC, 2 threads", "H200"
COUNTS = "billion multiply-adds"


def comparison(folder: Path, **options: Any) -> Path:
    """Both methods, the tuned one better, with counted work."""
    rates = {FROZEN: 0.5, TUNED: 0.05}
    make_comparison(folder, "classification", **{"items": 120, "seeds": 2, "rates": rates, **options})
    for path in folder.glob("runs/*/record.json"):
        change(path, lambda values: values.update(work=10**9 if values["method"] == FROZEN else 10**11))
    change(folder / "comparison.json", lambda values: values["encoder"].update(piece_work=10**6))
    return folder


def made_on(folder: Path, runs: Mapping[str, str | None], measured: Mapping[str, str | None] | None = None) -> Path:
    """Say on which machines the runs of each method were made, and where its latency was measured."""
    for path in folder.glob("runs/*/record.json"):
        change(path, lambda values: values.update(machine=runs[values["method"]]))
    for method, kind in (measured or runs).items():
        change(folder / "choice.json", lambda values: values[method].update(machine=kind))  # noqa: B023
    return folder


def told(folder: Path) -> tuple[Result, str, str]:
    """The result, its verdict with the terminal's summary, and the page."""
    result = judge(folder)
    return result, "\n".join(summary(result)), render(folder).read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [None, ONE])
def test_seconds_of_one_kind_of_machine_are_compared(kind: str | None, tmp_path: Path) -> None:
    result, shown, page = told(made_on(comparison(tmp_path), dict.fromkeys((FROZEN, TUNED), kind)))
    assert {arm.cost.machines for arm in result.arms} == {(kind,)}
    assert "s of computing" in shown
    assert re.search("interval +training +one text", shown)
    assert "not compared" not in shown + page
    assert 'id="spec-cost"' in page
    assert "train once (mean over seeds)" in page


@pytest.mark.parametrize(("frozen", "tuned"), [(ONE, GPU), (ONE, TWO), (None, ONE), (ONE, None)])
def test_seconds_of_different_machines_are_not_compared_but_counts_are(
    frozen: str | None, tuned: str | None, tmp_path: Path
) -> None:
    result, shown, page = told(made_on(comparison(tmp_path), {FROZEN: frozen, TUNED: tuned}))
    why = f"Seconds and milliseconds are not compared: they were measured on {in_words((frozen, tuned))}."
    assert why in result.verdict.reasons
    assert why in page
    assert " s of computing" not in shown
    assert " ms to predict" not in shown
    assert COUNTS in "".join(result.verdict.reasons)
    assert not re.search("interval +(training|one text)", shown)
    assert 'id="spec-cost"' not in page
    assert "train once (mean over seeds)" not in page
    assert "predict one text" not in page
    assert f"to train, mean of 2 seeds, on {in_words((frozen,))}" in page


def test_the_cheaper_of_equal_arms_is_called_so_without_seconds(tmp_path: Path) -> None:
    equal = {FROZEN: 0.1, TUNED: 0.1}
    folder = comparison(tmp_path, rates=equal)
    before = judge(made_on(folder, dict.fromkeys(equal, ONE))).verdict
    after = judge(made_on(folder, {FROZEN: ONE, TUNED: TWO})).verdict
    assert "measured here" in before.headline
    assert "measured here" not in after.headline
    assert (after.choice, after.use) == (before.choice, before.use)
    assert after.headline.split(" (")[-1] == before.headline.split(" (")[-1].split(";")[0] + ")."


def test_milliseconds_measured_on_one_machine_are_compared_where_seconds_are_not(tmp_path: Path) -> None:
    folder = made_on(comparison(tmp_path), {FROZEN: ONE, TUNED: GPU}, dict.fromkeys((FROZEN, TUNED), ONE))
    result, shown, page = told(folder)
    assert f"Seconds are not compared: they were measured on {in_words((ONE, GPU))}." in result.verdict.reasons
    assert re.search("interval +one text", shown)
    assert "predict one text" in page


def test_an_arm_of_several_machines_says_so(tmp_path: Path) -> None:
    folder = made_on(comparison(tmp_path, methods=(TUNED,)), {TUNED: ONE})
    (first, *_) = sorted(folder.glob("runs/*/record.json"))
    change(first, lambda values: values.update(machine=GPU))
    result, shown, page = told(folder)
    (arm,) = result.arms
    assert set(arm.cost.machines) == {ONE, GPU}
    several = in_words(arm.cost.machines)
    assert f", on several machines ({several}) and" in result.verdict.reasons[-1]
    assert f"The seconds are of several machines: {several}." in shown
    assert f"on several machines ({several})" in page
    assert "not compared" not in shown
    assert f">{GPU}</td>" in page, "the table of runs names each machine"


def test_extraction_counts_as_measured_where_the_choice_was(tmp_path: Path) -> None:
    folder = made_on(comparison(tmp_path), dict.fromkeys((FROZEN, TUNED), ONE), dict.fromkeys((FROZEN, TUNED), GPU))
    result = judge(folder)
    assert result.arm(FROZEN).cost.machines == (ONE, GPU)
    assert result.arm(TUNED).cost.machines == (ONE,), "it extracts nothing"
    assert result.arm(TUNED).cost.latency_machines == (GPU,)


def test_folds_on_different_machines_are_one_arm_of_several(tmp_path: Path) -> None:
    out = make_folds(tmp_path / "out", "classification")
    for fold, kind in enumerate((ONE, TWO, ONE), start=1):
        made_on(fold_folder(out, fold), dict.fromkeys((FROZEN, TUNED), kind))
    result, shown, _ = told(out)
    assert all(arm.cost.machines == arm.cost.latency_machines == (ONE, TWO) for arm in result.arms)
    assert "Seconds and milliseconds are not compared" in shown


def test_many_arms_have_no_column_of_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_patching(monkeypatch)
    folder = comparison(tmp_path, methods=METHODS, rates=RATES, floor=0.4)
    _, _, alike = told(made_on(folder, dict.fromkeys(METHODS, ONE)))
    _, shown, apart = told(made_on(folder, {**dict.fromkeys(METHODS, ONE), TUNED: GPU}))
    heads = ">front</th>(?P<seconds><th[^>]*>training</th>)?<th[^>]*>to keep</th>(?P<text><th[^>]*>one text</th>)?"
    assert all(re.search(heads, alike).groups())  # type: ignore[union-attr]
    assert re.search(heads, apart).groups() == (None, None)  # type: ignore[union-attr]
    assert "Seconds and milliseconds are not compared" in shown


def test_a_result_keeps_the_machines(tmp_path: Path) -> None:
    judge(made_on(comparison(tmp_path), {FROZEN: ONE, TUNED: None}))
    arms = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["arms"]
    assert [arm["cost"]["machines"] for arm in arms] == [[ONE], [None]]


def test_one_arm_is_compared_with_nothing() -> None:
    assert why_not_compared([(ONE, GPU)], [(ONE,)]) is None
    assert why_not_compared([], []) is None
