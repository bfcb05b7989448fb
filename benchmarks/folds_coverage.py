"""How often intervals over folds hold the truth, beside those of one held-out test set. Prints Markdown.

    python benchmarks/folds_coverage.py made
    python benchmarks/folds_coverage.py real --data ../shared/data --sets sst2 cola

`made`: two ridge classifiers on two Gaussian classes, of which the exact accuracy of any weights is known; one of them
sees half of the features, drawn again with each seed, and its weights have noise. Small labelled sets are drawn again
and again, so that training sets, their overlap between folds, items and seeds all have their luck.

`real`: a bag of words against mean states of the top layer of minilm, both under logistic regression, on labelled sets
drawn from a larger one; the examples that were not drawn say how good the models are.

The truth is the mean over all draws of what models that learn from that many examples reach on new ones. Of each draw
there are three intervals of a difference: over folds; over folds without the luck of training sets; and over one test
set, the first fold. "Decided" are those without 0, "right" those among them with the sign of the truth.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import ndtr

from unfreeze.judging.folds import measured_in_folds
from unfreeze.judging.spread import Floats
from unfreeze.judging.stats import Difference
from unfreeze.judging.two_way import Measured, measured
from unfreeze.tasks.kinds import task
from unfreeze.tasks.metrics import measure_of

FOLDS, DRAWS = 5, 400
MINUS = (-1.0, 1.0)  # second arm minus first
ACCURACY = measure_of(task("classification"))
HOW = ("folds", "folds, items and seeds alone", "one test set")

Ints = np.ndarray
Fit = Callable[[Ints, Ints, int, int], tuple[Floats, float]]
"""Rows to learn from, rows to test, arm and seed: whether each is right, and the accuracy on new examples."""


@dataclass(frozen=True)
class Draw:
    """A labelled set that was tested in folds.

    Attributes:
        right: (arms, seeds, items) whether each item is right, items of the first fold first.
        sizes: items of each fold.
        truth: (arms,) mean accuracy of these models on new examples.
    """

    right: Floats
    sizes: tuple[int, ...]
    truth: Floats


def draw_of(labels: Ints, seeds: int, fit: Fit, rng: np.random.Generator) -> Draw:
    """Every item tested once in each of both arms, folds stratified by label."""
    fold = np.empty(len(labels), int)
    for label in np.unique(labels):
        places = rng.permutation(np.flatnonzero(labels == label))
        fold[places] = np.arange(len(places)) % FOLDS
    order = np.argsort(fold, kind="stable")
    right, truth = np.zeros((2, seeds, len(labels))), np.zeros((2, seeds, FOLDS))
    for k in range(FOLDS):
        learn, test = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        for arm in range(2):
            for seed in range(seeds):
                right[arm, seed, test], truth[arm, seed, k] = fit(learn, test, arm, seed)
    return Draw(right[:, :, order], tuple(np.bincount(fold).tolist()), truth.mean((1, 2)))


def intervals(draw: Draw) -> tuple[Difference, Difference, Difference]:
    """Second arm minus first, in the ways of `HOW`."""
    arms = [np.stack([right, np.ones_like(right)], -1) for right in draw.right]
    folds = measured_in_folds(arms, ACCURACY, draw.sizes, draws=DRAWS)
    naive = Measured(folds.scores, folds.covariance, folds.items, folds.shares)
    alone = measured([arm[:, : draw.sizes[0]] for arm in arms], ACCURACY, draws=DRAWS)
    first, second, third = (scored.difference(MINUS) for scored in (folds, naive, alone))
    return first, second, third


@dataclass(frozen=True)
class Outcome:
    """Of one way: shares of draws, and the mean half-width, in fractions."""

    holds: float
    width: float
    decided: float
    right: float


def outcomes(draws: Sequence[Draw]) -> tuple[Outcome, ...]:
    """What each way of `HOW` comes to over draws."""
    truth = float(np.mean([draw.truth[1] - draw.truth[0] for draw in draws]))
    found = []
    for ways in zip(*map(intervals, draws), strict=True):
        decided = [way for way in ways if way.lo > 0 or way.hi < 0]
        found.append(
            Outcome(
                holds=float(np.mean([way.lo <= truth <= way.hi for way in ways])),
                width=float(np.mean([(way.hi - way.lo) / 2 for way in ways])),
                decided=len(decided) / len(ways),
                right=sum(way.mean * truth > 0 for way in decided) / max(len(decided), 1),
            )
        )
    return tuple(found)


def made_draws(items: int, features: int, seeds: int, number: int, seed: int = 0) -> list[Draw]:
    """Labelled sets of two Gaussian classes, `features` wide, and ridge classifiers on them."""
    rng = np.random.default_rng(seed)
    centre = np.full(features, 1.5 / np.sqrt(features))
    return [_made(items, centre, seeds, rng) for _ in range(number)]


def _made(items: int, centre: Floats, seeds: int, rng: np.random.Generator) -> Draw:
    sides = np.repeat([1.0, -1.0], items // 2)
    rows = np.c_[sides[:, None] * centre + rng.standard_normal((len(sides), len(centre))), np.ones(len(sides))]

    def fit(learn: Ints, test: Ints, arm: int, seed: int) -> tuple[Floats, float]:
        weights = _ridge(rows[learn], sides[learn], arm, rng)
        return (rows[test] @ weights * sides[test] > 0).astype(float), _exact(weights, centre)

    return draw_of((sides > 0).astype(int), seeds, fit, rng)


def _ridge(rows: Floats, sides: Floats, arm: int, rng: np.random.Generator) -> Floats:
    """(features + 1,) weights: of the first arm half of the features, shrunk and with noise; of the second all."""
    width = rows.shape[1]
    used = np.r_[rng.permutation(width - 1)[: (width - 1) // 2], width - 1] if arm == 0 else np.arange(width)
    penalty = len(rows) / 2 if arm == 0 else 1.0
    weights = np.zeros(width)
    weights[used] = np.linalg.solve(
        rows[:, used].T @ rows[:, used] + penalty * np.eye(len(used)), rows[:, used].T @ sides
    )
    if arm == 0:
        noise = rng.standard_normal(width - 1) / np.sqrt(width - 1)
        weights[:-1] += 0.3 * np.linalg.norm(weights[:-1]) * noise
    return weights


def _exact(weights: Floats, centre: Floats) -> float:
    """Accuracy of a linear classifier on both classes."""
    along, length = float(weights[:-1] @ centre), float(np.linalg.norm(weights[:-1]))
    return float((ndtr((along + weights[-1]) / length) + ndtr((along - weights[-1]) / length)) / 2)


def real_draws(data: Path, name: str, items: int, number: int, seed: int = 0) -> list[Draw]:
    """Labelled sets drawn from the training split of a set, tested on what was not drawn too."""
    from data_sets import read_set

    examples = read_set(data, name).train[:5000]
    texts, labels = (
        [example.text for example in examples],
        np.unique([str(e.label) for e in examples], return_inverse=True)[1],
    )
    states = _states(texts)
    rng = np.random.default_rng(seed)
    return [_real(texts, states, labels, rng.permutation(len(labels)), items, rng) for _ in range(number)]


def _real(texts: list[str], states: Floats, labels: Ints, order: Ints, items: int, rng: np.random.Generator) -> Draw:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    own, rest = order[:items], order[items:]

    def fit(learn: Ints, test: Ints, arm: int, seed: int) -> tuple[Floats, float]:
        rows = states
        if arm == 0:
            rows = TfidfVectorizer(sublinear_tf=True).fit([texts[i] for i in own[learn]]).transform(texts)
        model = LogisticRegression(C=3.0 if arm == 0 else 0.3, max_iter=200).fit(rows[own[learn]], labels[own[learn]])
        return (model.predict(rows[own[test]]) == labels[own[test]]).astype(float), model.score(
            rows[rest], labels[rest]
        )

    return draw_of(labels[own], 1, fit, rng)


def _states(texts: list[str]) -> Floats:
    """(texts, width) means of the top layer of minilm over each text's pieces, of mean 0 and variance 1."""
    from unfreeze.encoders.freezing import frozen
    from unfreeze.encoders.load import load_encoder
    from unfreeze.features.extract import encoded

    loaded = load_encoder("minilm", 64, {})
    inputs, rows = loaded.read_texts(texts), np.zeros((len(texts), loaded.width))
    with frozen(loaded) as reader:
        parts = encoded(reader, inputs, np.arange(len(texts)), "tokens", loaded.batch_pieces, lambda done, total: None)
        for batch, states in parts:
            start = 0
            for place in batch:
                size = int(inputs.offsets[place + 1] - inputs.offsets[place])
                rows[place] = states[-1, start : start + size].float().mean(0).numpy()
                start += size
    scaled: Floats = (rows - rows.mean(0)) / rows.std(0)
    return scaled


