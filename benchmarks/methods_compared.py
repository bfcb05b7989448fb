"""What each way to use an encoder reaches and costs: frozen, low-rank adapters, fine-tuning, from a probe or not.

    python benchmarks/methods_compared.py --data DATA --out methods-out --train-size 1000 --seeds 3

A comparison of all methods for each set, with the first recipes of each method's table, and one of fine-tuning from the
head of a linear probe (LP-FT). The best recipe on dev is trained with each seed; the interval is over test items and
seeds. What is finished in the output folder is not run again.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

from measuring import this_machine
from results import Cell, Findings, Run, Table, add_json_option

from unfreeze.commands.compare import compare
from unfreeze.encoders.load import load_encoder
from unfreeze.judging.result import ArmResult, Result
from unfreeze.methods.budgets import recipes
from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.methods.table import method_named
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.plan import Plan
from unfreeze.recipe import Recipe, Traits
from unfreeze.tasks.kinds import task

METHODS = ("feature-extraction", "lora", "fine-tuning")
COLUMNS = ("set", "method", "recipe", "test", "95 % interval", "s", "trained parameters", "MB per task")


@dataclass(frozen=True)
class Question:
    """A set, its task, and the files and columns that cannot be guessed."""

    folder: str
    task: str
    label: str | None = None
    text: str | None = None
    text_b: str | None = None

    def plan(self, data: Path) -> Plan:
        """A plan without methods."""
        return Plan(
            data=str(data / self.folder), task=self.task, label=self.label, text=self.text, text_b=self.text_b
        )  # fmt: skip


QUESTIONS = {
    "sst2": Question("sst2", "classification", "label", "sentence"),
    "sick_e": Question("sick", "pair-classification", "entailment_judgment", "sentence_A", "sentence_B"),
    "stsb": Question("stsb", "pair-regression", "score", "sentence1", "sentence2"),
    "mrpc": Question("mrpc", "pair-classification", "Quality", "#1 String", "#2 String"),
    "wnut17": Question("wnut17", "tagging"),
}


@dataclass(frozen=True)
class Effort:
    """How much is tried.

    Attributes:
        recipes: of each method.
        min_steps: cap on the least number of steps of a recipe that trains the encoder; None takes the table's.
    """

    recipes: int
    min_steps: int | None


def arms(asked: Plan, question: Question, traits: Traits, effort: Effort) -> dict[str, tuple[Recipe, ...]]:
    """Recipes of each row's name: some of each method, and those that begin with a probe."""
    number = effort.recipes
    kind = task(question.task)
    tables = {name: method_named(name).table(kind, traits) for name in asked.methods or METHODS}
    plain = {name: tuple(r for r in table if not begins_with_probe(r))[:number] for name, table in tables.items()}
    tuned = recipes("thorough", FINE_TUNING, kind, traits)
    table = plain | {"from a probe": tuple(recipe for recipe in tuned if begins_with_probe(recipe))[:number]}
    return {name: tuple(capped(recipe, effort.min_steps) for recipe in found) for name, found in table.items()}


def capped(recipe: Recipe, steps: int | None) -> Recipe:
    """A recipe with at most that least number of steps; a frozen one as it is."""
    if steps is None or recipe.method == "feature-extraction":
        return recipe
    return replace(recipe, min_steps=min(steps, recipe.min_steps))


def begins_with_probe(recipe: Recipe) -> bool:
    """Whether a recipe fine-tunes from the head of a linear probe."""
    return isinstance(recipe, TunedRecipe) and recipe.head_first == "probe"


def measure(name: str, asked: Plan, out: Path, effort: Effort) -> Table:
    """One set's rows."""
    question = QUESTIONS[name]
    encoder = load_encoder(asked.only_encoder)
    own = replace(question.plan(Path(asked.data or "")), **_shared(asked))
    table = arms(asked, question, encoder.traits, effort)
    probe_first = table.pop("from a probe")
    whole = compare(
        replace(own, methods=tuple(table), recipes=sum(table.values(), ()), out=str(out / name / "methods"))
    )
    probed = compare(replace(own, methods=("fine-tuning",), recipes=probe_first, out=str(out / name / "from-a-probe")))
    rows = [row(name, arm.method, arm) for arm in whole.arms]
    rows.append(row(name, "fine-tuning from a probe", probed.arms[0]))
    return Table(f"{name} ({whole.metric})", COLUMNS, tuple(rows), note(whole))


def row(name: str, method: str, arm: ArmResult) -> tuple[Cell, ...]:
    """An arm as cells."""
    low, high = arm.test.ci95
    seconds = arm.cost.train_s + arm.cost.extract_s
    return (
        name, method, arm.recipe.name, f"{100 * arm.test.mean:.1f}", f"{100 * low:.1f} to {100 * high:.1f}",
        round(seconds, 1), arm.cost.trained_parameters, round(arm.cost.stored_mb, 2),
    )  # fmt: skip


def note(result: Result) -> str:
    """The verdict of the methods, in its own words."""
    return result.verdict.headline


def _shared(asked: Plan) -> dict[str, object]:
    return {name: getattr(asked, name) for name in ("encoder", "train_size", "seeds", "device", "cache_gb")}


def main() -> None:
    """Print machine, date, versions, and a table for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that contains sst2, sick, stsb, mrpc, wnut17")
    parser.add_argument("--out", type=Path, required=True, help="for the comparisons")
    parser.add_argument("--sets", nargs="+", default=list(QUESTIONS), choices=list(QUESTIONS))
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--train-size", type=int, default=1000)
    parser.add_argument("--recipes", type=int, default=2, help="of each method")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--min-steps", type=int, help="cap on the least number of steps of fine-tuning and adapters")
    add_json_option(parser)
    arguments = parser.parse_args()
    asked = Plan(
        data=str(arguments.data), encoder=arguments.encoder, methods=tuple(arguments.methods),
        train_size=arguments.train_size, seeds=arguments.seeds,
    )  # fmt: skip
    effort = Effort(arguments.recipes, arguments.min_steps)
    run = Run(this_machine(), arguments.json)
    for name in arguments.sets:
        run.add(Findings((measure(name, asked, arguments.out, effort),), ()))
    run.close()


if __name__ == "__main__":
    main()
