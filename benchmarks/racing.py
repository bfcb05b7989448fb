"""What it costs in score, and saves in work, to stop trials early that cannot win any more. Prints Markdown.

    python benchmarks/racing.py --data ../shared/data --out racing-out --sizes 300 1000

Every recipe of a budget is tried as a comparison tries it, to its end, and read on test beside dev. Then the rule of
trials (`unfreeze.runs.racing`) is asked which of them it would have stopped, and dev and test of the recipe that is
chosen with and without it are compared: in the order of the recipes, and in every other order, since what is stopped
depends on it. Beside the rule as it is stand others. Trials that are in the output folder are not trained again, and
runs that `stopping.py` logged count as trials, too (`--logged`).
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from itertools import permutations
from pathlib import Path
from unittest import mock

import numpy as np
from methods_compared import QUESTIONS
from stopping import Logged, wanted

from unfreeze.data.examples import Dataset
from unfreeze.methods.budgets import recipes
from unfreeze.methods.table import method_named
from unfreeze.methods.trained import gold_labels, metrics
from unfreeze.plan import TRIAL_SEED, Plan
from unfreeze.recipe import Budget, Recipe
from unfreeze.runs import racing
from unfreeze.runs.jobs import job
from unfreeze.runs.opening import Opened, opened
from unfreeze.runs.runner import run
from unfreeze.runs.trials import on_dev, trained_model
from unfreeze.runs.watching import Quiet
from unfreeze.tasks.metrics import main_metric

METHODS = ("feature-extraction", "fine-tuning")


@dataclass(frozen=True)
class Tried:
    """A trial that was trained to its end.

    Attributes:
        race: those that are compared: encoder, set, rows and method.
        steps, best: after each reading of dev the steps taken and the best score so far.
        planned: steps of the whole schedule.
        dev_size: items of dev.
        dev, test: of the weights that were kept.
        work: multiply-adds.
    """

    race: str
    recipe: str
    steps: Sequence[int]
    best: Sequence[float]
    planned: int
    dev_size: int
    dev: float
    test: float
    work: int

    @property
    def rung(self) -> int:
        """Readings up to its rung."""
        return racing.readings_to_rung(self.steps, self.planned)


class Readings(Quiet):
    """Hears after each step the best dev score so far, of the last of several fits."""

    def __init__(self) -> None:
        self.best: dict[int, float | None] = {}
        self.planned = 0

    def step(self, what: str, done: int, total: int, best: float | None) -> None:
        """See `Watcher.step`."""
        if done == 1:
            self.best = {}
        self.best[done], self.planned = best, total


def tried(question: Opened, readings: Readings, recipe: Recipe, race: str) -> Tried:
    """Train a recipe to its end and read test."""
    bench = question.bench
    trial = job(question.question, recipe, TRIAL_SEED)
    (record,) = run(bench, [trial])
    (said,) = trained_model(bench, [trial]).predict(bench.dataset.test)
    gold = gold_labels(bench.dataset.test)
    dev, steps = on_dev(bench, record), [point.step for point in record.curve]
    best = [readings.best.get(step + 1, dev) for step in steps]
    test = metrics(bench.objective, gold, said)[main_metric(bench.dataset.task, bench.dataset.labels.scheme)]
    known = [-1.0 if score is None else score for score in best]
    return Tried(race, recipe.name, steps, known, readings.planned, len(bench.dataset.dev), dev, test, record.work or 0)


def trials_of(
    plan: Plan, name: str, data: Dataset, budget: Budget, before: Sequence[Tried], out: Path
) -> Iterator[Tried]:
    """The trials of one question, those known as they are."""
    known, readings = {(one.race, one.recipe): one for one in before}, Readings()
    with opened(plan, data, out / "work" / plan.only_encoder / name, readings) as question:
        bench = question.bench
        for method in plan.methods or METHODS:
            race = f"{plan.only_encoder}/{name}/{method}"
            for recipe in recipes(budget, method_named(method), data.task, bench.encoder.traits):
                if (race, recipe.name) in known:
                    yield known[race, recipe.name]
                    continue
                one = tried(question, readings, recipe, race)
                with (out / "trials.jsonl").open("a") as log:
                    log.write(f"{json.dumps(asdict(one))}\n")
                yield one


def of_logged(run: Logged, dev_size: int) -> Tried:
    """A run of `stopping.py` as a trial, up to where the loop ends it; its work is its steps."""
    race, _, recipe = run.key.rpartition("/")
    readings = run.ends()
    best = np.maximum.accumulate(run.dev[:readings]).tolist()
    steps = run.steps[:readings]
    race = f"{race}/fine-tuning/logged"
    return Tried(race, recipe, steps, best, run.steps[-1], dev_size, best[-1], run.chosen(readings), steps[-1])


def logged_in(file: Path) -> list[Tried]:
    """The runs in a file of `stopping.py`, whose dev sets are a fifth as large as train."""
    runs = [Logged(**json.loads(line)) for line in file.read_text().splitlines()]
    return [of_logged(run, int(run.key.split("/")[2]) // 5) for run in runs]


@dataclass(frozen=True)
class Rule:
    """A rule: see the constants of `unfreeze.runs.racing`."""

    part: int = racing.PART
    errors: float = racing.ERRORS
    growth: float = racing.GROWTH

    def lost(self, trials: Sequence[Tried]) -> Lost:
        """What it loses and saves in one order of trials."""
        with mock.patch.multiple(racing, PART=self.part, ERRORS=self.errors, GROWTH=self.growth):
            race = racing.Race([one.recipe for one in trials], trials[0].dev_size, "")
            race.reached.update({one.recipe: one.best[one.rung - 1] for one in trials})
            out = [one for one in trials if race.ahead(one.recipe) is not None and one.rung < len(one.steps)]
            saved = sum(one.work * (1 - one.steps[one.rung - 1] / one.steps[-1]) for one in out)
        whole = max(trials, key=lambda one: one.dev)
        raced = max((one for one in trials if one not in out), key=lambda one: one.dev)
        shares = len(out) / len(trials), saved / sum(one.work for one in trials)
        return Lost(*shares, raced.dev - whole.dev, raced.test - whole.test)


@dataclass(frozen=True)
class Lost:
    """Shares of trials that are stopped and of their work that is saved; gains on dev and test of what is chosen."""

    stopped: float
    saved: float
    dev: float
    test: float


RULES = (
    Rule(), Rule(growth=0.0), Rule(errors=1.0, growth=0.0), Rule(errors=0.0, growth=0.0),
    Rule(part=2), Rule(part=2, errors=1.0, growth=0.0), Rule(part=2, errors=0.0, growth=0.0),
)  # fmt: skip


def table(trials: Sequence[Tried]) -> Iterator[str]:
    """A row for each rule: in the recipes' order, and as the mean over all orders."""
    races: dict[str, list[Tried]] = {}
    for one in trials:
        races.setdefault(one.race, []).append(one)
    whole = [race for race in races.values() if len(race) > 1]
    yield f"{len(whole)} races of {sum(map(len, whole))} trials\n"
    yield "| rung at 1 / | errors | growth | order | stopped, % | work saved, % | dev [error] | test [error] |"
    yield "| --- " * 8 + "|"
    for rule in RULES:
        for order in ("of recipes", "all"):
            each = [mean([rule.lost(list(ordered)) for ordered in orders(race, order)]) for race in whole]
            yield row(rule, order, each)


