"""The lower part of the report, for an engineer: everything that the answer was made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unfreeze.judging.layer_words import finding
from unfreeze.judging.read import Arm, Compared, Comparison
from unfreeze.judging.result import ArmResult, Result
from unfreeze.language.message import Message, joined, say
from unfreeze.records.comparison import RunRecord
from unfreeze.records.layer_scores import LayerScores
from unfreeze.records.setting import EncoderFacts
from unfreeze.report import arm_tables, cases, charts, second, tables
from unfreeze.report.drawing import Spec, axis_window
from unfreeze.report.looks import looks
from unfreeze.report.numbers import axis_title, count, metric_name, seconds
from unfreeze.report.ranking import ranked

SECTIONS = {
    "answer": say("Answer"),
    "differences": say("All differences"),
    "folds": say("Folds"),
    "second": say("Beside the main metric"),
    "metrics": say("All metrics"),
    "recipes": say("Recipes tried"),
    "seeds": say("Seeds"),
    "errors": say("Where the errors are"),
    "layers": say("Layers"),
    "training": say("Training curves"),
    "mistakes": say("Worst mistakes"),
    "disagreements": say("Disagreements"),
    "data": say("Data and audit"),
    "cost": say("Cost"),
    "environment": say("Environment"),
    "reproduce": say("Reproduce"),
}
MANY_CLASSES_LINE = say(
    "Bars are the most frequent confusions, gold class first, predicted class second, all seeds "
    "together; a matrix of that many classes would show nothing."
)
WARNING = "Warning: "
MOST_POINTS = 2000
MOST_CLASSES = 30  # of a confusion matrix; past them the most frequent confusions are drawn


MOST_COLUMNS = 4  # arms that a table has a column for; of more, each has a row
RUNS = ("recipes", "seeds", "errors", "layers", "training", "mistakes")
"""Sections that each encoder's own report has where there are several."""


def page(compared: Compared, result: Result) -> dict[str, Any]:
    """What `details.html.j2` shows besides charts."""
    names, setting = names_of(compared), compared.first.setting
    by_name = {names[arm.id]: arm for arm in result.arms}
    pairs = arm_tables.pairs(result) if len(result.arms) > 2 else None
    runs = {} if compared.several else _runs(compared, by_name)
    agreement, beside = _disagreements(compared, result), second.page(compared, result)
    missing = {
        "differences": pairs is None,
        "folds": result.folds is None,
        "second": beside["second"] is None,
        "metrics": not compared.several,
        **dict.fromkeys(RUNS, compared.several),
        "layers": not (runs.get("weights") or runs.get("probes")),
        "disagreements": not agreement["agreement"],
    }
    return {
        "names": SECTIONS,
        "sections": [(key, name) for key, name in SECTIONS.items() if not missing.get(key)],
        "several": compared.several,
        "first_encoder": next(iter(compared.comparisons)),
        "pairs": pairs,
        "folds": tables.folds(result, names),
        "folds_line": _folds_line(result),
        **beside,
        "metrics": _by_arm(tables.metrics(by_name)),
        **runs,
        **agreement,
        "splits": tables.splits(setting.data),
        "said": setting.data.said,
        "audit": [_audited(line) for line in setting.audit.lines],
        "costs": _by_arm(tables.costs(by_name)),
        "encoders": [tables.facts(_caption(name, compared), about) for name, about in _encoders(compared).items()],
        "environment": tables.facts(say("Machine and versions"), setting.environment),
        "footer": setting.environment.date or "",
    }


def _runs(compared: Compared, by_name: Mapping[str, ArmResult]) -> dict[str, Any]:
    """What `runs.html.j2` shows: the runs of every arm of one encoder."""
    first, arms, names = compared.first, compared.arms, names_of(compared)
    setting, target = first.setting, first.setting.task.target
    by_label = [tables.by_label(arm, names[arm.id]) for arm in arms]
    runs = [_case_run(arm, names[arm.id]) for arm in arms]
    return {
        "recipes": [tables.recipes(arm, names[arm.id]) for arm in arms],
        "seeds": tables.seeds(arms, names),
        "seeds_caption": say(
            "Every dot is one final run. The axis of {metric} does not start at 0.", metric=metric_name(setting.metric)
        ),
        "errors_line": _errors_line(first),
        "error_charts": _captions(error_specs(compared)),
        "error_tables": [table for table in by_label if table is not None],
        "probes": [_probes(scores, f"probes-{encoder}") for encoder, scores in _probed(compared).items()],
        "weights": _captions(layer_specs(compared)),
        "curves": _captions(curve_specs(compared)),
        "mistakes_line": target.words.mistakes,
        "mistakes": [
            (
                say("{name}: {finding}", name=run.method, finding=target.how_wrong(run.wrong)),
                cases.mistakes(setting.task, setting.labels, first.items, run),
            )
            for run in runs
        ],
    }


