"""From evidence to advice: which method to use, why, what speaks against it, and what to do next. Pure.

Scores come in as fractions; sentences speak of points (hundredths). The rules, for the difference d with its 95 %
interval and the region of practical equivalence (-e, e):

* the interval excludes 0 and abs(d) > e: the better method. The reason tells whether the whole interval lies beyond
  the region, or the gain may be smaller than what counts;
* else `too-close`: use the cheaper method. The reason tells three cases apart: practically equal (the whole interval
  inside the region), a real but small difference (excludes 0, d inside the region), undecided (too wide). What is
  cheaper is counted and not timed (`cheaper`), so that the same runs get the same verdict on any machine.

Doubts never change the choice; they say how far to trust it. That training failed is said only of runs that gave one
answer for everything, on dev and on test, as far as the gold labels there are several.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from unfreeze.judging.arms import Finding, find
from unfreeze.judging.stats import Difference
from unfreeze.judging.wording import against, amount, gap, interval, multiply_adds, points, round_up
from unfreeze.plan import Method

WANTED_SEEDS = 5
SMALL_TEST = 500
MUCH_CUT = 0.10
MUCH_UNREAD = 0.25
SPREAD = 0.01  # the least standard deviation between seeds that is worth a doubt
SAME_COST = 1.25  # costs within this factor are taken as equal: counts leave out what is small
HOPELESS = 100  # more than this many times the data is no advice
LEAST = 1.2  # less than a fifth more is not worth advising: lopsided intervals can ask for less than there is
TINY = 1e-6  # a ten-thousandth of a point
Z95 = 1.96
_OTHER_ENCODER = "Choose an encoder that was pretrained on this script and language (--encoder), and compare again."


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
        diverged: how many had a loss that became infinite or no number.
        work: multiply-adds of all runs, recipes tried and layer states included (`unfreeze.methods.work`).
        piece_work: multiply-adds to predict, for a piece.
        work_is_estimated: the runs are of a version that did not count.
        train_s: training seconds over all runs, recipes tried included. What is measured decides nothing.
        extract_s: seconds to compute the layer states that were read; 0 for fine-tuning.
        latency_ms: milliseconds to predict one text.
        stored_mb: megabytes to keep for this task.
    """

    method: Method
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