def orders(race: Sequence[Tried], order: str) -> Iterable[Sequence[Tried]]:
    """The recipes' order, or all."""
    return [race] if order == "of recipes" else permutations(race)


def mean(each: Sequence[Lost]) -> Lost:
    """Of several orders."""
    return Lost(*np.mean([astuple(one) for one in each], 0).tolist())


def row(rule: Rule, order: str, each: Sequence[Lost]) -> str:
    """Means over races, with their standard errors."""
    values = 100 * np.array([astuple(one) for one in each])
    means, errors = values.mean(0), np.full(4, np.nan)
    if len(values) > 1:
        errors = values.std(0, ddof=1) / len(values) ** 0.5
    lost = " | ".join(f"{means[k]:+.2f} [{errors[k]:.2f}]" for k in (2, 3))
    return f"| {rule.part} | {rule.errors:g} | {rule.growth:g} | {order} | {means[0]:.0f} | {means[1]:.0f} | {lost} |"


def main() -> None:
    """Train what is missing, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--out", type=Path, required=True, help="for the curves of the trials")
    parser.add_argument("--sets", nargs="+", default=list(QUESTIONS), choices=list(QUESTIONS))
    parser.add_argument("--sizes", nargs="+", type=int, default=[300])
    parser.add_argument("--encoders", nargs="+", default=["bert-mini"])
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    parser.add_argument("--budget", default="standard", choices=["quick", "standard", "thorough"])
    parser.add_argument("--logged", type=Path, help="runs.jsonl in the output folder of stopping.py")
    parser.add_argument("--known", action="store_true", help="train nothing, read what the folder has")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    file = given.out / "trials.jsonl"
    before = [Tried(**json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []
    trials: list[Tried] = [] if given.logged is None else logged_in(given.logged)
    if given.known:
        trials += before
    for encoder in () if given.known else given.encoders:
        for name, data in wanted(given.sets, given.sizes, given.data):
            question = QUESTIONS[name.partition("/")[0]]
            plan = replace(question.plan(given.data), encoder=encoder, methods=tuple(given.methods))
            trials += trials_of(plan, name, data, given.budget, before, given.out)
    print("\n".join(table(trials)))


if __name__ == "__main__":
    main()
