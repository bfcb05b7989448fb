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

from typing import Literal

from unfreeze.judging.arms import BETTER, find
from unfreeze.judging.cheaper import cheaper
from unfreeze.judging.doubts import doubts_about
from unfreeze.judging.evidence import Evidence, MethodEvidence
from unfreeze.judging.next_step import next_step, next_step_of_one
from unfreeze.judging.result import Verdict
from unfreeze.judging.words import Answer, better, one_alone, too_close
from unfreeze.recipe import MethodName


def decide(evidence: Evidence) -> Verdict:
    """The verdict on `evidence`, by the rules at the top of this file.

    Raises:
        ValueError: neither one method, nor the two methods with their difference.
    """
    if len(evidence.methods) == 1 and evidence.difference is None:
        only = evidence.methods[0]
        doubts = doubts_about(evidence, only)
        return _verdict(only.method, only, one_alone(evidence, only), doubts, next_step_of_one(evidence))
    frozen, tuned = evidence.both
    difference = evidence.between
    finding = find(difference, evidence.equivalence)
    doubts, step = doubts_about(evidence, frozen, tuned), next_step(evidence, finding)
    if finding in BETTER:
        best, other = (tuned, frozen) if difference.lo > 0 else (frozen, tuned)
        return _verdict(best.method, best, better(evidence, best, other, finding), doubts, step)
    cheap, why = cheaper(frozen, tuned)
    return _verdict("too-close", cheap, too_close(evidence, cheap, why, finding), doubts, step)


def _verdict(
    choice: MethodName | Literal["too-close"], use: MethodEvidence, answer: Answer, doubts: tuple[str, ...], step: str
) -> Verdict:
    return Verdict(choice, use.method, answer.headline, answer.detail, answer.reasons, doubts, step)
