"""The answer of a verdict and its reasons, in whole sentences."""

from __future__ import annotations

from dataclasses import dataclass

from unfreeze.judging.arms import Finding
from unfreeze.judging.evidence import Evidence, MethodEvidence
from unfreeze.judging.stats import Difference
from unfreeze.judging.wording import against, amount, gap, interval, points


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


def one_alone(evidence: Evidence, only: MethodEvidence) -> Answer:
    """The answer where there is nothing to compare with."""
    low, high = (f"{100 * end:.1f}" for end in only.test_ci95)
    score = f"{100 * only.test:.1f} {evidence.metric} on the test set (95 % interval {low} to {high})"
    why_alone = "the encoder cannot be fine-tuned" if evidence.fixed else "no other method was run"
    cost = f"It took {amount(only.effort_s, 's')} of computing and {amount(only.latency_ms, 'ms')} to predict a text."
    sentence = f"{only.name}{only.recipe_in_brackets} reaches {score}; {why_alone}."
    return Answer(sentence, None, (f"{only.name} reaches {score}.", cost))


def better(evidence: Evidence, best: MethodEvidence, other: MethodEvidence, finding: Finding) -> Answer:
    """The answer where one method is better.

    Args:
        finding: `clear` or `likely`.
    """
    gain = _gain(evidence)
    region = f"the {evidence.region} that count as practically equal" if evidence.equivalence else "0"
    tune = best.method == "fine-tuning"
    advice = "Fine-tune the encoder" if tune else "Keep the encoder frozen and train on its features"
    if finding == "clear":
        sure = f"Even the low end of the interval, {points(gain.lo)}, is beyond {region}."
    else:
        sure = f"The gain may be as small as {points(gain.lo)}, which is no more than {region}."
    return Answer(
        f"{advice}{best.recipe_in_brackets}",
        f"{gap(gain)} {evidence.metric} over {other.words}.",
        (_scores(evidence, best, other), sure, _price(best, other)),
    )


def too_close(evidence: Evidence, cheap: MethodEvidence, why: str, finding: Finding) -> Answer:
    """The answer where neither method is better.

    Args:
        why: `cheap` is the cheaper one, as the end of a sentence.
        finding: `equal`, `small` or `undecided`.
    """
    frozen, tuned = evidence.both
    return Answer(
        "Too close to call",
        f"{tuned.words} minus {frozen.words} is {gap(evidence.between)} {evidence.metric}; "
        f"use {cheap.words}{cheap.recipe_in_brackets}, which {why}.",
        (_scores(evidence, tuned, frozen), _closeness(evidence, finding), f"{cheap.name} {why}."),
    )


def _gain(evidence: Evidence) -> Difference:
    """The difference seen from the better method: its interval lies mostly above 0."""
    d = evidence.between
    return d if d.lo + d.hi >= 0 else Difference(-d.mean, -d.hi, -d.lo, d.p)


def _scores(evidence: Evidence, first: MethodEvidence, second: MethodEvidence) -> str:
    d = evidence.between
    lead = d if first.method == "fine-tuning" else Difference(-d.mean, -d.hi, -d.lo, d.p)
    return (
        f"{first.name} reaches {100 * first.test:.1f} {evidence.metric} on the test set and {second.words} "
        f"{100 * second.test:.1f}: a difference of {gap(lead)} (95 % interval; p = {lead.p:.2g} over items alone)."
    )


def _price(best: MethodEvidence, other: MethodEvidence) -> str:
    """What the better method costs beside the other one."""
    return (
        f"{best.name} costs {against(best.effort_s, other.effort_s, 's')} of computing, "
        f"{against(best.latency_ms, other.latency_ms, 'ms')} to predict a text and "
        f"{against(best.stored_mb, other.stored_mb, 'MB')} to store."
    )


def _closeness(evidence: Evidence, finding: Finding) -> str:
    within, region = interval(evidence.between), evidence.region
    if finding == "equal":
        return f"The two are practically equal: the whole interval {within} lies within {region} of 0."
    if finding == "small":
        most = points(_gain(evidence).hi)
        return f"There is a difference, but probably of less than the {region} that matter; at most it is {most}."
    return f"This is undecided, not equal: the interval {within} is too wide to tell which is better."
