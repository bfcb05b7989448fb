"""Table 6: does the distance of a domain from the pretraining text decide between frozen and tuned?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats as scipy_stats

from unfreeze.analysis.stats import Floats, resampled_means
from unfreeze.data.examples import Example
from unfreeze.plan import METHODS
from unfreeze.studies.asked import About, Cell, Measured
from unfreeze.studies.common import page_of, seeds_of
from unfreeze.studies.desk import Desk
from unfreeze.studies.evidence import DRAWS, difference, gap_entry, score_entry
from unfreeze.studies.figures import dots
from unfreeze.studies.genres import genres_in
from unfreeze.studies.page import Claim, Entry, Page, Table
from unfreeze.studies.recipes import paper_recipes
from unfreeze.studies.terms import corpus_terms, divergence, text_terms

QUESTION = "Does the distance of the domain from the pretraining text matter?"
TASK = "mnli"
LEAST = 100  # examples of a genre in train and in test


def domains(desk: Desk) -> Page:
    """A cell for each genre and way, the divergence beside it, and their rank correlation."""
    rows: list[tuple[str | Entry, ...]] = []
    claims: list[Claim] = []
    drawn: list[dict[str, object]] = []
    every: list[Measured] = []
    differs = ("The distance is from the text given with --corpus, for every encoder alike.",)
    correlations: list[tuple[str | Entry, ...]] = []
    if not desk.asked.corpus:
        desk.tell("The study of domains needs the text that the encoders were pretrained on: --corpus FILES.")
    corpus = corpus_terms(desk.asked.corpus) if desk.asked.corpus else None
    for one in desk.encoders("BERT", "ELMo") if desk.tasks(TASK) else ():
        if corpus is None:
            break
        cells = _cells(desk, one)
        found = dict(zip(cells, desk.measured(list(cells.values())), strict=True))
        every += found.values()
        genres = list(dict.fromkeys(genre for genre, _ in cells))
        far = {genre: divergence(text_terms(_texts(desk, cells[genre, METHODS[0]])), corpus) for genre in genres}
        for genre in genres:
            frozen, tuned = (found[genre, method] for method in METHODS)
            gap = difference(tuned, frozen)
            rows.append((f"{one.shown}, {genre}", f"{far[genre]:.3f}", score_entry(frozen), score_entry(tuned),
                         gap_entry(gap)))  # fmt: skip
            drawn.append({"name": genre, "series": one.shown, "x": far[genre], "y": 100 * gap.mean,
                          "low": 100 * gap.lo, "high": 100 * gap.hi})  # fmt: skip
        frozen_scores = {genre: found[genre, METHODS[0]] for genre in genres}
        transfer = _correlation(far, [[frozen_scores[genre]] for genre in genres], [1.0])
        value, low, high = _correlation(far, [[found[genre, m] for m in METHODS] for genre in genres], [-1.0, 1.0])
        correlations.append((one.shown, _words(value, low, high), _words(*transfer)))
        held = "open" if low <= 0 <= high and high - low > 1 else "holds" if low <= 0 <= high else "does not hold"
        claims.append(Claim(
            "the distance of the domain does not decide between frozen and tuned", one.shown, held,  # type: ignore[arg-type]
            f"rank correlation of divergence and difference {_words(value, low, high)}",
        ))  # fmt: skip
        nearer = "holds" if transfer[2] < 0 else "does not hold" if transfer[1] > 0 else "open"
        claims.append(Claim(
            "the nearer the domain, the better the frozen encoder", one.shown, nearer,  # type: ignore[arg-type]
            f"rank correlation of divergence and accuracy {_words(*transfer)}", 1,
        ))  # fmt: skip
    tables = (
        Table("MNLI by genre: divergence, accuracy, difference",
              ("encoder, genre", "divergence", "frozen", "tuned", "tuned minus frozen, 95 % interval"), tuple(rows)),
        Table("Spearman's rank correlation with the divergence, with 95 % interval over items and seeds",
              ("", "with tuned minus frozen", "with frozen accuracy"), tuple(correlations),
              "With five genres the correlation of the means themselves takes few values; the interval says how it "
              "moves with other test items and seeds, not with other genres."),
    )  # fmt: skip
    figure = dots(drawn, "Jensen-Shannon divergence from the pretraining text", "tuned minus frozen, points",
                  "Each genre: how far it is, and what fine-tuning gains, with 95 % intervals")  # fmt: skip
    return page_of(desk, "domains", QUESTION, "Table 6", tables, claims, every, figure, differs)


def _cells(desk: Desk, one: About) -> dict[tuple[str, str], Cell]:
    """By genre and method; every genre has as many training examples as the smallest."""
    whole = Cell(TASK, one.name, paper_recipes(desk.asked, one, TASK, METHODS[0]), (0,))
    found = desk.found(TASK)
    assert found is not None
    dataset, files = desk.dataset(whole), found.files
    genres = genres_in(dataset, files, LEAST)
    sizes = [len(desk.dataset(Cell(TASK, one.name, whole.recipes, (0,), genre=genre)).train) for genre in genres]
    rows = min([*sizes, *([desk.asked.rows] if desk.asked.rows else [])], default=None)
    return {
        (genre, method): Cell(
            TASK, one.name, paper_recipes(desk.asked, one, TASK, method), seeds_of(desk), rows, genre=genre
        )
        for genre in genres for method in METHODS
    }  # fmt: skip


def _texts(desk: Desk, cell: Cell) -> list[str]:
    dataset = desk.dataset(cell)
    examples: tuple[Example, ...] = (*dataset.train, *dataset.dev, *dataset.test)
    return [text for example in examples for text in (example.text, example.text_b or "")]


def _correlation(
    far: Mapping[str, float], cells: Sequence[Sequence[Measured]], weights: Sequence[float]
) -> tuple[float, float, float]:
    """Spearman's correlation of distances with weighted sums of scores, and its interval.

    Args:
        cells: of each genre, in the order of `far`; each genre has test items of its own.
        weights: of a genre's cells.
    """
    sums: list[Floats] = []
    for number, some in enumerate(cells):
        sums.append(resampled_means([one.statistics for one in some], some[0].metric, DRAWS, seed=number) @ weights)
    distances = np.array(list(far.values()))
    every = [_spearman(distances, row) for row in np.stack(sums, 1)]
    low, high = np.percentile(every, (2.5, 97.5))
    means = np.array([np.dot([one.mean for one in some], weights) for some in cells])
    return _spearman(distances, means), float(low), float(high)


def _words(value: float, low: float, high: float) -> str:
    return f"{value:+.2f} [{low:+.2f}, {high:+.2f}]"


def _spearman(a: Floats, b: Floats) -> float:
    if len(set(a.tolist())) < 2 or len(set(b.tolist())) < 2:
        return 0.0
    return float(scipy_stats.spearmanr(a, b).statistic)
