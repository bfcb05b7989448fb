"""The section about probabilities: its table, sentences and charts; one line where there are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_arms import add_patching, make_encoders
from made_comparison import make_comparison

from unfreeze.judging.gaps import PairGap
from unfreeze.judging.judge import judge
from unfreeze.judging.read import read_compared
from unfreeze.judging.second_result import Estimate, SecondMeasure
from unfreeze.judging.second_words import comparison, notable
from unfreeze.report import second
from unfreeze.terminal.summary import summary

FROZEN, TUNED = "feature-extraction", "fine-tuning"


def section(folder: Path) -> Any:
    """What the section of a made comparison shows."""
    result = judge(folder)
    return second.page(read_compared(folder), result)["second"]


def test_arms_are_in_the_order_of_their_log_loss_with_calibration(tmp_path: Path) -> None:
    folder = make_comparison(tmp_path / "c", "classification")
    result, shown = judge(folder), section(folder)
    assert result.second is not None
    assert shown["table"].heads == ("method", "log-loss", "Brier score", "calibration error", "debiased")
    assert "Lower is better" in shown["table"].caption
    assert [row[0] for row in shown["table"].rows] == ["fine-tuning", "feature extraction"]
    measure, calibrated = result.second.measures[0].arms[TUNED], result.second.calibration[TUNED]
    low, high = measure.ci95
    first = shown["table"].rows[0]
    assert first[1] == f"{measure.mean:.3f} [{low:.3f}, {high:.3f}]"
    assert first[3:] == (f"{100 * calibrated.error:.1f} points", f"{100 * calibrated.debiased:.1f} points")
    assert [name for name, _ in shown["charts"]] == [f"calibration-{arm.id}" for arm in result.arms]


def test_what_only_log_loss_tells_is_said_in_the_report_once_and_in_the_terminal(tmp_path: Path) -> None:
    folder = make_comparison(tmp_path / "c", "classification")
    result, shown = judge(folder), section(folder)
    (line,) = notable(result)
    assert shown["notable"] == [line]
    assert shown["pairs"] == []
    assert line in summary(result)


def test_charts_have_the_same_axes_which_hold_every_bin(tmp_path: Path) -> None:
    folder = make_comparison(tmp_path / "c", "classification")
    result = judge(folder)
    specs = second.specs(read_compared(folder), result)
    domains = {tuple(spec["layer"][1]["encoding"]["x"]["scale"]["domain"]) for spec in specs.values()}
    ((low, high),) = domains
    assert result.second is not None
    bins = [one for each in result.second.calibration.values() for one in each.bins]
    assert low <= 100 * min(min(one.likely, one.true) for one in bins) < low + 10
    assert high == 100
    assert specs[f"calibration-{TUNED}"]["description"].startswith("Calibration of fine-tuning: ")


def test_scores_have_a_table_without_calibration(tmp_path: Path) -> None:
    shown = section(make_comparison(tmp_path / "c", "pair-regression"))
    assert shown["table"].heads == ("method", "root mean squared error")
    assert shown["line"].startswith("Of the root mean squared error, lower is better")
    assert shown["charts"] == []
    assert shown["calibration"] == ""


def test_an_old_folder_says_so_in_a_line_and_tagging_has_no_section(tmp_path: Path) -> None:
    old = section(make_comparison(tmp_path / "old", "classification", forecasts=False))
    assert old["line"] == second.ABSENT
    assert old["table"] is None
    assert section(make_comparison(tmp_path / "tags", "tagging", items=20)) is None


def test_of_several_encoders_the_table_stands_here_and_the_curves_in_their_own_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_patching(monkeypatch)
    folder = make_encoders(tmp_path, "classification", {"a": 1.0, "b": 2.0}, items=60, seeds=1)
    result, shown = judge(folder), section(folder)
    assert len(shown["table"].rows) == 6
    assert shown["charts"] == []
    leader = notable(result) + shown["pairs"]
    assert len(leader) >= 5  # the leader against each of the others
    assert all("of a" in line or "of b" in line for line in leader)


@pytest.mark.parametrize(
    ("mean", "interval", "said"),
    [
        (-0.13, (-0.17, -0.09), "0.31 against 0.44: A lower (better) than B by 0.13 [0.09, 0.17]"),
        (-0.13, (-0.28, 0.02), "0.31 against 0.44: A lower than B by 0.13 [-0.02, 0.28], which may be luck"),
        (-0.13, (-0.257, -0.003), "0.310 against 0.440: A lower (better) than B by 0.130 [0.003, 0.257]"),
    ],
)
def test_the_better_arm_is_named_first_whichever_way_the_pair_is(
    mean: float, interval: tuple[float, float], said: str
) -> None:
    pair = PairGap("a", "b", mean, interval, 0.1, interval, 0.1, "clear")
    arms = {"a": Estimate(0.31, 0.0, (0.3, 0.32)), "b": Estimate(0.44, 0.0, (0.4, 0.5))}
    measure = SecondMeasure("log_loss", arms, (pair,))
    for each in (pair, pair.reversed()):
        assert comparison(measure, each, {"a": "A", "b": "B"}) == said
