"""From the run folders to `result.json`: scores with intervals, the difference, the verdict. No torch here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unfreeze.data.examples import Example, Label, SplitName
from unfreeze.data.measurable import JUDGED, check_items
from unfreeze.data.unread import Unread
from unfreeze.disk.files import write_json
from unfreeze.errors import InputError, shown
from unfreeze.judging import verdict
from unfreeze.judging.run_work import method_work
from unfreeze.judging.stats import Difference, Floats, Interval, MetricFn, mean_ci, paired_difference
from unfreeze.plan import Method, Plan, Recipe, plain
from unfreeze.records.comparison import (
    AGAIN,
    RUN_AGAIN,
    Choice,
    FloorRecord,
    RunRecord,
    Setting,
    TestRecord,
    read_choices,
    read_floor,
    read_items,
    read_records,
    read_setting,
    read_test,
)
from unfreeze.records.fitting import (
    check_floor,
    check_metrics,
    check_record,
    check_score,
    check_setting,
    check_test,
    check_test_items,
)
from unfreeze.records.layer_scores import LayerScores, plain_values, read_layer_scores
from unfreeze.tasks import metrics
from unfreeze.tasks.metrics import METRIC_NAMES

SCHEMA = 1
FLOOR_DRAWS = 2_000  # a fifth of the draws behind the difference: what is beside the question may be a little coarser
UNFINISHED = "the comparison did not finish: start the same command again, it goes on where it stopped"


@dataclass(frozen=True)
class Comparison:
    """All that a finished comparison left on disk.

    Attributes:
        choices: method to what it chose; only methods that were run.
        records: every run by id.
        tests: test record of every final run, by run id; its predictions are in the order of `items`.
        items: the test items with gold labels.
        floor: what the words alone reach; None where it was not computed.
        probes: what a linear probe reaches on each layer; None where none were made for this question.
    """

    setting: Setting
    choices: Mapping[Method, Choice]
    records: Mapping[str, RunRecord]
    tests: Mapping[str, TestRecord]
    items: tuple[Example, ...]
    floor: FloorRecord | None = None
    probes: LayerScores | None = None

    def trials(self, method: Method) -> tuple[RunRecord, ...]:
        """The runs among which `method` chose its recipe."""
        return tuple(self.records[run] for run in self.choices[method].trials)

    def finals(self, method: Method) -> tuple[RunRecord, ...]:
        """The runs of the chosen recipe, one a seed."""
        return tuple(self.records[run] for run in self.choices[method].runs)

    def all_finals(self) -> tuple[RunRecord, ...]:
        """The final runs of every method."""
        return tuple(run for method in self.choices for run in self.finals(method))


@dataclass(frozen=True)
class Result:
    """What `result.json` holds; `docs/result_schema.md` explains every key."""

    values: Mapping[str, Any]

    @property
    def verdict(self) -> dict[str, Any]:
        """`choice`, `use`, `headline`, `reasons`, `doubts`, `next_step`."""
        return dict(self.values["verdict"])

    @property
    def difference(self) -> dict[str, Any] | None:
        """`of`, `mean`, `ci95`, `p`; None when only one method was run."""
        return None if self.values["difference"] is None else dict(self.values["difference"])

    @property
    def methods(self) -> dict[str, Any]:
        """Method to its recipe, runs, scores and cost."""
        return dict(self.values["methods"])

    @property
    def floor(self) -> dict[str, Any] | None:
        """`name`, `dev`, `test`, `ci95`, `gains`, ...; None when none was computed."""
        return None if self.values["floor"] is None else dict(self.values["floor"])

    @property
    def probes(self) -> dict[str, Any] | None:
        """`layers`, `chosen`, `finding`, ...; None when none were made."""
        return None if self.values["probes"] is None else dict(self.values["probes"])

    def to_dict(self) -> dict[str, Any]:
        """The plain values, as in the file."""
        return dict(self.values)


def judge(folder: Path) -> Result:
    """Judge a finished comparison and write its `result.json`.

    Raises:
        InputError: a run or file is missing or torn (see `read_comparison`), or the result cannot be written.
    """
    comparison = read_comparison(folder)
    statistics = {method: statistics_of(comparison, method) for method in comparison.choices}
    _check_scores(folder, comparison, statistics)
    result = Result(_values(comparison, statistics))
    write_json(folder / "result.json", result.to_dict())
    return result


def read_comparison(folder: Path) -> Comparison:
    """Read a finished comparison.

    Raises:
        InputError: something is missing, torn, or does not fit the rest: which file, and what to do.
    """
    setting, choices = read_setting(folder), read_choices(folder)
    check_setting(folder, setting)
    records, items = read_records(folder), read_items(folder)
    check_test_items(folder, setting, items)
    for name, record in records.items():
        check_record(folder, setting, name, record)
    if not choices:
        raise InputError(f"names no method; {UNFINISHED}", where=str(folder / "choice.json"))
    check_items(items, setting.task, setting.labels.scheme, where=str(folder / "items.parquet"))
    tests: dict[str, TestRecord] = {}
    for method, choice in choices.items():
        for run in (*choice.trials, *choice.runs):
            if run not in records:
                raise InputError(f"the record is missing; {UNFINISHED}", where=str(folder / "runs" / shown(run)))
            if records[run].method != method:
                raise InputError(f"has a run of another method, {run}, for {method}", where=str(folder / "choice.json"))
        for run in choice.runs:
            test = read_test(folder / "runs" / run)
            if test is None:
                raise InputError(f"there are no test scores; {UNFINISHED}", where=str(folder / "runs" / shown(run)))
            check_test(folder, setting, run, test, items)
            tests[run] = test
    check_metrics(folder, tests)
    floor = read_floor(folder)
    if floor is not None:
        check_floor(folder, setting, floor, items)
    probes = read_layer_scores(folder)
    if probes is not None and probes.question != setting.data.get("question"):
        probes = None  # written there by `unfreeze probe` about something else
    return Comparison(setting, choices, records, tests, items, floor, probes)


def _check_scores(folder: Path, comparison: Comparison, statistics: Mapping[Method, Floats]) -> None:
    """Raise `InputError` where a test score that was written is not what the predictions beside it give."""
    setting, metric = comparison.setting, metric_of(comparison)
    for method, values in statistics.items():
        for run, found in zip(comparison.choices[method].runs, metric(values.sum(1)), strict=True):
            told = comparison.tests[run].metrics[setting.metric]
            check_score(setting, told, float(found), folder / "runs" / run / "test.json", RUN_AGAIN)
    if (floor := comparison.floor) is not None:
        found = float(metric(_item_statistics(comparison, floor.predictions).sum(0)))
        check_score(setting, floor.test[setting.metric], found, folder / "floor.json", AGAIN)


def _values(comparison: Comparison, statistics: Mapping[Method, Floats]) -> dict[str, Any]:
    setting = comparison.setting
    intervals = {method: mean_ci(values, metric_of(comparison)) for method, values in statistics.items()}
    equivalence = float(setting.plan.get("equivalence", Plan.equivalence))
    difference = None
    if len(statistics) == 2:
        difference = paired_difference(
            statistics["fine-tuning"], statistics["feature-extraction"], metric_of(comparison)
        )
    floor = _floor(comparison, statistics)
    advice = _verdict(comparison, intervals, difference, equivalence, floor)
    return {
        "schema": SCHEMA,
        "task": setting.task.kind,
        "metric": setting.metric,
        "data": {**setting.data, "labels": list(setting.labels.names), "audit": dict(setting.audit)},
        "encoder": dict(setting.encoder),
        "methods": {method: _method(comparison, method, interval) for method, interval in intervals.items()},
        "difference": None if difference is None else _difference(difference),
        "equivalence": equivalence,
        "floor": floor,
        "probes": None if comparison.probes is None else _probes(comparison.probes),
        "verdict": {
            "choice": advice.choice,
            "use": advice.use,
            "headline": advice.headline,
            "reasons": list(advice.reasons),
            "doubts": list(advice.doubts),
            "next_step": advice.next_step,
        },
        "plan": dict(setting.plan),
        "environment": dict(setting.environment),
    }


def metric_of(comparison: Comparison) -> MetricFn:
    """The main metric from summed statistics."""
    return lambda sums: metrics.from_statistics(comparison.setting.task, sums)


def statistics_of(comparison: Comparison, method: Method) -> Floats:
    """(seeds, items, k) additive statistics of a method's final runs."""
    return np.stack(
        [_item_statistics(comparison, comparison.tests[run].predictions) for run in comparison.choices[method].runs]
    )