@dataclass(frozen=True)
class DataFacts:
    """What the audit found that bears on trust.

    Attributes:
        test_in_train, test_in_dev: test items whose text is also in that split.
        rare_labels: labels too rare in training to be learned or judged.
        truncated: share of inputs cut at the encoder's limit.
        unread: share of pieces that say nothing to the encoder, or are single letters.
        dev_size: items; None where that is not known.
        dev_is_blind: all its labels say the same, so that nothing could be chosen on it.
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
    gains: Mapping[Method, Difference]


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
    data: DataFacts = DataFacts()
    floor: Floor | None = None
    fixed: str | None = None


@dataclass(frozen=True)
class Verdict:
    """The advice, in whole sentences. `use` is the method to use; it differs from `choice` when that is `too-close`."""

    choice: Method | Literal["too-close"]
    use: Method
    headline: str
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]
    next_step: str


def decide(evidence: Evidence) -> Verdict:
    """The verdict on `evidence`, by the rules at the top of this file.

    Raises:
        ValueError: neither one method, nor the two methods with their difference.
    """
    if len(evidence.methods) == 1 and evidence.difference is None:
        return _single(evidence, evidence.methods[0])
    frozen, tuned = _both(evidence)
    difference = _difference(evidence)
    finding = find(difference, evidence.equivalence)
    cheap, why = cheaper(frozen, tuned)
    doubts = _doubts(evidence, frozen, tuned)
    if finding in ("clear", "likely"):
        best, other = (tuned, frozen) if difference.lo > 0 else (frozen, tuned)
        headline, reasons = _chosen(evidence, best, other, finding)
        return Verdict(best.method, best.method, headline, reasons, doubts, _next(evidence, finding))
    headline = (
        f"Too close to call: {_words(tuned)} minus {_words(frozen)} is {gap(difference)} {evidence.metric}; "
        f"use {_words(cheap)}{_recipe(cheap)}, which {why}."
    )
    reasons = (_scores(evidence, tuned, frozen), _closeness(evidence, finding), f"{_name(cheap)} {why}.")
    return Verdict("too-close", cheap.method, headline, reasons, doubts, _next(evidence, finding))


def cheaper(frozen: MethodEvidence, tuned: MethodEvidence) -> tuple[MethodEvidence, str]:
    """The cheaper method, and why as the end of a sentence.

    The first of these that differs by more than `SAME_COST` decides: multiply-adds of all runs with the layer states
    that they read, multiply-adds to predict a piece of text, megabytes to store. If none does, feature extraction:
    several tasks can share one frozen encoder. Seconds stand beside the counts and decide nothing.
    """
    costs = (
        (frozen.work, tuned.work, _less_computing),
        (frozen.piece_work, tuned.piece_work, _less_to_predict),
        (frozen.stored_mb, tuned.stored_mb, _less_storage),
    )
    for a, b, told in costs:
        if max(a, b) > SAME_COST * min(a, b):
            cheap, dear = (frozen, tuned) if a < b else (tuned, frozen)
            return cheap, told(cheap, dear)
    return frozen, "costs about the same and lets several tasks share one encoder"


def _less_computing(cheap: MethodEvidence, dear: MethodEvidence) -> str:
    about = "about " if cheap.work_is_estimated or dear.work_is_estimated else ""
    seconds = against(cheap.effort_s, dear.effort_s, "s")
    return f"takes less computing ({about}{multiply_adds(cheap.work, dear.work)}; measured here: {seconds})"


def _less_to_predict(cheap: MethodEvidence, dear: MethodEvidence) -> str:
    counts, measured = (
        multiply_adds(cheap.piece_work, dear.piece_work),
        against(cheap.latency_ms, dear.latency_ms, "ms"),
    )
    return f"predicts with less computing ({counts} a piece; measured here, a text: {measured})"


def _less_storage(cheap: MethodEvidence, dear: MethodEvidence) -> str:
    return f"needs less storage ({against(cheap.stored_mb, dear.stored_mb, 'MB')})"


def needed(evidence: Evidence) -> str:
    """What would decide an undecided difference, as a sentence: about how many test items or seeds.

    The interval must shrink until it excludes 0 if the difference stays as it is, or lies inside the region if it is
    that small. Its variance is taken as a part from seeds (their spread over their number) and a part from items, each
    falling with its number; the larger part is the first to be cut.
    """
    d, e = _difference(evidence), evidence.equivalence
    goal_width = abs(d.mean) if abs(d.mean) > e else max(e - abs(d.mean), e / 2)
    if goal_width < TINY:
        return "No number of test items or seeds would settle a difference this near 0."
    variance, goal = ((d.hi - d.lo) / 2 / Z95) ** 2, (goal_width / Z95) ** 2
    by_seeds = min(sum(m.test_std**2 / m.seeds for m in evidence.methods), variance)
    by_items = variance - by_seeds
    seeds = min(m.seeds for m in evidence.methods)
    options = [
        (by_items, by_seeds, evidence.test_size, "test items"),
        (by_seeds, by_items, seeds, "seeds"),
    ]
    for part, rest, have, what in sorted(options, key=lambda option: -option[0]):
        factor = max(LEAST, part / (goal - rest)) if goal > rest else math.inf
        if part > 0 and factor <= HOPELESS:
            return f"About {round_up(have * factor):,} {what} instead of {have:,} would decide it, if the gap stays."
    factor = max(LEAST, variance / goal)
    if factor > HOPELESS:
        return f"It would take more than {HOPELESS} times the test items and seeds to decide it."
    return (
        f"About {factor:.2g} times the test items and {factor:.2g} times the seeds would decide it, if the gap stays."
    )


def _single(evidence: Evidence, only: MethodEvidence) -> Verdict:
    low, high = (f"{100 * end:.1f}" for end in only.test_ci95)
    score = f"{100 * only.test:.1f} {evidence.metric} on the test set (95 % interval {low} to {high})"
    why_alone = "the encoder cannot be fine-tuned" if evidence.fixed else "no other method was run"
    headline = f"{_name(only)}{_recipe(only)} reaches {score}; {why_alone}."
    cost = f"It took {amount(only.effort_s, 's')} of computing and {amount(only.latency_ms, 'ms')} to predict a text."
    doubts = _doubts(evidence, only)
    if evidence.fixed:
        step = "Compare with an encoder that can be fine-tuned (--encoder), to learn whether fine-tuning pays here."
    else:
        doubts = ("There is nothing to compare with: only one method was run.", *doubts)
        step = "Run both methods (--methods feature-extraction,fine-tuning) to learn which is better."
    if evidence.data.unread > MUCH_UNREAD:
        step = _OTHER_ENCODER
    return Verdict(only.method, only.method, headline, (f"{_name(only)} reaches {score}.", cost), doubts, step)


def _chosen(
    evidence: Evidence, best: MethodEvidence, other: MethodEvidence, finding: Finding
) -> tuple[str, tuple[str, ...]]:
    gain = _gain(evidence)
    region = f"the {_region(evidence)} that count as practically equal" if evidence.equivalence else "0"
    tune = best.method == "fine-tuning"
    advice = "Fine-tune the encoder" if tune else "Keep the encoder frozen and train on its features"
    headline = f"{advice}{_recipe(best)}: {gap(gain)} {evidence.metric} over {_words(other)}."
    if finding == "clear":
        sure = f"Even the low end of the interval, {points(gain.lo)}, is beyond {region}."
    else:
        sure = f"The gain may be as small as {points(gain.lo)}, which is no more than {region}."
    return headline, (_scores(evidence, best, other), sure, _price(best, other))


def _gain(evidence: Evidence) -> Difference:
    """The difference seen from the better method: its interval lies mostly above 0."""
    d = _difference(evidence)
    return d if d.lo + d.hi >= 0 else Difference(-d.mean, -d.hi, -d.lo, d.p)


def _scores(evidence: Evidence, first: MethodEvidence, second: MethodEvidence) -> str:
    d = _difference(evidence)
    lead = d if first.method == "fine-tuning" else Difference(-d.mean, -d.hi, -d.lo, d.p)
    return (
        f"{_name(first)} reaches {100 * first.test:.1f} {evidence.metric} on the test set and {_words(second)} "
        f"{100 * second.test:.1f}: a difference of {gap(lead)} (95 % interval; p = {lead.p:.2g} over items alone)."
    )


def _price(best: MethodEvidence, other: MethodEvidence) -> str:
    """What the better method costs beside the other one."""
    return (
        f"{_name(best)} costs {against(best.effort_s, other.effort_s, 's')} of computing, "
        f"{against(best.latency_ms, other.latency_ms, 'ms')} to predict a text and "
        f"{against(best.stored_mb, other.stored_mb, 'MB')} to store."
    )


def _closeness(evidence: Evidence, finding: Finding) -> str:
    within, region = interval(_difference(evidence)), _region(evidence)
    if finding == "equal":
        return f"The two are practically equal: the whole interval {within} lies within {region} of 0."
    if finding == "small":
        most = points(_gain(evidence).hi)
        return f"There is a difference, but probably of less than the {region} that matter; at most it is {most}."
    return f"This is undecided, not equal: the interval {within} is too wide to tell which is better."


def _doubts(evidence: Evidence, *methods: MethodEvidence) -> tuple[str, ...]:
    """Every doubt that applies, gravest first."""
    groups = (
        _overlaps(evidence),
        _failed(methods),
        _blind(evidence.data),
        _near_the_floor(evidence, methods),
        _disagreement(evidence),
        _few(evidence, methods),
        _spread(evidence, methods),
        _data(evidence.data),
    )
    return tuple(doubt for group in groups for doubt in group)


def _overlaps(evidence: Evidence) -> list[str]:
    places = ((evidence.data.test_in_train, "training"), (evidence.data.test_in_dev, "dev"))
    return [
        f"{count:,} of {evidence.test_size:,} test items ({100 * count / evidence.test_size:.1f} %) are also in the "
        f"{place} set, so the scores may be too high."
        for count, place in places
        if count
    ]


def _failed(methods: tuple[MethodEvidence, ...]) -> list[str]:
    return (
        [
            f"{m.degenerate} of {m.seeds} final runs of {_words(m)} gave one answer for every item: training failed."
            for m in methods
            if m.degenerate
        ]
        + [
            f"{count} of {m.seeds} final runs of {_words(m)} gave one answer for every {split} item, though not on "
            f"{'dev' if split == 'test' else 'test'}."
            for m in methods
            for split, count in m.flat.items()
            if count
        ]
        + [
            f"{m.diverged} of {m.seeds} final runs of {_words(m)} diverged; what they had learned before is judged."
            for m in methods
            if m.diverged
        ]
    )


def _blind(data: DataFacts) -> list[str]:
    """Dev could not choose."""
    if data.dev_size == 1:
        return ["Dev has 1 item: recipes and epochs were chosen nearly blindly."]
    if data.dev_is_blind:
        return ["All labels of dev say the same: recipes and epochs were chosen blindly."]
    return []


def _near_the_floor(evidence: Evidence, methods: tuple[MethodEvidence, ...]) -> list[str]:
    """The better method's gain over the floor may be none at all."""
    if evidence.floor is None:
        return []
    best = max(methods, key=lambda method: method.test)
    gain = evidence.floor.gains[best.method]
    if gain.lo > 0:
        return []
    level = "better" if gain.hi < 0 else "as well"
    better = ", the better method," if len(methods) > 1 else ""
    return [
        f"A {evidence.floor.name} does {level}: it reaches {100 * evidence.floor.test:.1f} {evidence.metric} without "
        f"the encoder, {_words(best)}{better} {100 * best.test:.1f}, a difference of {gap(gain)}."
    ]


