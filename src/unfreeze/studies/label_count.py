"""From how many labels on does fine-tuning win? Both ways on subsets of growing size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from unfreeze.judging.spread import Floats
from unfreeze.judging.stats import resampled_means
from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION
from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.recipe import Recipe
from unfreeze.studies.asked import About, Asked, Cell, Measured
from unfreeze.studies.desk import Desk
from unfreeze.studies.evidence import DRAWS, difference, gap_entry, score_entry, sign_claim
from unfreeze.studies.figures import lines
from unfreeze.studies.page import Claim, Entry, Page, Table
from unfreeze.studies.page_of import page_of
from unfreeze.studies.recipes import first, table_recipes, together, with_head
from unfreeze.studies.sets import SETS

QUESTION = "From how many labels on does fine-tuning win?"
SMALLEST = 32
TASKS = ("sst2", "sick-e")
FROZEN, TUNED = "feature extraction", "fine-tuning"
LONGER, FRESH = "tuned three times as long", "tuned, top layer fresh"
FEW = 128  # labels, up to which the remedies against few of them are tried


def label_count(desk: Desk) -> Page:
    """A curve for each way, and where they cross."""
    tasks = desk.tasks(*TASKS)
    rows: list[tuple[str | Entry, ...]] = []
    claims: list[Claim] = []
    drawn: list[dict[str, object]] = []
    every: list[Measured] = []
    crossings = []
    for one in desk.encoders("ELMo", "BERT"):
        for task in tasks:
            sizes, whole = _sizes(desk, one, task)
            curves = _curves(desk, one, task, sizes, whole)
            every += [cell for curve in curves.values() for cell in curve]
            about = f"{one.shown}, {SETS[task].title}"
            found_gaps = [difference(t, f) for t, f in zip(curves[TUNED], curves[FROZEN], strict=True)]
            for number, size in enumerate(sizes):
                entry = {w: score_entry(curve[number]) if number < len(curve) else "–" for w, curve in curves.items()}
                rows.append((f"{about}, {size:,}", entry[FROZEN], entry[TUNED], gap_entry(found_gaps[number]),
                             entry[LONGER], entry[FRESH]))  # fmt: skip
            drawn += [_point(way, cell, about) for way, curve in curves.items() for cell in curve]
            crossings.append((about, crossing_words(curves[TUNED], curves[FROZEN])))
            least, most = ([curves[way][end] for way in (TUNED, FROZEN)] for end in (0, -1))
            claims.append(sign_claim(f"few labels, extract ({sizes[0]:,})", about, found_gaps[0], -1, least, 2))
            enough = sign_claim(f"enough labels, tune ({sizes[-1]:,})", about, found_gaps[-1], 1, most, 2)
            if sizes[-1] < whole and enough.held == "does not hold":
                enough = replace(enough, held="open")  # there are more labels, which may be enough
            claims.append(enough)
    tables = (
        Table("Where fine-tuning begins to win: labels, with 95 % interval", ("", "labels"), tuple(crossings)),
        Table("Test scores, mean ± standard deviation over subsets",
              ("encoder, set, labels", FROZEN, TUNED, "difference", LONGER, FRESH), tuple(rows)),
    )  # fmt: skip
    differs = (
        "Every subset has a seed of its own, so the spread is over subsets and seeds together. Frozen heads are "
        "linear, which is what few labels can feed. Epochs and penalties are chosen on a dev set not larger "
        "than the subset, so as many labels again are needed. The paper has no such curve: practitioners conclude it "
        f"from there. Longer fine-tuning and a fresh top layer are remedies against few labels, tried up to {FEW}.",
    )
    caption = "Test score over the number of labels, with 95 % intervals"
    figure = lines(drawn, "training examples", "test score", caption, logarithmic=True, facet="about")
    return page_of(desk, "label-count", QUESTION, "conclusions", tables, claims, every, figure=figure, differs=differs)


def _point(way: str, cell: Measured, about: str) -> dict[str, object]:
    mean, low, high = (100 * value for value in cell.interval)
    return {"series": way, "x": cell.train_examples, "y": mean, "low": low, "high": high, "about": about}


def sizes_for(most: int) -> list[int]:
    """32, 64, ... and all of them."""
    sizes = [SMALLEST]
    while 2 * sizes[-1] < most:
        sizes.append(2 * sizes[-1])
    return [*(size for size in sizes if size < most), most]


def crossing(sizes: Sequence[int], gaps: Floats) -> Floats:
    """From which size on the gap stays above 0; infinite where it is not above at the end.

    Between two sizes it is taken where the straight line over the logarithm of the size crosses 0.

    Args:
        gaps: (draws, sizes).

    Returns:
        (draws,) at least the first size.
    """
    logs = np.log2(sizes)
    found = np.full(len(gaps), np.inf)
    for row, values in enumerate(gaps):
        below = np.flatnonzero(values <= 0)
        if not len(below):
            found[row] = sizes[0]
        elif below[-1] + 1 < len(sizes):
            low = below[-1]
            share = -values[low] / (values[low + 1] - values[low])
            found[row] = 2 ** (logs[low] + share * (logs[low + 1] - logs[low]))
    return found


def crossing_words(tuned: Sequence[Measured], frozen: Sequence[Measured]) -> str:
    """The crossing with its interval over items, subsets and seeds."""
    sizes = [cell.train_examples for cell in tuned]
    mean = np.array([[t.mean - f.mean for t, f in zip(tuned, frozen, strict=True)]])
    drawn = resampled_means([cell.statistics for cell in (*tuned, *frozen)], tuned[0].measure, DRAWS)
    gaps = drawn[:, : len(tuned)] - drawn[:, len(tuned) :]
    # A quantile that is one of the draws: between a number and infinity there is nothing.
    low, high = np.quantile(crossing(sizes, gaps), [0.025, 0.975], method="inverted_cdf")
    return f"{_size(float(crossing(sizes, mean)[0]), sizes)} [{_size(low, sizes)}, {_size(high, sizes)}]"


def _size(value: float, sizes: Sequence[int]) -> str:
    if not np.isfinite(value):
        return f"more than {sizes[-1]:,}"
    return f"{sizes[0]:,} or fewer" if value <= sizes[0] else f"{value:,.0f}"


def _sizes(desk: Desk, one: About, task: str) -> tuple[list[int], int]:
    """Sizes of the subsets, and of the whole training set."""
    whole = len(desk.whole(desk.cell(task, one)).train)
    most = desk.asked.most_rows(task)
    return sizes_for(whole if most is None else min(whole, most)), whole


def _ways(asked: Asked, one: About, task: str) -> dict[str, Recipe]:
    tuned = first(together(asked, one, task, FINE_TUNING))
    return {
        FROZEN: first(with_head(table_recipes(asked, one, task, FEATURE_EXTRACTION), "linear")), TUNED: tuned,
        LONGER: replace(tuned, epochs=3 * tuned.epochs, min_steps=3 * tuned.min_steps, name=f"{tuned.name}-longer"),
        FRESH: replace(tuned, reinit_top=1, name=f"{tuned.name}-fresh"),
    }  # fmt: skip


def _curves(desk: Desk, one: About, task: str, sizes: Sequence[int], whole: int) -> dict[str, list[Measured]]:
    """For each way, one cell per size, its seeds on subsets of their own (the whole set has no subsets).

    The remedies have cells of few labels alone, or of the smallest size where all are large.
    """
    ways, subsets = _ways(desk.asked, one, task), range(desk.asked.seeds)
    few = [size for size in sizes if size <= FEW] or list(sizes[:1])
    tried = {way: few if way in (LONGER, FRESH) else list(sizes) for way in ways}
    cells = {
        (way, size, seed): Cell(
            task, one.name, (recipe,), (seed,), None if size == whole else size, desk.asked.tested,
            0 if size == whole else seed,
        )
        for size in sizes for seed in subsets for way, recipe in ways.items() if size in tried[way]
    }  # fmt: skip
    found = desk.measured(cells)
    return {way: [_joined([found[way, size, seed] for seed in subsets]) for size in tried[way]] for way in ways}


def _joined(cells: Sequence[Measured]) -> Measured:
    return replace(
        cells[0], statistics=np.concatenate([cell.statistics for cell in cells]),
        train_s=sum(cell.train_s for cell in cells), diverged=sum(cell.diverged for cell in cells),
    )  # fmt: skip
