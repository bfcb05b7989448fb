"""A model learned from all labelled examples: methods and recipes are chosen on a part held out, nothing is tested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from unfreeze.bundle.save import save_bundle
from unfreeze.commands.steps import flows_of
from unfreeze.data.examples import Dataset
from unfreeze.disk.claim import claimed
from unfreeze.encoders.protocol import Encoder
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.methods.checks import check_recipes
from unfreeze.methods.table import default_names, method_named
from unfreeze.plan import Plan
from unfreeze.recipe import MethodName, Recipe
from unfreeze.records.setting import begun_precision
from unfreeze.runs.bench import Workbench, fingerprint_of, finished, record_of
from unfreeze.runs.jobs import Job, question_digest
from unfreeze.runs.opening import Loaded, drop_weights, versions, workbench
from unfreeze.runs.place import precision_for
from unfreeze.runs.runner import follow, run
from unfreeze.runs.trials import Chosen, on_dev, trained_model
from unfreeze.runs.watching import Watcher
from unfreeze.tasks.metrics import main_metric


@dataclass(frozen=True)
class Learned:
    """What was learned, and how it was chosen.

    Attributes:
        method, recipe: of the model in the bundle.
        metric: the main one, which chose.
        dev: of each method's final runs, the metric on the part that was held out. It chose, so new
            texts will show less.
        run: id of the run whose model it is.
    """

    method: MethodName
    recipe: Recipe
    metric: str
    dev: Mapping[MethodName, tuple[float, ...]]
    run: str


def train(plan: Plan, dataset: Dataset, out: Path, watcher: Watcher | None = None) -> Learned:
    """Train a plan's methods, and write the model of the better one as `out/bundle`.

    Of each method the recipe that is best on dev is trained with every seed. The method with the best mean over seeds
    is taken, of equal ones the first, and of its runs the best on dev. What is finished in `out` is not run again.

    Args:
        dataset: train and dev; its test split is empty.

    Raises:
        InputError: the encoder, the plan or the folder is invalid.
    """
    loaded = Loaded(plan)
    encoder = loaded.encoder
    plan = replace(plan, methods=_allowed(plan, encoder))
    check_recipes([r for r in plan.recipes if r.method in (plan.methods or ())], dataset.task, encoder.traits)
    precision = loaded.usable(precision_for(plan, begun_precision(out)))
    question = question_digest(dataset, loaded.fingerprint, precision, encoder.max_length, plan.cache_dtype)
    with claimed(out, "runs"), workbench(plan, dataset, encoder, out, watcher, precision) as bench:
        bench.fingerprint = loaded.fingerprint
        flows = flows_of(bench, plan, question)
        chosen = dict(zip(flows, follow(bench, list(flows.values())), strict=True))
        learned, winner = _best(bench, chosen)
        if not finished(bench, winner, "weights"):
            run(bench, [winner], "weights")
        save_bundle(out / "bundle", trained_model(bench, [winner]), _about(learned, dataset), fingerprint_of(bench))
    drop_weights(out)
    return learned


def _allowed(plan: Plan, encoder: Encoder) -> tuple[MethodName, ...]:
    """The methods asked for, or those compared by default that the encoder allows."""
    unfit = {name: method_named(name).unfit(encoder.traits) for name in plan.methods or default_names()}
    for name, why in unfit.items():
        if plan.methods is not None and why is not None:
            raise InputError(say("{only_encoder} {why}", only_encoder=plan.only_encoder, why=why), where=name)
    return tuple(name for name, why in unfit.items() if why is None)


def _best(bench: Workbench, chosen: Mapping[MethodName, Chosen]) -> tuple[Learned, Job]:
    dev = {name: tuple(on_dev(bench, record_of(bench, job)) for job in one.finals) for name, one in chosen.items()}
    best = max(dev, key=lambda name: sum(dev[name]) / len(dev[name]))
    winner = chosen[best].best
    metric = main_metric(bench.dataset.task, bench.dataset.labels.scheme)
    return Learned(best, winner.recipe, metric, dev, winner.id), winner


def _about(learned: Learned, dataset: Dataset) -> dict[str, object]:
    made = say(
        "Learned from {dev:,} labelled examples, of which {dev2:,} chose method, recipe and epochs. "
        "Nothing was tested.",
        dev=len(dataset.train) + len(dataset.dev),
        dev2=len(dataset.dev),
    )
    kept = {"method": learned.method, "metric": learned.metric, "run": learned.run, "versions": versions()}
    return {**kept, "dev": {name: list(scores) for name, scores in learned.dev.items()}, "made": made}
