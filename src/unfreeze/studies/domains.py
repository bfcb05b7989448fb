"""Table 6: does the distance of a domain from the pretraining text decide between frozen and tuned?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
from scipy import stats as scipy_stats

from unfreeze.advice.terms import divergence, text_terms
from unfreeze.judging.spread import Floats
from unfreeze.judging.stats import resampled_means
from unfreeze.methods.table import method_named
from unfreeze.recipe import MethodName
from unfreeze.studies.asked import About, Cell, Measured
from unfreeze.studies.desk import Desk
from unfreeze.studies.evidence import DRAWS, difference, gap_entry, gap_row, score_entry
from unfreeze.studies.figures import dots
from unfreeze.studies.page import Claim, Entry, Held, Page, Table
from unfreeze.studies.page_of import page_of
from unfreeze.studies.published import FROZEN, WAYS
from unfreeze.studies.recipes import paper_recipes
from unfreeze.studies.sets import SETS
from unfreeze.studies.terms import corpus_terms

QUESTION = "Does the distance of the domain from the pretraining text matter?"
TASK = "mnli"
LEAST = 100  # examples of a genre in train and in test
FEWEST = 4  # genres: fewer have too few orders to show anything
SURE = 0.05


def domains(desk: Desk) -> Page:
    """A cell for each genre and way, the divergence beside it, and their rank correlation."""
    rows: list[tuple[str | Entry, ...]] = []
    claims: list[Claim] = []
    drawn: list[dict[str, object]] = []
    every: list[Measured] = []
    correlations: list[tuple[str | Entry, ...]] = []
    if not desk.asked.corpus:
        desk.tell("The study of domains needs the text that the encoders were pretrained on: --corpus FILES.")
    corpus = corpus_terms(desk.asked.corpus) if desk.asked.corpus else None
    for one in desk.encoders("BERT", "ELMo") if corpus and desk.tasks(TASK) else ():
        cells = _cells(desk, one)
        genres = list(dict.fromkeys(genre for genre, _ in cells))
        if len(genres) < FEWEST:
            desk.tell(f"{SETS[TASK].title} has {len(genres)} genres of {LEAST} examples; {FEWEST} are needed.")
            break
        found = desk.measured(cells)
        every += found.values()
        far = _distances(desk, {genre: cells[genre, FROZEN] for genre in genres}, corpus or Counter())
        for genre in genres:
            frozen, tuned = (found[genre, method] for method in WAYS)
            gap = difference(tuned, frozen)
            rows.append((f"{one.shown}, {genre}", f"{far[genre]:.3f}", score_entry(frozen), score_entry(tuned),
                         gap_entry(gap)))  # fmt: skip
            drawn.append({**gap_row("", gap), "name": genre, "series": one.shown, "x": far[genre], "y": 100 * gap.mean})
        scored = [[found[genre, FROZEN]] for genre in genres]
        both = [[found[genre, method] for method in WAYS] for genre in genres]
        gain, transfer = correlation(far, both, [-1.0, 1.0]), correlation(far, scored, [1.0])
        correlations.append((one.shown, gain.words, transfer.words))
        decides: Held = "does not hold" if gain.p < SURE else "open"
        claims.append(Claim(
            "the distance of the domain does not decide between frozen and tuned", one.shown, decides, gain.words,
            p=gain.p,
        ))  # fmt: skip
        nearer: Held = "open" if transfer.p >= SURE else "holds" if transfer.value < 0 else "does not hold"
        claims.append(Claim(
            "the nearer the domain, the better the frozen encoder", one.shown, nearer, transfer.words, 1, transfer.p,
        ))  # fmt: skip
    tables = (
        Table("MNLI by genre: divergence, accuracy, difference",
              ("encoder, genre", "divergence", "frozen", "tuned", "tuned minus frozen, 95 % interval"), tuple(rows)),
        Table("Spearman's rank correlation with the divergence, with 95 % interval over items and seeds",
              ("", "of tuned minus frozen", "of frozen accuracy"), tuple(correlations),
              "p: how many of all orders of the genres correlate as strongly. Five genres have 120 orders, so only a "
              "correlation of 1 or -1 is clear, and from four findings on not even that; an unclear one does not prove "
              "that there is none, so it stays open."),
    )  # fmt: skip
    figure = dots(drawn, "Jensen-Shannon divergence from the pretraining text", "tuned minus frozen, points",
                  "Each genre: how far it is, and what fine-tuning gains, with 95 % intervals")  # fmt: skip
    differs = ("The distance is from the text given with --corpus, for every encoder alike; of each genre as many "
               "words are counted, and as many examples trained on.",)  # fmt: skip
    return page_of(desk, "domains", QUESTION, "Table 6", tables, claims, every, figure=figure, differs=differs)


@dataclass(frozen=True)
class Correlation:
    """Spearman's correlation, its interval over items and seeds, and exact two-sided p over the orders of genres."""

    value: float
    low: float
    high: float
    p: float

    @property
    def words(self) -> str:
        """`-0.90 [-1.00, +0.30], p 0.08`."""
        return f"{self.value:+.2f} [{self.low:+.2f}, {self.high:+.2f}], p {self.p:.2f}"


def _cells(desk: Desk, one: About) -> dict[tuple[str, MethodName], Cell]:
    """Cells by genre and method; every genre has as many training examples as the smallest."""
    every = desk.cell(TASK, one)
    genres = desk.genres(every, LEAST)
    rows = min((len(desk.dataset(replace(every, genre=genre)).train) for genre in genres), default=None)
    return {
        (genre, method): replace(
            every, recipes=paper_recipes(desk.asked, one, TASK, method_named(method)), rows=rows, genre=genre
        )
        for genre in genres for method in WAYS
    }  # fmt: skip


def _distances(desk: Desk, cells: Mapping[str, Cell], corpus: Counter[str]) -> dict[str, float]:
    """Each genre's divergence from the corpus, over as many words of each."""
    texts = {}
    for genre, cell in cells.items():
        dataset = desk.whole(cell)
        examples = (*dataset.train, *dataset.dev, *dataset.test)
        texts[genre] = [text for example in examples for text in (example.text, example.text_b or "")]
    most = min(text_terms(some).total() for some in texts.values())
    return {genre: divergence(text_terms(some, most), corpus) for genre, some in texts.items()}


def correlation(far: Mapping[str, float], cells: Sequence[Sequence[Measured]], weights: Sequence[float]) -> Correlation:
    """Correlation of distances with weighted sums of scores.

    Args:
        cells: of each genre, in the order of `far`; each genre has test items of its own.
        weights: of a genre's cells.
    """
    sums: list[Floats] = []
    for number, some in enumerate(cells):
        sums.append(resampled_means([one.statistics for one in some], some[0].measure, DRAWS, seed=number) @ weights)
    distances = np.array(list(far.values()))
    least = min(map(len, sums))  # draws on which the scores of a genre are not defined are left out
    drawn = np.stack([some[:least] for some in sums], 1)
    low, high = np.percentile([_spearman(distances, row) for row in drawn], (2.5, 97.5))
    means = np.array([np.dot([one.mean for one in some], weights) for some in cells])
    value = _spearman(distances, means)
    orders = [abs(_spearman(distances, means[list(order)])) for order in permutations(range(len(means)))]
    p = float(np.mean(np.array(orders) >= abs(value) - 1e-9))
    return Correlation(value, float(low), float(high), p)


def _spearman(a: Floats, b: Floats) -> float:
    if len(set(a.tolist())) < 2 or len(set(b.tolist())) < 2:
        return 0.0
    return float(scipy_stats.spearmanr(a, b).statistic)
