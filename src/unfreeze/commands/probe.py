"""Linear probes on every layer of an encoder, alone: read, extract, probe; with controls, and after tuning."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from unfreeze.commands.places import working_folder
from unfreeze.data.examples import Dataset
from unfreeze.data.shuffled import shuffled
from unfreeze.data.splits import spread_out
from unfreeze.data.unread import unread_lines
from unfreeze.disk.mirror import COMPARISONS
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.protocol import Encoder
from unfreeze.encoders.random_twin import random_twin
from unfreeze.language.message import say
from unfreeze.methods.budgets import recipes
from unfreeze.methods.checks import check_recipes
from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.methods.inputs import read_inputs
from unfreeze.plan import Plan
from unfreeze.probes import layers
from unfreeze.probes.layers import LayerProbes
from unfreeze.recipe import Recipe
from unfreeze.records.layer_scores import (
    ADJACENT,
    FILE,
    LABELS,
    LAYERS,
    TUNED,
    VARIANTS,
    WEIGHTS,
    LayerScores,
    write_layer_scores,
)
from unfreeze.records.setting import begun_precision
from unfreeze.runs.bench import Workbench
from unfreeze.runs.jobs import job, question_digest
from unfreeze.runs.opening import cut_and_unread, pair_as_counted, workbench
from unfreeze.runs.place import own_device, precision_for
from unfreeze.runs.question import read_data
from unfreeze.runs.runner import run
from unfreeze.runs.trials import trained_model
from unfreeze.runs.watching import Watcher
from unfreeze.training.objectives import objective_for
from unfreeze.training.usable_precision import usable_precision


def probe(plan: Plan, watcher: Watcher | None = None, tell: Callable[[str], None] = lambda line: None) -> LayerScores:
    """Score a linear probe on every layer; where the plan names an output folder, `probes.json` is written there.

    Args:
        plan: data, encoder, device, cache; `seeds` are the resamples of the training rows. The rest is not read.
        watcher: told what runs and how far it is.
        tell: told what was read and guessed, a line at a time.

    Raises:
        InputError: the data, the encoder, a setting or the output folder is invalid.
    """
    (found,) = probe_variants(plan, (LAYERS,), watcher, tell)
    return found[1]


def probe_variants(
    plan: Plan,
    variants: Sequence[str] = VARIANTS,
    watcher: Watcher | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> Iterator[tuple[str, LayerScores]]:
    """As `probe`, for some of `VARIANTS`, those that the encoder has; each with its scores as soon as they are there.

    Where the plan names an output folder, `probes.json` and `probes-VARIANT.json` are written there.
    """
    dataset = read_data(plan)
    with ExitStack() as held:
        if plan.out is not None:
            out = held.enter_context(working_folder(plan.out, (*COMPARISONS, FILE)))
            plan = replace(plan, out=str(out))
        bench, question = held.enter_context(_opened(plan, dataset, watcher, tell))
        tuned = first_tuned(bench)
        resamples = plan.fixed_seeds or layers.RESAMPLES
        for variant, found in _probed(bench, question, tuned, variants, resamples):
            scores = replace(found, train_size=len(dataset.train))
            if plan.out is not None:
                write_layer_scores(Path(plan.out), scores, file_of(variant))
            yield variant, scores


def _probed(
    bench: Workbench, question: str, tuned: Recipe | None, variants: Sequence[str], resamples: int
) -> Iterator[tuple[str, LayerScores]]:
    """`probed_variants` where the bench's runs are made; away one by one, so that they are made at the same time."""
    if bench.place is None:
        yield from probed_variants(bench, question, tuned, variants, resamples)
        return
    for scores in bench.place.asked(bench, _all_probed, [(question, tuned, [one], resamples) for one in variants]):
        yield from scores


def _all_probed(bench: Workbench, *asked: Any) -> list[tuple[str, LayerScores]]:
    return list(probed_variants(bench, *asked))


def file_of(variant: str) -> str:
    """Where its scores are, in the output folder."""
    return FILE if variant == LAYERS else f"probes-{variant}.json"


def first_tuned(bench: Workbench) -> Recipe | None:
    """The budgets' first recipe of fine-tuning; None where the encoder cannot be tuned."""
    traits = bench.encoder.traits
    table = recipes("quick", FINE_TUNING, bench.dataset.task, traits)
    return table[0] if table and FINE_TUNING.unfit(traits) is None else None


