"""The steps of a comparison with one encoder: methods, floor, probes, bundle; what is finished is not done again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from unfreeze.bundle.save import save_bundle, update_metadata
from unfreeze.encoders.freezing import frozen
from unfreeze.floor.bag_of_words import VERSION, bag_of_words
from unfreeze.judging.looks import MOST
from unfreeze.judging.result import Result
from unfreeze.language.message import say
from unfreeze.methods.budgets import FOLD_SEEDS, SEEDS, recipes
from unfreeze.methods.table import default_names, method_named
from unfreeze.methods.trainer import trainer_of
from unfreeze.plan import Plan
from unfreeze.probes import layers as probes
from unfreeze.recipe import MethodName, Recipe
from unfreeze.records.comparison import (
    Choice,
    FloorRecord,
    read_choices,
    read_floor,
    write_floor,
)
from unfreeze.records.layer_scores import LayerScores, read_layer_scores, write_layer_scores
from unfreeze.runs.bench import Workbench, fingerprint_of, finished, stored
from unfreeze.runs.cost import median_ms
from unfreeze.runs.jobs import Job
from unfreeze.runs.opening import versions
from unfreeze.runs.place import at_its_place
from unfreeze.runs.runner import Flow, follow, run
from unfreeze.runs.trials import Chosen, choosing, runs_to_choose, score_on_test, trained_model


def run_methods(
    bench: Workbench, plan: Plan, question: str, looked: Callable[[MethodName], int] | None = None
) -> tuple[dict[MethodName, Choice], dict[MethodName, Job]]:
    """Trials, choice on dev and final runs of all methods side by side, then the one reading of the test set by each.

    Args:
        looked: at a look, seeds of methods that cannot train all at once; the others have the most. None takes the
            plan's number for all.
    """
    tried, asked = candidates_of(bench, plan), flows_of(bench, plan, question, looked)
    before = read_choices(bench.folder) if (bench.folder / "choice.json").exists() else {}
    choices: dict[MethodName, Choice] = {}
    best: dict[MethodName, Job] = {}
    every = follow(bench, list(asked.values()))
    for (method, candidates), chosen in zip(tried.items(), every, strict=True):
        best[method] = chosen.best
        known = before.get(method)
        if known is None or known.runs[0] != chosen.finals[0].id:
            run(bench, [chosen.best], "weights")
            known = None
        choices[method] = Choice(
            trials=tuple(t.id for t in chosen.trials),
            runs=tuple(j.id for j in chosen.finals),
            extract_s=known.extract_s if known else _extract_s(bench, chosen.recipe),
            extract_all_s=known.extract_all_s if known else _extract_all_s(bench, candidates),
            latency_ms=known.latency_ms if known else _latency(bench, chosen.best, bool(plan.folds)),
            best_run=chosen.best.id,
            machine=known.machine if known else bench.machine,
        )
        score_on_test(bench, chosen.finals)
    return choices, best


def candidates_of(bench: Workbench, plan: Plan) -> dict[MethodName, list[Recipe]]:
    """The recipes that each method tries."""
    return {name: _candidates(bench, plan, name) for name in plan.methods or default_names()}


def flows_of(
    bench: Workbench, plan: Plan, question: str, looked: Callable[[MethodName], int] | None = None
) -> dict[MethodName, Flow[Chosen]]:
    """What each method wants run; the bench gets how many runs these are.

    Args:
        looked: see `run_methods`.
    """
    tried = candidates_of(bench, plan)
    seeds = {name: _seeds(bench, plan, tried[name], looked and looked(name)) for name in tried}
    most = {name: max(len(seeds[name](recipe)) for recipe in tried[name]) for name in tried}
    bench.planned = sum(runs_to_choose(len(tried[name]), most[name]) for name in tried)
    return {name: choosing(bench, question, tried[name], seeds[name]) for name in tried}


def _seeds(bench: Workbench, plan: Plan, candidates: Sequence[Recipe], look: int | None) -> Callable[[Recipe], range]:
    """Seeds of a recipe's final runs: at a look the most where all of them train at once, since more cost nothing then.

    In folds only where that is so of all candidates: each fold chooses its own, and gets as many seeds as the others.
    """
    fixed = plan.fixed_seeds or (FOLD_SEEDS if plan.folds else SEEDS[plan.budget])

    def together(recipe: Recipe) -> bool:
        return trainer_of(recipe).seeds_together(recipe, bench.dataset.task)

    def seeds(recipe: Recipe) -> range:
        return range(MOST if all(map(together, candidates if plan.folds else [recipe])) else look or fixed)

    return seeds if look else lambda recipe: range(fixed)


def _candidates(bench: Workbench, plan: Plan, name: MethodName) -> list[Recipe]:
    """Recipes of a method: the plan's, or the budget's; within the plan's own limit of layer groups that learn."""
    asked = [recipe for recipe in plan.recipes if recipe.method == name]
    top, method = plan.unfreeze_top, method_named(name)
    table = asked or recipes(plan.budget, method, bench.dataset.task, bench.encoder.traits)
    return [recipe if top is None else method.limited(recipe, top) for recipe in table]