def _disagreement(evidence: Evidence) -> list[str]:
    """Dev and test rank the methods differently, and at least one of them by more than the region."""
    if evidence.difference is None:
        return []
    frozen, tuned = _both(evidence)
    dev, test = tuned.dev - frozen.dev, evidence.difference.mean
    if dev * test >= 0 or max(abs(dev), abs(test)) <= evidence.equivalence:
        return []
    gaps = f"is {points(dev)} on dev, {points(test)} on test"
    return [f"Dev and test disagree: {_words(tuned)} minus {_words(frozen)} {gaps}."]


def _few(evidence: Evidence, methods: tuple[MethodEvidence, ...]) -> list[str]:
    seeds, doubts = min(m.seeds for m in methods), []
    if seeds == 1:
        doubts.append("Only 1 seed: the interval does not cover the luck of a training run at all.")
    elif seeds < WANTED_SEEDS:
        doubts.append(f"Only {seeds} seeds: the interval covers the luck of a training run only roughly.")
    if evidence.test_size < SMALL_TEST:
        doubts.append(f"The test set is small ({evidence.test_size:,} items), so the scores are uncertain.")
    return doubts


def _spread(evidence: Evidence, methods: tuple[MethodEvidence, ...]) -> list[str]:
    """Seeds differ by more than twice the region and by more than half the gap between the methods."""
    between = abs(evidence.difference.mean) if evidence.difference else 0.0
    limit = max(SPREAD, 2 * evidence.equivalence, between / 2)
    return [
        f"{_name(m)} is unsteady: its test score differs by {100 * m.test_std:.1f} points (std) between seeds."
        for m in methods
        if m.test_std > limit
    ]


