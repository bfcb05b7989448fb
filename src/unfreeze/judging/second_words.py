"""What the second measure says, in sentences that cannot be misread: lower is better."""

from __future__ import annotations

import math
from collections.abc import Mapping

from unfreeze.judging.gaps import PairGap
from unfreeze.judging.result import Result
from unfreeze.judging.second_result import SecondMeasure
from unfreeze.judging.wording import arm_words
from unfreeze.language.message import joined, opening, say
from unfreeze.tasks.kinds import task
from unfreeze.tasks.metrics import metric_named

MOST_DIGITS = 4


def arm_names(result: Result) -> dict[str, str]:
    """Arm to its name inside a sentence."""
    return {arm.id: arm_words(arm.method, None if arm.id == arm.method else arm.encoder) for arm in result.arms}


def measure_words(result: Result, name: str) -> str:
    """A second measure's name."""
    return next((second.words for second in task(result.task).target.seconds if second.name == name), name)


def comparison(measure: SecondMeasure, pair: PairGap, names: Mapping[str, str]) -> str:
    """`0.31 against 0.44: fine-tuning lower (better) than feature extraction by 0.13 [0.09, 0.17]`."""
    pair = pair if pair.mean <= 0 else pair.reversed()
    low, high = pair.joint_ci95
    better, worse = names[pair.first], names[pair.second]
    digits = _digits(low, high)
    parts = {
        "values": joined((f"{measure.arms[arm].mean:.{digits}f}" for arm in (pair.first, pair.second)), " against "),
        "better": better, "worse": worse,
        "gap": f"{0.0 - pair.mean:.{digits}f} [{0.0 - high:.{digits}f}, {0.0 - low:.{digits}f}]",
    }  # fmt: skip
    if apart(pair):
        return say("{values}: {better} lower (better) than {worse} by {gap}", **parts)
    return say("{values}: {better} lower than {worse} by {gap}, which may be luck", **parts)


def apart(pair: PairGap) -> bool:
    """Whether the interval of a difference, which holds together with the others, excludes 0."""
    low, high = pair.joint_ci95
    return not low <= 0 <= high


def notable(result: Result) -> list[str]:
    """Sentences where the second measure tells the leader from a contender, or contradicts the main metric."""
    if result.second is None or result.verdict.choice == "not-measured":
        return []
    measure, names = result.second.measures[0], arm_names(result)
    words, main = measure_words(result, measure.name), metric_named(result.metric).words
    lines = []
    for arm in result.arms:
        if arm.id == result.verdict.leader:
            continue
        pair = measure.between(result.verdict.leader, arm.id)
        if not apart(pair):
            continue
        told = comparison(measure, pair, names)
        if not apart(result.between(result.verdict.leader, arm.id)):
            which = say("them")
            if len(result.arms) > 2:
                which = joined((names[result.verdict.leader], names[arm.id]), " and ")
            lines.append(say(
                "{main} cannot tell {which} apart; {words} can, {told}.",
                main=opening(main), which=which, words=words, told=told,
            ))  # fmt: skip
        elif pair.mean > 0:
            lines.append(say("{words} contradicts {main}, {told}.", words=opening(words), main=main, told=told))
    return lines


def _digits(low: float, high: float) -> int:
    """Decimals of an interval: two, more where it is narrow, or an end of it is near 0 and would look like 0."""
    near = min(high - low, abs(low), abs(high))
    return min(MOST_DIGITS, max(2, -math.floor(math.log10(near)))) if near > 0 else 2
