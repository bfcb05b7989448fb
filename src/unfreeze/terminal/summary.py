"""What the terminal shows at the end: the verdict, tables of probes."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from unfreeze.disk.remote import joined as joined_path
from unfreeze.judging.folds_result import FoldsResult
from unfreeze.judging.layer_words import finding
from unfreeze.judging.machines import in_words
from unfreeze.judging.result import ArmResult, Result
from unfreeze.judging.second_words import notable
from unfreeze.judging.wording import arm_words, ends, floor_words, points
from unfreeze.language.catalogue import ENGLISH
from unfreeze.language.choice import chosen, told
from unfreeze.language.message import joined, say, template
from unfreeze.records.layer_scores import ADJACENT, LABELS, LAYERS, TUNED, WEIGHTS, LayerScores
from unfreeze.tasks.metrics import metric_named
from unfreeze.terminal.display import clock

BAR = 32  # signs
VARIANT_TITLES = {
    LAYERS: say("layer"),
    ADJACENT: say("with next"),
    LABELS: say("random labels"),
    WEIGHTS: say("random weights"),
    TUNED: say("fine-tuned"),
}


def summary(result: Result) -> list[str]:
    """The verdict for a terminal: headline, a line for each arm, reasons, doubts, next step."""
    verdict = result.verdict
    lines = ["", verdict.headline, ""]
    lines += [*_arm_table(result), *_machines(result)]
    lines += _folds(result.folds, seeds=len(result.used.runs))
    for name, reason in result.dropped.items():
        lines += ["", say("{encoder} was dropped before any training: {reason}.", encoder=name, reason=reason)]
    for name, encoder in result.encoders.items():
        if encoder.probes is not None:
            found = encoder.probes.finding
            lines += ["", say("{name}: {finding}", name=name, finding=found) if len(result.encoders) > 1 else found]
    for line in notable(result):
        lines += ["", line]
    for title, items in ((say("Why:"), verdict.reasons), (say("Doubts:"), verdict.doubts)):
        lines += ["", title, *(say("  - {item}", item=item) for item in items)] if items else []
    out = result.plan.out or ""
    made = (
        say("Report: {path}", path=joined_path(out, "report.html")),
        say("Bundle: {path}", path=joined_path(out, "bundle")),
    )
    return [*lines, "", say("Next: {step}", step=verdict.next_step), "", *made]


def _arm_table(result: Result) -> list[str]:
    """A line for each arm and the floor, in columns; of more than two arms the highest score first."""
    arms = list(result.arms)
    if len(arms) > 2:
        arms.sort(key=lambda arm: (arm.id != result.verdict.leader, -arm.test.mean))
    timed = not result.seconds_differ, not result.latency_differs
    score = say("test {metric}", metric=metric_named(result.metric).words)
    rows: list[tuple[str, ...]] = [
        ("", score, say("95 % interval"), *_times(say("training"), say("one text"), timed), "")
    ]  # fmt: skip
    for arm in arms:
        recipe = arm.recipe.name or arm.recipe.head
        used = arm.id == result.verdict.use and len(arms) > 1
        named = say("({recipe}), to use", recipe=recipe) if used else say("({recipe})", recipe=recipe)
        seconds, latency = clock(arm.cost.train_s + arm.cost.extract_s), f"{arm.cost.latency_ms['1']:.1f} ms"
        times = _times(seconds, latency, timed)
        rows.append((_arm_name(arm), f"{100 * arm.test.mean:.1f}", _between(arm.test.ci95), *times, named))
    if floor := result.floor:
        times = _times(clock(floor.train_s), "", timed)
        score = f"{100 * floor.test:.1f}"
        rows.append((floor_words(floor.name), score, _between(floor.ci95), *times, say("(no encoder)")))
    return _in_columns(rows)


def _arm_name(arm: ArmResult) -> str:
    """Its id in English, since commands and files call it so; in other languages its name in words."""
    return arm.id if chosen() == ENGLISH else arm_words(arm.method, None if arm.id == arm.method else arm.encoder)


def _machines(result: Result) -> list[str]:
    """Of one arm, where its seconds are of several machines; of several arms the verdict says it."""
    kinds = result.used.cost.machines if len(result.arms) == 1 else ()
    if len(kinds) < 2:
        return []
    return ["", say("The seconds are of several machines: {machines}.", machines=in_words(kinds))]


def _times(seconds: str, latency: str, timed: tuple[bool, bool]) -> list[str]:
    """The cells of those that can be compared among arms."""
    return [cell for cell, shown in zip((seconds, latency), timed, strict=True) if shown]


def _in_columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    rows = [tuple(told(cell) for cell in row) for row in rows]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *numbers, last in rows:
        cells = [" " * (wide - width(cell)) + cell for cell, wide in zip(numbers, widths[1:-1], strict=True)]
        lines.append("  ".join(["", first + " " * (widths[0] - width(first)), *cells, last]).rstrip())
    return lines


def width(text: str) -> int:
    """Columns of a terminal that a text takes: two for a Chinese character or a full-width sign."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _folds(folds: FoldsResult | None, seeds: int) -> list[str]:
    """How the folds were made, and between which scores each arm's lie; nothing where there are none."""
    if folds is None:
        return []
    each = joined(
        say("{arm} {low:.1f} to {high:.1f}", arm=arm, low=100 * min(scores), high=100 * max(scores))
        for arm, scores in folds.scores.items()
    )
    sentence = say(
        _FOLDS[seeds == 1], folds=folds.number, seeds=seeds, examples=sum(folds.sizes), scores=each
    )  # fmt: skip
    return ["", sentence]


