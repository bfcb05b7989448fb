"""What speaks against trusting a verdict, in whole sentences. Doubts never change the choice."""

from __future__ import annotations

from collections.abc import Mapping

from unfreeze.judging.evidence import ArmEvidence, DataTrust, Evidence, Selected
from unfreeze.judging.wording import gap, points
from unfreeze.language.message import joined, say, template

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
        *(_reading(data, name) for name, data in evidence.encoders.items()),
        _data(evidence.data),
    )
    return tuple(doubt for group in groups for doubt in group)


def _nothing_beside(evidence: Evidence) -> list[str]:
    alone = len(evidence.arms) == 1 and not evidence.fixed
    return [say("There is nothing to compare with: only one method was run.")] if alone else []


def _overlaps(evidence: Evidence) -> list[str]:
    places = ((evidence.data.test_in_train, _IN_TRAIN), (evidence.data.test_in_dev, _IN_DEV))
    total = evidence.test_size
    return [
        say(sentence, count=count, total=total, share=100 * count / total) for count, sentence in places if count
    ]  # fmt: skip


_IN_TRAIN = template(
    "{count:,} of {total:,} test items ({share:.1f} %) are also in the training set, so the scores may be too high."
)
_IN_DEV = template(
    "{count:,} of {total:,} test items ({share:.1f} %) are also in the dev set, so the scores may be too high."
)


def _failed(arms: tuple[ArmEvidence, ...]) -> list[str]:
    return (
        [
            say(
                "{degenerate} of {seeds} final runs of {words} gave one answer for every item, or nearly: "
                "training failed.",
                degenerate=m.degenerate,
                seeds=m.seeds,
                words=m.words,
            )
            for m in arms
            if m.degenerate
        ]
        + [
            say(_FLAT[split], count=count, seeds=m.seeds, arm=m.words)
            for m in arms
            for split, count in m.flat.items()
            if count
        ]
        + [
            say(
                "{diverged} of {seeds} final runs of {words} diverged; what they had learned before is judged.",
                diverged=m.diverged,
                seeds=m.seeds,
                words=m.words,
            )
            for m in arms
            if m.diverged
        ]
    )


_FLAT = {
    "test": template(
        "{count} of {seeds} final runs of {arm} gave one answer for every test item, or nearly, though not on dev."
    ),
    "dev": template(
        "{count} of {seeds} final runs of {arm} gave one answer for every dev item, or nearly, though not on test."
    ),
}


def _blind(data: DataTrust) -> list[str]:
    """Dev could not choose."""
    if data.dev_size == 1:
        return [say("Dev has 1 item: recipes and epochs were chosen nearly blindly.")]
    if data.dev_is_blind:
        return [say("All labels of dev say the same: recipes and epochs were chosen blindly.")]
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
    if evidence.below_the_floor:
        sentence = _BELOW_THE_FLOOR
    elif -region <= gain.lo and gain.hi <= region:
        sentence = _AT_THE_FLOOR
    else:
        sentence = _PERHAPS_AT_THE_FLOOR
    named = best.words
    if len(arms) > 1:
        named = say(_BETTER if len(arms) == 2 else _BEST, best=best.words)
    return [
        say(
            sentence, floor=evidence.floor.name, reached=100 * evidence.floor.test, metric=evidence.metric,
            best=named, score=100 * best.test, gap=gap(gain),
        )
    ]  # fmt: skip


_BETTER, _BEST = template("{best}, the better method,"), template("{best}, the best,")
_BELOW_THE_FLOOR = template(
    "A {floor} does better: it reaches {reached:.1f} {metric} without the encoder, {best} {score:.1f}, a difference of "
    "{gap}."
)
_AT_THE_FLOOR = template(
    "A {floor} does as well: it reaches {reached:.1f} {metric} without the encoder, {best} {score:.1f}, a difference "
    "of {gap}."
)
_PERHAPS_AT_THE_FLOOR = template(
    "Nothing is shown to be better than a {floor}: it reaches {reached:.1f} {metric} without the encoder, {best} "
    "{score:.1f}, a difference of {gap}."
)


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
    return [
        say(
            "Dev and test disagree: {first} minus {second} is {dev} on dev, {test} on test.",
            first=first.words, second=second.words, dev=points(dev), test=points(test),
        )
    ]  # fmt: skip


_SELECTED: Mapping[Selected, str] = {
    "judged": template(
        "The test score of {arms} may be too high: the run that chose the recipe counts in it. Start the same "
        "comparison again, and recipes are tried with a seed of their own."
    ),
    "left out": template("One run of {arms} is left out of the test score, because it was chosen for its dev score."),
}


def _selected(arms: tuple[ArmEvidence, ...]) -> list[str]:
    """Folders of versions that tried recipes with the seed of a final run."""
    named = ((sentence, [arm.words for arm in arms if arm.selected == what]) for what, sentence in _SELECTED.items())
    return [say(sentence, arms=joined(names, " and of ")) for sentence, names in named if names]


def _few(evidence: Evidence, arms: tuple[ArmEvidence, ...]) -> list[str]:
    seeds, doubts = min(m.seeds for m in arms) * evidence.folds, []
    if seeds == 1:
        doubts.append(say("Only 1 seed: the interval does not cover the luck of a training run at all."))
    elif seeds < ROUGH_SEEDS:
        doubts.append(
            say("Only {seeds} seeds: the interval covers the luck of a training run only roughly.", seeds=seeds)
        )
    if evidence.test_size < SMALL_TEST:
        few = _FEW_EXAMPLES if evidence.folds > 1 else _SMALL_TEST
        doubts.append(say(few, items=evidence.test_size))
    return doubts


_FEW_EXAMPLES = template("There are few labelled examples ({items:,}), so the scores are uncertain.")
_SMALL_TEST = template("The test set is small ({items:,} items), so the scores are uncertain.")


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
            say(
                "{unsteady} of {arms} arms are unsteady between seeds, {words} most: its test score differs by "
                "{seed_std:.1f} points (std).",
                unsteady=len(unsteady),
                arms=len(arms),
                words=worst.words,
                seed_std=100 * worst.seed_std,
            )
        ]
    return [
        say(
            "{name} is unsteady: its test score differs by {seed_std:.1f} points (std) between seeds.",
            name=arm.name,
            seed_std=100 * arm.seed_std,
        )
        for arm in unsteady
    ]


def _data(data: DataTrust) -> list[str]:
    doubts = _reading(data, None)
    if data.rare_labels:
        shown = joined([*data.rare_labels[:3], *(["..."] if len(data.rare_labels) > 3 else [])])
        doubts.append(
            say(
                "Labels too rare in training to be learned or judged well: {number} ({shown}).",
                number=len(data.rare_labels), shown=shown,
            )
        )  # fmt: skip
    return doubts


def _reading(data: DataTrust, encoder: str | None) -> list[str]:
    """What an encoder does not read, or does not know; it is named where there are several."""
    doubts = []
    if data.unread > MUCH_UNREAD:
        who = encoder or say("this encoder")
        doubts.append(
            say(
                "{share:.0f} % of what is read of the texts are unknown pieces to {who}, or single letters: it does "
                "not know their script or language, and another encoder may do far better.",
                share=100 * data.unread, who=who,
            )
        )  # fmt: skip
    if data.truncated > MUCH_CUT:
        who = encoder or say("the encoder")
        doubts.append(
            say(
                "{share:.0f} % of the texts are cut at {who}'s limit; what is cut is not read.",
                share=100 * data.truncated, who=who,
            )
        )  # fmt: skip
    return doubts
