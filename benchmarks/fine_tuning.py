"""Fine-tuning: samples a second and test accuracy of ours against the transformers Trainer.

    python -m pip install -r benchmarks/requirements.txt
    python benchmarks/fine_tuning.py --data shared/data --train-size 1000 --epochs 3 --seeds 3

Both take batches of 32, a learning rate of 2e-4 with 10 % warm-up and linear decay, and the same epochs. The peer is
BertForSequenceClassification with the Trainer's defaults: fp32, random order, dynamic padding; it saves and evaluates
nothing while it trains. Ours does what `unfreeze compare` does, so it also reads dev after each epoch and keeps the
best one. Two rates are given: of the training steps alone, and of the whole run with all that belongs to it.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measuring import Peaks, Rate, StepClock, forward_flops, machine_line, median_rate, ratio, take_turns, timed
from torch import nn
from transformers import AutoTokenizer, BertForSequenceClassification, DataCollatorWithPadding, Trainer, TrainerCallback
from transformers import TrainingArguments as Arguments
from transformers.utils import logging

from unfreeze.adaptation.fine_tuning import fine_tune
from unfreeze.adaptation.inputs import example_lengths, read_inputs
from unfreeze.adaptation.model import restore
from unfreeze.analysis.stats import mean_ci, paired_difference
from unfreeze.data.examples import Dataset, Example
from unfreeze.data.splits import stratified_subset
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.packaged import packaged_folder
from unfreeze.encoders.precision import fast_precision
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.experiment.question import read_data
from unfreeze.metrics import from_statistics, item_statistics
from unfreeze.plan import Plan, Recipe
from unfreeze.training.objectives import objective_for
from unfreeze.training.seeds import seeded

SETS = {"sick": "entailment_judgment", "sst2": "label"}
BATCH, RATE, WARMUP = 32, 2e-4, 0.1


@dataclass
class Side:
    """What one side gave, one entry a seed: rates of whole runs and of the steps alone, predictions on test."""

    whole: list[Rate] = field(default_factory=list)
    steps: list[Rate] = field(default_factory=list)
    predicted: list[Sequence[str]] = field(default_factory=list)


def steps_alone(clock: StepClock, examples: int, epochs: int) -> Rate:
    """Examples a second of the steps but each epoch's first, before which dev is read and the run prepared."""
    per_epoch = -(-examples // BATCH)
    chosen = np.arange(per_epoch * epochs) % per_epoch != 0
    return clock.rate(chosen, examples / per_epoch * chosen.sum())


def train_ours(encoder: TransformerEncoder, data: Dataset, epochs: int, seed: int, side: Side) -> Rate:
    """Our run; gives the rate of its steps."""
    recipe = Recipe("fine-tuning", "linear", learning_rate=RATE, warmup=WARMUP, epochs=epochs, batch_size=BATCH)
    objective = objective_for(data.task, data.labels, data.train)
    clock = StepClock()
    given = encoder, recipe, objective, data.train, data.dev
    precision = fast_precision(encoder.device)
    made = []

    def train() -> None:
        made.append(fine_tune(*given, seed=seed, precision=precision, progress=lambda *_: clock.tick()))

    side.whole.append(timed(train, len(data.train) * epochs))
    side.steps.append(steps_alone(clock, len(data.train), epochs))
    (trained,) = made
    model = restore(encoder, recipe, objective, [trained.weights])
    side.predicted.append([str(label) for label in model.predict(data.test)[0].labels])
    return side.steps[-1]


class _Ticks(TrainerCallback):  # type: ignore[misc]
    def __init__(self, clock: StepClock) -> None:
        self.clock = clock

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.clock.tick()


def train_peer(folder: Path, data: Dataset, epochs: int, seed: int, side: Side) -> Rate:
    """The Trainer's run; gives the rate of its steps."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    index = data.labels.index()
    rows = [{**tokenizer(e.text, e.text_b), "labels": index[str(e.label)]} for e in data.train]
    clock = StepClock()
    with tempfile.TemporaryDirectory() as out, seeded(seed):
        model = BertForSequenceClassification.from_pretrained(folder, num_labels=len(index))
        arguments = Arguments(
            out, per_device_train_batch_size=BATCH, learning_rate=RATE, warmup_steps=WARMUP, num_train_epochs=epochs,
            lr_scheduler_type="linear", seed=seed, use_cpu=True, save_strategy="no", eval_strategy="no",
            report_to="none", disable_tqdm=True, logging_strategy="no",
        )  # fmt: skip
        trainer = Trainer(model, arguments, DataCollatorWithPadding(tokenizer), rows, callbacks=[_Ticks(clock)])
        side.whole.append(timed(trainer.train, len(rows) * epochs))
    side.steps.append(steps_alone(clock, len(rows), epochs))
    side.predicted.append(_peer_predictions(model, tokenizer, data.test, data.labels.names))
    return side.steps[-1]


def _peer_predictions(model: nn.Module, tokenizer: Any, test: Sequence[Example], names: Sequence[str]) -> list[str]:
    model.eval()
    order = sorted(range(len(test)), key=lambda i: len(test[i].text) + len(test[i].text_b or ""))
    labels = [""] * len(test)
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            second = [test[i].text_b or "" for i in chosen] if test[0].text_b is not None else None
            batch = tokenizer([test[i].text for i in chosen], second, padding=True, return_tensors="pt")
            for i, best in zip(chosen, model(**batch).logits.argmax(1).tolist(), strict=True):
                labels[i] = names[best]
    return labels


def compare(name: str, data: Dataset, arguments: argparse.Namespace) -> None:
    """One set: train both, seed by seed in turn, and print speeds and scores."""
    encoder, folder = load_encoder("minilm"), packaged_folder("minilm")
    assert folder is not None
    ours, peer, peaks = Side(), Side(), Peaks()
    seed_of = {"ours": iter(range(arguments.seeds)), "Trainer": iter(range(arguments.seeds))}
    sides: dict[str, Callable[[], Rate]] = {
        "ours": lambda: train_ours(encoder, data, arguments.epochs, next(seed_of["ours"]), ours),
        "Trainer": lambda: train_peer(folder, data, arguments.epochs, next(seed_of["Trainer"]), peer),
    }
    take_turns(sides, arguments.seeds, peaks)
    lengths = example_lengths(read_inputs(encoder, data.task, "joint", data.train))
    config: Any = encoder.model.config
    flops = 3 * forward_flops(lengths, encoder.layers - 1, encoder.width, config.intermediate_size) / len(lengths)
    size = f"{len(data.train):,} training examples of {lengths.mean():.1f} pieces"
    print(f"\n{name}: {size}, {arguments.epochs} epochs, {arguments.seeds} seeds; peak {peaks.line()}")
    print("            samples/s of steps   whole run   of its peak")
    for label, side, precision in (("ours", ours, fast_precision(encoder.device)), ("Trainer", peer, "fp32")):
        steps, whole = (median_rate(rates).clock for rates in (side.steps, side.whole))
        print(f"{label:8} {steps:21.1f} {whole:11.1f}   {peaks.share(flops, side.steps, precision)}")
    print("ratio, median (least to greatest)   by the clock    by processor time")
    print(f"steps alone                         {ratio(ours.steps, peer.steps)}")
    print(f"whole run                           {ratio(ours.whole, peer.whole)}")
    _print_scores(data, ours, peer)


def _print_scores(data: Dataset, ours: Side, peer: Side) -> None:
    gold = [str(e.label) for e in data.test]
    a, b = (np.stack([item_statistics(data.task, gold, p) for p in side.predicted]) for side in (ours, peer))

    def metric(sums: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return from_statistics(data.task, sums)

    for label, values in (("ours", a), ("Trainer", b)):
        each = " ".join(f"{100 * score:.1f}" for score in metric(values.sum(1)))
        mean = mean_ci(values, metric)
        interval = f"[{100 * mean.lo:.1f}, {100 * mean.hi:.1f}]"
        print(f"{label:8} test accuracy {100 * mean.mean:.1f} {interval}  seeds: {each}")
    found = paired_difference(a, b, metric)
    print(f"ours - Trainer: {100 * found.mean:+.1f} points [{100 * found.lo:+.1f}, {100 * found.hi:+.1f}]")


def main() -> None:
    """Print machine, date, versions, and both sides on each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds sick and sst2")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--train-size", type=int, default=1000)
    parser.add_argument("--dev-size", type=int, default=500)
    parser.add_argument("--test-size", type=int, default=1500)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    print(machine_line())
    for name in arguments.sets:
        plan = Plan(data=str(arguments.data / name), label=SETS[name], train_size=arguments.train_size)
        compare(name, _shortened(read_data(plan), arguments.dev_size, arguments.test_size), arguments)


def _shortened(data: Dataset, dev: int, test: int) -> Dataset:
    def part(examples: tuple[Example, ...], size: int) -> tuple[Example, ...]:
        return stratified_subset(examples, data.task, size, 0) if size < len(examples) else examples

    return replace(data, dev=part(data.dev, dev), test=part(data.test, test))


if __name__ == "__main__":
    main()
