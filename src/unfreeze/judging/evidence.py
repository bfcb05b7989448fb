"""What a verdict rests on, gathered from a comparison and what its methods reached. No torch here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from unfreeze.data.unread import Unread
from unfreeze.judging.machines import Kinds
from unfreeze.judging.one_answer import dev_is_blind, several_splits
from unfreeze.judging.read import Compared, Comparison
from unfreeze.judging.result import ArmResult
from unfreeze.judging.simultaneous import Differences
from unfreeze.judging.stats import Difference
from unfreeze.judging.two_way import Measured
from unfreeze.judging.wording import arm_words, floor_words
from unfreeze.language.message import opening, say
from unfreeze.methods.table import method_named, names
from unfreeze.recipe import MethodName
from unfreeze.records.looks import Look
from unfreeze.records.setting import Setting
from unfreeze.tasks.metrics import metric_named

Selected = Literal["no", "left out", "judged"]


@dataclass(frozen=True)
class ArmEvidence:
    """What one arm, a method on an encoder, reached with its chosen recipe, and what that cost.

    Attributes:
        encoder: where several are compared, its name among them; None where there is one.
        recipe: the chosen recipe in words, such as `bcn head` or `slanted triangular, 4 epochs`; may be empty.
        dev, test: main metric, mean over seeds, fractions.
        test_ci95: interval of `test` over items and seeds.
        seed_std: standard deviation of the test score between seeds, less the luck of single items; 0 for one seed.
        degenerate: how many of the `seeds` final runs gave one answer for everything, wherever there is more to tell.
        flat: split to how many gave one answer there, though not on the other one.
        diverged: how many had a loss that became infinite or NaN.
        selected: whether a final run of it was chosen among several trials, and what became of it.
        work: multiply-adds of all runs, recipes tried and layer states included (`unfreeze.methods.work`).
        piece_work: multiply-adds to predict, for a piece.
        work_is_estimated: the runs are of a version that did not count.
        train_s: training seconds over all runs, recipes tried included. What is measured decides nothing.
        extract_s: seconds to compute the layer states that all recipes tried read; 0 for fine-tuning.
        latency_ms: milliseconds to predict one text.
        stored_mb: megabytes to keep for this task.
        machines, latency_machines: see `judging.result.Cost`.
    """

    method: MethodName
    recipe: str
    dev: float
    test: float
    test_ci95: tuple[float, float]
    seed_std: float
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
    encoder: str | None = None
    selected: Selected = "no"
    machines: Kinds = ()
    latency_machines: Kinds = ()

    @property
    def id(self) -> str:
        """Its name in the comparison."""
        return self.method if self.encoder is None else f"{self.encoder}/{self.method}"

    @property
    def effort_s(self) -> float:
        """Seconds of computing for the whole answer: extraction and all training."""
        return self.extract_s + self.train_s

    @property
    def words(self) -> str:
        """The arm inside a sentence."""
        return arm_words(self.method, self.encoder)

    @property
    def name(self) -> str:
        """The arm as the first words of a sentence."""
        return opening(self.words)

    @property
    def advice(self) -> str:
        """To use this arm, as a sentence without its end."""
        return method_named(self.method).words.headline_for(self.encoder)

    @property
    def recipe_in_brackets(self) -> str:
        """The recipe as it follows a name."""
        return say(" ({recipe})", recipe=self.recipe) if self.recipe else ""


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
        gains: arm to its score minus this one.
    """

    name: str
    test: float
    gains: Mapping[str, Difference]


