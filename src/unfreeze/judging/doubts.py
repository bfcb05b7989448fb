"""What speaks against trusting a verdict, in whole sentences. Doubts never change the choice."""

from __future__ import annotations

from collections.abc import Mapping

from unfreeze.judging.evidence import ArmEvidence, DataTrust, Evidence, Selected
from unfreeze.judging.wording import gap, points

WANTED_SEEDS = 5
ROUGH_SEEDS = 3  # with fewer, intervals hold the truth less often than they say where seeds rule
SMALL_TEST = 500
MUCH_CUT = 0.10
MUCH_UNREAD = 0.25
SPREAD = 0.01  # the least standard deviation between seeds that is worth a doubt


def doubts_about(evidence: Evidence) -> tuple[str, ...]:
    """Every doubt that applies, gravest first."""
    arms = evidence.both if len(evidence.arms) == 2 else evidence.arms
    groups = (
        _nothing_beside(evidence),
        _overlaps(evidence),
        _failed(arms),
        _blind(evidence.data),
        _near_the_floor(evidence, arms),
        _disagreement(evidence),
        _selected(arms),
        _few(evidence, arms),
        _spread(evidence, arms),
        *(_reading(data, f"{name}'s", name) for name, data in evidence.encoders.items()),
        _data(evidence.data),
    )
    return tuple(doubt for group in groups for doubt in group)


def _nothing_beside(evidence: Evidence) -> list[str]:
    alone = len(evidence.arms) == 1 and not evidence.fixed
    return ["There is nothing to compare with: only one method was run."] if alone else []


def _overlaps(evidence: Evidence) -> list[str]:
    places = ((evidence.data.test_in_train, "training"), (evidence.data.test_in_dev, "dev"))
    return [
        f"{count:,} of {evidence.test_size:,} test items ({100 * count / evidence.test_size:.1f} %) are also in the "
        f"{place} set, so the scores may be too high."
        for count, place in places
        if count
    ]


def _failed(arms: tuple[ArmEvidence, ...]) -> list[str]:
    return (
        [
            f"{m.degenerate} of {m.seeds} final runs of {m.words} gave one answer for every item, or nearly: training "
            "failed."
            for m in arms
            if m.degenerate
        ]
        + [
            f"{count} of {m.seeds} final runs of {m.words} gave one answer for every {split} item, or nearly, though "
            f"not on {'dev' if split == 'test' else 'test'}."
            for m in arms
            for split, count in m.flat.items()
            if count
        ]
        + [
            f"{m.diverged} of {m.seeds} final runs of {m.words} diverged; what they had learned before is judged."
            for m in arms
            if m.diverged
        ]
    )


def _blind(data: DataTrust) -> list[str]:
    """Dev could not choose."""
    if data.dev_size == 1:
        return ["Dev has 1 item: recipes and epochs were chosen nearly blindly."]
    if data.dev_is_blind:
        return ["All labels of dev say the same: recipes and epochs were chosen blindly."]
    return []


def _near_the_floor(evidence: Evidence, arms: tuple[ArmEvidence, ...]) -> list[str]:
    """The best arm's gain over the floor may be none at all; that it is none is said only where that is shown."""
    if evidence.floor is None:
        return []
    best = max(arms, key=lambda arm: arm.test)
    gain = evidence.floor.gains[best.id]
    if gain.lo > 0:
        return []
    region = evidence.equivalence
    if gain.hi < 0:
        level = f"A {evidence.floor.name} does better"
    elif -region <= gain.lo and gain.hi <= region:
        level = f"A {evidence.floor.name} does as well"
    else:
        level = f"Nothing is shown to be better than a {evidence.floor.name}"
    rank = {1: "", 2: ", the better method,"}.get(len(arms), ", the best,")
    return [
        f"{level}: it reaches {100 * evidence.floor.test:.1f} {evidence.metric} without "
        f"the encoder, {best.words}{rank} {100 * best.test:.1f}, a difference of {gap(gain)}."
    ]