def table(cases: Iterator[tuple[str, list[Draw]]]) -> Iterator[str]:
    """A row for each case and way."""
    yield "| case | interval | holds the truth, % | half-width, points | decided, % | of these right, % |"
    yield "| --- " * 6 + "|"
    for case, draws in cases:
        for how, one in zip(HOW, outcomes(draws), strict=True):
            cells = f"{100 * one.holds:.1f} | {100 * one.width:.1f} | {100 * one.decided:.0f} | {100 * one.right:.0f}"
            yield f"| {case} | {how} | {cells} |"


def made_cases(number: int) -> Iterator[tuple[str, list[Draw]]]:
    """Labelled sets of two sizes, easy and hard to learn from, with one seed and with two."""
    for items in (300, 1000):
        for features in (20, 150):
            for seeds in (1, 2):
                name = f"{items:,} examples, {features} features, {seeds} seed{'s' * (seeds > 1)}"
                yield name, made_draws(items, features, seeds, number)


def real_cases(number: int, data: Path, sets: Sequence[str]) -> Iterator[tuple[str, list[Draw]]]:
    """Labelled sets of three sizes from each of some sets."""
    for name in sets:
        for items in (300, 1000, 3000):
            yield f"{name}, {items:,} examples", real_draws(data, name, items, number)


def main() -> None:
    """Print the table that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["made", "real"])
    parser.add_argument("--draws", type=int, default=200, help="labelled sets for a case")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of sets")
    parser.add_argument("--sets", nargs="+", default=["sst2"])
    given = parser.parse_args()
    cases = made_cases(given.draws) if given.part == "made" else real_cases(given.draws, given.data, given.sets)
    for line in table(cases):
        print(line, flush=True)


if __name__ == "__main__":
    main()
