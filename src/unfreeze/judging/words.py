"""The answer of a verdict and its reasons, in whole sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from unfreeze.judging.arms import BETTER, Finding
from unfreeze.judging.evidence import ArmEvidence, Evidence
from unfreeze.judging.machines import apart, on_machines, why_not_compared
from unfreeze.judging.stats import Difference
from unfreeze.judging.wording import against, amount, gap, interval, multiply_adds, points
from unfreeze.language.message import joined, opening, say, template

MOST_NAMED = 3  # arms in a headline
EQUAL = say("No difference that matters")
UNDECIDED = say("Undecided")


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
        return self.advice if self.basis is None else say("{advice}: {basis}", advice=self.advice, basis=self.basis)

    @property
    def detail(self) -> str:
        """The basis as a sentence of its own; the advice where there is none."""
        return opening(self.advice if self.basis is None else self.basis)


def one_alone(evidence: Evidence, only: ArmEvidence) -> Answer:
    """The answer where there is nothing to compare with."""
    low, high = only.test_ci95
    score = say(
        "{score:.1f} {metric} on the test set (95 % interval {low:.1f} to {high:.1f})",
        score=100 * only.test, metric=evidence.metric, low=100 * low, high=100 * high,
    )  # fmt: skip
    why_alone = say("the encoder cannot be fine-tuned") if evidence.fixed else say("no other method was run")
    cost = say(
        "It took {took} of computing{machines} and {latency} to predict a text{latency_machines}.",
        took=amount(only.effort_s, "s"), machines=on_machines(only.machines),
        latency=amount(only.latency_ms, "ms"), latency_machines=on_machines(only.latency_machines),
    )  # fmt: skip
    sentence = say("{arm}{recipe} reaches {score}; {why_alone}.", arm=only.name, recipe=only.recipe_in_brackets,
                   score=score, why_alone=why_alone)  # fmt: skip
    return Answer(sentence, None, (say("{arm} reaches {score}.", arm=only.name, score=score), cost))


def better(evidence: Evidence, best: ArmEvidence, other: ArmEvidence, finding: Finding) -> Answer:
    """The answer where one method is better.

    Args:
        finding: `clear` or `likely`.
    """
    gain = _gain(evidence)
    advice = say("{advice}{recipe}", advice=best.advice, recipe=best.recipe_in_brackets)
    basis = say("{gap} {metric} over {other}.", gap=gap(gain), metric=evidence.metric, other=other.words)
    sure = _how_sure(evidence, gain, finding, one_seed=any(arm.seeds == 1 for arm in (best, other)))
    return Answer(advice, basis, (_scores(evidence, best, other), sure, _price(best, other)))


def _how_sure(evidence: Evidence, gain: Difference, finding: Finding, one_seed: bool) -> str:
    if one_seed:
        return say("One seed does not show how training runs differ, so another run may turn it round.")
    region = "0"
    if evidence.equivalence:
        region = say("the {region} that count as practically equal", region=evidence.region)
    if finding == "clear":
        return say("Even the low end of the interval, {low}, is beyond {region}.", low=points(gain.lo), region=region)
    return say("The gain may be as small as {low}, which is no more than {region}.", low=points(gain.lo), region=region)


def beside_the_floor(evidence: Evidence, answer: Answer) -> Answer:
    """The answer with what does better than all arms, if anything does."""
    if evidence.floor is None or not evidence.below_the_floor:
        return answer
    said = say(
        "{answer} But a {floor} does better, without the encoder: {reached:.1f} {metric}.",
        answer=answer.advice if answer.basis is None else answer.basis, floor=evidence.floor.name,
        reached=100 * evidence.floor.test, metric=evidence.metric,
    )  # fmt: skip
    return replace(answer, advice=said) if answer.basis is None else replace(answer, basis=said)


def nothing(evidence: Evidence) -> Answer:
    """The answer where no run of any arm learned anything."""
    runs, arms = sum(arm.seeds for arm in evidence.arms), len(evidence.arms)
    if arms == 1:
        basis = say("each of the {runs} final runs of it gave one answer for all test items.", runs=runs)
    else:
        basis = say(
            "each of the {runs} final runs of all {arms} methods and encoders gave one answer for all test items.",
            runs=runs, arms=arms,
        )  # fmt: skip
    return Answer(
        say("Nothing was measured"), basis, (say("Scores and differences of runs that learned nothing mean nothing."),)
    )


def level(evidence: Evidence, cheap: ArmEvidence, why: str, finding: Finding) -> Answer:
    """The answer where neither method is better.

    Args:
        why: `cheap` is the cheaper one, as the end of a sentence.
        finding: `equal`, `small` or `undecided`.
    """
    first, second = evidence.both
    parts = {"second": second.words, "first": first.words, "gap": gap(evidence.between), "metric": evidence.metric,
             "cheap": cheap.words, "recipe": cheap.recipe_in_brackets, "why": why}  # fmt: skip
    if finding == "equal":
        basis = say("{second} minus {first} is {gap} {metric}; use {cheap}{recipe}, which {why}.", **parts)
    else:
        basis = say("{second} minus {first} is {gap} {metric}; until then use {cheap}{recipe}, which {why}.", **parts)
    reasons = (_scores(evidence, second, first), _closeness(evidence, finding), _cheapness(cheap, why))
    return Answer(EQUAL if finding == "equal" else UNDECIDED, basis, reasons)


def _cheapness(cheap: ArmEvidence, why: str) -> str:
    return say("{arm} {why}.", arm=cheap.name, why=why)


def best_of_many(evidence: Evidence, leader: ArmEvidence, gaps: Sequence[Rival]) -> Answer:
    """The answer where one of more than two arms is better than every other.

    Args:
        gaps: the other arms.
    """
    nearest = min(gaps, key=lambda rival: rival.gap.mean)
    basis = say(
        "{score} on the test set, better than each of the {others} others; the nearest is {nearest}, {behind}.",
        score=_score(evidence, leader), others=len(gaps), nearest=nearest.arm.words, behind=_behind(nearest),
    )  # fmt: skip
    advice = say("{advice}{recipe}", advice=leader.advice, recipe=leader.recipe_in_brackets)
    return Answer(advice, basis, _reasons(evidence, leader, gaps))


def level_of_many(evidence: Evidence, leader: ArmEvidence, gaps: Sequence[Rival], use: ArmEvidence, why: str) -> Answer:
    """The answer where several of more than two arms cannot be distinguished.

    Args:
        gaps: the other arms.
        why: `use` is the cheapest of those that are not worse than the leader beyond doubt, as the end of a sentence.
    """
    near = [rival for rival in gaps if rival.finding not in BETTER]
    equal = all(rival.finding == "equal" for rival in near)
    itself = use == leader
    head = say(
        "{leader}{recipe} has the highest score, {score}",
        leader=leader.words, recipe=leader.recipe_in_brackets if itself else "", score=_score(evidence, leader),
    )  # fmt: skip
    cheapest = say("it") if itself else say("{words}{recipe}", words=use.words, recipe=use.recipe_in_brackets)
    basis = say(_LEVEL[equal, len(near) == 1], head=head, near=_listed(near), use=cheapest, why=why)
    reasons = list(_reasons(evidence, leader, gaps))
    if use != leader:
        reasons.append(_price(leader, use))
    return Answer(EQUAL if equal else UNDECIDED, basis, (*reasons, _cheapness(use, why)))


_LEVEL: Mapping[tuple[bool, bool], str] = {
    (True, True): template("{head}, but {near} is not worse beyond doubt; use {use}, which {why}."),
    (True, False): template("{head}, but {near} are not worse beyond doubt; use {use}, which {why}."),
    (False, True): template("{head}, but {near} is not worse beyond doubt; until then use {use}, which {why}."),
    (False, False): template("{head}, but {near} are not worse beyond doubt; until then use {use}, which {why}."),
}
"""By whether all are practically equal, and whether one alone is near."""

_CASES: Mapping[Finding, str] = {
    "equal": template("Practically equal to it (the whole interval within {region} of 0): {arms}."),
    "small": template("Behind it, but probably by less than the {region} that matter: {arms}."),
    "undecided": template("Undecided, not equal (the interval is too wide to tell): {arms}."),
    "likely": template("Worse, though perhaps by no more than {region}: {arms}."),
    "clear": template("Worse by more than {region}: {arms}."),
}


def _reasons(evidence: Evidence, leader: ArmEvidence, gaps: Sequence[Rival]) -> tuple[str, ...]:
    low, high = leader.test_ci95
    first = say(
        "Of {arms} arms {leader} has the highest score: {score} on the test set (95 % interval {low:.1f} to "
        "{high:.1f}).",
        arms=len(gaps) + 1, leader=leader.words, score=_score(evidence, leader), low=100 * low, high=100 * high,
    )  # fmt: skip
    cases = []
    for finding, sentence in _CASES.items():
        arms = [
            say("{arm} ({behind})", arm=rival.arm.words, behind=_behind(rival))
            for rival in gaps
            if rival.finding == finding
        ]
        if arms:
            cases.append(say(sentence, region=evidence.region, arms=joined(arms)))
    joint = say(
        "All {arms} arms were compared with each other; the intervals hold together in 95 % of cases.",
        arms=len(gaps) + 1,
    )
    return (first, *cases, joint)


def _score(evidence: Evidence, arm: ArmEvidence) -> str:
    return say("{score:.1f} {metric}", score=100 * arm.test, metric=evidence.metric)


def _behind(rival: Rival) -> str:
    """How far an arm is behind the leader."""
    return say("behind by {gap}", gap=gap(rival.gap))


def _listed(rivals: Sequence[Rival]) -> str:
    names = [rival.arm.words for rival in rivals]
    if len(names) > MOST_NAMED:
        return say("{number} others", number=len(names))
    return joined(names, last=" and ")


def _gain(evidence: Evidence) -> Difference:
    """The difference seen from the better method: its interval lies mostly above 0."""
    d = evidence.between
    return d if d.lo + d.hi >= 0 else d.reversed()


def _scores(evidence: Evidence, first: ArmEvidence, second: ArmEvidence) -> str:
    lead = evidence.between if first == evidence.both[1] else evidence.between.reversed()
    return say(
        "{first} reaches {score:.1f} {metric} on the test set and {second} {other:.1f}: a difference of {gap} "
        "({level} % interval; p = {p:.2g}).",
        first=first.name, score=100 * first.test, metric=evidence.metric, second=second.words,
        other=100 * second.test, gap=gap(lead), level=_level(evidence), p=lead.p,
    )  # fmt: skip


def _level(evidence: Evidence) -> str:
    """How often an interval of a difference holds the truth, in per cent: more often where seeds were `auto`."""
    return f"{100 * (1 - evidence.looks[-1].error):.4g}" if evidence.looks else "95"


def _price(best: ArmEvidence, other: ArmEvidence) -> str:
    """What the better method costs beside the other one: counts, where times are of different machines."""
    computing = say("{seconds} of computing", seconds=against(best.effort_s, other.effort_s, "s"))
    if apart((best.machines, other.machines)):
        computing = multiply_adds(best.work, other.work, about=best.work_is_estimated or other.work_is_estimated)
    predicting = say("{latency} to predict a text", latency=against(best.latency_ms, other.latency_ms, "ms"))
    if apart((best.latency_machines, other.latency_machines)):
        predicting = say("{work} to predict a piece", work=multiply_adds(best.piece_work, other.piece_work))
    return say(
        "{arm} costs {computing}, {predicting} and {storage} to store.",
        arm=best.name, computing=computing, predicting=predicting,
        storage=against(best.stored_mb, other.stored_mb, "MB"),
    )  # fmt: skip


def said_of_machines(evidence: Evidence) -> list[str]:
    """Why times are not compared, where arms were measured on different kinds of machines."""
    arms = evidence.arms
    why = why_not_compared([arm.machines for arm in arms], [arm.latency_machines for arm in arms])
    return [] if why is None else [why]


def _closeness(evidence: Evidence, finding: Finding) -> str:
    within, region = interval(evidence.between), evidence.region
    if finding == "equal":
        return say(
            "The two are practically equal: the whole interval {within} lies within {region} of 0.",
            within=within, region=region,
        )  # fmt: skip
    if finding == "small":
        return say(
            "There is a difference, but probably of less than the {region} that matter; at most it is {most}.",
            region=region, most=points(_gain(evidence).hi),
        )  # fmt: skip
    return say(
        "This is undecided, not equal: the interval {within} is too wide to tell which is better.", within=within
    )


def said_of_looks(evidence: Evidence) -> list[str]:
    """Where seeds were `auto`, how often was looked, and that intervals are wider for it."""
    if not evidence.looks:
        return []
    number, last = len(evidence.looks), evidence.looks[-1]
    looks = say("{number} looks, the last", number=number) if number > 1 else say("one look")
    return [
        say(
            "Final runs were added until the difference was decided or more of them would not decide it: {looks} at "
            "{seeds} seeds. Its interval is one of {level:.2f} %, so that all looks together err in 5 % of cases.",
            looks=looks, seeds=last.seeds, level=100 * (1 - last.error),
        )
    ]  # fmt: skip