@dataclass(frozen=True)
class Evidence:
    """All that a verdict rests on.

    Attributes:
        metric: the main metric in words, such as `accuracy`.
        arms: one or more, in any order.
        difference: of two arms, the later in the table of methods minus the earlier; None unless there are two.
        equivalence: half-width of the region of practical equivalence, a fraction.
        test_size: test items.
        data: what does not depend on the encoder, and where there is one what does.
        floor: None where none was computed.
        fixed: why the one encoder cannot be fine-tuned; None if it can.
        differences: of three arms or more, all pairs in the order of `arms`.
        encoders: of several encoders, each one's `data`.
        folds: in how many folds every item was tested; 1 where one test set was held out.
        looks: where seeds were `auto`, what was seen on the way to these final runs.
    """

    metric: str
    arms: tuple[ArmEvidence, ...]
    difference: Difference | None
    equivalence: float
    test_size: int
    data: DataTrust = DataTrust()
    floor: Floor | None = None
    fixed: str | None = None
    differences: Differences | None = None
    encoders: Mapping[str, DataTrust] = field(default_factory=dict)
    folds: int = 1
    looks: tuple[Look, ...] = ()

    @property
    def both(self) -> tuple[ArmEvidence, ArmEvidence]:
        """Two arms in the order of the table of methods. Raises `ValueError` where there are not just two."""
        ids = [arm.id for arm in self.arms]
        if len(ids) != 2 or len(set(ids)) != 2:
            raise ValueError(f"evidence of one arm, or of different ones with differences, is needed, found {ids}")
        first, second = sorted(self.arms, key=lambda arm: names().index(arm.method))
        return first, second

    @property
    def between(self) -> Difference:
        """The difference of two arms. Raises `ValueError` where there is none."""
        if self.difference is None:
            raise ValueError("evidence of two arms needs their difference")
        return self.difference

    @property
    def nothing_measured(self) -> bool:
        """Whether each final run of every arm gave one answer for all test items, where more than one is right."""
        return bool(self.arms) and all(arm.degenerate + arm.flat.get("test", 0) >= arm.seeds for arm in self.arms)

    @property
    def below_the_floor(self) -> bool:
        """Whether the floor is shown to be better than the best arm."""
        best = max(self.arms, key=lambda arm: arm.test)
        return self.floor is not None and self.floor.gains[best.id].hi < 0

    @property
    def items(self) -> str:
        """What was tested, in words."""
        return say("labelled examples") if self.folds > 1 else say("test items")

    @property
    def region(self) -> str:
        """The half-width of the region of practical equivalence, in words."""
        return say("{region:.2g} points", region=100 * self.equivalence)


def evidence_of(
    compared: Compared,
    results: Sequence[ArmResult],
    scored: Measured,
    differences: Differences,
    gains: Mapping[str, Difference],
) -> Evidence:
    """The evidence of a comparison.

    Args:
        results: what its arms reached.
        scored: the scores of these arms, with what they vary by.
        differences: all pairs of these arms in their order.
        gains: arm to what it reaches above the floor; empty where there is no floor.
    """
    setting, floor, several = compared.first.setting, compared.floor, compared.several
    trust = {name: data_trust(comparison) for name, comparison in compared.comparisons.items()}
    arms = tuple(
        arm_evidence(
            compared.comparisons[result.encoder].setting, result, scored.seed_deviation(place),
            result.encoder if several else None,
        )
        for place, result in enumerate(results)
    )  # fmt: skip
    evidence = Evidence(
        metric=metric_named(setting.metric).words,
        arms=arms,
        difference=None,
        equivalence=compared.plan.equivalence,
        test_size=len(compared.first.items),
        data=_of_all(list(trust.values())) if several else data_trust(compared.first),
        floor=None if floor is None else Floor(floor_words(floor.name), floor.test[setting.metric], gains),
        fixed=None if several else setting.encoder.fixed,
        differences=differences if len(arms) > 2 else None,
        encoders=trust if several else {},
        folds=max(1, len(compared.first.parts)),
        looks=compared.looks,
    )
    if len(arms) != 2:
        return evidence
    first, second = (arms.index(arm) for arm in evidence.both)
    return replace(evidence, difference=differences.of(second, first).alone)


def _of_all(trusts: Sequence[DataTrust]) -> DataTrust:
    """What holds whatever the encoder; what depends on it is left to each."""
    return replace(trusts[0], truncated=0.0, unread=0.0, dev_is_blind=all(trust.dev_is_blind for trust in trusts))


def arm_evidence(setting: Setting, result: ArmResult, seed_std: float, encoder: str | None) -> ArmEvidence:
    """An arm's evidence, from what it reached.

    Args:
        seed_std, encoder: see `ArmEvidence`.
    """
    cost, runs, several = result.cost, result.runs, several_splits(setting)
    return ArmEvidence(
        method=result.method,
        encoder=encoder,
        recipe=result.recipe.brief,
        dev=result.dev.mean,
        test=result.test.mean,
        test_ci95=result.test.ci95,
        seed_std=seed_std,
        seeds=len(runs),
        degenerate=sum(run.degenerate_on == several for run in runs),
        flat={split: sum(run.degenerate_on == (split,) != several for run in runs) for split in several},
        diverged=sum(run.diverged for run in runs),
        train_s=cost.all_runs_s,
        extract_s=cost.extract_all_s,
        latency_ms=cost.latency_ms["1"],
        stored_mb=cost.stored_mb,
        trained_parameters=cost.trained_parameters,
        work=cost.work,
        piece_work=cost.piece_work,
        work_is_estimated=cost.work_is_estimated,
        machines=cost.machines,
        latency_machines=cost.latency_machines,
        selected="judged" if result.reused else "left out" if result.left_out else "no",
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
