"""Seeds are added look by look until it is decided or vain, every run counts once, and judging repeats the verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_comparison import make_comparison

from unfreeze.commands import until_decided
from unfreeze.commands.until_decided import run_until_decided
from unfreeze.errors import InputError
from unfreeze.judging.judge import judge
from unfreeze.judging.looks import LOOKS, MOST
from unfreeze.judging.result_json import read_result
from unfreeze.judging.spread import ERROR
from unfreeze.plan import Plan
from unfreeze.records.comparison import Choice, read_choices
from unfreeze.records.looks import Look, read_looks, write_looks
from unfreeze.records.setting import read_setting, write_setting

TUNED = "fine-tuning"


class Bench:
    """Of a workbench what the loop asks: its folder, and a watcher that remembers."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.watcher, self.said = folder, self, list[str]()

    def say(self, line: str) -> None:
        self.said.append(line)


@pytest.fixture
def looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Bench, list[int]]]:
    """`looked(rates)` runs the loop on made-up runs; what it gives are the bench, and the looks that were asked for."""

    def make(rates: dict[str, float], items: int = 400) -> tuple[Bench, list[int]]:
        folder = make_comparison(tmp_path / "x", "classification", seeds=MOST, rates=rates, items=items)
        setting = read_setting(folder)
        write_setting(folder, replace(setting, plan=replace(setting.plan, seeds="auto")))
        every, asked = read_choices(folder), list[int]()

        def run(bench: Any, plan: Plan, question: str, looked: Any) -> tuple[dict[str, Choice], dict[str, Any]]:
            asked.append(look := looked(TUNED))
            tuned = replace(every[TUNED], runs=every[TUNED].runs[:look], best_run=every[TUNED].runs[0])
            return {**every, TUNED: tuned}, {}

        monkeypatch.setattr(until_decided, "run_methods", run)
        bench: Any = Bench(folder)
        run_until_decided(bench, setting.plan, "q")
        return bench, asked

    return make


def test_a_clear_gain_is_decided_at_the_first_look(looked: Callable[..., tuple[Bench, list[int]]]) -> None:
    bench, asked = looked({"feature-extraction": 0.5, TUNED: 0.05})
    assert asked == [LOOKS[0]]
    (look,) = read_looks(bench.folder)
    assert (look.outcome, look.seeds, look.spent) == ("decided", LOOKS[0], look.error)
    assert len(look.runs[TUNED]) == LOOKS[0]
    assert len(look.runs["feature-extraction"]) == MOST
    assert bench.said == ["3 seeds: it is decided."]
    result = judge(bench.folder)
    assert result.verdict.choice == TUNED
    assert any(f"one look at {LOOKS[0]} seeds" in reason for reason in result.verdict.reasons)
    assert read_result(bench.folder).looks == (look,)


def test_where_items_rule_more_seeds_are_not_asked_for(looked: Callable[..., tuple[Bench, list[int]]]) -> None:
    bench, asked = looked({"feature-extraction": 0.1, TUNED: 0.1}, items=100)
    assert read_looks(bench.folder)[-1].outcome == "hopeless"
    assert len(asked) < len(LOOKS)
    assert bench.said[-1].endswith("test items rule.")
    assert sum(look.error for look in read_looks(bench.folder)) <= ERROR + 1e-8


def test_differences_are_read_at_the_error_of_the_last_look(looked: Callable[..., tuple[Bench, list[int]]]) -> None:
    bench, _ = looked({"feature-extraction": 0.3, TUNED: 0.2})
    folder, looks = bench.folder, read_looks(bench.folder)
    widths = []
    for error in (0.05, 0.001):
        write_looks(folder, [replace(looks[-1], error=error, spent=error)])
        low, high = judge(folder).differences[0].ci95
        widths.append(high - low)
    assert widths[1] > 1.3 * widths[0]
    setting = read_setting(folder)
    write_setting(folder, replace(setting, plan=replace(setting.plan, seeds=None)))
    result = judge(folder)
    assert result.looks == ()
    assert result.differences[0].ci95[1] - result.differences[0].ci95[0] == pytest.approx(widths[0])


def test_a_look_at_other_runs_does_not_count(looked: Callable[..., tuple[Bench, list[int]]]) -> None:
    bench, _ = looked({"feature-extraction": 0.5, TUNED: 0.05})
    (look,) = read_looks(bench.folder)
    write_looks(bench.folder, [replace(look, runs={**look.runs, TUNED: look.runs[TUNED][1:]})])
    assert judge(bench.folder).looks == ()
    write_looks(bench.folder, [look, replace(look, seeds=5, runs={}, spent=2 * look.error)])
    assert judge(bench.folder).looks == (look,), "later looks of a run that was longer"


@pytest.mark.parametrize(("error", "spent"), [(0.0, 0.01), (0.04, 0.03), (0.06, 0.06)])
def test_errors_that_cannot_be_are_refused(error: float, spent: float, tmp_path: Path) -> None:
    write_looks(tmp_path, [Look(3, {}, error, spent, "open")])
    with pytest.raises(InputError, match="has a look with the error"):
        read_looks(tmp_path)
