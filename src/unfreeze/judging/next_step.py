"""The one step that would help most, and what would decide an undecided difference."""

from __future__ import annotations

import math

from unfreeze.judging.arms import Finding
from unfreeze.judging.doubts import MUCH_UNREAD, WANTED_SEEDS
from unfreeze.judging.evidence import Evidence
from unfreeze.judging.wording import round_up

HOPELESS = 100  # more than this many times the data is no advice
LEAST = 1.2  # less than a fifth more is not worth advising: lopsided intervals can ask for less than there is
TINY = 1e-6  # a ten-thousandth of a point
Z95 = 1.96
_OTHER_ENCODER = "Choose an encoder that was pretrained on this script and language (--encoder), and compare again."


def next_step(evidence: Evidence, finding: Finding) -> str:
    """The one step that would help most: mend the data, then the training, then the uncertainty; else use it."""
    data, failed = evidence.data, [m for m in evidence.both if m.degenerate or m.diverged]
    doubled = max(data.test_in_train, data.test_in_dev) / evidence.test_size
    if doubled > evidence.equivalence:  # fewer cannot move a score by as much as counts
        return "Remove the test items that are also in the training or dev set, and compare again."
    if failed:
        names = " and ".join(m.words for m in failed)
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


def next_step_of_one(evidence: Evidence) -> str:
    """The next step where one method was run."""
    if evidence.data.unread > MUCH_UNREAD:
        return _OTHER_ENCODER
    if evidence.fixed:
        return "Compare with an encoder that can be fine-tuned (--encoder), to learn whether fine-tuning pays here."
    return "Run both methods (--methods feature-extraction,fine-tuning) to learn which is better."


def needed(evidence: Evidence) -> str:
    """What would decide an undecided difference, as a sentence: about how many test items or seeds.

    The interval must shrink until it excludes 0 if the difference stays as it is, or lies inside the region if it is
    that small. Its variance is taken as a part from seeds (their spread over their number) and a part from items, each
    falling with its number; the larger part is the first to be cut.
    """
    d, e = evidence.between, evidence.equivalence
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