def _item_statistics(comparison: Comparison, predictions: Sequence[Label]) -> Floats:
    setting, gold = comparison.setting, [item.label for item in comparison.items]
    return metrics.item_statistics(setting.task, gold, predictions, setting.labels.scheme)


def _floor(comparison: Comparison, statistics: Mapping[Method, Floats]) -> dict[str, Any] | None:
    """The floor's scores, and how far each method is above it."""
    floor, name = comparison.floor, comparison.setting.metric
    if floor is None:
        return None
    own = _item_statistics(comparison, floor.predictions)[None]
    interval = mean_ci(own, metric_of(comparison), FLOOR_DRAWS)
    gains = {
        method: paired_difference(values, own, metric_of(comparison), FLOOR_DRAWS)
        for method, values in statistics.items()
    }
    return {
        "name": floor.name,
        "dev": floor.dev[name],
        "test": floor.test[name],
        "ci95": [interval.lo, interval.hi],
        "gains": {method: _mean_ci95_p(gain) for method, gain in gains.items()},
        "metrics": dict(floor.test),
        "chosen": dict(floor.chosen),
        "trained_on": floor.trained_on,
        "train_s": floor.train_s,
    }


def _probes(probes: LayerScores) -> dict[str, Any]:
    """As they are in their file, less what other keys of the result say."""
    told = {"question", "version", "data", "task", "metric", "encoder", "train_size"}
    return {key: value for key, value in plain_values(probes).items() if key not in told}


