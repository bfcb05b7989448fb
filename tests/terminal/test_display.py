"""What the terminal shows: plain lines in a file, a sane time left on a screen, the summary."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_layer_scores import make_layer_scores
from rich.console import Console

from unfreeze.judging.judge import judge
from unfreeze.pretraining.loop import Progress as Step
from unfreeze.pretraining.record import Record
from unfreeze.pretraining.settings import pretraining_from
from unfreeze.terminal import display as progress
from unfreeze.terminal.display import Display, clock
from unfreeze.terminal.summary import BAR, layer_table, summary


class Clock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock_of(monkeypatch: pytest.MonkeyPatch) -> Clock:
    fake = Clock()
    monkeypatch.setattr(progress, "time", fake)
    return fake


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a terminal of 120 columns is sent."""
    written = io.StringIO()
    monkeypatch.setattr(
        progress, "Console", lambda **given: Console(file=written, force_terminal=True, width=120, **given)
    )
    return written


def _seconds(shown: str) -> float:
    """Seconds told in `..., about 3 min 20 s left`."""
    told = re.search(r"about (.*?) (left|in this one)", shown)
    assert told, shown
    units = {"h": 3600, "min": 60, "s": 1}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+) (h|min|s)", told[1]))


def _work(
    display: Display, clock_of: Clock, jobs: list[tuple[str, float, bool]], steps: int = 20
) -> Iterator[tuple[str, bool, float, str]]:
    """Do (name, seconds, whether it is a run) one after the other; yields name, scored, true seconds left, shown."""
    total = sum(seconds for _, seconds, _ in jobs)
    began = clock_of.now
    for at, (name, seconds, is_run) in enumerate(jobs):
        display.begin(name, sum(run for _, _, run in jobs[at + 1 :]))
        for step in range(1, steps + 1):
            clock_of.now += seconds / steps
            best = 0.5 if is_run and step > steps / 4 else None
            display.step(name, step, steps, best)
            yield name, best is not None, total - (clock_of.now - began), display.progress.tasks[0].fields["left"]
        display.end(name, 0.6 if is_run else None)


def test_time_left_is_right_where_runs_are_alike(clock_of: Clock, screen: io.StringIO) -> None:
    jobs = [("train", 40.0, False), ("dev", 10.0, False), *((f"run {i}", 30.0, True) for i in range(8))]
    with Display() as display:
        for name, scored, left, shown in _work(display, clock_of, jobs):
            if scored or (name.startswith("run") and name != "run 0"):
                assert _seconds(shown) == pytest.approx(left, rel=0.02, abs=1), (name, shown)
            elif name != "run 0":
                assert "8 runs to follow" in shown
                assert shown.endswith("in this one"), "how long runs take is not known yet"
                assert _seconds(shown) <= 40


def test_time_left_follows_the_runs_at_work(clock_of: Clock, screen: io.StringIO) -> None:
    """Frozen runs take seconds and tuned ones minutes: the estimate is of the sort that is running now."""
    jobs = [*((f"frozen {i}", 2.0, True) for i in range(5)), *((f"tuned {i}", 120.0, True) for i in range(5))]
    with Display() as display:
        for name, scored, left, shown in _work(display, clock_of, jobs):
            if name.startswith("tuned") and scored:
                assert _seconds(shown) == pytest.approx(left, rel=0.02, abs=1)
            assert _seconds(shown) <= left + 121, "never hours where minutes are left"


def test_first_step_of_the_first_run_does_not_promise_days(clock_of: Clock, screen: io.StringIO) -> None:
    with Display() as display:
        display.begin("layer states", 10)
        clock_of.now += 600
        display.end("layer states", None)
        display.begin("run", 9)
        clock_of.now += 0.1
        display.step("run", 1, 1000, None)
        assert _seconds(display.progress.tasks[0].fields["left"]) == 100


def test_best_score_so_far_is_kept_over_runs(clock_of: Clock, screen: io.StringIO) -> None:
    with Display() as display:
        seen = []
        for score in (0.7, 0.9, 0.8):
            display.begin("run", 0)
            display.step("run", 1, 2, score)
            seen.append(display.progress.tasks[0].fields["best"])
            display.end("run", score)
    assert seen == ["best dev 70.0", "best dev 90.0", "best dev 90.0"]


