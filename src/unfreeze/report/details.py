"""The lower part of the report, for an engineer: everything that the answer was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from unfreeze.judging.read import Comparison
from unfreeze.judging.result import Result
from unfreeze.recipe import MethodName
from unfreeze.records.comparison import RunRecord
from unfreeze.records.layer_scores import LayerScores
from unfreeze.report import cases, charts, tables
from unfreeze.report.numbers import axis_title, count, method_name, metric_name, seconds

SECTIONS = {
    "answer": "Answer",
    "recipes": "Recipes tried",
    "seeds": "Seeds",
    "errors": "Where the errors are",
    "layers": "Layers",
    "training": "Training curves",
    "mistakes": "Worst mistakes",
    "disagreements": "Disagreements",
    "data": "Data and audit",
    "cost": "Cost",
    "environment": "Environment",
    "reproduce": "Reproduce",
}
MANY_CLASSES_LINE = (
    "Bars are the most frequent confusions, gold class first, predicted class second, all seeds together; a matrix of "
    "so many classes would show nothing."
)
MOST_POINTS = 2000
MOST_CLASSES = 30  # of a confusion matrix; past them the most frequent confusions are drawn


def page(comparison: Comparison, result: Result) -> dict[str, Any]:
    """What `details.html.j2` shows besides charts."""
    setting, target = comparison.setting, comparison.setting.task.target
    by_label = [tables.by_label(comparison, method) for method in comparison.choices]
    runs = {method: _case_run(comparison, method) for method in comparison.choices}
    weights, curves = _captions(layer_specs(comparison)), _captions(curve_specs(comparison))
    missing = {"layers": not weights and comparison.probes is None, "disagreements": len(runs) < 2}
    return {
        "names": SECTIONS,
        "sections": [(key, name) for key, name in SECTIONS.items() if not missing.get(key)],
        "recipes": [tables.recipes(comparison, method) for method in comparison.choices],
        "seeds": tables.seeds(comparison),
        "seeds_caption": f"Every dot is one final run. The axis of {metric_name(setting.metric)} does not start at 0.",
        "metrics": tables.metrics(result.methods),
        "errors_line": _errors_line(comparison),
        "error_charts": _captions(error_specs(comparison)),
        "error_tables": [table for table in by_label if table is not None],
        "probes": None if comparison.probes is None else _probes(comparison.probes),
        "weights": weights,
        "curves": curves,
        "mistakes_line": target.words.mistakes,
        "mistakes": [
            (
                f"{method_name(method)}: {target.how_wrong(run.wrong)}",
                cases.mistakes(setting.task, setting.labels, comparison.items, run),
            )
            for method, run in runs.items()
        ],
        **_disagreements(comparison, list(runs.values())),
        "splits": tables.splits(setting.data),
        "said": list(setting.data.said),
        "audit": list(setting.audit.lines),
        "costs": tables.costs(result.methods),
        "encoder": tables.facts("Encoder", setting.encoder),
        "environment": tables.facts("Machine and versions", setting.environment),
        "footer": setting.environment.date or "",
    }


def _errors_line(comparison: Comparison) -> str:
    many = len(comparison.setting.labels.names) > MOST_CLASSES
    target = comparison.setting.task.target
    return MANY_CLASSES_LINE if many and target.chart == "confusion" else target.words.errors


def specs(comparison: Comparison) -> dict[str, charts.Spec]:
    """The charts of `details.html.j2` by name."""
    metric = comparison.setting.metric
    rows = [
        {"method": method_name(run.method), "seed": run.seed, "score": 100 * comparison.tests[run.id].metrics[metric]}
        for run in comparison.all_finals()
    ]
    window = charts.axis_window([100 * comparison.tests[run.id].metrics[metric] for run in comparison.all_finals()])
    strip = {"seeds": charts.seed_strip(rows, axis_title(metric, "test"), window)}
    groups = (error_specs(comparison), probe_specs(comparison), layer_specs(comparison), curve_specs(comparison))
    return strip | {name: spec for group in groups for name, spec in group.items()}


def error_specs(comparison: Comparison) -> dict[str, charts.Spec]:
    """Confusion matrices of class tasks, scatter plots of score tasks, by chart name; tagging has tables instead."""
    chart = comparison.setting.task.target.chart
    if chart == "confusion":
        if len(comparison.setting.labels.names) > MOST_CLASSES:
            confused = {method: tables.most_confused_rows(comparison, method) for method in comparison.choices}
            return {
                f"confused-{method}": charts.most_confused(rows, method) for method, rows in confused.items() if rows
            }
        return {
            f"confusion-{method}": charts.confusion(tables.confusion_rows(comparison, method), method)
            for method in comparison.choices
        }
    if chart == "scatter":
        points = {method: _scatter_rows(comparison, method) for method in comparison.choices}
        values = [row[key] for rows in points.values() for row in rows for key in ("gold", "predicted")]
        ends = (min(values), max(values))
        return {f"scatter-{method}": charts.scatter(rows, method, ends) for method, rows in points.items()}
    return {}


def probe_specs(comparison: Comparison) -> dict[str, charts.Spec]:
    """The scores of linear probes by layer, where there are any."""
    if comparison.probes is None:
        return {}
    rows, resamples = [], []
    for one in comparison.probes.layers:
        low, high = one.ci95
        row = {"layer": one.layer, "score": 100 * one.test, "low": 100 * low, "high": 100 * high, "dev": 100 * one.dev}
        rows.append({**row, "chosen": one.layer == comparison.probes.chosen})
        resamples += [{"layer": one.layer, "score": 100 * score} for score in one.resamples]
    return {"probes": charts.layer_scores(rows, resamples, axis_title(comparison.setting.metric, "test"))}


def _probes(scores: LayerScores) -> dict[str, Any]:
    used = f"{count(scores.trained_on)} of {count(scores.train_size)}"
    return {
        "finding": scores.finding,
        "trained_on": used if scores.trained_on < scores.train_size else f"all {count(scores.train_size)}",
        "seconds": seconds(scores.probe_s),
        "table": tables.layers(scores),
        "caption": "Bars are 95 % intervals over test items and training rows, small points the same probe on "
        "resampled training rows; the ring is the layer that is best on dev. The axis does not start at 0.",
    }


def layer_specs(comparison: Comparison) -> dict[str, charts.Spec]:
    """Learned layer weights of the final runs, for methods that mix layers."""
    found = {}
    for method in comparison.choices:
        rows = [
            {"layer": layer, "weight": 100 * weight, "seed": run.seed}
            for run in comparison.finals(method)
            for layer, weight in enumerate(run.layer_weights or ())
        ]
        if rows:
            found[f"layers-{method}"] = charts.layer_weights(rows, method)
    return found


def curve_specs(comparison: Comparison) -> dict[str, charts.Spec]:
    """Dev score by epoch, for methods whose runs have epochs."""
    found = {}
    for method, choice in comparison.choices.items():
        runs = {run.id: run for run in (*comparison.trials(method), *comparison.finals(method))}
        rows = [row for run in runs.values() for row in _curve_rows(run, run.id in choice.runs)]
        if rows:
            title = axis_title(comparison.setting.metric, "dev")
            found[f"curves-{method}"] = charts.training_curves(rows, title, method)
    return found


def _curve_rows(run: RunRecord, final: bool) -> list[dict[str, Any]]:
    fixed = {"run": run.id, "recipe": run.recipe.name or run.id, "seed": run.seed, "final": final}
    return [
        {**fixed, "kept": p.epoch == run.best_epoch, "epoch": p.epoch, "dev": 100 * p.dev, "loss": p.train_loss}
        for p in run.curve
    ]


def _scatter_rows(comparison: Comparison, method: MethodName) -> list[dict[str, Any]]:
    predictions = comparison.tests[comparison.choices[method].best_run].predictions
    step = -(-len(comparison.items) // MOST_POINTS)
    pairs = zip(comparison.items[::step], predictions[::step], strict=True)
    return [{"gold": item.label, "predicted": p, "text": item.text[:80]} for item, p in pairs]


def _captions(found: Mapping[str, charts.Spec]) -> list[tuple[str, str]]:
    return [(name, f"{spec['description']}.") for name, spec in found.items()]


def _case_run(comparison: Comparison, method: MethodName) -> cases.Run:
    setting, test = comparison.setting, comparison.tests[comparison.choices[method].best_run]
    wrong = cases.errors(setting.task, setting.labels, comparison.items, test.predictions)
    return cases.Run(method_name(method), test, wrong)


def _disagreements(comparison: Comparison, runs: Sequence[cases.Run]) -> dict[str, Any]:
    """Who is nearer to gold on how many items, and the items with the widest gap."""
    if len(runs) < 2:
        return {"agreement": None, "disagreements": []}
    first, second = runs[:2]
    pairs = list(zip(first.wrong, second.wrong, strict=True))
    tally = (
        (
            comparison.setting.task.target.words.both_right,
            sum(a == b == 0 for a, b in pairs),
        ),
        (f"{first.method} nearer to gold", sum(a < b for a, b in pairs)),
        (f"{second.method} nearer to gold", sum(a > b for a, b in pairs)),
        ("both equally wrong", sum(a == b != 0 for a, b in pairs)),
    )
    rows = tuple((name, count(number), f"{100 * number / len(pairs):.1f} %") for name, number in tally)
    caption = "Test items by which method's best run on dev is nearer to gold"
    task, labels, items = comparison.setting.task, comparison.setting.labels, comparison.items
    return {
        "agreement": tables.Table(caption, ("items", "number", "share"), rows, frozenset({1, 2})),
        "disagreements": [
            (f"{a.method} is nearer", cases.won_by(task, labels, items, a, b))
            for a, b in ((first, second), (second, first))
        ],
    }
