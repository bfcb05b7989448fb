"""What a comparison comes to: scores with intervals, costs, the difference, the verdict. `result_json` is its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from unfreeze.data.examples import SplitName
from unfreeze.data.unread import Unread
from unfreeze.judging.arms import Finding
from unfreeze.judging.folds_result import FoldsResult
from unfreeze.judging.gaps import Gap, PairGap, between
from unfreeze.judging.machines import Kinds, apart, why_not_compared
from unfreeze.judging.second_result import SecondResult
from unfreeze.plan import Plan
from unfreeze.recipe import MethodName, Recipe
from unfreeze.records.layer_scores import LayerScore
from unfreeze.records.looks import Look
from unfreeze.records.setting import AuditFacts, DataFacts, EncoderFacts, Environment


@dataclass(frozen=True)
class MeanStd:
    """Mean and sample standard deviation over seeds; with one seed the deviation is 0, since none can be seen."""

    mean: float
    std: float


@dataclass(frozen=True)
class Score:
    """Mean and standard deviation of the main metric on test over seeds.

    Attributes:
        ci95: the mean's 95 % interval over items and seeds.
        joint_ci95: the same, wide enough that those of all arms hold together in 95 % of cases.
    """

    mean: float
    std: float
    ci95: tuple[float, float]
    joint_ci95: tuple[float, float]


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
    """A recipe tried, with a seed that is of no final run unless there is one recipe.

    Attributes:
        dev: the main metric; of one that was stopped what it had then.
        stopped: see `RunRecord.stopped`.
    """

    id: str
    name: str
    dev: float
    train_s: float
    chosen: bool
    recipe: Recipe
    stopped: float | None = None


@dataclass(frozen=True)
class Cost:
    """What a method costs to train, to keep and to use.

    Attributes:
        extract_s: seconds to compute the layer states that the chosen recipe reads.
        extract_all_s: the same of all recipes tried, states that several read once.
        train_s: seconds of a final run, mean over seeds.
        peak_mb: the highest among the final runs.
        stored_mb: megabytes to keep for this task.
        latency_ms: median milliseconds to predict `"1"` text and a batch of `"32"`.
        all_runs_s: seconds of every recipe tried and every seed, each run once.
        work: multiply-adds of all runs and of the layer states that they read.
        piece_work: multiply-adds to predict, for a piece of text.
        work_is_estimated: some records are of a version that did not count.
        machines: the kinds of machines that seconds were measured on; None among them for records that name none.
        latency_machines: the same of milliseconds.
    """

    extract_s: float
    extract_all_s: float
    train_s: float
    peak_mb: float
    trained_parameters: int
    stored_mb: float
    latency_ms: Mapping[str, float]
    all_runs_s: float
    work: int
    piece_work: int
    work_is_estimated: bool
    machines: Kinds = ()
    latency_machines: Kinds = ()


@dataclass(frozen=True)
class ArmResult:
    """What one arm, a method on an encoder, reached with the recipe that was best on dev.

    Attributes:
        id: its name in this comparison: the method where there is one encoder, else `ENCODER/METHOD`.
        encoder: its name in this comparison.
        runs: those that are judged, one for each seed.
        dev, test: the main metric.
        metrics: every test metric by name.
        best_run: the run with the best dev score, which goes into the bundle.
        left_out: final runs that are not judged, because an older version had chosen them among several trials.
    """

    id: str
    encoder: str
    method: MethodName
    recipe: Recipe
    runs: tuple[FinalRun, ...]
    dev: MeanStd
    test: Score
    metrics: Mapping[str, MeanStd]
    cost: Cost
    trials: tuple[Trial, ...]
    best_run: str
    left_out: tuple[str, ...] = ()

    @property
    def reused(self) -> bool:
        """Whether a run that is judged was chosen among several trials."""
        return len(self.trials) > 1 and not {run.id for run in self.runs}.isdisjoint(one.id for one in self.trials)


@dataclass(frozen=True)
class FloorResult:
    """What a model without the encoder reaches.

    Attributes:
        dev, test: the main metric.
        gains: arm to what it reaches above this.
        metrics: every test metric by name.
        chosen: the penalty that was best on dev, by its name.
        trained_on: training examples that were used.
    """

    name: str
    dev: float
    test: float
    ci95: tuple[float, float]
    gains: Mapping[str, Gap]
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
class EncoderResult(EncoderFacts):
    """One encoder of a comparison, as it was loaded, and what depends on it alone.

    Attributes:
        question: digest of data, task, encoder and precision.
        precision, begun_in: see `records.setting.Environment`.
        truncated: split to the share of inputs cut at its limit.
        over_limit, unread: see `data.audit.Audit`.
        probes: None where none were made.
    """

    question: str | None = None
    precision: str | None = None
    begun_in: str | None = None
    truncated: Mapping[str, float] = field(default_factory=dict)
    over_limit: Mapping[str, int] | None = None
    unread: Mapping[str, Unread] | None = None
    probes: ProbesResult | None = None


NO_CHOICE = ("equal", "undecided", "not-measured")
"""What a verdict comes to where it chooses no arm.

