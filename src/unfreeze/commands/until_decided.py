"""Final runs that are made until the arms' differences are decided, or more of them would not decide them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from unfreeze.commands.steps import run_methods
from unfreeze.judging.fold_scores import measured_for
from unfreeze.judging.looking import Seen, look
from unfreeze.judging.looks import LOOKS
from unfreeze.judging.read import Compared, read_compared
from unfreeze.language.message import say, template
from unfreeze.plan import Plan
from unfreeze.recipe import MethodName
from unfreeze.records.comparison import Choice, write_choices
from unfreeze.records.looks import Look, Outcome, write_looks
from unfreeze.runs.bench import Workbench
from unfreeze.runs.jobs import Job

_SAID: dict[Outcome, str] = {
    "decided": template("{seeds} seeds: it is decided."),
    "hopeless": template("{seeds} seeds: not decided, and more seeds would not decide it: {items} rule."),
    "open": template("{seeds} seeds: not decided."),
}


@dataclass(frozen=True)
class Wanted:
    """How many final runs arms get that cannot train all at once.

    Attributes:
        number: of those that get more, or are new.
        staying: arm to the number that it has had, of those that get no more.
    """

    number: int
    staying: Mapping[str, int] = field(default_factory=dict)

    def of(self, arm: str) -> int:
        """Those of an arm by its id."""
        return self.staying.get(arm, self.number)


Train = Callable[[Wanted], None]
"""Makes the final runs that are missing, and writes which there are."""


def until_decided(folder: Path, train: Train, tell: Callable[[str], None]) -> tuple[Look, ...]:
    """Train with more and more seeds, see `judging.looks`; what is finished is not done again.

    Each final run reads the test set once. Looking at the differences in between is what the looks' errors pay for.

    Args:
        folder: of the whole comparison, which after each training can be read.
    """
    looks: tuple[Look, ...] = ()
    wanted = Wanted(LOOKS[0])
    for number, following in zip(LOOKS, (*LOOKS[1:], None), strict=True):
        train(wanted)
        compared = read_compared(folder)
        if len(compared.arms) == 1:
            break
        now, seen = look_at(compared, number, looks[-1].spent if looks else 0.0)
        looks = (*looks, now)
        write_looks(folder, looks)
        tell(say(_SAID[now.outcome], seeds=number, items=compared.items_in_words))
        if now.outcome != "open" or following is None:
            break
        wanted = _next(compared, wanted, seen, following)
    return looks


def look_at(compared: Compared, number: int, spent: float) -> tuple[Look, Seen]:
    """What a look at the final runs that are there shows.

    Args:
        number: see `Look.seeds`.
        spent: the errors of the looks before.
    """
    scored = measured_for(compared.first, [arm.statistics for arm in compared.arms], compared.first.measure)
    seen = look(scored, compared.plan.equivalence, spent)
    return Look(number, compared.runs, seen.error, spent + seen.error, seen.outcome), seen


def _next(compared: Compared, wanted: Wanted, seen: Seen, number: int) -> Wanted:
    arms = enumerate(compared.arms)
    return Wanted(number, {arm.id: wanted.of(arm.id) for place, arm in arms if place not in seen.growing})


def run_until_decided(
    bench: Workbench, plan: Plan, question: str
) -> tuple[dict[MethodName, Choice], dict[MethodName, Job]]:
    """`run_methods` with more and more seeds, of one encoder and one test set."""
    made: list[tuple[dict[MethodName, Choice], dict[MethodName, Job]]] = []

    def train(wanted: Wanted) -> None:
        made.append(run_methods(bench, plan, question, wanted.of))
        write_choices(bench.folder, made[-1][0])

    until_decided(bench.folder, train, bench.watcher.say)
    return made[-1]
