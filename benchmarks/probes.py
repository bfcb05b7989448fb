"""Linear probes on every layer: `unfreeze probe` against scikit-learn called once for each model.

    python benchmarks/probes.py --data shared/data/sst2

Both sides fit the same models after extraction: on every layer the penalties that the probe tried, and the best one
again on each resample of the training rows. The peer is `LogisticRegression` as it comes (lbfgs, float32 features,
standardised; `Ridge` for scores), one call a model. Ours reads the states from the store in that time, the peer is
given them.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from measuring import Peaks, machine_line, median_rate, ratio, take_turns, timed
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from unfreeze.adaptation.trained import gold_labels
from unfreeze.data.examples import SPLITS, Dataset, Label
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import fast_precision
from unfreeze.experiment.layer_scores import LayerScore, LayerScores
from unfreeze.experiment.question import read_data
from unfreeze.experiment.runner import Quiet, Workbench, states_of
from unfreeze.metrics import main_metric, score
from unfreeze.plan import Plan
from unfreeze.probes.features import form_of, layer_features
from unfreeze.probes.layers import probe_layers
from unfreeze.training.objectives import objective_for

Floats = npt.NDArray[np.floating[Any]]
STEPS = 2000  # the peer is let come to its optimum


def standardised(bench: Workbench) -> dict[int, list[Floats]]:
    """Features of every layer in train, dev and test, for the peer."""
    splits = [states_of(bench, split, *form_of(bench.dataset.task)) for split in SPLITS]
    made: dict[int, list[Floats]] = {}
    for layer, parts in layer_features(splits, [np.arange(len(s.examples)) for s in splits], bench.dataset.task):
        mean, spread = parts[0].mean(0), parts[0].std(0).clamp(min=1e-6)
        made[layer] = [((part - mean) / spread).numpy() for part in parts]
    return made


class Peer:
    """scikit-learn on the features of one layer."""

    def __init__(self, data: Dataset, features: list[Floats]) -> None:
        self.data, (self.train, *self.others) = data, features
        self.numbers = data.task.target == "score"
        targets = np.array(gold_labels(data.train), float if self.numbers else None)
        self.targets = (targets - targets.mean()) / targets.std() if self.numbers else targets

    def fitted(self, l2: float, weights: npt.NDArray[np.float64] | None = None) -> Any:
        """The model of a penalty, on all rows or on a resample."""
        rows = len(self.train)
        model = Ridge(alpha=rows * l2 / 2) if self.numbers else LogisticRegression(C=1 / (rows * l2), max_iter=STEPS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return model.fit(self.train, self.targets, sample_weight=weights)

    def reached(self, model: Any, split: int) -> float:
        """The main metric on dev (0) or test (1)."""
        gold: list[Label] = gold_labels((self.data.dev, self.data.test)[split])
        found = score(self.data.task, gold, model.predict(self.others[split]).tolist(), self.data.labels.names)
        return found[main_metric(self.data.task, self.data.labels.scheme)]

    def scores(self, ours: LayerScore) -> Iterator[tuple[float, float]]:
        """Our score and the peer's of each model of a layer: dev of each penalty, test of the best and of resamples."""
        for l2, dev in ours.tried:
            model = self.fitted(l2)
            yield dev, self.reached(model, 0)
            if l2 == ours.l2:
                yield ours.test, self.reached(model, 1)
        for seed, test in enumerate(ours.resamples):
            drawn = np.random.default_rng(seed).integers(len(self.train), size=len(self.train))
            counts = np.bincount(drawn, minlength=len(self.train)).astype(float)
            yield test, self.reached(self.fitted(ours.l2, counts), 1)


def measure(bench: Workbench, seeds: int, turns: int) -> None:
    """Print both sides' seconds, their ratio, and how far their scores are apart."""
    features, peaks = standardised(bench), Peaks()
    ours: list[LayerScores] = [probe_layers(bench, "warm", seeds)]
    models = sum(len(one.tried) + len(one.resamples) for one in ours[0].layers)
    apart: list[tuple[float, float]] = []

    def peer() -> None:
        apart[:] = [
            pair for one in ours[-1].layers for pair in Peer(bench.dataset, features[one.layer]).scores(one)
        ]  # fmt: skip

    sides = {
        "ours": lambda: timed(lambda: ours.append(probe_layers(bench, "timed", seeds)), models),
        "peer": lambda: timed(peer, models),
    }
    rates = take_turns(sides, turns, peaks)
    seconds = {name: models / median_rate(seen).clock for name, seen in rates.items()}
    processor = {name: models / median_rate(seen).processor for name, seen in rates.items()}
    gaps = [100 * abs(a - b) for a, b in apart]
    print(f"{len(ours[-1].layers)} layers x {seeds} resamples, {models} models, {len(bench.dataset.train):,} rows")
    for name in sides:
        print(f"{name:5} {seconds[name]:8.2f} s on the clock  {processor[name]:8.2f} s of processor time")
    print(f"ratio by the clock, by processor time: {ratio(rates['ours'], rates['peer'])}")
    print(f"scores apart, points: at most {max(gaps):.2f}, on average {np.mean(gaps):.3f}; ours settled everywhere: "
          f"{all(one.settled for one in ours[-1].layers)}")  # fmt: skip
    print(f"peak {peaks.line()}")


def main() -> None:
    """Print machine, date, versions, and what both sides took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="file or folder of texts or pairs, as for `unfreeze probe`")
    parser.add_argument("--label", help="column, where it cannot be guessed")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--train-size", type=int)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--turns", type=int, default=1)
    arguments = parser.parse_args()
    print(machine_line())
    data = read_data(Plan(data=arguments.data, label=arguments.label, train_size=arguments.train_size))
    if data.task.target == "tags":
        raise SystemExit("texts or pairs are needed: scikit-learn decodes no tags")
    encoder, cpu = load_encoder(arguments.encoder), torch.device("cpu")
    objective, precision = objective_for(data.task, data.labels, data.train), fast_precision(cpu)
    with tempfile.TemporaryDirectory() as folder, frozen(encoder, precision) as reader:
        cache = Path(folder), 10**12
        bench = Workbench(Path(), data, objective, encoder, reader, precision, cpu, cache, Quiet())
        measure(bench, arguments.seeds, arguments.turns)


if __name__ == "__main__":
    main()
