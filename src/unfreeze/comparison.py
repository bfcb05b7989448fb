"""The whole question, from data to verdict: read, audit, extract once, run, judge, report, bundle."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from unfreeze.adaptation.inputs import cut_at_limit, read_inputs
from unfreeze.adaptation.model import AdaptedModel, restore
from unfreeze.adaptation.trained import degenerate, gold_labels, metrics
from unfreeze.bundle import bundled_run, save_bundle, tell_along
from unfreeze.data.audit import audit, with_limits
from unfreeze.data.audit_lines import audit_lines
from unfreeze.data.examples import SPLITS, Dataset, SplitName
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import fast_precision, pick_device
from unfreeze.encoders.protocol import Encoder
from unfreeze.errors import InputError
from unfreeze.experiment.budgets import SEEDS, recipes
from unfreeze.experiment.claim import claimed
from unfreeze.experiment.cost import median_ms, processor_name
from unfreeze.experiment.jobs import Job, job, question_digest
from unfreeze.experiment.question import read_data
from unfreeze.experiment.recipe_check import check_recipes
from unfreeze.experiment.record import (
    Choice,
    RunRecord,
    Setting,
    TestRecord,
    read_choices,
    read_floor,
    read_setting,
    write_choices,
    write_floor,
    write_items,
    write_setting,
    write_test,
)
from unfreeze.experiment.runner import WEIGHTS, Quiet, Watcher, Workbench, finished, read_weights, run, stored
from unfreeze.features.cache import cache_folder
from unfreeze.floor.bag_of_words import VERSION, bag_of_words
from unfreeze.judge import Result, judge
from unfreeze.metrics import main_metric
from unfreeze.plan import METHODS, Method, Plan, Recipe, plain
from unfreeze.report.render import render
from unfreeze.training.objectives import objective_for


def compare(plan: Plan, watcher: Watcher | None = None, tell: Callable[[str], None] = lambda line: None) -> Result:
    """Answer a plan's question; what was finished in its output folder before is not done again.

    Args:
        watcher: told what runs and how far it is.
        tell: told what was read, guessed and found, a line at a time.

    Raises:
        InputError: the data, the encoder, the plan or the output folder is at fault.
    """
    dataset = read_data(plan)
    for line in dataset.said:
        tell(line)
    out = Path(plan.out or Path("unfreeze-out") / f"{dataset.name}-{Path(plan.encoder).name}")
    device = pick_device(plan.device)
    with claimed(out):
        encoder = load_encoder(plan.encoder, plan.max_length, plan.encoder_options).to(device)
        plan, left_out = _possible(plan, encoder)
        if left_out:
            tell(left_out)
        check_recipes(plan.recipes, dataset.task, encoder.layers, encoder.reads_pairs, encoder.family)
        precision = fast_precision(device)
        question = question_digest(dataset, encoder.fingerprint(), precision, encoder.max_length, plan.cache_dtype)
        _same_question(out, question)
        setting = _setting(replace(plan, out=str(out)), dataset, encoder, device, precision, question)
        for line in setting.audit["lines"]:
            tell(line)
        write_setting(out, setting)
        write_items(out, dataset.test)
        objective = objective_for(dataset.task, dataset.labels, dataset.train)
        cache = cache_folder(), int(plan.cache_gb * 1e9)
        with frozen(encoder, precision) as reader:
            bench = Workbench(
                out, dataset, objective, encoder, reader, precision, device, cache, watcher or Quiet(), plan.cache_dtype
            )
            result = _answer(bench, plan, question)
        render(out)
        for weights in (out / "runs").glob(f"*/{WEIGHTS}"):
            weights.unlink()  # the bundle holds the one that is used; records and predictions stay
    return result


def _possible(plan: Plan, encoder: Encoder) -> tuple[Plan, str | None]:
    """The plan with the methods that this encoder allows, and what to say where one was not asked for and is left out.

    Raises:
        InputError: fine-tuning is asked for an encoder that cannot be fine-tuned.
    """
    if encoder.fixed is None:
        return replace(plan, methods=plan.methods or METHODS), None
    if "fine-tuning" in (plan.methods or ()):
        raise InputError(f"{plan.encoder} cannot be fine-tuned: {encoder.fixed}", where="--methods")
    alone: tuple[Method, ...] = ("feature-extraction",)
    why = f"Feature extraction alone: {encoder.name} cannot be fine-tuned: {encoder.fixed}."
    return replace(plan, methods=alone), why


def _answer(bench: Workbench, plan: Plan, question: str) -> Result:
    """Run what is missing, judge, bundle. A winner whose weights are gone (see `compare`'s end) is run once more."""
    while True:
        choices, best = _run_methods(bench, plan, question)
        _floor(bench, question)
        write_choices(bench.folder, choices)
        result = judge(bench.folder)
        winner = best[result.verdict["use"]]
        if finished(bench, winner, "weights") or bundled_run(bench.folder / "bundle") == winner.id:
            _bundle(bench, result, winner)
            return result
        run(bench, [winner], "weights")


def _run_methods(bench: Workbench, plan: Plan, question: str) -> tuple[dict[Method, Choice], dict[Method, Job]]:
    """Trials, choice on dev, final runs and the one reading of the test set, for each method in turn."""
    seeds = range(plan.seeds or SEEDS[plan.budget])
    tried = {
        m: [r for r in plan.recipes if r.method == m]
        or recipes(plan.budget, m, bench.dataset.task, bench.encoder.width, bench.encoder.family)
        for m in plan.methods or METHODS
    }
    tried = {m: [_limited(r, plan.unfreeze_top) for r in rs] for m, rs in tried.items()}
    bench.planned = sum(len(rs) + len(seeds) - 1 for rs in tried.values())  # seed 0 of the chosen one is a trial
    before = read_choices(bench.folder) if (bench.folder / "choice.json").exists() else {}
    choices: dict[Method, Choice] = {}
    best: dict[Method, Job] = {}
    for method, candidates in tried.items():
        trials = [run(bench, [job(question, recipe, 0)])[0] for recipe in candidates]
        chosen = candidates[max(range(len(trials)), key=lambda i: _main(bench, trials[i]))]
        finals = [job(question, chosen, seed) for seed in seeds]
        records = run(bench, finals, "test")
        best[method] = finals[max(range(len(records)), key=lambda i: _main(bench, records[i]))]
        known = before.get(method)
        if known is None or known.runs[0] != finals[0].id:
            run(bench, [best[method]], "weights")
            known = None
        choices[method] = Choice(
            trials=tuple(t.id for t in trials),
            runs=tuple(j.id for j in finals),
            extract_s=known.extract_s if known else _extract_s(bench, chosen),
            latency_ms=known.latency_ms if known else _latency(bench, best[method]),
            best_run=best[method].id,
        )
        _score_on_test(bench, finals)
    return choices, best


def _limited(recipe: Recipe, top: int | None) -> Recipe:
    """A recipe of fine-tuning with the plan's own limit of layer groups that learn."""
    return recipe if top is None or recipe.method != "fine-tuning" else replace(recipe, unfreeze_top=top)


def _floor(bench: Workbench, question: str) -> None:
    """What the words alone reach, unless this question's is there."""
    found = read_floor(bench.folder)
    if found is not None and (found.question, found.version) == (question, VERSION):
        return
    bench.watcher.begin("bag of words, without the encoder", bench.left)
    write_floor(bench.folder, bag_of_words(bench.dataset, question))
    bench.watcher.end("bag of words, without the encoder", None)


def _main(bench: Workbench, record: RunRecord) -> float:
    return record.dev[main_metric(bench.dataset.task, bench.dataset.labels.scheme)]


def _model(bench: Workbench, jobs: Sequence[Job]) -> AdaptedModel:
    weights = [read_weights(bench, j) for j in jobs]
    return restore(bench.encoder, jobs[0].recipe, bench.objective, weights)


def _score_on_test(bench: Workbench, finals: Sequence[Job]) -> None:
    """Read the test set with final runs that have not; frozen ones share the encoder's pass over it."""
    missing = [j for j in finals if not (bench.run_folder(j) / "test.json").exists()]
    shared = bool(missing) and missing[0].recipe.method == "feature-extraction"
    for group in [missing] if shared else [[j] for j in missing]:
        bench.watcher.begin(f"test set, {group[0].recipe.method}", bench.left)
        with frozen(bench.encoder):
            decoded = _model(bench, group).predict(bench.dataset.test)
        for one, said in zip(group, decoded, strict=True):
            scores = metrics(bench.objective, gold_labels(bench.dataset.test), said.labels)
            record = TestRecord(scores, degenerate(said.labels), said.labels, said.confidence)
            write_test(bench.run_folder(one), record)
        bench.watcher.end("test set", None)


def _extract_s(bench: Workbench, recipe: Recipe) -> float:
    """Seconds that the stores took; states without a store are computed in training, whose seconds have them."""
    return sum(s.features.seconds for s in stored(bench, recipe) if s.features.kind == "stored")


def _latency(bench: Workbench, best: Job) -> dict[str, float]:
    """Milliseconds to predict one test text of median length, and a batch of 32, tokenising included."""
    by_length = sorted(bench.dataset.test, key=lambda e: len(e.text) + len(e.text_b or ""))
    middle = len(by_length) // 2
    one, many = by_length[middle : middle + 1], bench.dataset.test[:32]
    with frozen(bench.encoder):
        model = _model(bench, [best])
        return {"1": median_ms(lambda: model.predict(one)), "32": median_ms(lambda: model.predict(many), 7)}


def _bundle(bench: Workbench, result: Result, winner: Job) -> None:
    about = {
        "method": winner.recipe.method,
        "metric": result.values["metric"],
        "test": result.methods[winner.recipe.method]["test"],
        "run": winner.id,
        "columns": dict(bench.dataset.columns),
        "versions": _versions(),
    }
    folder = bench.folder / "bundle"
    if finished(bench, winner, "weights"):
        save_bundle(folder, _model(bench, [winner]), about)
    else:
        tell_along(folder, about)


def _setting(
    plan: Plan, dataset: Dataset, encoder: Encoder, device: torch.device, precision: str, question: str
) -> Setting:
    over: dict[str, int] = {split: _over_limit(encoder, dataset, split) for split in SPLITS}
    found = with_limits(audit(dataset), over)
    sizes = {split: len(dataset.split(split)) for split in SPLITS}
    windows = dataset.task.target == "tags"  # nothing of a tagged sentence is cut
    data = {
        "name": dataset.name,
        "files": dict(dataset.files),
        "columns": dict(dataset.columns),
        "sizes": sizes,
        "said": list(dataset.said),
        "truncated": {split: 0.0 if windows else over[split] / sizes[split] for split in SPLITS},
        "question": question,
    }
    parameters, size = encoder.sizes()
    about = {
        "name": encoder.name,
        "layers": encoder.layers,
        "width": encoder.width,
        "parameters": parameters,
        "mb": size / 1e6,
        "max_length": encoder.max_length,
        "fixed": encoder.fixed,
        "fingerprint": encoder.fingerprint(),
    }
    environment = {
        **_versions(),
        "processor": processor_name(device),
        "threads": torch.get_num_threads(),
        "device": str(device),
        "precision": precision,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    metric = main_metric(dataset.task, dataset.labels.scheme)
    lines = {"lines": audit_lines(found)}
    audited = {**asdict(found), **lines}
    return Setting(dataset.task, dataset.labels, metric, plain(plan), data, audited, about, environment)


def _over_limit(encoder: Encoder, dataset: Dataset, split: SplitName) -> int:
    """Examples of a split that pass the encoder's limit: cut, or, for tagging, read in windows."""
    pair = "joint" if encoder.reads_pairs else "separate"
    inputs = read_inputs(encoder, dataset.task, pair, dataset.split(split))
    if dataset.task.target == "tags":
        return int((np.diff(inputs.examples) > 1).sum())
    return cut_at_limit(inputs)


def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in ("unfreeze", "torch", "transformers", "numpy")}
    return {"python": platform.python_version(), **packages}


def _same_question(out: Path, question: str) -> None:
    if not (out / "runs").exists():
        return  # stopped before the first run: nothing to lose
    if read_setting(out).data.get("question") != question:
        raise InputError(
            "holds a comparison of other data, another encoder, task or cache dtype; choose another --out or remove it",
            where=str(out),
        )
