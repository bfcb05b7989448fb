"""The answer of a verdict and its reasons, in whole sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from unfreeze.judging.arms import BETTER, Finding
from unfreeze.judging.evidence import ArmEvidence, Evidence
from unfreeze.judging.machines import apart, on_machines, why_not_compared
from unfreeze.judging.stats import Difference
from unfreeze.judging.wording import against, amount, gap, interval, multiply_adds, points

MOST_NAMED = 3  # arms in a headline
EQUAL = "No difference that matters"
UNDECIDED = "Undecided"


@dataclass(frozen=True)
class Rival:
    """An arm beside the leader.

    Attributes:
        gap: the leader minus this arm, with its simultaneous interval.
        finding: which case that is.
    """

    arm: ArmEvidence
    gap: Difference
    finding: Finding


@dataclass(frozen=True)
class Answer:
    """What a verdict says first.

    Attributes:
        advice: what to do, in a few words.
        basis: what that rests on; None where the advice is a whole sentence.
        reasons: whole sentences.
    """

    advice: str
    basis: str | None
    reasons: tuple[str, ...]

    @property
    def headline(self) -> str:
        """Advice and basis in a sentence."""
        return self.advice if self.basis is None else f"{self.advice}: {self.basis}"

    @property
    def detail(self) -> str:
        """The basis as a sentence of its own; the advice where there is none."""
        whole = self.advice if self.basis is None else self.basis
        return whole[:1].upper() + whole[1:]


def one_alone(evidence: Evidence, only: ArmEvidence) -> Answer:
    """The answer where there is nothing to compare with."""
    low, high = (f"{100 * end:.1f}" for end in only.test_ci95)
    score = f"{100 * only.test:.1f} {evidence.metric} on the test set (95 % interval {low} to {high})"
    why_alone = "the encoder cannot be fine-tuned" if evidence.fixed else "no other method was run"
    took = f"It took {amount(only.effort_s, 's')} of computing{on_machines(only.machines)}"
    cost = f"{took} and {amount(only.latency_ms, 'ms')} to predict a text{on_machines(only.latency_machines)}."
    sentence = f"{only.name}{only.recipe_in_brackets} reaches {score}; {why_alone}."
    return Answer(sentence, None, (f"{only.name} reaches {score}.", cost))


def better(evidence: Evidence, best: ArmEvidence, other: ArmEvidence, finding: Finding) -> Answer:
    """The answer where one method is better.

    Args:
        finding: `clear` or `likely`.
    """
    gain = _gain(evidence)
    region = f"the {evidence.region} that count as practically equal" if evidence.equivalence else "0"
    if any(arm.seeds == 1 for arm in (best, other)):
        sure = "One seed does not show how training runs differ, so another run may turn it round."
    elif finding == "clear":
        sure = f"Even the low end of the interval, {points(gain.lo)}, is beyond {region}."
    else:
        sure = f"The gain may be as small as {points(gain.lo)}, which is no more than {region}."
    return Answer(
        f"{best.advice}{best.recipe_in_brackets}",
        f"{gap(gain)} {evidence.metric} over {other.words}.",
        (_scores(evidence, best, other), sure, _price(best, other)),
    )


def nothing(evidence: Evidence) -> Answer:
    """The answer where no run of any arm learned anything."""
    runs = sum(arm.seeds for arm in evidence.arms)
    of = "it" if len(evidence.arms) == 1 else f"all {len(evidence.arms)} methods and encoders"
    basis = f"each of the {runs} final runs of {of} gave one answer for all test items."
    return Answer("Nothing was measured", basis, ("Scores and differences of runs that learned nothing mean nothing.",))


def level(evidence: Evidence, cheap: ArmEvidence, why: str, finding: Finding) -> Answer:
    """The answer where neither method is better.

    Args:
        why: `cheap` is the cheaper one, as the end of a sentence.
        finding: `equal`, `small` or `undecided`.
    """
    first, second = evidence.both
    until = "" if finding == "equal" else "until then "
    return Answer(
        EQUAL if finding == "equal" else UNDECIDED,
        f"{second.words} minus {first.words} is {gap(evidence.between)} {evidence.metric}; "
        f"{until}use {cheap.words}{cheap.recipe_in_brackets}, which {why}.",
        (_scores(evidence, second, first), _closeness(evidence, finding), f"{cheap.name} {why}."),
    )


def best_of_many(evidence: Evidence, leader: ArmEvidence, gaps: Sequence[Rival]) -> Answer:
    """The answer where one of more than two arms is better than every other.

    Args:
        gaps: the other arms.
    """
    nearest = min(gaps, key=lambda rival: rival.gap.mean)
    basis = (
        f"{_score(evidence, leader)} on the test set, better than each of the {len(gaps)} others; the nearest is "
        f"{nearest.arm.words}, {_behind(nearest)}."
    )
    return Answer(f"{leader.advice}{leader.recipe_in_brackets}", basis, _reasons(evidence, leader, gaps))


def level_of_many(evidence: Evidence, leader: ArmEvidence, gaps: Sequence[Rival], use: ArmEvidence, why: str) -> Answer:
    """The answer where several of more than two arms cannot be distinguished.

    Args:
        gaps: the other arms.
        why: `use` is the cheapest of those that are not worse beyond doubt, as the end of a sentence.
    """
    near = [rival for rival in gaps if rival.finding not in BETTER]
    equal = all(rival.finding == "equal" for rival in near)
    alone = "it" if use == leader else f"{use.words}{use.recipe_in_brackets}"
    basis = (
        f"{leader.words}{leader.recipe_in_brackets if use == leader else ''} has the highest score, "
        f"{_score(evidence, leader)}, but {_listed(near)} {'is' if len(near) == 1 else 'are'} not worse beyond doubt; "
        f"{'' if equal else 'until then '}use {alone}, which {why}."
    )
    reasons = list(_reasons(evidence, leader, gaps))
    if use != leader:
        reasons.append(_price(leader, use))
    return Answer(EQUAL if equal else UNDECIDED, basis, (*reasons, f"{use.name} {why}."))


_CASES: Mapping[Finding, str] = {
    "equal": "Practically equal to it (the whole interval within {region} of 0): {arms}.",
    "small": "Behind it, but probably by less than the {region} that matter: {arms}.",
    "undecided": "Undecided, not equal (the interval is too wide to tell): {arms}.",
    "likely": "Worse, though perhaps by no more than {region}: {arms}.",
    "clear": "Worse by more than {region}: {arms}.",
}


def _reasons(evidence: Evidence, leader: ArmEvidence, gaps: Sequence[Rival]) -> tuple[str, ...]:
    low, high = (f"{100 * end:.1f}" for end in leader.test_ci95)
    first = (
        f"Of {len(gaps) + 1} arms {leader.words} has the highest score: {_score(evidence, leader)} on the test set "
        f"(95 % interval {low} to {high})."
    )
    cases = []
    for finding, sentence in _CASES.items():
        arms = [f"{rival.arm.words} ({_behind(rival)})" for rival in gaps if rival.finding == finding]
        if arms:
            cases.append(sentence.format(region=evidence.region, arms=", ".join(arms)))
    joint = f"All {len(gaps) + 1} arms were compared with each other; the intervals hold together in 95 % of cases."
    return (first, *cases, joint)


def _score(evidence: Evidence, arm: ArmEvidence) -> str:
    return f"{100 * arm.test:.1f} {evidence.metric}"


def _behind(rival: Rival) -> str:
    """How far an arm is behind the leader."""
    return f"behind by {gap(rival.gap)}"


def _listed(rivals: Sequence[Rival]) -> str:
    names = [rival.arm.words for rival in rivals]
    if len(names) > MOST_NAMED:
        return f"{len(names)} others"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _gain(evidence: Evidence) -> Difference:
    """The difference seen from the better method: its interval lies mostly above 0."""
    d = evidence.between
    return d if d.lo + d.hi >= 0 else d.reversed()


def _scores(evidence: Evidence, first: ArmEvidence, second: ArmEvidence) -> str:
    lead = evidence.between if first == evidence.both[1] else evidence.between.reversed()
    return (
        f"{first.name} reaches {100 * first.test:.1f} {evidence.metric} on the test set and {second.words} "
        f"{100 * second.test:.1f}: a difference of {gap(lead)} ({_level(evidence)} % interval; p = {lead.p:.2g})."
    )


def _level(evidence: Evidence) -> str:
    """How often an interval of a difference holds the truth, in per cent: more often where seeds were `auto`."""
    return f"{100 * (1 - evidence.looks[-1].error):.4g}" if evidence.looks else "95"


def _price(best: ArmEvidence, other: ArmEvidence) -> str:
    """What the better method costs beside the other one: counts, where times are of different machines."""
    computing = f"{against(best.effort_s, other.effort_s, 's')} of computing"
    if apart((best.machines, other.machines)):
        about = "about " if best.work_is_estimated or other.work_is_estimated else ""
        computing = f"{about}{multiply_adds(best.work, other.work)}"
    predicting = f"{against(best.latency_ms, other.latency_ms, 'ms')} to predict a text"
    if apart((best.latency_machines, other.latency_machines)):
        predicting = f"{multiply_adds(best.piece_work, other.piece_work)} to predict a piece"
    return f"{best.name} costs {computing}, {predicting} and {against(best.stored_mb, other.stored_mb, 'MB')} to store."


def said_of_machines(evidence: Evidence) -> list[str]:
    """Why times are not compared, where arms were measured on different kinds of machines."""
    arms = evidence.arms
    why = why_not_compared([arm.machines for arm in arms], [arm.latency_machines for arm in arms])
    return [] if why is None else [why]


def _closeness(evidence: Evidence, finding: Finding) -> str:
    within, region = interval(evidence.between), evidence.region
    if finding == "equal":
        return f"The two are practically equal: the whole interval {within} lies within {region} of 0."
    if finding == "small":
        most = points(_gain(evidence).hi)
        return f"There is a difference, but probably of less than the {region} that matter; at most it is {most}."
    return f"This is undecided, not equal: the interval {within} is too wide to tell which is better."


def said_of_looks(evidence: Evidence) -> list[str]:
    """Where seeds were `auto`, how often was looked, and that intervals are wider for it."""
    if not evidence.looks:
        return []
    number, last = len(evidence.looks), evidence.looks[-1]
    looks = f"{number} looks, the last" if number > 1 else "one look"
    return [
        "Final runs were added until the difference was decided or more of them would not decide it: "
        f"{looks} at {last.seeds} seeds. Its interval is one of {100 * (1 - last.error):.2f} %, so that all looks "
        "together err in 5 % of cases."
    ]
