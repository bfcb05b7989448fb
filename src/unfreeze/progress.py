"""What the terminal shows while a comparison runs, and the summary after it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from unfreeze.amounts import ends, points
from unfreeze.experiment.layer_scores import ADJACENT, LABELS, LAYERS, TUNED, WEIGHTS, LayerScores
from unfreeze.judge import METRIC_NAMES, Result
from unfreeze.pretraining.record import Record

if TYPE_CHECKING:
    from unfreeze.pretraining.loop import Progress as Step

BAR = 32  # signs
VARIANT_TITLES = {LAYERS: "layer", ADJACENT: "with next", LABELS: "random labels", WEIGHTS: "random weights",
                  TUNED: "fine-tuned"}  # fmt: skip


class Display:
    """A live line: what runs now, how many are left, an estimate of the time left, the best dev score so far.

    Where the output is no terminal, each finished run is a plain line instead.
    """

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self.progress = Progress(
            TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[left]}"), TextColumn("{task.fields[best]}"), TimeElapsedColumn(),
            console=self.console, transient=True, disable=not self.console.is_terminal,
        )  # fmt: skip
        self.task = self.progress.add_task("", total=1, left="", best="", visible=False)
        self.started, self.left, self.best = time.perf_counter(), 0, float("-inf")
        self.pace: float | None = None  # seconds of the last run that ended

    def __enter__(self) -> Display:
        self.progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.progress.stop()

    def say(self, line: str) -> None:
        """Print a line above the live one."""
        self.console.print(line, markup=False, soft_wrap=True)

    def begin(self, what: str, left: int) -> None:
        """See `Watcher.begin`."""
        self.started, self.left = time.perf_counter(), left
        best = self._told(self.best)  # `reset` forgets the fields that it is not given
        self.progress.reset(
            self.task, description=what, total=1, visible=True, left=f"{left} runs to follow", best=best
        )

    def step(self, done: int, total: int, best: float | None) -> None:
        """See `Watcher.step`."""
        share = max(done / total, 1e-9)
        spent = time.perf_counter() - self.started
        # Runs that follow are most like the one at work; before its first score this may still be an extraction.
        pace = spent / share if best is not None else self.pace
        seconds = spent * (1 - share) / share + self.left * (pace or 0)
        unknown = "in this one" if self.left and pace is None else "left"
        left = f"{self.left} runs to follow, about {clock(seconds)} {unknown}"
        top = self.best if best is None else max(self.best, best)
        self.progress.update(self.task, completed=share, left=left, best=self._told(top))

    @staticmethod
    def _told(best: float) -> str:
        return f"best dev {100 * best:.1f}" if best > float("-inf") else ""

    def end(self, what: str, score: float | None) -> None:
        """See `Watcher.end`."""
        seconds = time.perf_counter() - self.started
        self.progress.update(self.task, visible=False)
        if score is None:
            self.say(f"  {what}: {clock(seconds)}")
            return
        self.pace, self.best = seconds, max(self.best, score)
        self.say(f"  {what}: dev {100 * score:.1f}, {clock(seconds)}")

    def trained(self, now: Step) -> None:
        """After a step of `pretraining.run`."""
        self.progress.update(
            self.task, visible=True, total=1, completed=min(1.0, now.done), description=f"loss {now.loss:.3f}",
            best=f"{now.speed:,.0f} a second", left=f"{now.tokens / 1e6:,.1f} M read, about {clock(now.left)} left",
        )  # fmt: skip

    def point(self, record: Record) -> None:
        """At a point of the curve of `pretraining.run`; a line wherever the held-out text was read."""
        last = record.curve[-1]
        if not last["held_out"]:
            return
        each = ", ".join(f"{'held out' if name == 'loss' else name.replace('_', ' ')} {loss:.3f}"
                         for name, loss in last["held_out"].items())  # fmt: skip
        share = "" if record.share_of_peak is None else f", {record.share_of_peak:.0%} of the peak"
        speed = f"{record.speed:,.0f} {record.unit} a second{share}"
        self.say(f"  {last['tokens'] / 1e6:8.2f} M {record.unit}: loss {last['loss']:.3f}, {each}; {speed}")


def clock(seconds: float) -> str:
    """`12 s`, `3 min 20 s` or `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"


def summary(result: Result) -> list[str]:
    """The verdict for a terminal: headline, a line a method, reasons, doubts, next step."""
    verdict = result.verdict
    lines = ["", verdict["headline"], ""]
    metric = result.values["metric"].replace("_", " ")
    for name, method in result.methods.items():
        test, cost, recipe = method["test"], method["cost"], method["recipe"]
        low, high = test["ci95"]
        seconds = clock(cost["train_s"] + cost["extract_s"])
        lines += [
            f"  {name:<18}  test {metric} {100 * test['mean']:5.1f} [{100 * low:.1f}, {100 * high:.1f}]"
            f"  training {seconds}, one text {cost['latency_ms']['1']:.1f} ms  ({recipe['name'] or recipe['head']})"
        ]
    if floor := result.floor:
        low, high = floor["ci95"]
        lines += [
            f"  {floor['name'].replace('-', ' '):<18}  test {metric} {100 * floor['test']:5.1f} [{100 * low:.1f}, "
            f"{100 * high:.1f}]  training {clock(floor['train_s'])}  (no encoder)"
        ]
    if probes := result.probes:
        lines += ["", probes["finding"]]
    for title, items in (("Why", verdict["reasons"]), ("Doubts", verdict["doubts"])):
        lines += ["", f"{title}:", *(f"  - {item}" for item in items)] if items else []
    out = Path(result.values["plan"]["out"])
    made = (f"Report: {out / 'report.html'}", f"Bundle: {out / 'bundle'}")
    return [*lines, "", f"Next: {verdict['next_step']}", "", *made]


def layer_table(scores: LayerScores) -> list[str]:
    """The probes of all layers for a terminal: a row a layer, with its interval drawn, and what they say together."""
    metric = METRIC_NAMES.get(scores.metric, scores.metric)
    low, high = min(s.ci95[0] for s in scores.layers), max(s.ci95[1] for s in scores.layers)
    lines = ["", f"{metric} of linear probes", f"layer    dev   test  95 % interval      l2  {'':{BAR}}"]
    for s in scores.layers:
        best = "best on dev" if s.layer == scores.chosen else "within noise of it" if s.within_noise else ""
        row = f"{s.layer:5}  {100 * s.dev:5.1f}  {100 * s.test:5.1f}  {100 * s.ci95[0]:5.1f} to {100 * s.ci95[1]:5.1f}"
        lines.append(f"{row}  {s.l2:6g}  {_bar(*s.ci95, s.test, low, high)}  {best}".rstrip())
    used = (
        "" if scores.trained_on == scores.train_size else f" ({scores.trained_on:,} of {scores.train_size:,} examples)"
    )
    times = f"Layer states took {clock(scores.extract_s)} to compute; the probes{used} {scores.probe_s:.1f} s."
    return [line.rstrip() for line in (*lines, "", scores.finding, times)]


def variant_table(found: Mapping[str, LayerScores]) -> list[str]:
    """Test scores of the probes' variants beside each other, for a terminal; nothing where there is one alone."""
    if len(found) < 2:
        return []
    columns = {name: title for name, title in VARIANT_TITLES.items() if name in found}
    lines = ["", f"layer  {'  '.join(f'{title:>16}' for title in columns.values())}"]
    for layer in range(max(len(scores.layers) for scores in found.values())):
        cells = []
        for name in columns:
            scores = found[name].layers
            cells.append(f"{100 * scores[layer].test:16.1f}" if layer < len(scores) else " " * 16)
        lines.append(f"{layer:5}  {'  '.join(cells)}".rstrip())
    return [*lines, "", *_variant_notes(found)]


def _variant_notes(found: Mapping[str, LayerScores]) -> list[str]:
    notes = ["with next: the mean of a layer and the one above."] if ADJACENT in found else []
    if LABELS in found:
        metric = found[LABELS].metric
        same = metric == next(iter(found.values())).metric
        how = "shuffled" if same else f"a tag drawn for each word, {METRIC_NAMES.get(metric, metric)}"
        notes.append(f"random labels: {how}; what a probe reaches where there is nothing to know.")
    if WEIGHTS in found:
        notes.append("random weights: the same encoder without any pretraining.")
    if TUNED in found:
        notes.append("fine-tuned: after the first recipe of the quick budget.")
        if (gain := found[TUNED].layers[-1].gain) is not None:
            notes.append(f"In the top layer it adds {points(gain[0])} {ends(*gain[1:])}.")
    return notes


def _bar(low: float, high: float, value: float, left: float, right: float) -> str:
    """An interval with its value, drawn between `left` and `right`: `    ----o---   `."""

    def place(number: float) -> int:
        return round((BAR - 1) * (number - left) / ((right - left) or 1))

    start, end = place(low), place(high)
    line = " " * start + "-" * (end - start + 1)
    at = place(value)
    return f"{line[:at]}o{line[at + 1 :]}".ljust(BAR)
