"""The report's tables: plain strings, ready to print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from unfreeze.data.examples import SPLITS
from unfreeze.judging.machines import apart, distinct, in_words, together
from unfreeze.judging.one_answer import degenerate_on
from unfreeze.judging.read import Arm, Comparison
from unfreeze.judging.result import ArmResult, Cost, Result
from unfreeze.judging.wording import floor_words, large_numbers
from unfreeze.language.message import joined, opening, say, template
from unfreeze.records.comparison import RunRecord
from unfreeze.records.layer_scores import LayerScores
from unfreeze.records.setting import DataFacts, EncoderFacts, Environment
from unfreeze.report.numbers import (
    count,
    mean_std,
    megabytes,
    metric_name,
    points,
    seconds,
    settings,
    signed,
)

DEGENERATE = template(" (degenerate: one answer for all of {splits})")
DIVERGED = say(" (diverged)")
FACT_NAMES = {
    "name": say("name"), "layers": say("layers"), "width": say("width"), "parameters": say("parameters"),
    "piece_work": say("piece work"), "mb": say("megabytes"), "max_length": say("max length"), "fixed": say("fixed"),
    "said": say("said"), "fingerprint": say("fingerprint"), "date": say("date"), "device": say("device"),
    "precision": say("precision of numbers"), "threads": say("threads"), "cpu": say("cpu"), "machine": say("machine"),
    "begun_in": say("begun in"), "platform": say("platform"),
}  # fmt: skip
MOST_LABELS = 100  # rows of a table by label


@dataclass(frozen=True)
class Table:
    """Rows of text; the first cell of a row is its heading.

    Attributes:
        numbers: columns to align right.
        marked: rows to stress.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    marked: frozenset[int] = frozenset()


def recipes(arm: Arm, name: str) -> Table:
    """Every recipe an arm tried with its dev score, best first; the chosen one is marked."""
    metric = arm.comparison.setting.metric
    trials = sorted(arm.trials, key=lambda run: -run.dev[metric])
    chosen = arm.finals[0].recipe
    rows = tuple(
        (
            say(
                _CHOSEN if run.recipe == chosen else _TRIED,
                name=run.recipe.name or run.id,
                end=_ended_early(arm, run),
            ),
            points(run.dev[metric]),
            seconds(run.train_s),
            joined(
                [
                    settings(run.recipe),
                    *(say("{setting} {value:g}", setting=say(key), value=value) for key, value in run.chosen.items()),
                ],
                " · ",
            ),
            run.recipe.source or "\N{EN DASH}",
        )
        for run in trials
    )
    marked = frozenset(i for i, run in enumerate(trials) if run.recipe == chosen)
    heads = (
        say("recipe"),
        say("dev {metric}", metric=metric_name(metric)),
        say("training"),
        say("settings"),
        say("source"),
    )
    table = Table(say("Recipes of {name}, best on dev first", name=name), heads, rows, frozenset({1, 2}), marked)
    return _with_machines(table, trials)


_TRIED, _CHOSEN = template("{name}{end}"), template("{name} (chosen){end}")


def _with_machines(table: Table, runs: Sequence[RunRecord]) -> Table:
    """A table of runs that also says on which machine each was made, where these are several."""
    if len(distinct(run.machine for run in runs)) < 2:
        return table
    rows = tuple((*row, in_words((run.machine,))) for row, run in zip(table.rows, runs, strict=True))
    return replace(table, heads=(*table.heads, say("machine")), rows=rows)


def _ended_early(arm: Arm, run: RunRecord) -> str:
    if run.stopped is None:
        return DIVERGED if run.diverged else ""
    return say(_STOPPED_IN_FOLDS if arm.comparison.parts else _STOPPED, best=points(run.stopped))


_STOPPED = template(" (stopped at a third: the best had {best} by then)")
_STOPPED_IN_FOLDS = template(" (stopped at a third in some folds: the best had {best} by then)")


