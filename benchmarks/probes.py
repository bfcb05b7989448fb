"""Linear probes on every layer: `unfreeze probe` against scikit-learn called once for each model.

    python benchmarks/probes.py --data shared/data/sst2

Both sides fit the same models after extraction: on every layer the penalties that the probe tried, and the best one
again on each resample of the training rows. The peer is `LogisticRegression` as it comes (lbfgs, float32 features,
standardised; `Ridge` for scores), one call a model: as it comes, and with its BLAS held to one thread, which can be
quicker on products so small. Ours reads the states from the store in that time, the peer is given them.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from data_sets import read_set
from measuring import Peaks, Rate, median_rate, named_ratio, take_turns, this_machine, timed
from results import Findings, Run, Table, add_json_option
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from threadpoolctl import threadpool_limits

from unfreeze.data.examples import SPLITS, Dataset, Label
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import fast_precision
from unfreeze.encoders.protocol import Encoder
from unfreeze.methods.trained import gold_labels
from unfreeze.probes.features import form_of, layer_features
from unfreeze.probes.layers import probe_layers
from unfreeze.records.layer_scores import LayerScore, LayerScores
from unfreeze.runs.bench import Workbench, states_of
from unfreeze.runs.watching import Quiet
from unfreeze.tasks.metrics import main_metric, score
from unfreeze.training.objectives import objective_for

Floats = npt.NDArray[np.floating[Any]]
STEPS = 2000  # the peer is let come to its optimum
OURS = "unfreeze probe"
PEERS: dict[str, int | None] = {  # threads of the BLAS
    "scikit-learn as it comes": None,
    "scikit-learn with one thread": 1,
}


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


def findings(bench: Workbench, seeds: int, turns: int, peers: Sequence[str]) -> Findings:
    """Seconds of ours and of the peers, named in `PEERS`; and how far scores are apart."""
    features, peaks, data = standardised(bench), Peaks(), bench.dataset
    ours: list[LayerScores] = [probe_layers(bench, "warm", seeds)]
    models = sum(len(one.tried) + len(one.resamples) for one in ours[0].layers)
    apart: list[tuple[float, float]] = []

    def peer(threads: int | None) -> Rate:
        def fits() -> None:
            apart[:] = [pair for one in ours[-1].layers for pair in Peer(data, features[one.layer]).scores(one)]

        with threadpool_limits(threads):
            return timed(fits, models)

    sides: dict[str, Callable[[], Rate]] = {
        OURS: lambda: timed(lambda: ours.append(probe_layers(bench, "timed", seeds)), models),
        **{how: partial(peer, PEERS[how]) for how in peers},
    }
    rates = take_turns(sides, turns, peaks)
    gaps = [100 * abs(a - b) for a, b in apart]
    settled = all(one.settled for one in ours[-1].layers)
    note = (
        f"{len(ours[-1].layers)} layers, {models} models with {seeds} resamples a layer, {len(data.train):,} training "
        f"rows, {turns} turns. Scores differ by at most {max(gaps):.2f} points, {np.mean(gaps):.3f} on average; ours "
        f"{'settled' if settled else 'did not settle'} everywhere. Peak {peaks.line()}."
    )
    rows = tuple(
        (name, models / median_rate(seen).clock, models / median_rate(seen).processor) for name, seen in rates.items()
    )
    table = Table(f"Probes of {data.name}", ("side", "seconds", "seconds of processor time"), rows, note)
    name = f"probes of every layer of {data.name}, against"
    ratios = tuple(named_ratio(f"{name} {how}", rates[OURS], rates[how], "models/s") for how in peers)
    return Findings((table,), ratios)


def measure(encoder: Encoder, data: Dataset, seeds: int, turns: int, peers: Sequence[str] = tuple(PEERS)) -> Findings:
    """The findings of an encoder on a set, with a store of its own."""
    objective, precision = objective_for(data.task, data.labels, data.train), fast_precision(encoder.device)
    with tempfile.TemporaryDirectory() as folder, frozen(encoder, precision) as reader:
        cache = Path(folder), 10**12
        bench = Workbench(Path(), data, objective, encoder, reader, precision, encoder.device, cache, Quiet())
        return findings(bench, seeds, turns, peers)


def main() -> None:
    """Print machine, date, versions, and what both sides took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder with labelled texts or pairs, such as sst2")
    parser.add_argument("--train-size", type=int)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--turns", type=int, default=2)
    add_json_option(parser)
    arguments = parser.parse_args()
    data = read_set(arguments.data.parent, arguments.data.name, arguments.train_size)
    if data.task.target == "tags":
        raise SystemExit("texts or pairs are needed: scikit-learn decodes no tags")
    run = Run(this_machine(), arguments.json)
    run.add(measure(load_encoder("minilm"), data, arguments.seeds, arguments.turns))
    run.close()


if __name__ == "__main__":
    main()
