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
from unfreeze.judging.wording import multiply_adds
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

DEGENERATE = " (degenerate: one answer for all of {})"
DIVERGED = " (diverged)"
FACT_NAMES = {"mb": "megabytes"}
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
            f"{run.recipe.name or run.id}{' (chosen)' if run.recipe == chosen else ''}{_ended_early(arm, run)}",
            points(run.dev[metric]),
            seconds(run.train_s),
            settings(run.recipe) + "".join(f" · {key} {value:g}" for key, value in run.chosen.items()),
            run.recipe.source or "\N{EN DASH}",
        )
        for run in trials
    )
    marked = frozenset(i for i, run in enumerate(trials) if run.recipe == chosen)
    heads = ("recipe", f"dev {metric_name(metric)}", "training", "settings", "source")
    table = Table(f"Recipes of {name}, best on dev first", heads, rows, frozenset({1, 2}), marked)
    return _with_machines(table, trials)


def _with_machines(table: Table, runs: Sequence[RunRecord]) -> Table:
    """A table of runs that also says on which machine each was made, where these are several."""
    if len(distinct(run.machine for run in runs)) < 2:
        return table
    rows = tuple((*row, in_words((run.machine,))) for row, run in zip(table.rows, runs, strict=True))
    return replace(table, heads=(*table.heads, "machine"), rows=rows)


def _ended_early(arm: Arm, run: RunRecord) -> str:
    if run.stopped is None:
        return DIVERGED * run.diverged
    folds = " in some folds" if arm.comparison.parts else ""
    return f" (stopped at a third{folds}: the best had {points(run.stopped)} by then)"


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
            f"{run.id}{_degenerate(arm.comparison, run)}{DIVERGED * run.diverged}",
        )
        for arm in arms
        for run in arm.finals
    )
    heads = ("method", "seed", "dev", "test", "epoch kept", "training", "run")
    table = Table(f"Final runs, {metric_name(metric)} in points", heads, rows, frozenset({1, 2, 3, 4, 5}))
    return _with_machines(table, [run for arm in arms for run in arm.finals])


def _degenerate(comparison: Comparison, run: RunRecord) -> str:
    where = degenerate_on(comparison, run)
    return DEGENERATE.format(" and ".join(where)) if where else ""


def metrics(arms: Mapping[str, ArmResult]) -> Table:
    """All test metrics of each arm by its name, mean and standard deviation over seeds."""
    names = list(dict.fromkeys(name for values in arms.values() for name in values.metrics))
    rows = []
    for name in names:
        cells = [values.metrics.get(name) for values in arms.values()]
        shown = (mean_std(name, cell.mean, cell.std) if cell else points(None) for cell in cells)
        rows.append((metric_name(name), *shown))
    heads = ("metric", *arms)
    caption = "All test metrics, mean ± standard deviation over seeds"
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
    heads = ("label", "in test", "precision", "recall", "F1")
    caption = f"{name[:1].upper()}{name[1:]}, over all seeds"
    if kinds[MOST_LABELS:]:
        caption += f": the {MOST_LABELS} of {count(len(kinds))} labels with the most errors"
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
    rows = [(f"{below.name.replace('-', ' ')}, no encoder", points(below.test), between(*below.ci95), "")]
    for values in result.arms:
        gain = below.gains[values.id]
        low, high = gain.ci95
        added = f"{signed(gain.mean, 1)} ({signed(low, 1)} to {signed(high, 1)})"
        rows.append((names[values.id], points(values.test.mean), between(*values.test.ci95), added))
    metric = metric_name(result.metric)
    heads = ("model", f"test {metric}", "95 % interval", "added to the bag of words")
    return Table(f"Test {metric} in points", heads, tuple(rows), frozenset({1, 2, 3}))


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
    rows.append(("mean ± standard deviation", "", *spread))
    heads = ("fold", "items", *names.values())
    caption = f"{metric_name(result.metric)} of each fold, mean over seeds, with the recipe that the fold chose"
    return Table(caption, heads, tuple(rows), frozenset(range(1, len(heads))))


