"""Table 5: do further parameters help a frozen encoder and hurt a tuned one?"""

from __future__ import annotations

from dataclasses import replace

from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION
from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.recipe import Head, Recipe
from unfreeze.studies.asked import About, Measured
from unfreeze.studies.desk import Desk
from unfreeze.studies.evidence import difference, gap_entry, gap_row, score_entry, sign_claim
from unfreeze.studies.figures import gaps
from unfreeze.studies.page import Claim, Entry, Page, Table
from unfreeze.studies.page_of import page_of
from unfreeze.studies.recipes import as_long, first, table_recipes, with_head
from unfreeze.studies.sets import SETS

QUESTION = "Do further parameters help a frozen encoder and hurt a tuned one? (tagging)"
HEADS: tuple[Head, ...] = ("linear", "crf", "bilstm-crf")
_AT_ONCE, _GRADUAL = "all layers at once", "gradual unfreezing"


def ner_capacity(desk: Desk) -> Page:
    """Three heads, frozen and tuned, tuned with and without gradual unfreezing."""
    tasks = desk.tasks("ner", *(("wnut17",) if "wnut17" in (desk.asked.tasks or ()) else ()))
    ways = [(FEATURE_EXTRACTION.words.short, ""), *((FINE_TUNING.words.short, how) for how in (_AT_ONCE, _GRADUAL))]
    cells = {
        (one.name, task, way, how, head): desk.cell(task, one, (_recipe(desk, one, task, way, how, head),))
        for one in desk.encoders("ELMo", "BERT") for task in tasks for way, how in ways for head in HEADS
    }  # fmt: skip
    results = desk.measured(cells)
    rows: list[tuple[str | Entry, ...]] = []
    claims: list[Claim] = []
    drawn: list[dict[str, object]] = []
    for encoder, task in dict.fromkeys((key[0], key[1]) for key in cells):
        for way, how in ways:
            found = {head: results[encoder, task, way, how, head] for head in HEADS}
            name = f"{desk.about(encoder).shown}, {way}{', ' if how else ''}{how}"
            both = found["bilstm-crf"], found["crf"]
            gap = difference(*both)
            rows.append((name, *(score_entry(found[head]) for head in HEADS), gap_entry(gap)))
            if desk.about(encoder).role == "ELMo" and how != _AT_ONCE:
                sign, says = (-1, "hurts") if how else (1, "helps")
                claims.append(sign_claim(f"{way}: a BiLSTM under the CRF {says}", name, gap, sign, both))
            drawn.append(gap_row(f"{name}: BiLSTM-CRF minus CRF", gap))
        if desk.about(encoder).role == "ELMo":
            about = f"{desk.about(encoder).shown}, {SETS[task].title}"
            claims.append(_unfreezing(results, encoder, task, about))
    table = Table(
        "Span F1 on test, mean ± standard deviation over seeds",
        ("", *HEADS, "BiLSTM-CRF minus CRF, 95 % interval"), tuple(rows),
        f"{', '.join(SETS[task].title for task in tasks)}.",
    )  # fmt: skip
    differs = (
        "The paper scored dev and compared the CRF with the BiLSTM-CRF, for ELMo, whose findings alone are put to the "
        "test; its published numbers were not confirmed, so they are left out. All layers at once are trained for as "
        "many steps as with gradual unfreezing.",
    )
    figure = gaps(drawn, "What the BiLSTM adds, points, with 95 % intervals")
    return page_of(
        desk, "ner-capacity", QUESTION, "Table 5", (table,), claims, list(results.values()), figure=figure,
        differs=differs,
    )  # fmt: skip


def _unfreezing(results: dict[tuple[str, str, str, str, Head], Measured], encoder: str, task: str, about: str) -> Claim:
    tuned = FINE_TUNING.words.short
    both = [results[encoder, task, tuned, how, "crf"] for how in (_GRADUAL, _AT_ONCE)]
    return sign_claim("tuned: gradual unfreezing helps (CRF)", about, difference(*both), 1, both)


def _recipe(desk: Desk, one: About, task: str, way: str, how: str, head: Head) -> Recipe:
    """A recipe with one base for all heads: a frozen BiLSTM-CRF's and CRF's own, and the table's first tuned CRF."""
    if way == FEATURE_EXTRACTION.words.short:
        own: Head = "bilstm-crf" if head == "bilstm-crf" else "crf"
        return first(with_head(table_recipes(desk.asked, one, task, FEATURE_EXTRACTION), own), head=head, name=head)
    base = with_head(table_recipes(desk.asked, one, task, FINE_TUNING), "crf")
    recipe = first(base, head=head, gradual_unfreezing=True, name=f"{head}-gradual")
    if head == "bilstm-crf":
        recipe = replace(recipe, hidden=128)  # as wide as the frozen one
    if how == _GRADUAL:
        return recipe
    return replace(as_long(recipe, one, len(desk.dataset(desk.cell(task, one)).train)), name=head)
