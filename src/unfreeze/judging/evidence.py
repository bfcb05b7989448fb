"""What a verdict rests on, gathered from a comparison and what its methods reached. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from unfreeze.data.unread import Unread
from unfreeze.judging.one_answer import dev_is_blind, several_splits
from unfreeze.judging.read import Comparison
from unfreeze.judging.result import MethodResult
from unfreeze.judging.stats import Difference
from unfreeze.recipe import MethodName
from unfreeze.records.setting import Setting
from unfreeze.tasks.metrics import METRIC_NAMES


@dataclass(frozen=True)
class MethodEvidence:
    """What one method reached with its chosen recipe, and what that cost.

    Attributes:
        recipe: the chosen recipe in words, such as `bcn head` or `slanted triangular, 4 epochs`; may be empty.
        dev, test: main metric, mean over seeds, fractions.
        test_ci95: interval of `test` over items and seeds.
        test_std: standard deviation of the test score between seeds; 0 for one seed.
        degenerate: how many of the `seeds` final runs gave one answer for everything, wherever there is more to tell.
        flat: split to how many gave one answer there, though not on the other one.
        diverged: how many had a loss that became infinite or NaN.
        work: multiply-adds of all runs, recipes tried and layer states included (`unfreeze.methods.work`).
        piece_work: multiply-adds to predict, for a piece.
        work_is_estimated: the runs are of a version that did not count.
        train_s: training seconds over all runs, recipes tried included. What is measured decides nothing.
        extract_s: seconds to compute the layer states that were read; 0 for fine-tuning.
        latency_ms: milliseconds to predict one text.
        stored_mb: megabytes to keep for this task.
    """

    method: MethodName
    recipe: str
    dev: float
    test: float
    test_ci95: tuple[float, float]
    test_std: float
    seeds: int
    degenerate: int
    train_s: float
    extract_s: float
    latency_ms: float
    stored_mb: float
    trained_parameters: int
    work: float
    piece_work: float
    work_is_estimated: bool = False
    diverged: int = 0
    flat: Mapping[str, int] = field(default_factory=dict)

    @property
    def effort_s(self) -> float:
        """Seconds of computing for the whole answer: extraction and all training."""
        return self.extract_s + self.train_s

    @property
    def words(self) -> str:
        """The method inside a sentence."""
        return self.method.replace("feature-", "feature ")

    @property
    def name(self) -> str:
        """The method as the first word of a sentence."""
        return self.words.capitalize()

    @property
    def recipe_in_brackets(self) -> str:
        """The recipe as it follows a name."""
        return f" ({self.recipe})" if self.recipe else ""


@dataclass(frozen=True)
class DataTrust:
    """What the audit found that bears on trust.

    Attributes:
        test_in_train, test_in_dev: test items whose text is also in that split.
        rare_labels: labels too rare in training to be learned or judged.
        truncated: share of inputs cut at the encoder's limit.
        unread: share of pieces that say nothing to the encoder, or are single letters.
        dev_size: items; None where that is not known.
        dev_is_blind: all its labels are the same, so that nothing could be chosen on it.
    """

    test_in_train: int = 0
    test_in_dev: int = 0
    rare_labels: tuple[str, ...] = ()
    truncated: float = 0.0
    unread: float = 0.0
    dev_size: int | None = None
    dev_is_blind: bool = False


@dataclass(frozen=True)
class Floor:
    """What a model without the encoder reached.

    Attributes:
        name: in words, such as `bag of words`.
        test: main metric, a fraction.
        gains: method to its score minus this one.
    """

    name: str
    test: float
    gains: Mapping[MethodName, Difference]


@dataclass(frozen=True)
class Evidence:
    """All that a verdict rests on.

    Attributes:
        metric: the main metric in words, such as `accuracy`.
        methods: one, or feature extraction and fine-tuning in any order.
        difference: of fine-tuning - feature extraction; None when only one method was run.
        equivalence: half-width of the region of practical equivalence, a fraction.
        test_size: test items.
        floor: None where none was computed.
        fixed: why the encoder cannot be fine-tuned; None if it can.
    """

    metric: str
    methods: tuple[MethodEvidence, ...]
    difference: Difference | None
    equivalence: float
    test_size: int
    data: DataTrust = DataTrust()
    floor: Floor | None = None
    fixed: str | None = None

    @property
    def both(self) -> tuple[MethodEvidence, MethodEvidence]:
        """Feature extraction and fine-tuning, in this order. Raises `ValueError` where there are not just these."""
        by_name = {m.method: m for m in self.methods}
        if len(self.methods) != 2 or len(by_name) != 2:
            raise ValueError(f"evidence of one method or of two different ones is needed, found {list(by_name)}")
        return by_name["feature-extraction"], by_name["fine-tuning"]

    @property
    def between(self) -> Difference:
        """The difference. Raises `ValueError` where there is none."""
        if self.difference is None:
            raise ValueError("evidence of two methods needs their difference")
        return self.difference

    @property
    def region(self) -> str:
        """The half-width of the region of practical equivalence, in words."""
        return f"{100 * self.equivalence:.2g} points"


def evidence_of(
    comparison: Comparison,
    results: Mapping[MethodName, MethodResult],
    difference: Difference | None,
    gains: Mapping[MethodName, Difference],
) -> Evidence:
    """The evidence of a comparison.

    Args:
        results: what its methods reached.
        difference: of fine-tuning - feature extraction.
        gains: method to what it reaches above the floor; empty where there is no floor.
    """
    setting, floor = comparison.setting, comparison.floor
    below = None
    if floor is not None:
        below = Floor(floor.name.replace("-", " "), floor.test[setting.metric], gains)
    return Evidence(
        metric=METRIC_NAMES.get(setting.metric, setting.metric),
        methods=tuple(method_evidence(setting, method, result) for method, result in results.items()),
        difference=difference,
        equivalence=setting.plan.equivalence,
        test_size=len(comparison.items),
        data=data_trust(comparison),
        floor=below,
        fixed=setting.encoder.fixed,
    )


def method_evidence(setting: Setting, method: MethodName, result: MethodResult) -> MethodEvidence:
    """A method's evidence, from what it reached."""
    cost, runs, several = result.cost, result.runs, several_splits(setting)
    return MethodEvidence(
        method=method,
        recipe=result.recipe.brief,
        dev=result.dev.mean,
        test=result.test.mean,
        test_ci95=result.test.ci95,
        test_std=result.test.std,
        seeds=len(runs),
        degenerate=sum(run.degenerate_on == several for run in runs),
        flat={split: sum(run.degenerate_on == (split,) != several for run in runs) for split in several},
        diverged=sum(run.diverged for run in runs),
        train_s=cost.all_runs_s,
        extract_s=cost.extract_s,
        latency_ms=cost.latency_ms["1"],
        stored_mb=cost.stored_mb,
        trained_parameters=cost.trained_parameters,
        work=cost.work,
        piece_work=cost.piece_work,
        work_is_estimated=cost.work_is_estimated,
    )


def data_trust(comparison: Comparison) -> DataTrust:
    """What data set and audit say about how far to trust the scores."""
    data, audit = comparison.setting.data, comparison.setting.audit
    doubles = {(overlap.earlier, overlap.later): overlap.count for overlap in audit.overlaps}
    total = sum(data.sizes.get(split, 0) for split in data.truncated)
    cut = sum(share * data.sizes.get(split, 0) for split, share in data.truncated.items())
    return DataTrust(
        test_in_train=doubles.get(("train", "test"), 0),
        test_in_dev=doubles.get(("dev", "test"), 0),
        rare_labels=tuple(audit.rare),
        dev_size=data.sizes.get("dev"),
        dev_is_blind=dev_is_blind(comparison),
        unread=_unread(list((audit.unread or {}).values())),
        truncated=cut / total if total else 0.0,
    )


def _unread(parts: list[Unread]) -> float:
    """Share of what the encoder reads of all splits that says nothing to it; 0 where that was not counted."""
    return sum(parts[1:], parts[0]).lost if parts else 0.0
