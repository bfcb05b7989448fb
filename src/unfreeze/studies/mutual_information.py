"""Figure 2: does tuning add information about the labels to each layer?"""

from __future__ import annotations

from dataclasses import replace

from scipy.special import ndtr

from unfreeze.judging.stats import Interval
from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.probes.information import Z95
from unfreeze.studies.asked import Cell
from unfreeze.studies.desk import Desk
from unfreeze.studies.figures import lines
from unfreeze.studies.inside import Information, information_of
from unfreeze.studies.page import Claim, Held, Page, Table
from unfreeze.studies.page_of import page_of
from unfreeze.studies.recipes import together
from unfreeze.studies.sets import SETS

QUESTION = "Does fine-tuning add information about the labels to each layer?"
TASKS = ("cola", "sst2", "mrpc")
NAMES = ("pretrained", "after fine-tuning")
LEAST = 0.01  # bits; less is rounding


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
            for layer, bits in enumerate(zip(found.before, found.after, found.gain, strict=True)):
                rows.append((f"{about}, {layer}", *map(_words, bits), f"{found.entropy:.2f}"))
            drawn += [
                {"series": name, "x": layer, "y": bits.mean, "low": bits.lo, "high": bits.hi, "about": about}
                for name, many in zip(NAMES, (found.before, found.after), strict=True)
                for layer, bits in enumerate(many)
            ]  # fmt: skip
            claims.append(_more(about, found))
    table = Table(
        "What a linear probe reads about the labels in a layer, bits, with 95 % intervals",
        ("encoder, set, layer", *NAMES, "fine-tuning adds", "labels' entropy"), tuple(rows),
        "A lower bound of the mutual information of layer and labels. What fine-tuning adds is paired: the same test "
        f"items. The claim holds, or does not, where it is above or below {LEAST} bits beyond doubt.",
    )  # fmt: skip
    differs = (
        "A bound: the labels' entropy less the cross-entropy of a linear probe that did not see the item, of the mean "
        "of all tokens, on test items; the paper used EDGE on dev. Vectors are measured by their own covariance, so "
        "tuning that only enlarges, shrinks or mixes directions adds nothing. What no linear probe reads does not "
        "count; where test and training texts together are hardly more than the directions, little is read at all.",
        "ELMo reads the texts of a pair one by one: the two means stand side by side, in which no linear probe reads "
        "whether they are alike. The layers after fine-tuning are those of one run, with seed 0: no interval covers "
        "the luck of tuning. The figure's numbers were not confirmed.",
    )
    figure = lines(drawn, "layer (0: embeddings)", "bits about the labels",
                   "What a linear probe reads about the labels in each layer, with 95 % intervals",
                   facet="about")  # fmt: skip
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


def _more(about: str, found: Information) -> Claim:
    """The claim that a probe reads more about the labels in the top layer after tuning; where in doubt it is open."""
    gain = found.gain[-1]
    held: Held = "holds" if gain.lo > LEAST else "does not hold" if gain.hi < -LEAST else "open"
    said = f"top layer {_words(found.before[-1])} to {_words(found.after[-1])} bits, gain {_words(gain)}"
    text = "fine-tuning adds information about the labels that a linear probe reads"
    return Claim(text, about, held, said, p=_p(gain))


def _p(gain: Interval) -> float:
    """The error of the interval that just ends at `LEAST` on the side of 0."""
    half, beyond = (gain.hi - gain.lo) / 2, abs(gain.mean) - LEAST
    return float(2 * ndtr(-beyond / half * Z95)) if beyond > 0 and half > 0 else 1.0


def _words(bits: Interval) -> str:
    mean, low, high = (round(value, 2) + 0.0 for value in bits)  # never -0.00
    return f"{mean:.2f} [{low:.2f}, {high:.2f}]"
