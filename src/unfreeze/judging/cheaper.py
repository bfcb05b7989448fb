"""Which of several arms is cheapest: by what is counted, never by a clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from unfreeze.judging.evidence import ArmEvidence
from unfreeze.judging.machines import apart
from unfreeze.judging.wording import against, multiply_adds
from unfreeze.language.message import say, template
from unfreeze.methods.table import names

SAME_COST = 1.25  # costs within this factor are taken as equal: counts leave out what is small


@dataclass(frozen=True)
class _Cost:
    """A cost that is counted, and how it is put into words for a cheap and a dear arm, and whether it is the least."""

    of: Callable[[ArmEvidence], float]
    words: Callable[[ArmEvidence, ArmEvidence, bool], str]


def cheaper(first: ArmEvidence, second: ArmEvidence) -> tuple[ArmEvidence, str]:
    """The cheaper of two arms, and why as the end of a sentence; see `cheapest`."""
    return cheapest((first, second))


def cheapest(arms: Sequence[ArmEvidence]) -> tuple[ArmEvidence, str]:
    """The cheapest of several arms, and why as the end of a sentence.

    The first of these in which not all cost the same (within a factor of `SAME_COST` of the least) leaves only those
    that cost the least, then the next: multiply-adds of all runs with the layer states that they read, multiply-adds to
    predict a piece of text, megabytes to store. If several are left, the first of them: feature extraction comes
    before the others, since several tasks can share one frozen encoder. Seconds stand beside the counts and decide
    nothing.
    """
    left, decisive = sorted(arms, key=lambda arm: names().index(arm.method)), None
    for cost in _COSTS:
        least = min(cost.of(arm) for arm in left)
        near = [arm for arm in left if cost.of(arm) <= SAME_COST * least]
        if len(near) < len(left):
            decisive = cost, min((arm for arm in left if arm not in near), key=cost.of)
            left = near
    if decisive is None:
        return left[0], say("costs about the same and lets several tasks share one encoder")
    cost, dear = decisive
    return left[0], cost.words(left[0], dear, len(arms) != 2)


def cheapest_first(arms: Sequence[ArmEvidence]) -> list[ArmEvidence]:
    """Arms in the order of their cost: the cheapest, the cheapest of the rest, and so on."""
    left, order = list(arms), []
    while left:
        order.append(cheapest(left)[0])
        left.remove(order[-1])
    return order


def _computing(cheap: ArmEvidence, dear: ArmEvidence, least: bool) -> str:
    work = multiply_adds(cheap.work, dear.work, about=cheap.work_is_estimated or dear.work_is_estimated)
    if apart((cheap.machines, dear.machines)):
        return say(_COMPUTING[least], work=work)
    return say(_COMPUTING_TIMED[least], work=work, seconds=against(cheap.effort_s, dear.effort_s, "s"))


def _predicting(cheap: ArmEvidence, dear: ArmEvidence, least: bool) -> str:
    work = multiply_adds(cheap.piece_work, dear.piece_work)
    if apart((cheap.latency_machines, dear.latency_machines)):
        return say(_PREDICTING[least], work=work)
    return say(_PREDICTING_TIMED[least], work=work, latency=against(cheap.latency_ms, dear.latency_ms, "ms"))


def _storing(cheap: ArmEvidence, dear: ArmEvidence, least: bool) -> str:
    return say(_STORING[least], storage=against(cheap.stored_mb, dear.stored_mb, "MB"))


_COMPUTING = {
    True: template("takes the least computing ({work})"),
    False: template("takes less computing ({work})"),
}
_COMPUTING_TIMED = {
    True: template("takes the least computing ({work}; measured here: {seconds})"),
    False: template("takes less computing ({work}; measured here: {seconds})"),
}
_PREDICTING = {
    True: template("predicts with the least computing ({work} a piece)"),
    False: template("predicts with less computing ({work} a piece)"),
}
_PREDICTING_TIMED = {
    True: template("predicts with the least computing ({work} a piece; measured here, a text: {latency})"),
    False: template("predicts with less computing ({work} a piece; measured here, a text: {latency})"),
}
_STORING = {
    True: template("needs the least storage ({storage})"),
    False: template("needs less storage ({storage})"),
}
"""By whether it is the cheapest of more than two."""


_COSTS = (
    _Cost(lambda arm: arm.work, _computing),
    _Cost(lambda arm: arm.piece_work, _predicting),
    _Cost(lambda arm: arm.stored_mb, _storing),
)
