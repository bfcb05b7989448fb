"""What slanted triangle, discriminative rates and gradual unfreezing buy: all eight ways to combine them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.recipe import Recipe
from unfreeze.studies.asked import TRIALS, About, Measured
from unfreeze.studies.desk import Desk
from unfreeze.studies.evidence import contrast, gap_row, gap_words, score_entry, sign_claim
from unfreeze.studies.figures import gaps
from unfreeze.studies.page import Claim, Entry, Page, Table
from unfreeze.studies.page_of import page_of
from unfreeze.studies.recipes import as_long, first, paper_head, together, with_head
from unfreeze.studies.sets import SETS

QUESTION = "What do the tricks of fine-tuning buy?"
TRICKS = ("slanted triangle", "discriminative rates", "gradual unfreezing")
Combination = tuple[bool, bool, bool]
COMBINATIONS: tuple[Combination, ...] = tuple(product((False, True), repeat=3))  # type: ignore[arg-type]
TASKS = ("sst2", "sick-e", "ner")
RATES = (1.0, 0.3, 3.0)  # of the table's rate; as many as the budget lets dev choose from
_DECAY = {"elmo": 0.4, "transformer": 0.85}  # of the rate from a layer to the one below, as in the budgets' table


def tricks(desk: Desk) -> Page:
    """Eight cells for each encoder and set, and the main effect of each trick."""
    tasks = desk.tasks(*TASKS)
    cells = {
        (one.name, task, which): desk.cell(task, one, combined(desk, one, task, which))
        for one in desk.encoders("ELMo", "BERT") for task in tasks for which in COMBINATIONS
    }  # fmt: skip
    results = desk.measured(cells)
    pairs = list(dict.fromkeys((key[0], key[1]) for key in cells))
    claims: list[Claim] = []
    effects: dict[str, list[str]] = {}
    drawn: list[dict[str, object]] = []
    for number, trick in enumerate(TRICKS):
        for encoder, task in pairs:
            eight = _eight(results, encoder, task)
            effect = contrast(eight, main_effect(number))
            about = f"{desk.about(encoder).shown}, {SETS[task].title}"
            effects.setdefault(about, [about]).append(gap_words(effect.mean, effect.lo, effect.hi))
            drawn.append(gap_row(f"{trick}: {about}", effect))
            if desk.about(encoder).role == "ELMo" and number < 2:
                claims.append(sign_claim(f"{trick}: worth having", about, effect, 1, eight))
    rows: list[tuple[str | Entry, ...]] = [
        (_name(which), *(score_entry(results[encoder, task, which]) for encoder, task in pairs))
        for which in COMBINATIONS
    ]
    tables = (
        Table("Main effects, points, with 95 % intervals: mean of the four cells with a trick minus that of the four "
              "without", ("", *TRICKS), tuple(map(tuple, effects.values()))),
        Table("Test scores, mean ± standard deviation over seeds", ("", *effects), tuple(rows)),
    )  # fmt: skip
    differs = (
        "Without the slanted triangle the rate is constant. Every run has as many steps as one with gradual "
        "unfreezing. The rate is the table's, which was made for all tricks together; with a larger budget dev chooses "
        "among several for each combination. The paper has no table of this: its text says that the best models of "
        "ELMo used the slanted triangle and discriminative rates, and some of them gradual unfreezing.",
    )
    figure = gaps(drawn, "Main effect of each trick, points, with 95 % intervals")
    return page_of(
        desk, "fine-tuning-tricks", QUESTION, "section 3 and appendix", tables, claims, list(results.values()),
        figure=figure, differs=differs,
    )  # fmt: skip


def main_effect(trick: int) -> list[float]:
    """Weights of the eight combinations' means, in the order of `COMBINATIONS`."""
    return [0.25 if which[trick] else -0.25 for which in COMBINATIONS]


def _eight(results: dict[tuple[str, str, Combination], Measured], encoder: str, task: str) -> list[Measured]:
    return [results[encoder, task, which] for which in COMBINATIONS]


def _name(which: Combination) -> str:
    return " + ".join(trick for trick, on in zip(TRICKS, which, strict=True) if on) or "none"


def combined(desk: Desk, one: About, task: str, which: Combination) -> tuple[Recipe, ...]:
    """The table's first tuned recipe with the paper's head; only the three tricks differ, and the rates dev may choose.

    Without gradual unfreezing a run is as long as with it.
    """
    slanted, discriminative, gradual = which
    recipe = first(
        with_head(together(desk.asked, one, task, FINE_TUNING), paper_head(one, task, FINE_TUNING.name)),
        schedule="slanted-triangular" if slanted else "constant",
        layer_decay=_DECAY[one.family] if discriminative else 1.0, gradual_unfreezing=True, name=_name(which),
    )  # fmt: skip
    if not gradual:
        recipe = as_long(recipe, one, len(desk.dataset(desk.cell(task, one)).train))
    rates = RATES[: TRIALS[desk.asked.budget]]
    return tuple(replace(recipe, learning_rate=rate * recipe.learning_rate) for rate in rates)
