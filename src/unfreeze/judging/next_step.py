"""The one step that would help most, and what would decide an undecided difference."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.special import ndtri

from unfreeze.judging.arms import Finding, Standing
from unfreeze.judging.doubts import MUCH_UNREAD, WANTED_SEEDS
from unfreeze.judging.evidence import ArmEvidence, Evidence
from unfreeze.judging.stats import Difference
from unfreeze.judging.wording import round_up

HOPELESS = 100  # more than this many times the data is not advice
LEAST = 1.2  # less than a fifth more is not worth advising: lopsided intervals can ask for less than there is
TINY = 1e-6  # a ten-thousandth of a point
Z95 = 1.96
BUNDLE = "Use the bundle: `unfreeze predict BUNDLE FILE`."
_OTHER_ENCODER = "Choose an encoder that was pretrained on this script and language (--encoder), and compare again."


def next_step(evidence: Evidence, finding: Finding) -> str:
    """The one step that would help most after two arms were compared."""
    first, second = evidence.both
    if (urgent := _mend(evidence, evidence.both)) is not None:
        return urgent
    if finding == "undecided":
        return needed(evidence)
    seeds = min(arm.seeds for arm in (first, second))
    if finding == "likely" and seeds < WANTED_SEEDS:
        return f"Compare again with --seeds {WANTED_SEEDS} to see whether the gain holds."
    return BUNDLE


def next_step_of_many(evidence: Evidence, leader: ArmEvidence, use: ArmEvidence, standing: Standing) -> str:
    """The one step that would help most after more than two arms were compared.

    What is undecided matters only between the arm to use and the leader.
    """
    if (urgent := _mend(evidence, evidence.arms)) is not None:
        return urgent
    place = evidence.arms.index(use)
    if standing.findings.get(place) == "undecided":
        step = needed_between(evidence, leader, use)
        return f"{leader.name} or {use.words}? {step}"
    nearest = [finding for finding in standing.findings.values() if finding == "likely"]
    if use == leader and nearest and min(arm.seeds for arm in evidence.arms) < WANTED_SEEDS:
        return f"Compare again with --seeds {WANTED_SEEDS} to see whether the gain holds."
    return BUNDLE


def _mend(evidence: Evidence, arms: Sequence[ArmEvidence]) -> str | None:
    """What is to be put right before anything else: the data, then the training, then dev, then the encoder."""
    data, failed = evidence.data, [arm for arm in arms if arm.degenerate or arm.diverged]
    doubled = max(data.test_in_train, data.test_in_dev) / evidence.test_size
    if doubled > evidence.equivalence:  # fewer cannot move a score by as much as counts
        return "Remove the test items that are also in the training or dev set, and compare again."
    if failed:
        names = " and ".join(arm.words for arm in failed)
        return f"Give {names} a lower learning rate, a longer warm-up or more steps, and compare again."
    if data.dev_is_blind or data.dev_size == 1:
        return "Give a dev set that can choose (--dev), or none so that one is cut from train, and compare again."
    if all(read.unread > MUCH_UNREAD for read in evidence.encoders.values() or (data,)):
        return _OTHER_ENCODER
    return None


def next_step_of_one(evidence: Evidence) -> str:
    """The next step where one method was run."""
    if evidence.data.unread > MUCH_UNREAD:
        return _OTHER_ENCODER
    if evidence.fixed:
        return "Compare with an encoder that can be fine-tuned (--encoder), to learn whether fine-tuning pays here."
    return "Run both methods (--methods feature-extraction,fine-tuning) to learn which is better."


def needed(evidence: Evidence) -> str:
    """What would decide an undecided difference of two arms, as a sentence: about how many test items or seeds."""
    return _needed(evidence, evidence.between, evidence.both, Z95)


def needed_between(evidence: Evidence, first: ArmEvidence, second: ArmEvidence) -> str:
    """The same for two of more arms, whose interval is the simultaneous one."""
    if evidence.differences is None:
        raise ValueError("evidence of more than two arms needs their differences")
    pair = evidence.differences.of(evidence.arms.index(first), evidence.arms.index(second))
    return _needed(evidence, pair.jointly, (first, second), float(-ndtri(evidence.differences.error / 2)))


def _needed(evidence: Evidence, d: Difference, arms: Sequence[ArmEvidence], reach: float) -> str:
    """What would decide a difference whose interval reaches that many standard errors to each side.

    The interval must shrink until it excludes 0 if the difference stays as it is, or lies inside the region if it is
    that small. Its variance is taken as a part from seeds (their spread over their number) and a part from items, each
    falling with its number; the larger part is the first to be cut.
    """
    e = evidence.equivalence
    goal_width = abs(d.mean) if abs(d.mean) > e else max(e - abs(d.mean), e / 2)
    if goal_width < TINY:
        return "No number of test items or seeds would settle a difference this near 0."
    variance, goal = ((d.hi - d.lo) / 2 / reach) ** 2, (goal_width / reach) ** 2
    by_seeds = min(sum(arm.test_std**2 / arm.seeds for arm in arms), variance)
    by_items = variance - by_seeds
    seeds = min(arm.seeds for arm in arms)
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