def _folds_line(result: Result) -> str:
    """How the folds were made, in sentences."""
    folds = result.folds
    if folds is None:
        return ""
    sentences = [
        say(
            "Each of {examples:,} labelled examples was tested once, by models that learned from {others:,} examples "
            "of other folds.",
            examples=sum(folds.sizes), others=round(folds.trained_on),
        )
    ]  # fmt: skip
    if folds.group is not None:
        sentences.append(say("No two folds share a value of the column {column}.", column=folds.group))
    sentences.append(_FOLDS)
    return joined(sentences, " ")


_FOLDS = say(
    "Each fold chose its recipe on a dev split of its own. All metrics are of the predictions of all folds together. "
    "What folds differ by beyond the luck of their items and seeds is in the intervals, as the luck of training sets. "
    "Recipes, layers and audit below are means over folds or those of the first fold; the bundled model learned from "
    "all examples."
)


def _audited(line: str) -> tuple[bool, str]:
    """Whether a line of the audit is a warning, and what it says."""
    if not line.startswith(WARNING):
        return False, line
    return True, line.values["line"] if isinstance(line, Message) else line[len(WARNING) :]


def _by_arm(table: tables.Table) -> tables.Table:
    return arm_tables.turned(table) if len(table.heads) > MOST_COLUMNS + 1 else table


def names_of(compared: Compared) -> dict[str, str]:
    """Arm to its name."""
    return {arm: look.name for arm, look in looks(compared.arms).items()}


def _probed(compared: Compared) -> dict[str, LayerScores]:
    """Encoder to the scores of its layers, where there are any."""
    return {name: found.probes for name, found in compared.comparisons.items() if found.probes is not None}


def _encoders(compared: Compared) -> dict[str, EncoderFacts]:
    return {name: found.setting.encoder for name, found in compared.comparisons.items()}


def _caption(encoder: str, compared: Compared) -> str:
    return say("Encoder") if len(compared.comparisons) == 1 else say("Encoder {encoder}", encoder=encoder)


def _errors_line(comparison: Comparison) -> str:
    many = len(comparison.setting.labels.names) > MOST_CLASSES
    target = comparison.setting.task.target
    return MANY_CLASSES_LINE if many and target.chart == "confusion" else target.words.errors


def specs(compared: Compared, result: Result) -> dict[str, Spec]:
    """The charts of `details.html.j2` by name."""
    drawn = second.specs(compared, result)
    if compared.several:
        return drawn
    look = looks(compared.arms)
    runs = [(look[arm.id].name, run) for arm in result.arms for run in arm.runs]
    rows = [{"arm": name, "seed": run.seed, "score": 100 * run.test} for name, run in runs]
    window = axis_window([100 * run.test for _, run in runs])
    title = axis_title(result.metric, "test")
    strip = {"seeds": charts.seed_strip(rows, list(look.values()), title, window)}
    groups = (error_specs(compared), probe_specs(compared), layer_specs(compared), curve_specs(compared))
    return drawn | strip | {name: spec for group in groups for name, spec in group.items()}


def error_specs(compared: Compared) -> dict[str, Spec]:
    """Confusion matrices of class tasks, scatter plots of score tasks, by chart name; tagging has tables instead."""
    setting, arms, look = compared.first.setting, compared.arms, looks(compared.arms)
    chart = setting.task.target.chart
    if chart == "confusion":
        if len(setting.labels.names) > MOST_CLASSES:
            confused = {arm.id: tables.most_confused_rows(arm) for arm in arms}
            return {f"confused-{arm}": charts.most_confused(rows, look[arm]) for arm, rows in confused.items() if rows}
        return {f"confusion-{arm.id}": charts.confusion(tables.confusion_rows(arm), look[arm.id]) for arm in arms}
    if chart == "scatter":
        points = {arm.id: _scatter_rows(arm) for arm in arms}
        values = [row[key] for rows in points.values() for row in rows for key in ("gold", "predicted")]
        ends = (min(values), max(values))
        return {f"scatter-{arm}": charts.scatter(rows, look[arm], ends) for arm, rows in points.items()}
    return {}


def probe_specs(compared: Compared) -> dict[str, Spec]:
    """The scores of linear probes by layer, of each encoder that has any."""
    title = axis_title(compared.first.setting.metric, "test")
    return {f"probes-{encoder}": _probe_spec(scores, title) for encoder, scores in _probed(compared).items()}


def _probe_spec(scores: LayerScores, title: str) -> Spec:
    rows, resamples = [], []
    for one in scores.layers:
        low, high = one.ci95
        row = {"layer": one.layer, "score": 100 * one.test, "low": 100 * low, "high": 100 * high, "dev": 100 * one.dev}
        rows.append({**row, "chosen": one.layer == scores.chosen})
        resamples += [{"layer": one.layer, "score": 100 * score} for score in one.resamples]
    return charts.layer_scores(rows, resamples, title)