def _data(data: DataFacts) -> list[str]:
    doubts = []
    if data.unread > MUCH_UNREAD:
        doubts.append(
            f"{100 * data.unread:.0f} % of what is read of the texts are unknown pieces to this encoder, or single "
            "letters: it does not know their script or language, and another encoder may do far better."
        )
    if data.truncated > MUCH_CUT:
        doubts.append(
            f"{100 * data.truncated:.0f} % of the texts are cut at the encoder's limit; what is cut is not read."
        )
    if data.rare_labels:
        shown = ", ".join(data.rare_labels[:3]) + (", ..." if len(data.rare_labels) > 3 else "")
        doubts.append(f"Labels too rare in training to be learned or judged well: {len(data.rare_labels)} ({shown}).")
    return doubts


def _next(evidence: Evidence, finding: Finding) -> str:
    """The one step that would help most: mend the data, then the training, then the uncertainty; else use it."""
    data, failed = evidence.data, [m for m in _both(evidence) if m.degenerate or m.diverged]
    doubled = max(data.test_in_train, data.test_in_dev) / evidence.test_size
    if doubled > evidence.equivalence:  # fewer cannot move a score by as much as counts
        return "Remove the test items that are also in the training or dev set, and compare again."
    if failed:
        names = " and ".join(_words(m) for m in failed)
        return f"Give {names} a lower learning rate, a longer warm-up or more steps, and compare again."
    if data.dev_is_blind or data.dev_size == 1:
        return "Give a dev set that can choose (--dev), or none so that one is cut from train, and compare again."
    if data.unread > MUCH_UNREAD:
        return _OTHER_ENCODER
    if finding == "undecided":
        return needed(evidence)
    seeds = min(m.seeds for m in evidence.methods)
    if finding == "likely" and seeds < WANTED_SEEDS:
        return f"Compare again with --seeds {WANTED_SEEDS} to see whether the gain holds."
    return "Use the bundle: `unfreeze predict BUNDLE FILE`."


def _both(evidence: Evidence) -> tuple[MethodEvidence, MethodEvidence]:
    """Feature extraction and fine-tuning, in this order."""
    by_name = {m.method: m for m in evidence.methods}
    if len(evidence.methods) != 2 or len(by_name) != 2:
        raise ValueError(f"evidence of one method or of two different ones is needed, found {list(by_name)}")
    return by_name["feature-extraction"], by_name["fine-tuning"]


def _difference(evidence: Evidence) -> Difference:
    if evidence.difference is None:
        raise ValueError("evidence of two methods needs their difference")
    return evidence.difference


def _words(method: MethodEvidence) -> str:
    return method.method.replace("feature-", "feature ")


def _name(method: MethodEvidence) -> str:
    return _words(method).capitalize()


def _recipe(method: MethodEvidence) -> str:
    return f" ({method.recipe})" if method.recipe else ""


def _region(evidence: Evidence) -> str:
    return f"{100 * evidence.equivalence:.2g} points"