def seeds(arms: Sequence[Arm], names: Mapping[str, str]) -> Table:
    """Every final run.

    Args:
        names: arm to its name.
    """
    metric = arms[0].comparison.setting.metric
    rows = tuple(
        (
            names[arm.id],
            str(run.seed),
            points(run.dev[metric]),
            points(arm.comparison.tests[run.id].metrics[metric]),
            str(run.best_epoch),
            seconds(run.train_s),
            say(
                "{run}{degenerate}{diverged}",
                run=run.id,
                degenerate=_degenerate(arm.comparison, run),
                diverged=DIVERGED if run.diverged else "",
            ),
        )
        for arm in arms
        for run in arm.finals
    )
    heads = (say("method"), say("seed"), say("dev"), say("test"), say("epoch kept"), say("training"), say("run"))
    table = Table(
        say("Final runs, {metric} in points", metric=metric_name(metric)), heads, rows, frozenset({1, 2, 3, 4, 5})
    )
    return _with_machines(table, [run for arm in arms for run in arm.finals])


def _degenerate(comparison: Comparison, run: RunRecord) -> str:
    where = degenerate_on(comparison, run)
    return say(DEGENERATE, splits=joined(map(say, where), " and ")) if where else ""


def metrics(arms: Mapping[str, ArmResult]) -> Table:
    """All test metrics of each arm by its name, mean and standard deviation over seeds."""
    names = list(dict.fromkeys(name for values in arms.values() for name in values.metrics))
    rows = []
    for name in names:
        cells = [values.metrics.get(name) for values in arms.values()]
        shown = (mean_std(name, cell.mean, cell.std) if cell else points(None) for cell in cells)
        rows.append((metric_name(name), *shown))
    heads = (say("metric"), *arms)
    caption = say("All test metrics, mean ± standard deviation over seeds")
    return Table(caption, heads, tuple(rows), frozenset(range(1, len(heads))))