def layers(scores: LayerScores) -> Table:
    """What a linear probe reaches on each layer; the layer that is best on dev is marked."""
    rows = []
    for one in scores.layers:
        low, high = one.behind_ci95
        behind = f"{points(one.behind)} ({points(low)} to {points(high)}){' *' * one.within_noise}"
        apart = points(None) if one.layer == scores.chosen else behind
        row = (str(one.layer), points(one.dev), points(one.test), between(*one.ci95), apart, f"{one.l2:g}")
        rows.append(row)
    metric = metric_name(scores.metric)
    heads = ("layer", f"dev {metric}", "test", "95 % interval", "below the best on dev", "L2 penalty")
    marked = frozenset(i for i, one in enumerate(scores.layers) if one.layer == scores.chosen)
    caption = "Linear probes, points; * cannot be told from the best on dev"
    return Table(caption, heads, tuple(rows), frozenset(range(6)), marked)


def between(low: float, high: float) -> str:
    """The ends of an interval, in points."""
    return f"{points(low)} to {points(high)}"


def counted(cost: Cost) -> str:
    """Counted work of all runs: `12 billion`."""
    about = "about " if cost.work_is_estimated else ""
    return f"{about}{multiply_adds(cost.work)}".removesuffix(" multiply-adds")


def costs(arms: Mapping[str, ArmResult]) -> Table:
    """What each arm, by its name, costs to train, to keep and to use; times only where they can be compared."""
    kinds, predicted = [m.cost.machines for m in arms.values()], [m.cost.latency_machines for m in arms.values()]
    rows: list[tuple[str, ...]] = [] if apart(kinds) else _seconds_rows(arms)
    rows.append(("train every recipe and seed, counted", *(f"{counted(m.cost)} multiply-adds" for m in arms.values())))
    rows.append(("peak memory, with runs beside it", *(megabytes(m.cost.peak_mb) for m in arms.values())))
    rows.append(("trained parameters", *(count(m.cost.trained_parameters) for m in arms.values())))
    rows.append(("to keep for this task", *(megabytes(m.cost.stored_mb) for m in arms.values())))
    latency = [] if apart(predicted) else [m.cost.latency_ms for m in arms.values()]
    for size in dict.fromkeys(key for values in latency for key in values):
        name = "predict one text" if size == "1" else f"predict a batch of {size}"
        rows.append((name, *(f"{v[size]:.1f} ms" if size in v else points(None) for v in latency)))
    heads, named = ("cost", *arms), [kind for kind in together((*kinds, *predicted)) if kind]
    where = in_words(tuple(named)) if named else "this machine"
    caption = f"Cost, measured on {where} but for what is counted"
    return Table(caption, heads, tuple(rows), frozenset(range(1, len(heads))))


def _seconds_rows(arms: Mapping[str, ArmResult]) -> list[tuple[str, ...]]:
    costs = [arm.cost for arm in arms.values()]
    return [
        ("compute frozen features", *(seconds(cost.extract_s) for cost in costs)),
        ("train once (mean over seeds)", *(seconds(cost.train_s) for cost in costs)),
        ("train every recipe and seed", *(seconds(cost.all_runs_s) for cost in costs)),
    ]


def _files(named: str | Sequence[str]) -> str:
    return named if isinstance(named, str) else f"{named[0]} to {named[-1]} ({len(named)} files)"


def splits(data: DataFacts) -> Table:
    """Files, sizes, and share of inputs cut at the encoder's limit, one row a split."""
    sizes, files, cut = data.sizes, data.files, data.truncated
    rows = tuple(
        (
            split,
            count(sizes[split]) if split in sizes else points(None),
            f"{points(cut[split])} %" if split in cut else points(None),
            _files(files.get(split, "cut out of another split")),
        )
        for split in SPLITS
    )
    columns = ", ".join(f"{role} = {name}" for role, name in data.columns.items())
    caption = f"{data.name or 'Data'}{f' (columns: {columns})' if columns else ''}"
    return Table(caption, ("split", "items", "cut at the limit", "file"), rows, frozenset({1, 2}))


def facts(caption: str, values: EncoderFacts | Environment) -> Table:
    """Names and values as they were recorded, as far as they were."""
    rows = tuple(
        (FACT_NAMES.get(key, key).replace("_", " "), _fact(value))
        for key, value in vars(values).items()
        if value not in (None, ())
    )
    return Table(caption, ("what", "value"), rows)


def _fact(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return count(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)
