"""What the terminal shows at the end: the verdict, tables of probes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from unfreeze.disk.remote import joined
from unfreeze.judging.folds_result import FoldsResult
from unfreeze.judging.machines import in_words
from unfreeze.judging.result import Result
from unfreeze.judging.second_words import notable
from unfreeze.judging.wording import ends, points
from unfreeze.records.layer_scores import ADJACENT, LABELS, LAYERS, TUNED, WEIGHTS, LayerScores
from unfreeze.tasks.metrics import metric_named
from unfreeze.terminal.display import clock

BAR = 32  # signs
VARIANT_TITLES = {LAYERS: "layer", ADJACENT: "with next", LABELS: "random labels", WEIGHTS: "random weights",
                  TUNED: "fine-tuned"}  # fmt: skip


def summary(result: Result) -> list[str]:
    """The verdict for a terminal: headline, a line for each arm, reasons, doubts, next step."""
    verdict = result.verdict
    lines = ["", verdict.headline, ""]
    lines += [*_arm_table(result), *_machines(result)]
    lines += _folds(result.folds, seeds=len(result.used.runs))
    for name, reason in result.dropped.items():
        lines += ["", f"{name} was dropped before any training: {reason}."]
    for name, encoder in result.encoders.items():
        if encoder.probes is not None:
            lines += ["", f"{name}: {encoder.probes.finding}" if len(result.encoders) > 1 else encoder.probes.finding]
    for line in notable(result):
        lines += ["", line]
    for title, items in (("Why", verdict.reasons), ("Doubts", verdict.doubts)):
        lines += ["", f"{title}:", *(f"  - {item}" for item in items)] if items else []
    out = result.plan.out or ""
    made = (f"Report: {joined(out, 'report.html')}", f"Bundle: {joined(out, 'bundle')}")
    return [*lines, "", f"Next: {verdict.next_step}", "", *made]


def _arm_table(result: Result) -> list[str]:
    """A line for each arm and the floor, in columns; of more than two arms the highest score first."""
    arms = list(result.arms)
    if len(arms) > 2:
        arms.sort(key=lambda arm: (arm.id != result.verdict.leader, -arm.test.mean))
    timed = not result.seconds_differ, not result.latency_differs
    score, times = f"test {metric_named(result.metric).words}", _times("training", "one text", timed)
    rows = [("", score, "95 % interval", *times, "")]
    for arm in arms:
        used = ", to use" if arm.id == result.verdict.use and len(arms) > 1 else ""
        seconds, latency = clock(arm.cost.train_s + arm.cost.extract_s), f"{arm.cost.latency_ms['1']:.1f} ms"
        recipe, times = f"({arm.recipe.name or arm.recipe.head}){used}", _times(seconds, latency, timed)
        rows.append((arm.id, f"{100 * arm.test.mean:.1f}", _between(arm.test.ci95), *times, recipe))
    if floor := result.floor:
        name, score = floor.name.replace("-", " "), f"{100 * floor.test:.1f}"
        times = _times(clock(floor.train_s), "", timed)
        rows.append((name, score, _between(floor.ci95), *times, "(no encoder)"))
    return _in_columns(rows)


def _machines(result: Result) -> list[str]:
    """Of one arm, where its seconds are of several machines; of several arms the verdict says it."""
    kinds = result.used.cost.machines if len(result.arms) == 1 else ()
    return ["", f"The seconds are of several machines: {in_words(kinds)}."] if len(kinds) > 1 else []


def _times(seconds: str, latency: str, timed: tuple[bool, bool]) -> list[str]:
    """The cells of those that can be compared among arms."""
    return [cell for cell, shown in zip((seconds, latency), timed, strict=True) if shown]


def _in_columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *numbers, last in rows:
        cells = [cell.rjust(width) for cell, width in zip(numbers, widths[1:-1], strict=True)]
        lines.append("  ".join(["", first.ljust(widths[0]), *cells, last]).rstrip())
    return lines


def _folds(folds: FoldsResult | None, seeds: int) -> list[str]:
    """How the folds were made, and between which scores each arm's lie; nothing where there are none."""
    if folds is None:
        return []
    runs = "1 seed" if seeds == 1 else f"{seeds} seeds"
    each = (f"{arm} {100 * min(scores):.1f} to {100 * max(scores):.1f}" for arm, scores in folds.scores.items())
    tested = f"each of {sum(folds.sizes):,} examples was tested once, by models that learned from others"
    return ["", f"{folds.number} folds with {runs} each: {tested}. Scores of the folds: {', '.join(each)}."]


def _between(interval: tuple[float, float]) -> str:
    low, high = interval
    return f"[{100 * low:.1f}, {100 * high:.1f}]"


def layer_table(scores: LayerScores) -> list[str]:
    """The probes of all layers for a terminal: one row per layer with its interval drawn, and what they show."""
    metric = metric_named(scores.metric).words
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
        how = "shuffled" if same else f"a tag drawn for each word, {metric_named(metric).words}"
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
