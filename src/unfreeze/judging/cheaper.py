"""Which of two methods is cheaper: by what is counted, never by a clock."""

from __future__ import annotations

from unfreeze.judging.evidence import MethodEvidence
from unfreeze.judging.wording import against, multiply_adds

SAME_COST = 1.25  # costs within this factor are taken as equal: counts leave out what is small


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