`equal`: no difference that matters, which is a result; `undecided`: the intervals are too wide to tell; `not-measured`:
no run of any arm learned anything, or all gold labels are one.
"""


@dataclass(frozen=True)
class Verdict:
    """The advice, in whole sentences, and what it was made from.

    Attributes:
        choice: the arm that is better than every other, or one of `NO_CHOICE`.
        use: the arm to use.
        leader: the arm of the highest test score.
        contenders: the arms that are not worse than the leader beyond doubt, the leader included, cheapest first.
        findings: every other arm to which case the leader minus that arm is.
        headline: the answer in a sentence.
        detail: what the answer rests on: the part of the headline that is more than the advice, as a sentence.
        reasons, doubts: doubts with the gravest first.
        next_step: the one thing that would help most.
    """

    choice: str
    use: str
    leader: str
    contenders: tuple[str, ...]
    findings: Mapping[str, Finding]
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
        data, audit: of several encoders, what depends on them is that of the first; `encoders` has each one's.
        labels: classes or tags in index order.
        encoders: those that were trained, by their name in this comparison.
        dropped: encoders that were not trained, to the reason.
        arms: in the order of encoders and methods.
        differences: all pairs of arms; the later arm is the first of a pair.
        equivalence: half-width of the region of practical equivalence.
        floor: None where none was made.
        folds: None where one test set was held out.
        second: None where a run did not keep its probabilities, and for tagging.
        looks: where seeds were `auto`, what was seen on the way; `differences` are read with the last one's error.
    """

    task: str
    metric: str
    data: DataFacts
    labels: tuple[str, ...]
    audit: AuditFacts
    encoders: Mapping[str, EncoderResult]
    dropped: Mapping[str, str]
    arms: tuple[ArmResult, ...]
    differences: tuple[PairGap, ...]
    equivalence: float
    floor: FloorResult | None
    verdict: Verdict
    plan: Plan
    environment: Environment
    folds: FoldsResult | None = None
    second: SecondResult | None = None
    looks: tuple[Look, ...] = ()

    def arm(self, name: str) -> ArmResult:
        """The arm of an id. Raises `KeyError` where there is none."""
        return {arm.id: arm for arm in self.arms}[name]

    @property
    def used(self) -> ArmResult:
        """The arm to use."""
        return self.arm(self.verdict.use)

    def between(self, first: str, second: str) -> PairGap:
        """Arm `first` minus arm `second`. Raises `KeyError` where there is no such pair."""
        return between(self.differences, first, second)

    @property
    def methods(self) -> dict[MethodName, ArmResult]:
        """Method to what it reached, of the one encoder. Raises `ValueError` where there are several."""
        if len(self.encoders) > 1:
            raise ValueError(f"methods of {len(self.encoders)} encoders; see `arms`")
        return {arm.method: arm for arm in self.arms}

    @property
    def difference(self) -> PairGap | None:
        """The difference of the two arms; None unless there are two."""
        return self.differences[0] if len(self.differences) == 1 else None

    @property
    def probes(self) -> ProbesResult | None:
        """The probes of the one encoder; None where none were made, or there are several encoders."""
        (first, *others) = self.encoders.values()
        return None if others else first.probes

    @property
    def seconds_differ(self) -> bool:
        """Whether seconds of its arms are of different kinds of machines, so that they are not compared."""
        return apart(arm.cost.machines for arm in self.arms)

    @property
    def latency_differs(self) -> bool:
        """The same of milliseconds."""
        return apart(arm.cost.latency_machines for arm in self.arms)

    @property
    def why_not_compared(self) -> str | None:
        """Why times of its arms are not compared, as a sentence; None where they are."""
        costs = [arm.cost for arm in self.arms]
        return why_not_compared([cost.machines for cost in costs], [cost.latency_machines for cost in costs])

    def to_dict(self) -> dict[str, Any]:
        """The plain values, as in the file."""
        from unfreeze.judging.result_json import result_values  # it imports this file

        return result_values(self)
