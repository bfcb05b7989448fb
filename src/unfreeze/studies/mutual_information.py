"""Figure 2: does tuning add information about the labels to each layer?"""

from __future__ import annotations

from unfreeze.probing import TUNED
from unfreeze.studies.common import page_of
from unfreeze.studies.desk import Desk
from unfreeze.studies.figures import lines
from unfreeze.studies.inside import BEFORE, Bits, inside
from unfreeze.studies.layers import inside_cell
from unfreeze.studies.page import Claim, Page, Table
from unfreeze.studies.sets import SETS

QUESTION = "Does fine-tuning add information about the labels to each layer?"
TASKS = ("cola", "sst2", "mrpc")
NAMES = {BEFORE: "pretrained", TUNED: "after fine-tuning"}


def mutual_information(desk: Desk) -> Page:
    """Bits about the labels in each layer, before and after."""
    rows: list[tuple[str, ...]] = []
    claims: list[Claim] = []
    drawn: list[dict[str, object]] = []
    for one in desk.encoders("BERT", "ELMo"):
        for task in desk.tasks(*TASKS):
            about = f"{one.shown}, {SETS[task].title}"
            found = inside(desk, inside_cell(desk, one, task))
            before, after = found.bits[BEFORE], found.bits[TUNED]
            for layer, (b, a) in enumerate(zip(before, after, strict=True)):
                chance = f"{max(b.chance, a.chance):.2f}"
                rows.append((f"{about}, {layer}", _words(b), _words(a), chance, f"{found.entropy:.2f}"))
            drawn += [
                {"series": NAMES[when], "x": layer, "y": bits.value, "low": bits.low, "high": bits.high, "about": about}
                for when, many in found.bits.items() for layer, bits in enumerate(many)
            ]  # fmt: skip
            claims.append(_more(about, before[-1], after[-1]))
    table = Table(
        "Mutual information of a layer and the labels, bits, with 95 % intervals",
        ("encoder, set, layer", *NAMES.values(), "chance", "labels' entropy"), tuple(rows),
        "Chance: what shuffled labels reach once in twenty times.",
    )  # fmt: skip
    differs = (
        "The estimator counts nearest neighbours (Ross 2014) in the ten main directions of the mean of all tokens, on "
        "test items; the paper used EDGE on dev. Both are shown to be right on distributions of known information; "
        "neither sees what lies in many directions at once. The figure's numbers were not confirmed.",
    )
    figure = lines(drawn, "layer (0: embeddings)", "bits about the labels",
                   "Mutual information of each layer and the labels, with 95 % intervals", facet="about")  # fmt: skip
    return page_of(desk, "mutual-information", QUESTION, "Figure 2", (table,), claims, [], figure, differs)


def _more(about: str, before: Bits, after: Bits) -> Claim:
    """That the top layer tells more of the labels after tuning; intervals that touch leave it open."""
    held = "holds" if after.low > before.high else "does not hold" if after.high < before.low else "open"
    said = f"top layer {_words(before)} to {_words(after)} bits"
    return Claim("fine-tuning adds information about the labels", about, held, said)  # type: ignore[arg-type]


def _words(bits: Bits) -> str:
    return f"{bits.value:.2f} [{bits.low:.2f}, {bits.high:.2f}]"