def by_label(arm: Arm, name: str) -> Table | None:
    """Precision, recall and F1 of every class or span type, counts of all final runs added up; None for scores.

    Of more than `MOST_LABELS`, those with the most errors.
    """
    gold, found, hit = Counter[str](), Counter[str](), Counter[str]()
    labels, setting = [item.label for item in arm.comparison.items], arm.comparison.setting
    for run in arm.finals:
        predictions = arm.comparison.tests[run.id].predictions
        counts = setting.task.target.found(labels, predictions, setting.labels.scheme)
        if counts is None:
            return None
        for counter, more in ((gold, counts.gold), (found, counts.predicted), (hit, counts.both)):
            counter.update(more)
    rows = []
    runs = len(arm.finals)
    kinds = sorted(gold | found, key=lambda k: (-gold[k], k))
    shown = kinds
    if kinds[MOST_LABELS:]:
        shown = sorted(kinds, key=lambda k: 2 * hit[k] - gold[k] - found[k])[:MOST_LABELS]
    for kind in shown:
        precision, recall = (hit[kind] / n[kind] if n[kind] else None for n in (found, gold))
        f1 = 2 * hit[kind] / (gold[kind] + found[kind])
        rows.append((kind, count(gold[kind] // runs), points(precision), points(recall), points(f1)))
    heads = (say("label"), say("in test"), say("precision"), say("recall"), "F1")
    caption = say("{name}, over all seeds", name=opening(name))
    if kinds[MOST_LABELS:]:
        caption = say(
            "{name}, over all seeds: the {shown} of {all:,} labels with the most errors",
            name=opening(name), shown=MOST_LABELS, all=len(kinds),
        )  # fmt: skip
    return Table(caption, heads, tuple(rows), frozenset({1, 2, 3, 4}))


def confusion_rows(arm: Arm) -> list[dict[str, Any]]:
    """One row a (gold, predicted) pair, zeros included: `count` over all final runs, `share` of the gold class in %."""
    names = arm.comparison.setting.labels.names
    return _confusions(arm, [(g, p) for g in names for p in names], _pairs(arm))


def most_confused_rows(arm: Arm, most: int = 25) -> list[dict[str, Any]]:
    """Such rows of the `most` frequent confusions, each named as `pair`; ties in alphabetical order."""
    pairs = _pairs(arm)
    wrong = sorted((pair for pair in pairs if pair[0] != pair[1]), key=lambda pair: (-pairs[pair], pair))
    rows = _confusions(arm, wrong[:most], pairs)
    arrow = "\N{RIGHTWARDS ARROW}"
    return [{**row, "pair": f"{i}. {row['gold']} {arrow} {row['predicted']}"} for i, row in enumerate(rows, 1)]


def _pairs(arm: Arm) -> Counter[tuple[str, str]]:
    """How often each (gold, predicted) pair occurs over all final runs."""
    gold = [str(item.label) for item in arm.comparison.items]
    pairs: Counter[tuple[str, str]] = Counter()
    for run in arm.finals:
        pairs.update(zip(gold, map(str, arm.comparison.tests[run.id].predictions), strict=True))
    return pairs


def _confusions(arm: Arm, wanted: Sequence[tuple[str, str]], pairs: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    runs, total = len(arm.finals), Counter(str(item.label) for item in arm.comparison.items)
    return [
        {
            "gold": g,
            "predicted": p,
            "count": pairs[g, p],
            "share": 100 * pairs[g, p] / (runs * total[g]) if total[g] else 0,
        }
        for g, p in wanted
    ]


def floor(result: Result, names: Mapping[str, str]) -> Table | None:
    """What each arm adds to the floor; None where there is no floor.

    Args:
        names: arm to its name.
    """
    below = result.floor
    if below is None:
        return None
    rows = [(say("{floor}, no encoder", floor=floor_words(below.name)), points(below.test), between(*below.ci95), "")]
    for values in result.arms:
        gain = below.gains[values.id]
        low, high = gain.ci95
        added = say("{mean} ({low} to {high})", mean=signed(gain.mean, 1), low=signed(low, 1), high=signed(high, 1))
        rows.append((names[values.id], points(values.test.mean), between(*values.test.ci95), added))
    metric = metric_name(result.metric)
    heads = (say("model"), say("test {metric}", metric=metric), say("95 % interval"), say("added to the bag of words"))
    return Table(say("Test {metric} in points", metric=metric), heads, tuple(rows), frozenset({1, 2, 3}))


def folds(result: Result, names: Mapping[str, str]) -> Table | None:
    """Each fold's items and every arm's score on them with the recipe that it chose there; None without folds.

    Args:
        names: arm to its name.
    """
    made = result.folds
    if made is None:
        return None
    rows = []
    for fold, size in enumerate(made.sizes):
        cells = (f"{points(made.scores[arm][fold])} ({made.recipes[arm][fold]})" for arm in names)
        rows.append((str(fold + 1), count(size), *cells))
    spread = (mean_std(result.metric, float(np.mean(made.scores[arm])), float(np.std(made.scores[arm], ddof=1)))
              for arm in names)  # fmt: skip
    rows.append((say("mean ± standard deviation"), "", *spread))
    heads = (say("fold"), say("items"), *names.values())
    caption = say(
        "{metric} of each fold, mean over seeds, with the recipe that the fold chose", metric=metric_name(result.metric)
    )
    return Table(caption, heads, tuple(rows), frozenset(range(1, len(heads))))


def layers(scores: LayerScores) -> Table:
    """What a linear probe reaches on each layer; the layer that is best on dev is marked."""
    rows = []
    for one in scores.layers:
        low, high = one.behind_ci95
        behind = say(
            _NOISE if one.within_noise else _BEHIND, behind=points(one.behind), low=points(low), high=points(high)
        )  # fmt: skip
        apart = points(None) if one.layer == scores.chosen else behind
        row = (str(one.layer), points(one.dev), points(one.test), between(*one.ci95), apart, f"{one.l2:g}")
        rows.append(row)
    metric = metric_name(scores.metric)
    heads = (
        say("layer"),
        say("dev {metric}", metric=metric),
        say("test"),
        say("95 % interval"),
        say("below the best on dev"),
        say("L2 penalty"),
    )
    marked = frozenset(i for i, one in enumerate(scores.layers) if one.layer == scores.chosen)
    caption = say("Linear probes, points; * cannot be told from the best on dev")
    return Table(caption, heads, tuple(rows), frozenset(range(6)), marked)


_BEHIND, _NOISE = template("{behind} ({low} to {high})"), template("{behind} ({low} to {high}) *")


def between(low: float, high: float) -> str:
    """The ends of an interval, in points."""
    return say("{low} to {high}", low=points(low), high=points(high))


def counted(cost: Cost) -> str:
    """Counted work of all runs: `12 billion`."""
    work = large_numbers(cost.work)
    return say("about {work}", work=work) if cost.work_is_estimated else work


def costs(arms: Mapping[str, ArmResult]) -> Table:
    """What each arm, by its name, costs to train, to keep and to use; times only where they can be compared."""
    kinds, predicted = [m.cost.machines for m in arms.values()], [m.cost.latency_machines for m in arms.values()]
    rows: list[tuple[str, ...]] = [] if apart(kinds) else _seconds_rows(arms)
    rows.append(
        (
            say("train every recipe and seed, counted"),
            *(say("{cost} multiply-adds", cost=counted(m.cost)) for m in arms.values()),
        )
    )
    rows.append((say("peak memory, with runs beside it"), *(megabytes(m.cost.peak_mb) for m in arms.values())))
    rows.append((say("trained parameters"), *(count(m.cost.trained_parameters) for m in arms.values())))
    rows.append((say("to keep for this task"), *(megabytes(m.cost.stored_mb) for m in arms.values())))
    latency = [] if apart(predicted) else [m.cost.latency_ms for m in arms.values()]
    for size in dict.fromkeys(key for values in latency for key in values):
        name = say("predict one text") if size == "1" else say("predict a batch of {size}", size=size)
        rows.append((name, *(f"{v[size]:.1f} ms" if size in v else points(None) for v in latency)))
    heads, named = (say("cost"), *arms), [kind for kind in together((*kinds, *predicted)) if kind]
    where = in_words(tuple(named)) if named else say("this machine")
    caption = say("Cost, measured on {where} but for what is counted", where=where)
    return Table(caption, heads, tuple(rows), frozenset(range(1, len(heads))))


def _seconds_rows(arms: Mapping[str, ArmResult]) -> list[tuple[str, ...]]:
    costs = [arm.cost for arm in arms.values()]
    return [
        (say("compute frozen features"), *(seconds(cost.extract_s) for cost in costs)),
        (say("train once (mean over seeds)"), *(seconds(cost.train_s) for cost in costs)),
        (say("train every recipe and seed"), *(seconds(cost.all_runs_s) for cost in costs)),
    ]


def _files(named: str | Sequence[str]) -> str:
    return (
        named
        if isinstance(named, str)
        else say("{first} to {last} ({number} files)", first=named[0], last=named[-1], number=len(named))
    )


def splits(data: DataFacts) -> Table:
    """Files, sizes, and share of inputs cut at the encoder's limit, one row a split."""
    sizes, files, cut = data.sizes, data.files, data.truncated
    rows = tuple(
        (
            say(split),
            count(sizes[split]) if split in sizes else points(None),
            f"{points(cut[split])} %" if split in cut else points(None),
            _files(files.get(split, say("cut out of another split"))),
        )
        for split in SPLITS
    )
    columns = ", ".join(f"{role} = {name}" for role, name in data.columns.items())
    caption = data.name or say("Data")
    if columns:
        caption = say("{name} (columns: {columns})", name=caption, columns=columns)
    return Table(caption, (say("split"), say("items"), say("cut at the limit"), say("file")), rows, frozenset({1, 2}))


def facts(caption: str, values: EncoderFacts | Environment) -> Table:
    """Names and values as they were recorded, as far as they were."""
    rows = tuple(
        (FACT_NAMES.get(key) or key.replace("_", " "), _fact(value))
        for key, value in vars(values).items()
        if value not in (None, ())
    )
    return Table(caption, (say("what"), say("value")), rows)


def _fact(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return joined(one if isinstance(one, str) else str(one) for one in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return count(value)
    return value if isinstance(value, str) else str(value)