def probed_variants(
    bench: Workbench, question: str, tuned: Recipe | None, variants: Sequence[str], resamples: int = layers.RESAMPLES
) -> Iterator[tuple[str, LayerScores]]:
    """Scores of some of `VARIANTS`, those that the encoder has; the layers after tuning with their gain over before.

    Args:
        tuned: how the encoder is fine-tuned; None leaves that out.
    """
    before: LayerProbes | None = None
    for variant in variants:
        if variant == LAYERS:
            before = layers.fit_probes(bench, resamples)
            yield variant, layers.scores_of(bench, question, before)
        elif variant == ADJACENT and bench.encoder.layers > 1:
            yield variant, layers.scores_of(bench, question, layers.fit_probes(bench, resamples, adjacent=True))
        elif variant == LABELS:
            yield variant, layers.probe_layers(_other_labels(bench), question, resamples)
        elif variant == WEIGHTS and (twin := random_twin(bench.encoder)) is not None:
            with _over(bench, twin) as other:
                yield variant, layers.probe_layers(other, question, resamples)
        elif variant == TUNED and tuned is not None:
            before = before or layers.fit_probes(bench, resamples)
            with tuned_bench(bench, question, tuned) as other:
                yield variant, layers.scores_of(other, question, layers.fit_probes(other, resamples), before)


@contextmanager
def tuned_bench(bench: Workbench, question: str, recipe: Recipe, seed: int = 0) -> Iterator[Workbench]:
    """The bench with its encoder fine-tuned by a recipe, in a run of its own that leaves nothing behind."""
    one = job(question, recipe, seed)
    with tempfile.TemporaryDirectory() as name:
        aside = replace(bench, folder=Path(name))
        run(aside, [one], "weights")
        model = trained_model(aside, [one])
    with _over(bench, model.encoder) as other:
        yield other


@contextmanager
def _over(bench: Workbench, encoder: Encoder) -> Iterator[Workbench]:
    """The bench with another encoder, whose states nobody will ask for again: they are kept aside."""
    with frozen(encoder, bench.precision) as reader, tempfile.TemporaryDirectory() as folder:
        cache = Path(folder), bench.cache[1]
        yield replace(
            bench, encoder=encoder, reader=reader, features={}, inputs={}, fingerprint=None, cache=cache, place=None
        )


def _other_labels(bench: Workbench) -> Workbench:
    dataset = shuffled(bench.dataset)
    return replace(
        bench, dataset=dataset, objective=objective_for(dataset.task, dataset.labels, dataset.train), features={}
    )  # fmt: skip


@contextmanager
def _opened(
    plan: Plan, dataset: Dataset, watcher: Watcher | None, tell: Callable[[str], None]
) -> Iterator[tuple[Workbench, str]]:
    """A bench with no more training rows than probes read, and the digest of the question."""
    for line in dataset.notes:
        tell(line)
    encoder = load_encoder(plan.only_encoder, plan.max_length, plan.all_options).to(own_device(plan))
    for line in (*encoder.notes, *(encoder.notes_on_pairs if dataset.task.pair else ())):
        tell(line)
    check_recipes((), dataset.task, encoder.traits)
    precision = precision_for(plan, None if plan.out is None else begun_precision(Path(plan.out)))
    precision, instead = usable_precision(encoder, precision)
    if instead is not None:
        tell(instead)
    fingerprint = encoder.fingerprint()
    question = question_digest(dataset, fingerprint, precision, encoder.max_length)
    used = spread_out(dataset.train, dataset.task, layers.MOST_TEXTS, layers.MOST_WORDS)
    bounded = replace(dataset, train=tuple(dataset.train[i] for i in used))  # the encoder reads no more than is used
    pair = pair_as_counted(encoder, dataset.task)
    inputs = read_inputs(encoder, dataset.task, pair, bounded.train)
    _, unread = cut_and_unread(encoder, dataset.task, inputs)
    for line in unread_lines({"train": unread} if unread else {}):
        tell(say("Warning: {line}", line=line))
    with workbench(replace(plan, cache_dtype="float16"), dataset, encoder, Path(), watcher, precision) as bench:
        yield replace(bench, dataset=bounded, fingerprint=fingerprint, inputs={("train", pair): inputs}), question
