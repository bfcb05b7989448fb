"""A tagger on frozen states: our BiLSTM-CRF against flair's, epoch by epoch, and the F1 of both.

    python benchmarks/taggers.py --data shared/data --flair-python .venv-bench-flair/bin/python

The same sentences, encoder, head (two BiLSTM layers of one width, a CRF), batch of 32, epochs, optimiser (AdamW) and
rate. flair reads the mean of all layers and keeps it in memory; ours reads all layers from the store on disk and learns
their mix. The first epoch has in it what must be done before: flair embeds every sentence, ours extracts train and dev
into a new store. Every epoch ends with reading dev, which chooses the epoch whose weights are kept. flair needs another
version of transformers than ours, so it runs in an environment of its own (`requirements-flair.txt`); each side is
a process of its own and they take turns, one per seed.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from data_sets import read_set, required
from measuring import Peaks, Rate, StepClock, named_ratio, this_machine
from results import ROOT, Cell, Chart, Findings, Run, Table, add_json_option

from unfreeze.data.examples import SPLITS, Dataset, Example, Label, SplitName
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.packaged import packaged_folder
from unfreeze.encoders.precision import fast_precision
from unfreeze.encoders.protocol import Encoder
from unfreeze.methods.budgets import recipes
from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION
from unfreeze.methods.frozen import form_for, train_frozen
from unfreeze.methods.inputs import read_inputs
from unfreeze.methods.model import restore
from unfreeze.methods.split_features import SplitFeatures, split_features
from unfreeze.methods.trained import gold_labels
from unfreeze.recipe import Recipe
from unfreeze.tasks.metrics import score
from unfreeze.tasks.schemes import convert
from unfreeze.training.objectives import objective_for

FLAIR = ROOT / ".venv-bench-flair" / "bin" / "python"
LSTM_LAYERS = 2  # of `heads.tagger.Tagger`


@dataclass(frozen=True)
class Trained:
    """One side's run with one seed.

    Attributes:
        epochs: seconds of each on the clock and of processor time; the first with what comes before it.
        dev, test: predicted tags, IOB2, of the epoch that is best on dev.
    """

    epochs: tuple[tuple[float, float], ...]
    dev: list[Sequence[str]]
    test: list[Sequence[str]]

    def rate(self, first: int, last: int) -> Rate:
        """Epochs a second over epochs `first` to `last`, both counted."""
        clock, processor = np.sum(self.epochs[first : last + 1], axis=0)
        count = len(self.epochs[first : last + 1])
        return Rate(count / float(clock), count / float(processor))


def tagging_recipe(data: Dataset, encoder: Encoder, hidden: int, rate: float, epochs: int) -> Recipe:
    """The budget's first BiLSTM-CRF with another size, rate and number of epochs."""
    table = recipes("thorough", FEATURE_EXTRACTION, data.task, encoder.traits)
    first = next(recipe for recipe in table if recipe.head == "bilstm-crf")
    return replace(first, hidden=hidden, learning_rate=rate, epochs=epochs, min_steps=0, patience=None)


