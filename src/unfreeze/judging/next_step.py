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
from unfreeze.language.message import joined, say, template

SIZES = (1, 2, 5)
"""Differences that are planned for, in turn: times the smallest that matters, twice the region's half-width."""

LEAST_GAP = 0.01  # the smallest that matters where there is no region
BUNDLE = say("Use the bundle: `unfreeze predict BUNDLE FILE`.")
_OTHER_ENCODER = say(
    "Choose an encoder that was pretrained on this script and language (--encoder), and compare again."
)


def next_step(evidence: Evidence, finding: Finding) -> str:
    """The one step that would help most after two arms were compared."""
    first, second = evidence.both
    if (urgent := _mend(evidence, evidence.both)) is not None:
        return urgent
    if finding == "undecided":
        return needed(evidence)
    seeds = min(arm.seeds for arm in (first, second))
    if seeds == 1 or (finding == "likely" and seeds < WANTED_SEEDS):
        return say(
            "Compare again with --seeds {wanted_seeds} to see whether the gain holds.", wanted_seeds=WANTED_SEEDS
        )
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
        return say("{name} or {words}? {step}", name=leader.name, words=use.words, step=step)
    nearest = [finding for finding in standing.findings.values() if finding == "likely"]
    if use == leader and nearest and min(arm.seeds for arm in evidence.arms) < WANTED_SEEDS:
        return say(
            "Compare again with --seeds {wanted_seeds} to see whether the gain holds.", wanted_seeds=WANTED_SEEDS
        )
    return BUNDLE


def _mend(evidence: Evidence, arms: Sequence[ArmEvidence]) -> str | None:
    """What is to be put right before anything else: the data, then the training, then dev, then the encoder."""
    data, failed = evidence.data, [arm for arm in arms if arm.degenerate or arm.diverged]
    doubled = max(data.test_in_train, data.test_in_dev) / evidence.test_size
    if doubled > evidence.equivalence:  # fewer cannot move a score by as much as counts
        return say("Remove the test items that are also in the training or dev set, and compare again.")
    if failed:
        names = joined((arm.words for arm in failed), " and ")
        return say(
            "Give {names} a lower learning rate, a longer warm-up or more steps, and compare again.", names=names
        )
    if data.dev_is_blind or data.dev_size == 1:
        return say("Give a dev set that can choose (--dev), or none so that one is cut from train, and compare again.")
    if all(read.unread > MUCH_UNREAD for read in evidence.encoders.values() or (data,)):
        return _OTHER_ENCODER
    return None


def next_step_of_nothing(evidence: Evidence) -> str:
    """The next step where no run learned anything."""
    fallback = say("Give all methods more training examples or steps, or a lower learning rate, and compare again.")
    return _mend(evidence, ()) or fallback


def next_step_of_one(evidence: Evidence) -> str:
    """The next step where one method was run."""
    if evidence.data.unread > MUCH_UNREAD:
        return _OTHER_ENCODER
    if evidence.fixed:
        return say(
            "Compare with an encoder that can be fine-tuned (--encoder), to learn whether fine-tuning pays here."
        )
    return say("Run both methods (--methods feature-extraction,fine-tuning) to learn which is better.")


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
        return say(
            "Compare again with --seeds {wanted_seeds} first: one seed does not show how training runs differ.",
            wanted_seeds=WANTED_SEEDS,
        )
    if d.spread is None:
        return say("More {items} and more seeds would decide it.", items=evidence.items)
    had = Had(d.spread, evidence.test_size, seeds)
    smallest = 2 * evidence.equivalence or LEAST_GAP
    for size in (times * smallest for times in SIZES):
        planned = plan(had, size, error)
        if isinstance(planned, Needed):
            return _planned(had, planned, size, evidence.items)
        if isinstance(planned, SeedsFirst) and evidence.looks:
            return say(
                "More seeds were made until they would not decide it any more: more {items} are needed.",
                items=evidence.items,
            )
        if isinstance(planned, SeedsFirst):
            more = planned.seeds
            return say(
                "Compare again with --seeds {more}: the seeds differ too much to say what else would decide it.",
                more=more,
            )
    if isinstance(planned, Hopeless) and planned.seeds_differ:
        return say(
            "Training runs differ so much between seeds that more {items} would not decide it.", items=evidence.items
        )
    return say(
        "More than {most} times the {items} would be needed to show even {size}.",
        most=MOST,
        items=evidence.items,
        size=_size(size),
    )


def _planned(had: Had, planned: Needed, size: float, items: str) -> str:
    wanted = []
    if planned.items > had.items:
        wanted.append(say(_MORE_ITEMS, wanted=round_up(planned.items), items=items, had=had.items))
    if planned.seeds > had.seeds:
        wanted.append(say("{wanted} seeds instead of {had}", wanted=planned.seeds, had=had.seeds))
    if not wanted:
        return say(
            "A true difference of {size} would most likely have been seen: expect a smaller one.", size=_size(size)
        )
    return say(
        "About {wanted} would show a true difference of {size} in 4 of 5 cases.",
        wanted=joined(wanted, " and "), size=_size(size),
    )  # fmt: skip


_MORE_ITEMS = template("{wanted:,} {items} instead of {had:,}")


def _size(fraction: float) -> str:
    points = 100 * fraction
    return say(_ONE_POINT if round(points, 2) == 1 else _POINTS, points=points)


_ONE_POINT, _POINTS = template("{points:.2g} point"), template("{points:.2g} points")
