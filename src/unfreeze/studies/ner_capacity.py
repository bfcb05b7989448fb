"""Table 5: do further parameters help a frozen encoder and hurt a tuned one?"""

from __future__ import annotations

from unfreeze.plan import Head, Recipe
from unfreeze.studies.asked import About, Cell, Measured
from unfreeze.studies.common import NAMES, page_of, rows_of, seeds_of
from unfreeze.studies.desk import Desk
from unfreeze.studies.evidence import difference, gap_entry, score_entry, sign_claim
from unfreeze.studies.figures import gaps
from unfreeze.studies.page import Claim, Entry, Page, Table
from unfreeze.studies.recipes import first, with_head
from unfreeze.studies.sets import SETS

QUESTION = "Do further parameters help a frozen encoder and hurt a tuned one? (tagging)"
HEADS: tuple[Head, ...] = ("linear", "crf", "bilstm-crf")
_AT_ONCE, _GRADUAL = "all layers at once", "gradual unfreezing"


def ner_capacity(desk: Desk) -> Page:
    """Three heads, frozen and tuned, tuned with and without gradual unfreezing."""
    tasks = desk.tasks("ner")
    ways = [(NAMES["feature-extraction"], ""), *((NAMES["fine-tuning"], how) for how in (_AT_ONCE, _GRADUAL))]
    cells = {
        (one.name, task, way, how, head): Cell(
            task, one.name, (_recipe(one, task, way, how, head),), seeds_of(desk), rows_of(desk, task)
        )
        for one in desk.encoders("ELMo", "BERT") for task in tasks for way, how in ways for head in HEADS
    }  # fmt: skip
    results = dict(zip(cells, desk.measured(list(cells.values())), strict=True))
    rows: list[tuple[str | Entry, ...]] = []
    claims: list[Claim] = []
    drawn: list[dict[str, object]] = []
    for encoder, task in dict.fromkeys((key[0], key[1]) for key in cells):
        for way, how in ways:
            found = {head: results[encoder, task, way, how, head] for head in HEADS}
            name = f"{desk.about(encoder).shown}, {way}{', ' if how else ''}{how}"
            gap = difference(found["bilstm-crf"], found["crf"])
            rows.append((name, *(score_entry(found[head]) for head in HEADS), gap_entry(gap)))
            sign, says = (1, "a BiLSTM under the CRF helps") if not how else (-1, "a BiLSTM under the CRF hurts")
            claims.append(sign_claim(f"{way}: {says}", name, gap, sign))
            drawn.append({"row": f"{name}: BiLSTM-CRF minus CRF", "mean": 100 * gap.mean, "low": 100 * gap.lo,
                          "high": 100 * gap.hi})  # fmt: skip
        about = f"{desk.about(encoder).shown}, {SETS[task].title}"
        claims.append(_unfreezing(results, encoder, task, about))
    table = Table(
        "Span F1 on test, mean ± standard deviation over seeds",
        ("", *HEADS, "BiLSTM-CRF minus CRF, 95 % interval"), tuple(rows),
        f"{', '.join(SETS[task].title for task in tasks)}.",
    )  # fmt: skip
    differs = (
        "The paper scored dev and compared the CRF with the BiLSTM-CRF, for ELMo; its published numbers were not "
        "confirmed, so they are left out.",
    )
    figure = gaps(drawn, "What the BiLSTM adds, points, with 95 % intervals")
    return page_of(desk, "ner-capacity", QUESTION, "Table 5", (table,), claims, list(results.values()), figure, differs)


def _unfreezing(results: dict[tuple[str, str, str, str, Head], Measured], encoder: str, task: str, about: str) -> Claim:
    tuned = NAMES["fine-tuning"]
    gap = difference(results[encoder, task, tuned, _GRADUAL, "crf"], results[encoder, task, tuned, _AT_ONCE, "crf"])
    return sign_claim("tuned: gradual unfreezing helps (CRF)", about, gap, 1)


def _recipe(one: About, task: str, way: str, how: str, head: Head) -> Recipe:
    """Of the same base for all heads: a frozen BiLSTM-CRF's and CRF's own, and the table's first tuned CRF."""
    if way == NAMES["feature-extraction"]:
        base = with_head(one, task, "feature-extraction", "bilstm-crf" if head == "bilstm-crf" else "crf")
        return first(base, head=head, name=head)[0]
    base = with_head(one, task, "fine-tuning", "crf")
    gradual = how == _GRADUAL
    name = f"{head}{'-gradual' if gradual else ''}"
    return first(base, head=head, hidden=128, gradual_unfreezing=gradual, name=name)[0]