def _method(comparison: Comparison, method: Method, interval: Interval) -> dict[str, Any]:
    metric, finals = comparison.setting.metric, comparison.finals(method)
    tests = [comparison.tests[run.id] for run in finals]
    chosen = set(comparison.choices[method].runs)
    runs = [
        {
            "seed": run.seed,
            "dev": float(run.dev[metric]),
            "test": float(test.metrics[metric]),
            "degenerate": bool(degenerate_on(comparison, run)),
            "degenerate_on": list(degenerate_on(comparison, run)),
            "diverged": run.diverged,
            "id": run.id,
        }
        for run, test in zip(finals, tests, strict=True)
    ]
    trials = [
        {
            "id": run.id,
            "name": run.recipe.name,
            "dev": run.dev[metric],
            "train_s": run.train_s,
            "chosen": run.id in chosen or run.recipe == finals[0].recipe,
            "recipe": plain(run.recipe),
        }
        for run in comparison.trials(method)
    ]
    return {
        "recipe": plain(finals[0].recipe),
        "runs": runs,
        "dev": _mean_std([run.dev[metric] for run in finals]),
        "test": {**_mean_std([test.metrics[metric] for test in tests]), "ci95": [interval.lo, interval.hi]},
        "metrics": {name: _mean_std([test.metrics[name] for test in tests]) for name in tests[0].metrics},
        "cost": _cost(comparison, method),
        "trials": trials,
        "best_run": comparison.choices[method].best_run,
    }


def degenerate_on(comparison: Comparison, run: RunRecord) -> tuple[SplitName, ...]:
    """Splits on which a final run gave one answer for everything though their gold labels are several.

    Those of test are at hand. Of dev the record tells; that of an older version did not look at the gold labels, of
    which the audit has the counts.
    """
    gold = [item.label for item in comparison.items]
    found = {
        "dev": run.degenerate and _dev_is_several(comparison.setting),
        "test": metrics.degenerate(gold, comparison.tests[run.id].predictions),
    }
    return tuple(split for split in JUDGED if found[split])


def _dev_is_several(setting: Setting) -> bool:
    """Whether dev has more than one item and, as far as the audit counted them, more than one answer."""
    if setting.data.get("sizes", {}).get("dev", 2) < 2:
        return False
    labels = setting.audit.get("splits", {}).get("dev", {}).get("labels")
    if labels is None or setting.task.target == "score":
        return True
    return len(labels) > (0 if setting.labels.scheme else 1)  # spans of one type are beside words in none


def _dev_is_blind(comparison: Comparison) -> bool:
    """Whether nothing could be chosen on dev: one answer only, by the audit, or correlations that cannot be computed.

    Predictions that vary have a correlation of just 0 only with scores that do not (an older version wrote 0 for it).
    """
    setting, finals = comparison.setting, comparison.all_finals()
    if setting.task.target != "score":
        return not _dev_is_several(setting)
    varied = [run for run in finals if not run.degenerate]
    return bool(varied) and all(run.dev[setting.metric] == 0 for run in varied)


def _unread(setting: Setting) -> float:
    """Share of what the encoder reads of all splits that says nothing to it; 0 where that was not counted."""
    parts = [Unread(**part) for part in (setting.audit.get("unread") or {}).values()]
    return sum(parts[1:], parts[0]).lost if parts else 0.0


def _mean_std(values: list[float]) -> dict[str, float]:
    """Mean and sample standard deviation over seeds; with one seed the deviation is 0, since there is none to see."""
    return {"mean": float(np.mean(values)), "std": float(np.std(values, ddof=1)) if len(values) > 1 else 0.0}


