"""Linear probes on every layer of an encoder, by themselves: read, extract, probe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from unfreeze.data.splits import spread_out
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import fast_precision, pick_device
from unfreeze.experiment.jobs import question_digest
from unfreeze.experiment.layer_scores import LayerScores, write_layer_scores
from unfreeze.experiment.question import read_data
from unfreeze.experiment.recipe_check import check_recipes
from unfreeze.experiment.runner import Quiet, Watcher, Workbench
from unfreeze.features.cache import cache_folder
from unfreeze.plan import Plan
from unfreeze.probes import layers
from unfreeze.training.objectives import objective_for


def probe(plan: Plan, watcher: Watcher | None = None, tell: Callable[[str], None] = lambda line: None) -> LayerScores:
    """Score a linear probe on every layer; where the plan names an output folder, `probes.json` is written there.

    Args:
        plan: data, encoder, device, cache; `seeds` are the resamples of the training rows. The rest is not read.
        watcher: told what runs and how far it is.
        tell: told what was read and guessed, a line at a time.

    Raises:
        InputError: the data, the encoder, a setting or the output folder is at fault.
    """
    dataset = read_data(plan)
    for line in dataset.said:
        tell(line)
    device = pick_device(plan.device)
    encoder = load_encoder(plan.encoder, plan.max_length, plan.encoder_options).to(device)
    check_recipes((), dataset.task, encoder.layers, encoder.reads_pairs, encoder.family)
    precision = fast_precision(device)
    question = question_digest(dataset, encoder.fingerprint(), precision, encoder.max_length)
    size = len(dataset.train)
    used = spread_out(dataset.train, dataset.task, layers.MOST_TEXTS, layers.MOST_WORDS)
    objective = objective_for(dataset.task, dataset.labels, dataset.train)
    bounded = replace(dataset, train=tuple(dataset.train[i] for i in used))  # the encoder reads no more than is used
    cache = cache_folder(), int(plan.cache_gb * 1e9)
    with frozen(encoder, precision) as reader:
        bench = Workbench(Path(), bounded, objective, encoder, reader, precision, device, cache, watcher or Quiet())
        scores = layers.probe_layers(bench, question, plan.seeds or layers.RESAMPLES)
    scores = replace(scores, train_size=size)
    if plan.out is not None:
        write_layer_scores(Path(plan.out), scores)
    return scores