def _probes(scores: LayerScores, chart: str) -> dict[str, Any]:
    used = say("{trained_on} of {train_size}", trained_on=count(scores.trained_on), train_size=count(scores.train_size))
    return {
        "chart": chart,
        "finding": finding(scores),
        "trained_on": used
        if scores.trained_on < scores.train_size
        else say("all {train_size}", train_size=count(scores.train_size)),
        "seconds": seconds(scores.probe_s),
        "table": tables.layers(scores),
        "caption": say(
            "Bars are 95 % intervals over test items and training rows, small points the same probe on resampled "
            "training rows; the ring is the layer that is best on dev. The axis does not start at 0."
        ),
    }


def layer_specs(compared: Compared) -> dict[str, Spec]:
    """Learned layer weights of the final runs, for arms that mix layers."""
    found, look = {}, looks(compared.arms)
    for arm in compared.arms:
        rows = [
            {"layer": layer, "weight": 100 * weight, "seed": run.seed}
            for run in arm.finals
            for layer, weight in enumerate(run.layer_weights or ())
        ]
        if rows:
            found[f"layers-{arm.id}"] = charts.layer_weights(rows, look[arm.id])
    return found


def curve_specs(compared: Compared) -> dict[str, Spec]:
    """Dev score by epoch, for arms whose runs have epochs."""
    found, look = {}, looks(compared.arms)
    title = axis_title(compared.first.setting.metric, "dev")
    for arm in compared.arms:
        runs = {run.id: run for run in (*arm.trials, *arm.finals)}
        rows = [row for run in runs.values() for row in _curve_rows(run, run.id in arm.choice.judged)]
        if rows:
            found[f"curves-{arm.id}"] = charts.training_curves(rows, title, look[arm.id])
    return found


def _curve_rows(run: RunRecord, final: bool) -> list[dict[str, Any]]:
    fixed = {"run": run.id, "recipe": run.recipe.name or run.id, "seed": run.seed, "final": final}
    return [
        {**fixed, "kept": p.epoch == run.best_epoch, "epoch": p.epoch, "dev": 100 * p.dev, "loss": p.train_loss}
        for p in run.curve
    ]


def _scatter_rows(arm: Arm) -> list[dict[str, Any]]:
    items, predictions = arm.comparison.items, arm.comparison.tests[arm.choice.best_run].predictions
    step = -(-len(items) // MOST_POINTS)
    pairs = zip(items[::step], predictions[::step], strict=True)
    return [{"gold": item.label, "predicted": p, "text": item.text[:80]} for item, p in pairs]


def _captions(found: Mapping[str, Spec]) -> list[tuple[str, str]]:
    return [(name, say("{description}.", description=spec["description"])) for name, spec in found.items()]


def _case_run(arm: Arm, name: str) -> cases.Run:
    setting, test = arm.comparison.setting, arm.comparison.tests[arm.choice.best_run]
    wrong = cases.errors(setting.task, setting.labels, arm.comparison.items, test.predictions)
    return cases.Run(name, test, wrong)


def _disagreements(compared: Compared, result: Result) -> dict[str, Any]:
    """Who of two arms is nearer to gold on how many items, and the items with the widest gap.

    Of more than two they are the arm to use and the one of the highest score, or the two highest where these are one.
    """
    if len(compared.arms) < 2:
        return {"agreement": None, "disagreements": []}
    order = [row.arm.id for row in ranked(result)]
    two = {result.verdict.use, order[0]} if result.verdict.use != order[0] else set(order[:2])
    names, setting = names_of(compared), compared.first.setting
    first, second = (_case_run(arm, names[arm.id]) for arm in compared.arms if arm.id in two)
    pairs = list(zip(first.wrong, second.wrong, strict=True))
    tally = (
        (setting.task.target.words.both_right, sum(a == b == 0 for a, b in pairs)),
        (say("{method} nearer to gold", method=first.method), sum(a < b for a, b in pairs)),
        (say("{method} nearer to gold", method=second.method), sum(a > b for a, b in pairs)),
        (say("both equally wrong"), sum(a == b != 0 for a, b in pairs)),
    )
    rows = tuple((name, count(number), f"{100 * number / len(pairs):.1f} %") for name, number in tally)
    caption = say("Test items by which method's best run on dev is nearer to gold")
    task, labels, items = setting.task, setting.labels, compared.first.items
    return {
        "agreement": tables.Table(caption, (say("items"), say("number"), say("share")), rows, frozenset({1, 2})),
        "disagreements": [
            (say("{method} is nearer", method=a.method), cases.won_by(task, labels, items, a, b))
            for a, b in ((first, second), (second, first))
        ],
    }
