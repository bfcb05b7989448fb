"""Figure 2: does tuning add information about the labels to each layer?"""

from __future__ import annotations

from dataclasses import replace

from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.studies.asked import Cell
from unfreeze.studies.desk import Desk
from unfreeze.studies.figures import lines
from unfreeze.studies.inside import Bits, information_of
from unfreeze.studies.page import Claim, Held, Page, Table
from unfreeze.studies.page_of import page_of
from unfreeze.studies.recipes import together
from unfreeze.studies.sets import SETS

QUESTION = "Does fine-tuning add information about the labels to each layer?"
TASKS = ("cola", "sst2", "mrpc")
NAMES = ("pretrained", "after fine-tuning")


def mutual_information(desk: Desk) -> Page:
    """Bits about the labels in each layer, before and after."""
    rows: list[tuple[str, ...]] = []
    claims: list[Claim] = []
    drawn: list[dict[str, object]] = []
    cells: list[Cell] = []
    for one in desk.encoders("BERT", "ELMo"):
        for task in desk.tasks(*TASKS):
            about = f"{one.shown}, {SETS[task].title}"
            cells.append(replace(desk.cell(task, one, together(desk.asked, one, task, FINE_TUNING)[:1]), seeds=(0,)))
            found = information_of(desk, cells[-1])
            for layer, (b, a) in enumerate(zip(found.before, found.after, strict=True)):
                chance = f"{max(b.chance, a.chance):.2f}"
                rows.append((f"{about}, {layer}", _words(b), _words(a), chance, f"{found.entropy:.2f}"))
            drawn += [
                {"series": name, "x": layer, "y": bits.value, "low": bits.low, "high": bits.high, "about": about}
                for name, many in zip(NAMES, (found.before, found.after), strict=True)
                for layer, bits in enumerate(many)
            ]  # fmt: skip
            claims.append(_more(about, found.before[-1], found.after[-1]))
    table = Table(
        "Mutual information of a layer and the labels, bits, with 95 % intervals",
        ("encoder, set, layer", *NAMES, "chance", "labels' entropy"), tuple(rows),
        "Chance: what shuffled labels reach once in twenty times.",
    )  # fmt: skip
    differs = (
        "The estimator counts nearest neighbours (Ross 2014) in the ten main directions of the mean of all tokens, on "
        "test items; the paper used EDGE on dev. It is tested on distributions of known information. What a layer "
        "knows in directions of little spread it does not see, so a gain may be what tuning made large, not new.",
        "ELMo reads the texts of a pair one by one: the two means stand side by side, in which whether they are alike "
        "is hard to see. The layers after fine-tuning are those of one run, with seed 0. The figure's numbers were not "
        "confirmed.",
    )
    figure = lines(drawn, "layer (0: embeddings)", "bits about the labels",
                   "Mutual information of each layer and the labels, with 95 % intervals", facet="about")  # fmt: skip
    return page_of(
        desk,
        "mutual-information",
        QUESTION,
        "Figure 2",
        (table,),
        claims,
        looked_into=cells,
        figure=figure,
        differs=differs,
    )


def _more(about: str, before: Bits, after: Bits) -> Claim:
    """The claim that the top layer reveals more about the labels after tuning; intervals that touch leave it open."""
    held: Held = "holds" if after.low > before.high else "does not hold" if after.high < before.low else "open"
    said = f"top layer {_words(before)} to {_words(after)} bits"
    return Claim("fine-tuning adds information about the labels", about, held, said)


def _words(bits: Bits) -> str:
    return f"{bits.value:.2f} [{bits.low:.2f}, {bits.high:.2f}]"
