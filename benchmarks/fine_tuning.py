"""Fine-tuning: samples a second and test accuracy of ours against the transformers Trainer in fp32 and in bf16.

    python -m pip install -r benchmarks/requirements.txt
    python benchmarks/fine_tuning.py --data shared/data --train-size 1000 --epochs 3 --seeds 3

Both take batches of 32, a learning rate of 2e-4 with 10 % warm-up and linear decay, and the same epochs. The peer is
BertForSequenceClassification with the Trainer's defaults: random order, dynamic padding; in fp32, and with `bf16=True`
where the processor has it; it saves and evaluates nothing while it trains. Ours does what `unfreeze compare` does, so
it also reads dev after each epoch and keeps the best one. Two rates are given: of the training steps alone, and of the
whole run with all that belongs to it.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from data_sets import SETS, read_set, required
from measuring import (
    Peaks,
    Rate,
    StepClock,
    forward_flops,
    median_rate,
    named_ratio,
    ratio,
    take_turns,
    this_machine,
    timed,
)
from results import Cell, Findings, Ratio, Run, Table, add_json_option
from torch import nn
from transformers import AutoTokenizer, BertForSequenceClassification, DataCollatorWithPadding, Trainer, TrainerCallback
from transformers import TrainingArguments as Arguments
from transformers.utils import logging

from unfreeze.data.examples import Dataset, Example
from unfreeze.data.splits import stratified_subset
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.packaged import packaged_folder
from unfreeze.encoders.precision import Precision, fast_precision
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.judging.two_way import mean_ci, paired_difference
from unfreeze.methods.inputs import example_lengths, read_inputs
from unfreeze.methods.model import restore
from unfreeze.methods.tuned import fine_tune
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.tasks.metrics import measure_of
from unfreeze.training.objectives import objective_for
from unfreeze.training.seeds import seeded

BATCH, RATE, WARMUP = 32, 2e-4, 0.1


@dataclass
class Side:
    """What one side gave, one entry a seed: rates of whole runs and of the steps alone, predictions on test."""

    whole: list[Rate] = field(default_factory=list)
    steps: list[Rate] = field(default_factory=list)
    predicted: list[Sequence[str]] = field(default_factory=list)


def steps_alone(clock: StepClock, examples: int, epochs: int, batch: int = BATCH) -> Rate:
    """Examples a second of the steps but each epoch's first, before which dev is read and the run prepared."""
    per_epoch = -(-examples // batch)
    chosen = np.arange(per_epoch * epochs) % per_epoch != 0
    return clock.rate(chosen, examples / per_epoch * chosen.sum())


def train_ours(encoder: TransformerEncoder, data: Dataset, epochs: int, seed: int, side: Side) -> Rate:
    """Our run; gives the rate of its steps."""
    recipe = TunedRecipe("linear", learning_rate=RATE, warmup=WARMUP, epochs=epochs, batch_size=BATCH)
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


class Ticks(TrainerCallback):  # type: ignore[misc]
    """A tick at the end of each step."""

    def __init__(self, clock: StepClock) -> None:
        self.clock = clock

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.clock.tick()


def train_peer(folder: Path, data: Dataset, epochs: int, seed: int, side: Side, precision: Precision = "fp32") -> Rate:
    """The Trainer's run; gives the rate of its steps."""
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    clock = StepClock()
    with tempfile.TemporaryDirectory() as out, seeded(seed):
        trainer = peer_trainer(
            folder, data, out, Ticks(clock), num_train_epochs=epochs, seed=seed, use_cpu=True, bf16=precision == "bf16"
        )
        side.whole.append(timed(trainer.train, len(data.train) * epochs))
    side.steps.append(steps_alone(clock, len(data.train), epochs))
    side.predicted.append(_peer_predictions(trainer.model, tokenizer, data.test, data.labels.names))
    return side.steps[-1]


def peer_trainer(folder: Path, data: Dataset, out: str, ticks: TrainerCallback, **settings: Any) -> Trainer:
    """A Trainer of the model in `folder` on the training examples, which saves, logs and evaluates nothing."""
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    index = data.labels.index()
    rows = [{**tokenizer(e.text, e.text_b, truncation=True), "labels": index[str(e.label)]} for e in data.train]
    model = BertForSequenceClassification.from_pretrained(folder, num_labels=len(index), trust_remote_code=False)
    common = {"per_device_train_batch_size": BATCH, "learning_rate": RATE, "warmup_steps": WARMUP,
              "lr_scheduler_type": "linear", "save_strategy": "no", "eval_strategy": "no", "report_to": "none",
              "disable_tqdm": True, "logging_strategy": "no"}  # fmt: skip
    return Trainer(
        model, Arguments(out, **common | settings), DataCollatorWithPadding(tokenizer), rows, callbacks=[ticks]
    )


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


@dataclass(frozen=True)
class Race:
    """All sides of one set after their runs.

    Attributes:
        precision: of ours.
        peers: Trainer's sides by the precision that it was asked for.
        flops: of an example's step.
    """

    name: str
    precision: Precision
    ours: Side
    peers: Mapping[Precision, Side]
    peaks: Peaks
    flops: float

    def labels(self) -> dict[str, tuple[Side, Precision]]:
        """Every side with the precision that it computes in, by its name in tables, Trainer first."""
        peers = {
            label: (self.peers[precision], precision) for label, precision in _PEERS.items() if precision in self.peers
        }
        return {**peers, "ours": (self.ours, self.precision)}


_PEERS: dict[str, Precision] = {"Trainer": "fp32", "Trainer, bf16=True": "bf16"}


def compare(name: str, data: Dataset, arguments: argparse.Namespace) -> Findings:
    """One set: train all sides, seed by seed in turn; gives speeds and scores."""
    encoder, folder = load_encoder("minilm"), packaged_folder("minilm")
    assert folder is not None
    precision = fast_precision(encoder.device)
    lengths = example_lengths(read_inputs(encoder, data.task, "joint", data.train))
    config: Any = encoder.model.config
    flops = 3 * forward_flops(lengths, encoder.layers - 1, encoder.width, config.intermediate_size) / len(lengths)
    peers: dict[Precision, Side] = {used: Side() for used in _PEERS.values() if used in ("fp32", precision)}
    race = Race(name, precision, Side(), peers, Peaks(), flops)
    given, seeds = (data, arguments.epochs), arguments.seeds
    sides: dict[str, Callable[[], Rate]] = {
        "ours": _seeded(partial(train_ours, encoder, *given, side=race.ours), seeds)
    }
    for used, side in peers.items():
        sides[used] = _seeded(partial(train_peer, folder, *given, side=side, precision=used), seeds)
    take_turns(sides, seeds, race.peaks)
    size = f"{len(data.train):,} training examples of {lengths.mean():.1f} pieces"
    note = f"{size}, {arguments.epochs} epochs, {seeds} seeds; peak {race.peaks.line()}."
    return Findings((_speeds(race, note), _scores(race, data)), tuple(_ratios(race)))


def _seeded(train: Callable[..., Rate], seeds: int) -> Callable[[], Rate]:
    """A call that trains with the next seed each time."""
    left = iter(range(seeds))
    return lambda: train(seed=next(left))


def _ratios(race: Race) -> Iterator[Ratio]:
    """Ours to each of Trainer's settings, to the better one, and to the peak."""
    name, ours = f"fine-tuning {race.name}", race.ours
    share = race.peaks.share(race.flops, ours.steps, race.precision)
    best = max(race.peers.values(), key=lambda side: median_rate(side.steps).clock)
    for used, side in race.peers.items():
        setting = "Trainer's" if used == "fp32" else f"Trainer with {used}=True"
        yield named_ratio(f"{name}, steps against {setting}", ours.steps, side.steps, "samples/s", share)
        yield named_ratio(f"{name}, whole run against {setting}", ours.whole, side.whole, "samples/s")
    yield named_ratio(f"{name}, steps against Trainer in its best setting", ours.steps, best.steps, "samples/s", share)
    yield race.peaks.against(name, race.flops, ours.steps, race.precision)


def _speeds(race: Race, note: str) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for label, (side, used) in race.labels().items():
        steps, whole = (median_rate(rates).clock for rates in (side.steps, side.whole))
        rows.append((label, steps, whole, str(race.peaks.share(race.flops, side.steps, used))))
    for label, (side, _) in race.labels().items():
        for words, time in (("by the clock", "clock"), ("by processor time", "processor")):
            pairs = (race.ours.steps, side.steps), (race.ours.whole, side.whole)
            each = (str(getattr(ratio(a, b), time)) for a, b in pairs)
            rows += [(f"ours to {label}, {words}", *each, "")] if side is not race.ours else []
    columns = ("", "samples/s of steps", "whole run", "of its peak")
    return Table(f"{race.name}: training", columns, tuple(rows), note)


def _scores(race: Race, data: Dataset) -> Table:
    gold = [str(e.label) for e in data.test]
    measure = measure_of(data.task, data.labels)
    values = {
        label: np.stack([measure.statistics(gold, p) for p in side.predicted])
        for label, (side, _) in race.labels().items()
    }
    rows: list[tuple[Cell, ...]] = []
    for label, counts in values.items():
        mean = mean_ci(counts, measure)
        each = " ".join(f"{100 * score:.1f}" for score in measure.of(counts))
        rows.append((label, f"{100 * mean.mean:.1f} [{100 * mean.lo:.1f}, {100 * mean.hi:.1f}]", each))
    for label, counts in values.items():
        if label != "ours":
            gap = paired_difference(values["ours"], counts, measure)
            difference = f"{100 * gap.mean:+.1f} [{100 * gap.lo:+.1f}, {100 * gap.hi:+.1f}]"
            rows.append((f"ours less {label}, points", difference, ""))
    return Table(f"{race.name}: test accuracy", ("", "mean [95 % interval]", "seeds"), tuple(rows))


def main() -> None:
    """Print machine, date, versions, and both sides on each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds sick and sst2, or other known sets")
    parser.add_argument("--sets", nargs="+", choices=SETS, help="default: one of pairs, one of texts")
    parser.add_argument("--train-size", type=int, default=1000)
    parser.add_argument("--dev-size", type=int, default=500)
    parser.add_argument("--test-size", type=int, default=1500)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=3)
    add_json_option(parser)
    arguments = parser.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    run = Run(this_machine("accelerate"), arguments.json)
    for name in arguments.sets or [required(arguments.data, "pairs"), required(arguments.data, "texts")]:
        data = read_set(arguments.data, name, arguments.train_size)
        run.add(compare(name, shortened(data, arguments.dev_size, arguments.test_size), arguments))
    run.close()


def shortened(data: Dataset, dev: int, test: int) -> Dataset:
    """With at most that many examples of dev and test."""

    def part(examples: tuple[Example, ...], size: int) -> tuple[Example, ...]:
        return stratified_subset(examples, data.task, size, 0) if size < len(examples) else examples

    return replace(data, dev=part(data.dev, dev), test=part(data.test, test))


if __name__ == "__main__":
    main()
