"""The one step that would help most, and what would decide an undecided difference."""

from __future__ import annotations

from collections.abc import Sequence

from unfreeze.judging.arms import Finding, Standing
from unfreeze.judging.doubts import MUCH_UNREAD, WANTED_SEEDS
from unfreeze.judging.evidence import ArmEvidence, Evidence
from unfreeze.judging.planning import MOST, Had, Hopeless, Needed, SeedsFirst, plan
from unfreeze.judging.spread import ERROR
from unfreeze.judging.stats import Difference
from unfreeze.judging.wording import round_up

SIZES = (1, 2, 5)
"""Differences that are planned for, in turn: times the smallest that matters, twice the region's half-width."""

LEAST_GAP = 0.01  # the smallest that matters where there is no region
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
    if seeds == 1 or (finding == "likely" and seeds < WANTED_SEEDS):
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


def next_step_of_nothing(evidence: Evidence) -> str:
    """The next step where no run learned anything."""
    fallback = "Give all methods more training examples or steps, or a lower learning rate, and compare again."
    return _mend(evidence, ()) or fallback


def next_step_of_one(evidence: Evidence) -> str:
    """The next step where one method was run."""
    if evidence.data.unread > MUCH_UNREAD:
        return _OTHER_ENCODER
    if evidence.fixed:
        return "Compare with an encoder that can be fine-tuned (--encoder), to learn whether fine-tuning pays here."
    return "Run both methods (--methods feature-extraction,fine-tuning) to learn which is better."


def needed(evidence: Evidence) -> str:
    """What would decide between two arms, as a sentence: how many test items and seeds."""
    return _needed(evidence, evidence.between, evidence.both, ERROR)


def needed_between(evidence: Evidence, first: ArmEvidence, second: ArmEvidence) -> str:
    """The same for two of more arms, whose interval is the simultaneous one."""
    if evidence.differences is None:
        raise ValueError("evidence of more than two arms needs their differences")
    pair = evidence.differences.of(evidence.arms.index(first), evidence.arms.index(second))
    return _needed(evidence, pair.jointly, (first, second), evidence.differences.error)


def _needed(evidence: Evidence, d: Difference, arms: Sequence[ArmEvidence], error: float) -> str:
    """See `planning`: for the smallest difference that matters or, where that takes too much, for a larger one."""
    seeds = min(arm.seeds for arm in arms)
    if seeds == 1:
        return f"Compare again with --seeds {WANTED_SEEDS} first: one seed does not show how training runs differ."
    if d.spread is None:
        return f"More {evidence.items} and more seeds would decide it."
    had = Had(d.spread, evidence.test_size, seeds)
    smallest = 2 * evidence.equivalence or LEAST_GAP
    for size in (times * smallest for times in SIZES):
        planned = plan(had, size, error)
        if isinstance(planned, Needed):
            return _planned(had, planned, size, evidence.items)
        if isinstance(planned, SeedsFirst) and evidence.looks:
            return f"More seeds were made until they would not decide it any more: more {evidence.items} are needed."
        if isinstance(planned, SeedsFirst):
            more = planned.seeds
            return f"Compare again with --seeds {more}: the seeds differ too much to say what else would decide it."
    if isinstance(planned, Hopeless) and planned.seeds_differ:
        return f"Training runs differ so much between seeds that more {evidence.items} would not decide it."
    return f"More than {MOST} times the {evidence.items} would be needed to show even {_size(size)}."


def _planned(had: Had, planned: Needed, size: float, items: str) -> str:
    wanted = []
    if planned.items > had.items:
        wanted.append(f"{round_up(planned.items):,} {items} instead of {had.items:,}")
    if planned.seeds > had.seeds:
        wanted.append(f"{planned.seeds} seeds instead of {had.seeds}")
    if not wanted:
        return f"A true difference of {_size(size)} would most likely have been seen: expect a smaller one."
    return f"About {' and '.join(wanted)} would show a true difference of {_size(size)} in 4 of 5 cases."


def _size(fraction: float) -> str:
    points = 100 * fraction
    return f"{points:.2g} point{'' if round(points, 2) == 1 else 's'}"