def _disagreement(evidence: Evidence) -> list[str]:
    """Dev and test rank two arms differently, and at least one of them by more than the region.

    Of more than two arms, those that are the best on test and on dev.
    """
    if len(evidence.arms) == 1:
        return []
    if len(evidence.arms) == 2:
        second, first = evidence.both
        test = evidence.between.mean
    else:
        first, second = (max(evidence.arms, key=score) for score in (lambda a: a.test, lambda a: a.dev))
        test = first.test - second.test
    dev = first.dev - second.dev
    if dev * test >= 0 or max(abs(dev), abs(test)) <= evidence.equivalence:
        return []
    gaps = f"is {points(dev)} on dev, {points(test)} on test"
    return [f"Dev and test disagree: {first.words} minus {second.words} {gaps}."]


_SELECTED: Mapping[Selected, str] = {
    "judged": "The test score of {} may be too high: the run that chose the recipe counts in it. Start the same "
    "comparison again, and recipes are tried with a seed of their own.",
    "left out": "One run of {} is left out of the test score, because it was chosen for its dev score.",
}


def _selected(arms: tuple[ArmEvidence, ...]) -> list[str]:
    """Folders of versions that tried recipes with the seed of a final run."""
    named = ((sentence, [arm.words for arm in arms if arm.selected == what]) for what, sentence in _SELECTED.items())
    return [sentence.format(" and of ".join(names)) for sentence, names in named if names]


def _few(evidence: Evidence, arms: tuple[ArmEvidence, ...]) -> list[str]:
    seeds, doubts = min(m.seeds for m in arms) * evidence.folds, []
    if seeds == 1:
        doubts.append("Only 1 seed: the interval does not cover the luck of a training run at all.")
    elif seeds < ROUGH_SEEDS:
        doubts.append(f"Only {seeds} seeds: the interval covers the luck of a training run only roughly.")
    if evidence.test_size < SMALL_TEST:
        whole = f"There are few {evidence.items} ({evidence.test_size:,})"
        small = whole if evidence.folds > 1 else f"The test set is small ({evidence.test_size:,} items)"
        doubts.append(f"{small}, so the scores are uncertain.")
    return doubts


def _spread(evidence: Evidence, arms: tuple[ArmEvidence, ...]) -> list[str]:
    """Seeds differ by more than twice the region and, of two arms, by more than half the gap between them.

    What differs by the luck of single test items alone does not come from seeds.

    Of more than two arms, all that are unsteady are named in one sentence.
    """
    between = abs(evidence.difference.mean) if evidence.difference else 0.0
    limit = max(SPREAD, 2 * evidence.equivalence, between / 2)
    unsteady = [arm for arm in arms if arm.seed_std > limit]
    if len(arms) > 2 and len(unsteady) > 1:
        worst = max(unsteady, key=lambda arm: arm.seed_std)
        return [
            f"{len(unsteady)} of {len(arms)} arms are unsteady between seeds, {worst.words} most: its test score "
            f"differs by {100 * worst.seed_std:.1f} points (std)."
        ]
    return [
        f"{arm.name} is unsteady: its test score differs by {100 * arm.seed_std:.1f} points (std) between seeds."
        for arm in unsteady
    ]


def _data(data: DataTrust) -> list[str]:
    doubts = _reading(data, "the encoder's", "this encoder")
    if data.rare_labels:
        shown = ", ".join(data.rare_labels[:3]) + (", ..." if len(data.rare_labels) > 3 else "")
        doubts.append(f"Labels too rare in training to be learned or judged well: {len(data.rare_labels)} ({shown}).")
    return doubts


def _reading(data: DataTrust, whose: str, who: str) -> list[str]:
    """What an encoder does not read, or does not know."""
    doubts = []
    if data.unread > MUCH_UNREAD:
        doubts.append(
            f"{100 * data.unread:.0f} % of what is read of the texts are unknown pieces to {who}, or single "
            "letters: it does not know their script or language, and another encoder may do far better."
        )
    if data.truncated > MUCH_CUT:
        doubts.append(f"{100 * data.truncated:.0f} % of the texts are cut at {whose} limit; what is cut is not read.")
    return doubts