def _cost(comparison: Comparison, method: Method) -> dict[str, Any]:
    choice, finals = comparison.choices[method], comparison.finals(method)
    work = method_work((*comparison.trials(method), *finals), finals[0], comparison.setting)
    return {
        "extract_s": choice.extract_s,
        "train_s": float(np.mean([run.train_s for run in finals])),
        "peak_mb": max(run.peak_mb for run in finals),
        "trained_parameters": finals[0].trained_parameters,
        "stored_mb": finals[0].stored_mb,
        "latency_ms": dict(choice.latency_ms),
        "all_runs_s": _all_runs_s(comparison, method),
        "work": work.total,
        "piece_work": work.piece,
        "work_is_estimated": work.estimated,
    }


def _all_runs_s(comparison: Comparison, method: Method) -> float:
    """Training seconds of every run of a method, recipes tried and seeds; a run that is both counts once."""
    choice = comparison.choices[method]
    return float(sum(comparison.records[run].train_s for run in {*choice.trials, *choice.runs}))


def _difference(difference: Difference) -> dict[str, Any]:
    return {"of": "fine-tuning - feature-extraction", **_mean_ci95_p(difference)}


def _mean_ci95_p(difference: Difference) -> dict[str, Any]:
    return {"mean": difference.mean, "ci95": [difference.lo, difference.hi], "p": difference.p}


def _verdict(
    comparison: Comparison,
    intervals: Mapping[Method, Interval],
    difference: Difference | None,
    equivalence: float,
    floor: Mapping[str, Any] | None,
) -> verdict.Verdict:
    methods = tuple(_method_evidence(comparison, method, interval) for method, interval in intervals.items())
    name = METRIC_NAMES.get(comparison.setting.metric, comparison.setting.metric)
    facts, fixed = _data_facts(comparison), comparison.setting.encoder.get("fixed")
    below = None
    if floor is not None:
        gains = {
            m: Difference(gain["mean"], gain["ci95"][0], gain["ci95"][1], gain["p"])
            for m, gain in floor["gains"].items()
        }
        below = verdict.Floor(floor["name"].replace("-", " "), floor["test"], gains)
    items = len(comparison.items)
    return verdict.decide(verdict.Evidence(name, methods, difference, equivalence, items, facts, below, fixed))


def _method_evidence(comparison: Comparison, method: Method, interval: Interval) -> verdict.MethodEvidence:
    values = _method(comparison, method, interval)
    cost, runs = values["cost"], values["runs"]
    told = [split for split in JUDGED if split != "dev" or _dev_is_several(comparison.setting)]
    return verdict.MethodEvidence(
        method=method,
        recipe=_in_words(comparison.finals(method)[0].recipe),
        dev=values["dev"]["mean"],
        test=values["test"]["mean"],
        test_ci95=(interval.lo, interval.hi),
        test_std=values["test"]["std"],
        seeds=len(runs),
        degenerate=sum(run["degenerate_on"] == told for run in runs),
        flat={split: sum(run["degenerate_on"] == [split] != told for run in runs) for split in told},
        diverged=sum(run["diverged"] for run in runs),
        train_s=cost["all_runs_s"],
        extract_s=cost["extract_s"],
        latency_ms=cost["latency_ms"]["1"],
        stored_mb=cost["stored_mb"],
        trained_parameters=cost["trained_parameters"],
        work=cost["work"],
        piece_work=cost["piece_work"],
        work_is_estimated=cost["work_is_estimated"],
    )


def _in_words(recipe: Recipe) -> str:
    """The recipe as a person would name it: `bcn head, mix of all layers` or `linear head, slanted triangular`."""
    if recipe.method == "fine-tuning":
        stages = ", gradual unfreezing" if recipe.gradual_unfreezing else ""
        return f"{recipe.head} head, {recipe.schedule} schedule{stages}"
    if isinstance(recipe.layers, str):
        return f"{recipe.head} head, {recipe.layers} of all layers"
    names = " and ".join("top" if layer == -1 else str(layer) for layer in recipe.layers)
    return f"{recipe.head} head, {names} layer{'s' if len(recipe.layers) > 1 else ''}"


def _data_facts(comparison: Comparison) -> verdict.DataFacts:
    setting = comparison.setting
    sizes, cut = setting.data.get("sizes", {}), setting.data.get("truncated", {})
    doubles = {(o["earlier"], o["later"]): int(o["count"]) for o in setting.audit.get("overlaps", ())}
    total = sum(sizes.get(split, 0) for split in cut)
    return verdict.DataFacts(
        test_in_train=doubles.get(("train", "test"), 0),
        test_in_dev=doubles.get(("dev", "test"), 0),
        rare_labels=tuple(setting.audit.get("rare", {})),
        dev_size=sizes.get("dev"),
        dev_is_blind=_dev_is_blind(comparison),
        unread=_unread(setting),
        truncated=sum(share * sizes.get(split, 0) for split, share in cut.items()) / total if total else 0.0,
    )