def add_floor(bench: Workbench, question: str, known: FloorRecord | None = None) -> FloorRecord:
    """What the words alone reach, computed unless this question's is there.

    Args:
        known: that of another question on the same data, since it does not depend on the encoder.
    """
    before = read_floor(bench.folder)
    if before is not None and (before.question, before.version) == (question, VERSION):
        return before
    if known is None:
        bench.watcher.begin(say("bag of words, without the encoder"), bench.left)
        floor = bag_of_words(bench.dataset, question)
        bench.watcher.end(say("bag of words, without the encoder"), None)
    else:
        floor = replace(known, question=question)
    write_floor(bench.folder, floor)
    return floor


def add_probes(bench: Workbench, question: str) -> LayerScores:
    """What a linear probe reaches on each layer, computed unless this question's is there."""
    before = read_layer_scores(bench.folder)
    if before is not None and (before.question, before.version) == (question, probes.VERSION):
        return before
    scores = at_its_place(bench, probes.probe_layers, question)
    write_layer_scores(bench.folder, scores)
    return scores


def _extract_s(bench: Workbench, recipe: Recipe) -> float:
    """Seconds that the stores took; states without a store are computed in training, whose seconds have them."""
    return sum(s.features.seconds for s in stored(bench, recipe) if s.features.kind == "stored")


def _extract_all_s(bench: Workbench, recipes: Sequence[Recipe]) -> float:
    """The same of all recipes tried, each store once, as far as this process computed or read them."""
    stores = {id(s.features): s.features for recipe in recipes for s in stored(bench, recipe, only_known=True)}
    return sum(features.seconds for features in stores.values() if features.kind == "stored")


def _latency(bench: Workbench, best: Job, in_folds: bool) -> dict[str, float]:
    """Milliseconds to predict one test text of median length, and a batch of 32, tokenising included.

    Of folds the median is taken, so that each is timed with fewer repeats.
    """
    repeats = (5, 3) if in_folds else (15, 7)
    by_length = sorted(bench.dataset.test, key=lambda e: len(e.text) + len(e.text_b or ""))
    middle = len(by_length) // 2
    one, many = by_length[middle : middle + 1], bench.dataset.test[:32]
    with frozen(bench.encoder):
        model = trained_model(bench, [best])
        return {
            "1": median_ms(lambda: model.predict(one), repeats[0]),
            "32": median_ms(lambda: model.predict(many), repeats[1]),
        }


def bundle_winner(bench: Workbench, result: Result, winner: Job, folder: Path, made: str | None = None) -> None:
    """Write the winner into `folder`; where it is there and its weights are gone, update what is stored alongside.

    Args:
        made: how it was made, as a sentence, where it is not the run that was judged.
    """
    about = {
        "method": winner.recipe.method,
        "metric": result.metric,
        "test": asdict(result.used.test),
        "run": winner.id,
        "columns": dict(bench.dataset.columns),
        "versions": versions(),
        **({} if made is None else {"made": made}),
    }
    if finished(bench, winner, "weights"):
        save_bundle(folder, trained_model(bench, [winner]), about, fingerprint_of(bench), bench.dataset.test)
    else:
        update_metadata(folder, about)
