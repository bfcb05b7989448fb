"""What a comparison comes to: scores with intervals, costs, the difference, the verdict. `result_json` is its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from unfreeze.data.examples import SplitName
from unfreeze.judging.stats import Difference, Interval
from unfreeze.plan import Plan
from unfreeze.recipe import MethodName, Recipe
from unfreeze.records.layer_scores import LayerScore
from unfreeze.records.setting import AuditFacts, DataFacts, EncoderFacts, Environment


@dataclass(frozen=True)
class MeanStd:
    """Mean and sample standard deviation over seeds; with one seed the deviation is 0, since none can be seen."""

    mean: float
    std: float


@dataclass(frozen=True)
class Score:
    """Mean and standard deviation of the main metric on test over seeds, with the mean's 95 % interval."""

    mean: float
    std: float
    ci95: tuple[float, float]


@dataclass(frozen=True)
class Gap:
    """A difference of two mean scores: with its 95 % interval over items and seeds, and its p over items."""

    mean: float
    ci95: tuple[float, float]
    p: float


@dataclass(frozen=True)
class NamedGap:
    """A `Gap` that says what it is `of`, such as `fine-tuning - feature-extraction`."""

    of: str
    mean: float
    ci95: tuple[float, float]
    p: float


@dataclass(frozen=True)
class FinalRun:
    """A run of the chosen recipe.

    Attributes:
        dev, test: the main metric.
        degenerate: it gives one answer for everything on some split whose gold labels are several.
        degenerate_on: those splits.
        diverged: its loss became infinite or NaN; what was best before is judged.
        id: its folder under `runs/`.
    """

    seed: int
    dev: float
    test: float
    degenerate: bool
    degenerate_on: tuple[SplitName, ...]
    diverged: bool
    id: str


@dataclass(frozen=True)
class Trial:
    """A recipe tried with seed 0; `dev` is the main metric."""

    id: str
    name: str
    dev: float
    train_s: float
    chosen: bool
    recipe: Recipe


@dataclass(frozen=True)
class Cost:
    """What a method costs to train, to keep and to use.

    Attributes:
        extract_s: seconds to compute the layer states that the chosen recipe reads.
        train_s: seconds of a final run, mean over seeds.
        peak_mb: the highest among the final runs.
        stored_mb: megabytes to keep for this task.
        latency_ms: median milliseconds to predict `"1"` text and a batch of `"32"`.
        all_runs_s: seconds of every recipe tried and every seed, each run once.
        work: multiply-adds of all runs and of the layer states that they read.
        piece_work: multiply-adds to predict, for a piece of text.
        work_is_estimated: some records are of a version that did not count.
    """

    extract_s: float
    train_s: float
    peak_mb: float
    trained_parameters: int
    stored_mb: float
    latency_ms: Mapping[str, float]
    all_runs_s: float
    work: int
    piece_work: int
    work_is_estimated: bool


@dataclass(frozen=True)
class MethodResult:
    """What one method reached with the recipe that was best on dev.

    Attributes:
        runs: one for each seed.
        dev, test: the main metric.
        metrics: every test metric by name.
        best_run: the run with the best dev score, which goes into the bundle.
    """

    recipe: Recipe
    runs: tuple[FinalRun, ...]
    dev: MeanStd
    test: Score
    metrics: Mapping[str, MeanStd]
    cost: Cost
    trials: tuple[Trial, ...]
    best_run: str


@dataclass(frozen=True)
class FloorResult:
    """What a model without the encoder reaches.

    Attributes:
        dev, test: the main metric.
        gains: method to what it reaches above this.
        metrics: every test metric by name.
        chosen: the penalty that was best on dev, by its name.
        trained_on: training examples that were used.
    """

    name: str
    dev: float
    test: float
    ci95: tuple[float, float]
    gains: Mapping[MethodName, Gap]
    metrics: Mapping[str, float]
    chosen: Mapping[str, float]
    trained_on: int
    train_s: float


@dataclass(frozen=True)
class ProbesResult:
    """What a linear model reaches on each layer of the frozen encoder; see `records.layer_scores.LayerScores`."""

    trained_on: int
    layers: tuple[LayerScore, ...]
    chosen: int
    finding: str
    extract_s: float
    probe_s: float


@dataclass(frozen=True)
class Verdict:
    """The advice, in whole sentences.

    Attributes:
        choice: the better method, or `too-close`.
        use: the method to use.
        headline: the answer in a sentence.
        detail: what the answer rests on: the part of the headline that is more than the advice, as a sentence.
        reasons, doubts: doubts with the gravest first.
        next_step: the one thing that would help most.
    """

    choice: MethodName | Literal["too-close"]
    use: MethodName
    headline: str
    detail: str
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]
    next_step: str


@dataclass(frozen=True)
class Result:
    """What `result.json` holds; `docs/result_schema.md` explains every key.

    Attributes:
        task: its kind, such as `pair-classification`.
        metric: the main metric.
        labels: classes or tags in index order.
        methods: only those that were run.
        difference: fine-tuning minus feature extraction; None where only one method was run.
        equivalence: half-width of the region of practical equivalence.
        floor, probes: None where none were made.
    """

    task: str
    metric: str
    data: DataFacts
    labels: tuple[str, ...]
    audit: AuditFacts
    encoder: EncoderFacts
    methods: Mapping[MethodName, MethodResult]
    difference: NamedGap | None
    equivalence: float
    floor: FloorResult | None
    probes: ProbesResult | None
    verdict: Verdict
    plan: Plan
    environment: Environment

    def to_dict(self) -> dict[str, Any]:
        """The plain values, as in the file."""
        from unfreeze.judging.result_json import result_values  # it imports this file

        return result_values(self)


def ends(interval: Interval | Difference) -> tuple[float, float]:
    """The ends of an interval as a result has them."""
    return interval.lo, interval.hi


def gap(difference: Difference) -> Gap:
    """A difference as a result has it."""
    return Gap(difference.mean, ends(difference), difference.p)