def train_ours(encoder: Encoder, data: Dataset, recipe: Recipe, seed: int) -> Trained:
    """Extract, train and predict.

    Dev is read between two epochs without a word, so an epoch counts until the first step of the next has ended.
    """
    objective = objective_for(data.task, data.labels, data.train)
    precision, form = fast_precision(encoder.device), form_for(recipe, data.task)
    with tempfile.TemporaryDirectory() as folder, frozen(encoder, precision) as reader:
        clock = StepClock()

        def split(examples: Sequence[Example]) -> SplitFeatures:
            inputs = read_inputs(reader, data.task, "joint", examples)
            cache = Path(folder), 10**12
            return split_features(reader, inputs, form, objective, examples, cache=cache, precision=precision)

        (trained,) = train_frozen(
            recipe, objective, split(data.train), split(data.dev), seeds=[seed], device=torch.device("cpu"),
            progress=lambda *_: clock.tick(),
        )  # fmt: skip
        clock.tick()
    per_epoch = -(-len(data.train) // recipe.batch_size)
    ends = [0, *(per_epoch * epoch + 1 for epoch in range(1, recipe.epochs)), len(clock.ends) - 1]
    epochs = np.diff(np.asarray(clock.ends)[ends], axis=0)
    model = restore(encoder, recipe, objective, [trained.weights])
    dev, test = (_tags(data, model.predict(split)[0].labels) for split in (data.dev, data.test))
    return Trained(tuple((float(c), float(p)) for c, p in epochs), dev, test)


def _tags(data: Dataset, predicted: Sequence[Label]) -> list[tuple[str, ...]]:
    scheme = data.labels.scheme
    if scheme not in ("BIO", "BIOES"):
        raise SystemExit(f"{data.name} has tags without a scheme: nothing to compare spans on")
    return [convert([str(t) for t in tags], scheme, "BIO") for tags in predicted if isinstance(tags, tuple | list)]


def train_flair(python: Path, data: Dataset, recipe: Recipe, seed: int) -> tuple[Trained, dict[str, str]]:
    """flair's run in its own environment, on the same sentences; gives its versions too."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for split in SPLITS:
            examples = data.split(split)
            tags = _tags(data, gold_labels(examples))
            lines = ["".join(f"{w}\t{t}\n" for w, t in zip(e.words or (), given, strict=True))
                     for e, given in zip(examples, tags, strict=True)]  # fmt: skip
            (folder / f"{split}.conll").write_text("\n".join(lines) + "\n", encoding="utf-8")
        out = folder / "found.json"
        words = {
            "sets": folder, "model": packaged_folder("minilm"), "out": out, "hidden": recipe.hidden, "seed": seed,
            "rnn-layers": LSTM_LAYERS, "epochs": recipe.epochs, "rate": recipe.learning_rate,
        }  # fmt: skip
        options = [part for key, value in words.items() for part in (f"--{key}", str(value))]
        command = [str(python), str(Path(__file__).with_name("flair_tagger.py")), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"flair failed:\n{done.stderr}")
        found = json.loads(out.read_text(encoding="utf-8"))
    epochs = tuple((float(clock), float(processor)) for clock, processor in found["seconds"])
    return Trained(epochs, *([tuple(t) for t in found[split]] for split in ("dev", "test"))), found["versions"]


def f1(data: Dataset, split: SplitName, predicted: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Span F1 in percent, by conlleval's rules and strict."""
    found = score(data.task, _tags(data, gold_labels(data.split(split))), predicted, scheme="BIO")
    return 100 * found["span_f1"], 100 * found["span_f1_strict"]


def findings(data: Dataset, ours: list[Trained], flair: list[Trained], note: str) -> Findings:
    """Seconds of each epoch, F1, and the ratios."""
    sides = {"flair": flair, "ours": ours}
    last = len(ours[0].epochs) - 1
    seconds = {name: np.median([run.epochs for run in runs], axis=0)[:, 0] for name, runs in sides.items()}
    columns = ("", *(f"epoch {epoch}, s" for epoch in range(1, last + 2)), "all, s")
    times = tuple((name, *(float(s) for s in each), float(each.sum())) for name, each in seconds.items())
    scores: list[tuple[Cell, ...]] = []
    for name, runs in sides.items():
        each = {split: [f1(data, split, getattr(run, split)) for run in runs] for split in ("dev", "test")}
        by_split = [f"{np.mean([pair[which] for pair in each[s]]):.1f}" for s in each for which in (0, 1)]
        scores.append((name, *by_split, " ".join(f"{pair[0]:.1f}" for pair in each["test"])))
    score_columns = ("span F1, mean of the seeds", "dev", "dev, strict", "test", "test, strict", "test, each seed")
    spans = ((f"over {last + 1} epochs with extraction", 0, last), ("a later epoch", 1, last))
    ratios = []
    for what, first, end in spans:
        rates = [[run.rate(first, end) for run in runs] for runs in (ours, flair)]
        name = f"BiLSTM-CRF on {data.name}, {what}, against flair"
        ratios.append(named_ratio(name, *rates, "epochs/s"))
    bars = [(name, f"epoch {i}", float(s)) for name, each in seconds.items() for i, s in enumerate(each, start=1)]
    chart = Chart(f"BiLSTM-CRF on {data.name}", "bars", "", "seconds", tuple(bars))
    tables = (
        Table(f"{data.name}: seconds", columns, times, note),
        Table(f"{data.name}: F1", score_columns, tuple(scores)),
    )
    return Findings(tables, tuple(ratios), (chart,))


def main() -> None:
    """Print machine, date, versions, seconds of each epoch, and F1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds wnut17")
    parser.add_argument("--train-size", type=int, help="of the training sentences; all if left out")
    parser.add_argument("--hidden", type=int, default=128, help="width of an LSTM direction")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--flair-python", type=Path, default=FLAIR, help="interpreter with requirements-flair.txt")
    add_json_option(parser)
    arguments = parser.parse_args()
    if not arguments.flair_python.exists():
        raise SystemExit(f"{arguments.flair_python} is not there: see requirements-flair.txt")
    run, encoder = Run(this_machine(), arguments.json), load_encoder("minilm")
    data = read_set(arguments.data, required(arguments.data, "tags"), arguments.train_size)
    recipe = tagging_recipe(data, encoder, arguments.hidden, arguments.rate, arguments.epochs)
    peaks, ours, flair = Peaks(), [], []
    for seed in range(arguments.seeds):
        peaks.sample()
        ours.append(train_ours(encoder, data, recipe, seed))
        theirs, versions = train_flair(arguments.flair_python, data, recipe, seed)
        flair.append(theirs)
    said = ", ".join(f"{name} {number}" for name, number in versions.items())
    size = f"{len(data.train):,} training sentences, {len(data.dev):,} of dev, hidden {recipe.hidden}"
    note = f"{size}, rate {recipe.learning_rate:g}, {arguments.seeds} seeds; flair with {said}; peak {peaks.line()}."
    run.add(findings(data, ours, flair, note))
    run.close()


if __name__ == "__main__":
    main()
