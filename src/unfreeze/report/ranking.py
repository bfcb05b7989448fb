"""The arms of a comparison in the order of their scores, the front of score against cost, and single steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from unfreeze.judging.arms import Finding
from unfreeze.judging.gaps import PairGap
from unfreeze.judging.result import ArmResult, Result
from unfreeze.language.message import say, template
from unfreeze.methods.table import method_named, names
from unfreeze.recipe import MethodName
from unfreeze.report.looks import Look, look_of, looks

CHANGE = template("{before} \N{RIGHTWARDS ARROW} {after}")


@dataclass(frozen=True)
class Ranked:
    """An arm and its place.

    Attributes:
        place: 1 has the highest test score.
        on_front: no other arm scores at least as high for at most as much counted work.
        behind: this arm minus the one of the highest score; None for that one.
    """

    place: int
    arm: ArmResult
    look: Look
    on_front: bool
    behind: PairGap | None

    @property
    def label(self) -> str:
        """Place, encoder where there are several, and method."""
        return say("{place}. {label}", place=self.place, label=self.look.label)


def ranked(result: Result) -> list[Ranked]:
    """The arms by their test score, the leader first and of equal others the cheaper first."""
    leader, look, front = result.verdict.leader, looks(result.arms), on_front(result.arms)
    order = sorted(result.arms, key=lambda arm: (arm.id != leader, -arm.test.mean, arm.cost.work))
    return [
        Ranked(
            place, arm, look[arm.id], arm.id in front, None if arm.id == leader else result.between(arm.id, leader)
        )
        for place, arm in enumerate(order, 1)
    ]  # fmt: skip


def on_front(arms: Sequence[ArmResult]) -> frozenset[str]:
    """Ids of the arms on the front of score against counted work."""

    def beats(other: ArmResult, arm: ArmResult) -> bool:
        no_worse = other.test.mean >= arm.test.mean and other.cost.work <= arm.cost.work
        return no_worse and (other.test.mean > arm.test.mean or other.cost.work < arm.cost.work)

    return frozenset(arm.id for arm in arms if not any(beats(other, arm) for other in arms))


@dataclass(frozen=True)
class Step:
    """From one arm to another that differs in the method or the encoder alone.

    Attributes:
        label: what stays, and what changes.
        gap: the second arm minus the first.
        work: counted work of the second arm as a multiple of the first one's; None where that is 0.
        look: of the second arm.
    """

    label: str
    gap: PairGap
    work: float | None
    look: Look


def method_steps(result: Result) -> list[Step]:
    """On each encoder from one method to the next, in the order of the methods."""
    steps = []
    several = len(result.encoders) > 1
    for encoder in result.encoders:
        arms = sorted((arm for arm in result.arms if arm.encoder == encoder), key=lambda arm: _place(arm))
        for first, second in pairwise(arms):
            change = say(CHANGE, before=short(first.method), after=short(second.method))
            steps.append(
                _step(
                    result, first, second, say("{what}: {change}", what=encoder, change=change) if several else change
                )
            )
    return steps


def encoder_steps(result: Result) -> list[Step]:
    """With each method from one encoder to the next, in the order of what they cost to predict."""
    encoders = sorted(result.encoders, key=lambda name: _size(result, name))
    steps = []
    for method in names():
        arms = [arm for name in encoders for arm in result.arms if (arm.encoder, arm.method) == (name, method)]
        for first, second in pairwise(arms):
            change = say(CHANGE, before=first.encoder, after=second.encoder)
            label = say("{what}: {change}", what=short(method), change=change)
            steps.append(_step(result, first, second, label))
    return steps


def short(method: MethodName) -> str:
    """A method where there is little room."""
    return method_named(method).words.short


def _place(arm: ArmResult) -> int:
    return names().index(arm.method)


def _size(result: Result, encoder: str) -> tuple[int, int]:
    about = result.encoders[encoder]
    return about.piece_work or 0, about.parameters or 0


def _step(result: Result, first: ArmResult, second: ArmResult, label: str) -> Step:
    work = second.cost.work / first.cost.work if first.cost.work else None
    return Step(label, result.between(second.id, first.id), work, look_of(second.method))


def finding_of(gap: PairGap) -> str:
    """What a difference is by its simultaneous interval, in words that follow the name of its first arm."""
    return (_BETTER if gap.mean > 0 else _WORSE)[gap.finding]


_SAME: dict[Finding, str] = {"equal": say("practically equal"), "undecided": say("undecided")}
_BETTER: dict[Finding, str] = {**_SAME, "clear": say("better"), "likely": say("better, perhaps by little"),
                               "small": say("better, but too little to matter")}  # fmt: skip
_WORSE: dict[Finding, str] = {**_SAME, "clear": say("worse"), "likely": say("worse, perhaps by little"),
                              "small": say("worse, but too little to matter")}  # fmt: skip