_FOLDS = {
    True: template(
        "{folds} folds with {seeds} seed each: each of {examples:,} examples was tested once, by models that learned "
        "from others. Scores of the folds: {scores}."
    ),
    False: template(
        "{folds} folds with {seeds} seeds each: each of {examples:,} examples was tested once, by models that learned "
        "from others. Scores of the folds: {scores}."
    ),
}
"""By whether there is one seed alone."""


def _between(interval: tuple[float, float]) -> str:
    low, high = interval
    return f"[{100 * low:.1f}, {100 * high:.1f}]"


def layer_table(scores: LayerScores) -> list[str]:
    """The probes of all layers for a terminal: one row per layer with its interval drawn, and what they show."""
    metric = metric_named(scores.metric).words
    low, high = min(s.ci95[0] for s in scores.layers), max(s.ci95[1] for s in scores.layers)
    lines = ["", say("{metric} of linear probes", metric=metric), told(LAYER_HEAD)]
    for s in scores.layers:
        best = say("best on dev") if s.layer == scores.chosen else say("within noise of it") if s.within_noise else ""
        row = f"{s.layer:5}  {100 * s.dev:5.1f}  {100 * s.test:5.1f}  {100 * s.ci95[0]:5.1f} to {100 * s.ci95[1]:5.1f}"
        lines.append(f"{row}  {s.l2:6g}  {_bar(*s.ci95, s.test, low, high)}  {told(best)}".rstrip())
    parts = {"extract": clock(scores.extract_s), "probe": scores.probe_s, "used": scores.trained_on,
             "size": scores.train_size}  # fmt: skip
    times = say(_TIMES[scores.trained_on == scores.train_size], **parts)
    return [*(line.rstrip() for line in lines), "", finding(scores), times]


LAYER_HEAD = say("layer    dev   test  95 % interval      l2")
_TIMES = {
    True: template("Layer states took {extract} to compute; the probes {probe:.1f} s."),
    False: template(
        "Layer states took {extract} to compute; the probes ({used:,} of {size:,} examples) {probe:.1f} s."
    ),
}
"""By whether the probes learned from all examples."""


def variant_table(found: Mapping[str, LayerScores]) -> list[str]:
    """Test scores of the probes' variants beside each other, for a terminal; nothing where there is one alone."""
    if len(found) < 2:
        return []
    columns = {name: told(title) for name, title in VARIANT_TITLES.items() if name in found}
    titles = "  ".join(" " * (16 - width(title)) + title for title in columns.values())
    lines = ["", f"{told(say('layer'))}  {titles}"]
    for layer in range(max(len(scores.layers) for scores in found.values())):
        cells = []
        for name in columns:
            scores = found[name].layers
            cells.append(f"{100 * scores[layer].test:16.1f}" if layer < len(scores) else " " * 16)
        lines.append(f"{layer:5}  {'  '.join(cells)}".rstrip())
    return [*lines, "", *_variant_notes(found)]


def _variant_notes(found: Mapping[str, LayerScores]) -> list[str]:
    notes = [say("with next: the mean of a layer and the one above.")] if ADJACENT in found else []
    if LABELS in found:
        metric = found[LABELS].metric
        if metric == next(iter(found.values())).metric:
            notes.append(say("random labels: shuffled; what a probe reaches where there is nothing to know."))
        else:
            notes.append(
                say(
                    "random labels: a tag drawn for each word, {metric}; what a probe reaches where there is nothing "
                    "to know.",
                    metric=metric_named(metric).words,
                )
            )
    if WEIGHTS in found:
        notes.append(say("random weights: the same encoder without any pretraining."))
    if TUNED in found:
        notes.append(say("fine-tuned: after the first recipe of the quick budget."))
        if (gain := found[TUNED].layers[-1].gain) is not None:
            told_gain = say("{points} {interval}", points=points(gain[0]), interval=ends(*gain[1:]))
            notes.append(say("In the top layer it adds {gain}.", gain=told_gain))
    return notes


def _bar(low: float, high: float, value: float, left: float, right: float) -> str:
    """An interval with its value, drawn between `left` and `right`: `    ----o---   `."""

    def place(number: float) -> int:
        return round((BAR - 1) * (number - left) / ((right - left) or 1))

    start, end = place(low), place(high)
    line = " " * start + "-" * (end - start + 1)
    at = place(value)
    return f"{line[:at]}o{line[at + 1 :]}".ljust(BAR)
