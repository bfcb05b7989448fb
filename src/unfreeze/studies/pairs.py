"""Tables 3 and 4: what pairs gain from words of one text seeing those of the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION
from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.methods.method import Method
from unfreeze.recipe import Head, Recipe
from unfreeze.studies.asked import About
from unfreeze.studies.desk import Desk
from unfreeze.studies.evidence import difference, gap_entry, gap_row, score_entry, sign_claim
from unfreeze.studies.figures import gaps
from unfreeze.studies.page import Claim, Entry, Page, Table
from unfreeze.studies.page_of import page_of
from unfreeze.studies.published import Role
from unfreeze.studies.recipes import first, table_recipes, together, with_head
from unfreeze.studies.sets import SETS

SETS_OF_PAIRS = ("sick-e", "sick-r", "stsb", "mrpc")
BI_ATTENTION = "Is ELMo weak on pairs because its LSTM reads one sentence at a time?"
JOINT_ENCODING = "Is BERT strong on pairs because it reads both texts together?"
_Sides = dict[str, tuple[Recipe, Recipe]]  # of each way of adaptation, its two recipes


@dataclass(frozen=True)
class _Contrast:
    """Two ways to read pairs, the words of their page, and the encoders that they are compared on.

    Attributes:
        where: in the paper.
        role: the encoders that take this place in the paper.
        sides: names of the two ways.
        says: the claim that the first is better.
        tested: ways of adaptation for which the paper says so.
        differs: from the paper.
    """

    name: str
    question: str
    where: str
    role: Role
    sides: tuple[str, str]
    says: str
    tested: tuple[str, ...]
    differs: str


_BI_ATTENTION = _Contrast(
    "bi-attention", BI_ATTENTION, "Table 3", "ELMo", ("with bi-attention", "without"), "bi-attention helps", ("tuned",),
    "Without bi-attention each text is pooled on its own and the head reads [u, v, |u-v|, u*v] ([|u-v|, u*v] for "
    "scores), which the paper does not state for its own ablation; its published numbers were not confirmed, so they "
    "are left out.",
)  # fmt: skip
_JOINT_ENCODING = _Contrast(
    "joint-encoding", JOINT_ENCODING, "Table 4", "BERT", ("together", "separately"),
    "reading both texts together helps", ("frozen",),
    "The paper has this for frozen BERT alone. Separately, the fine-tuned head reads [u, v, |u-v|, u*v] of the two "
    "texts' means. The published numbers were not confirmed, so they are left out; the text concludes that reading "
    "them separately costs performance.",
)  # fmt: skip


def bi_attention(desk: Desk) -> Page:
    """Table 3: ELMo fine-tuned, with attention between the texts of a pair and without."""

    def recipes(encoder: About, task: str) -> _Sides:
        table = table_recipes(desk.asked, encoder, task, FINE_TUNING)
        return {"tuned": (first(with_head(table, "biattention")), first(with_head(table, "linear")))}

    return _page(desk, _BI_ATTENTION, recipes)


def joint_encoding(desk: Desk) -> Page:
    """Table 4: BERT both ways, pairs in one input and separately."""

    def recipes(encoder: About, task: str) -> _Sides:
        heads: tuple[tuple[Method[Any], Head], ...] = (FEATURE_EXTRACTION, "esim"), (FINE_TUNING, "linear")
        joint = {m.words.short: first(with_head(together(desk.asked, encoder, task, m), head)) for m, head in heads}
        return {way: (r, replace(r, pair="separate", name=f"{r.head}-apart")) for way, r in joint.items()}

    return _page(desk, _JOINT_ENCODING, recipes)


def _page(desk: Desk, contrast: _Contrast, recipes: Callable[[About, str], _Sides]) -> Page:
    """Each encoder of a role on each set of pairs, two sides in each way; those that are `tested` are the paper's."""
    tasks = desk.tasks(*SETS_OF_PAIRS)
    cells = {
        (one.name, way, task, side): desk.cell(task, one, (recipe,))
        for one in desk.encoders(contrast.role) for task in tasks for way, both in recipes(one, task).items()
        for side, recipe in zip(contrast.sides, both, strict=True)
    }  # fmt: skip
    results = desk.measured(cells)
    rows: list[tuple[str | Entry, ...]] = []
    claims: list[Claim] = []
    drawn: list[dict[str, object]] = []
    for encoder, way in dict.fromkeys((key[0], key[1]) for key in cells):
        shown = f"{desk.about(encoder).shown}, {way}"
        first_side, second_side = ([results[encoder, way, task, side] for task in tasks] for side in contrast.sides)
        for side, found in zip(contrast.sides, (first_side, second_side), strict=True):
            rows.append((f"{shown}, {side}", *(score_entry(cell) for cell in found)))
        found_gaps = [difference(a, b) for a, b in zip(first_side, second_side, strict=True)]
        rows.append((f"{shown}, difference", *(gap_entry(gap) for gap in found_gaps)))
        for task, gap, *both in zip(tasks, found_gaps, first_side, second_side, strict=True):
            title = SETS[task].title
            if way in contrast.tested:
                claims.append(sign_claim(f"{title}: {contrast.says}", f"{shown}, {title}", gap, 1, both))
            drawn.append(gap_row(f"{shown}, {title}", gap))
    table = Table(
        "Test scores, mean ± standard deviation over seeds; differences with 95 % intervals",
        ("", *(SETS[task].title for task in tasks)), tuple(rows),
        "Accuracy; Pearson correlation for SICK-R and STS-B.",
    )  # fmt: skip
    figure = gaps(drawn, f"{contrast.sides[0].capitalize()} minus {contrast.sides[1]}, points, with 95 % intervals")
    return page_of(
        desk,
        contrast.name,
        contrast.question,
        contrast.where,
        (table,),
        claims,
        list(results.values()),
        figure=figure,
        differs=(contrast.differs,),
    )
