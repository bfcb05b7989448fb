"""From evidence to advice: which arm to use, why, what speaks against it, and what to do next. Pure.

An arm is a method on an encoder. As a rule there are two, feature extraction and fine-tuning of one encoder.

Scores come in as fractions; sentences speak of points (hundredths). The rules, for the difference d with its 95 %
interval and the region of practical equivalence (-e, e):

* the interval excludes 0 and abs(d) > e: the better arm. The reason tells whether the whole interval lies beyond
  the region, or the gain may be smaller than what counts;
* the whole interval lies inside the region: `equal`, which is a result, too;
* else `undecided`. The reason tells a real but small difference (excludes 0, d inside the region) from an interval that
  is too wide.

Of equal and undecided arms the cheaper one is used. What is cheaper is counted and not timed (`cheaper`), so that the
same runs get the same verdict on any machine. An arm with one seed shows nothing clearly, nor equality (`arms.find`).

Of more than two arms the leader, which has the highest test score, is held against each other arm by intervals that
hold for all pairs at once (`simultaneous`). If it is better than each of them by the first rule, it is the choice; else
the cheapest is used of those that are not worse than the leader by that rule: `equal` if all of them are, else
`undecided`.

Before all that: if no run of any arm learned anything, each giving one answer for all test items, it is `not-measured`.

Where a floor without the encoder is shown to be better than the best arm, the headline says so: the choice is among
encoders and methods, and none of them may be what is needed.

Doubts never change the choice; they say how far to trust it. That training failed is said only of runs that gave one
answer for everything, on dev and on test, as far as the gold labels there are several.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from unfreeze.judging.arms import BETTER, Finding, find, standing
from unfreeze.judging.cheaper import cheaper, cheapest, cheapest_first
from unfreeze.judging.doubts import doubts_about
from unfreeze.judging.evidence import ArmEvidence, Evidence
from unfreeze.judging.next_step import next_step, next_step_of_many, next_step_of_nothing, next_step_of_one
from unfreeze.judging.result import Verdict
from unfreeze.judging.simultaneous import Differences
from unfreeze.judging.words import (
    Answer,
    Rival,
    beside_the_floor,
    best_of_many,
    better,
    level,
    level_of_many,
    nothing,
    one_alone,
    said_of_looks,
    said_of_machines,
)


def decide(evidence: Evidence) -> Verdict:
    """The verdict on `evidence`, by the rules at the top of this file.

    Raises:
        ValueError: there is no arm, or the differences of the arms are not there.
    """
    if evidence.nothing_measured:
        return _not_measured(evidence)
    if len(evidence.arms) == 1 and evidence.difference is None:
        return _of_one(evidence, evidence.arms[0])
    return _of_two(evidence) if evidence.differences is None else _of_many(evidence, evidence.differences)


def _not_measured(evidence: Evidence) -> Verdict:
    near = tuple(cheapest_first(evidence.arms))
    findings: dict[str, Finding] = {arm.id: "undecided" for arm in near[1:]}
    step = next_step_of_nothing(evidence)
    return replace(_verdict(evidence, nothing(evidence), near, findings, step), choice="not-measured")


def _of_one(evidence: Evidence, only: ArmEvidence) -> Verdict:
    answer = one_alone(evidence, only)
    return _verdict(evidence, answer, (only,), {}, next_step_of_one(evidence))


def _of_two(evidence: Evidence) -> Verdict:
    first, second = evidence.both
    difference = evidence.between
    finding = find(difference, evidence.equivalence)
    step = next_step(evidence, finding)
    if finding in BETTER:
        best, other = (second, first) if difference.lo > 0 else (first, second)
        return _verdict(evidence, better(evidence, best, other, finding), (best,), {other.id: finding}, step)
    cheap, why = cheaper(first, second)
    leader, other = (second, first) if difference.mean > 0 or (difference.mean == 0 and cheap == second) else (
        first, second,
    )  # fmt: skip
    near = (cheap, second if cheap == first else first)
    answer = level(evidence, cheap, why, finding)
    return _verdict(evidence, answer, near, {other.id: finding}, step, leader)


def _of_many(evidence: Evidence, differences: Differences) -> Verdict:
    arms = evidence.arms
    by_cost = [arms.index(arm) for arm in cheapest_first(arms)]
    table = standing([arm.test for arm in arms], differences, evidence.equivalence, by_cost)
    leader = arms[table.leader]
    rivals = [
        Rival(arms[place], differences.of(table.leader, place).jointly, finding)
        for place, finding in table.findings.items()
    ]
    near = tuple(cheapest_first([arms[place] for place in table.contenders]))
    if len(near) == 1:
        answer = best_of_many(evidence, leader, rivals)
    else:
        answer = level_of_many(evidence, leader, rivals, near[0], cheapest(near)[1])
    step = next_step_of_many(evidence, leader, near[0], table)
    return _verdict(evidence, answer, near, {rival.arm.id: rival.finding for rival in rivals}, step, leader)


def _choice(near: Sequence[str], leader: str, findings: Mapping[str, Finding]) -> str:
    """The only arm that is left, or what the others are to the leader."""
    if len(near) == 1:
        return near[0]
    return "equal" if all(findings[arm] == "equal" for arm in near if arm != leader) else "undecided"


def _verdict(
    evidence: Evidence,
    answer: Answer,
    near: tuple[ArmEvidence, ...],
    findings: Mapping[str, Finding],
    step: str,
    leader: ArmEvidence | None = None,
) -> Verdict:
    """A verdict.

    Args:
        near: the arms that are not worse than the leader beyond doubt, cheapest first.
        findings: the id of every other arm than the leader to its case.
        leader: the only one of them where it is left out.
    """
    answer = beside_the_floor(evidence, answer)
    return Verdict(
        choice=_choice([arm.id for arm in near], (leader or near[0]).id, findings),
        use=near[0].id,
        leader=(leader or near[0]).id,
        contenders=tuple(arm.id for arm in near),
        findings=findings,
        headline=answer.headline,
        detail=answer.detail,
        reasons=(*answer.reasons, *said_of_machines(evidence), *said_of_looks(evidence)),
        doubts=doubts_about(evidence),
        next_step=step,
    )