def test_no_terminal_gets_plain_lines(
    clock_of: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    long = "Columns: text 'a [bold]name[/bold] in brackets' (guessed), label 'label' (guessed)."
    with Display() as display:
        display.say(long)
        for _ in _work(
            display, clock_of, [("layer states of train (mean)", 90.0, False), ("linear, seed 0", 5.0, True)]
        ):
            pass
    assert capsys.readouterr().out.splitlines() == [
        long,
        "  layer states of train (mean): 1 min 30 s",
        "  linear, seed 0: dev 60.0, 5 s",
    ]


def test_terminal_gets_the_live_line_and_the_lasting_ones(clock_of: Clock, screen: io.StringIO) -> None:
    with Display() as display:
        for _ in _work(display, clock_of, [("linear-mix, seed 0", 8.0, True), ("linear-top", 8.0, True)]):
            display.progress.refresh()
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen.getvalue())
    assert "linear-mix, seed 0" in text
    assert "1 runs to follow, about" in text
    assert "best dev 50.0" in text
    assert "linear-top: dev 60.0, 8 s" in text


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3599.6, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_clock(seconds: float, told: str) -> None:
    assert clock(seconds) == told


@pytest.mark.parametrize("kind", ["classification", "tagging", "pair-regression"])
def test_summary_holds_the_answer(kind: str, comparison: Callable[..., Path]) -> None:
    folder = comparison(kind)
    result = judge(folder)
    result = replace(result, plan=replace(result.plan, out=str(folder)))
    lines = summary(result)
    assert result.verdict.headline in lines
    for method, values in result.methods.items():
        (line,) = (line for line in lines if line.startswith(f"  {method} "))
        assert f"{100 * values.test.mean:.1f}" in line
    for doubt in (*result.verdict.doubts, *result.verdict.reasons):
        assert f"  - {doubt}" in lines
    assert lines[-2:] == [f"Report: {folder / 'report.html'}", f"Bundle: {folder / 'bundle'}"]


def test_summary_tells_what_the_probes_found(comparison: Callable[..., Path]) -> None:
    finding = make_layer_scores("classification").finding
    for kind, probes in (("classification", True), ("tagging", False)):
        result = judge(comparison(kind, probes=probes))
        result = replace(result, plan=replace(result.plan, out="here"))
        assert (finding in summary(result)) is probes


def test_layer_table_has_a_row_a_layer_and_draws_the_intervals() -> None:
    scores = make_layer_scores("classification")
    lines = layer_table(scores)
    rows = [line for line in lines if re.match(r" +\d ", line)]
    assert [int(row.split()[0]) for row in rows] == [0, 1, 2, 3]
    assert rows[2].split()[1:6] == ["81.0", "74.0", "69.0", "to", "78.0"]
    assert rows[2].endswith("best on dev")
    assert rows[3].endswith("within noise of it")
    assert not rows[0].endswith("it")
    drawn = [re.search(r"-+o-+", row) for row in rows]
    places = [(match.start(), match.group().index("o") + match.start(), match.end()) for match in drawn if match]
    assert len(places) == 4
    assert places == sorted(places)
    assert places[3][2] - places[0][0] == BAR
    assert scores.finding in lines
    assert "800 of 1,000 examples" in lines[-1]
    assert max(map(len, rows)) <= 100


def test_layer_table_of_one_layer_without_any_spread() -> None:
    one = replace(make_layer_scores("tagging").layers[0], test=0.0, ci95=(0.0, 0.0))
    (row,) = [
        line for line in layer_table(replace(make_layer_scores("tagging"), layers=(one,), chosen=0)) if " o " in line
    ]
    assert "0.0 to   0.0" in row


def _point(**changes: Any) -> dict[str, Any]:
    point = {"step": 10, "tokens": 2_500_000, "loss": 4.5, "rate": 1e-3, "seconds": 60.0, "held_out": None}
    return {**point, **changes}


def test_a_line_wherever_the_held_out_text_was_read(capsys: pytest.CaptureFixture[str]) -> None:
    losses = {"loss": 4.25, "next_sentence": 0.5}
    record = Record(
        pretraining_from({"corpus": ("a",), "out": "o"}), "", "", "", {}, "pieces", 1, 1, 1,
        curve=(_point(held_out=losses),), speed=1234.0,
    )  # fmt: skip
    with Display() as display:
        display.point(record)
        display.point(replace(record, curve=(*record.curve, _point(tokens=3_000_000))))  # the last is what counts
        display.point(replace(record, share_of_peak=0.25))
    plain, with_share = capsys.readouterr().out.splitlines()
    assert plain.strip() == "2.50 M pieces: loss 4.500, held out 4.250, next sentence 0.500; 1,234 pieces a second"
    assert with_share == f"{plain}, 25% of the peak"


def test_the_live_line_while_pretraining(screen: io.StringIO) -> None:
    with Display() as display:
        display.trained(Step(step=3, tokens=1_200_000, loss=5.0625, done=0.25, speed=20000.0, left=200.0))
        (task,) = display.progress.tasks
        assert task.visible
        assert task.percentage == 25
        display.progress.refresh()
        display.trained(Step(step=4, tokens=1_200_000, loss=5.0, done=1.01, speed=20000.0, left=0.0))
        assert task.percentage == 100  # a last step may go over
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen.getvalue())
    for said in ("loss 5.062", "20,000 a second", "1.2 M read, about 3 min 20 s left"):
        assert said in text
