"""Figure 1: which layer serves which task, before and after tuning, with controls; and what a head itself mixes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from unfreeze.judging.wording import ends
from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION
from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.records.layer_scores import ADJACENT, LABELS, LAYERS, TUNED, WEIGHTS, LayerScores
from unfreeze.studies.asked import About, Cell, Measured
from unfreeze.studies.desk import Desk
from unfreeze.studies.evidence import gap_words
from unfreeze.studies.figures import lines
from unfreeze.studies.inside import probes_of
from unfreeze.studies.page import Claim, Held, Page, Table
from unfreeze.studies.page_of import page_of
from unfreeze.studies.recipes import table_recipes
from unfreeze.studies.sets import SETS

QUESTION = "Which layer serves which task, before and after fine-tuning?"
WORD_FORM = "pos"
TASKS = ("cola", "sst2", "mrpc", "stsb", "pos", "ner")
NAMES = {LAYERS: "pretrained", TUNED: "after fine-tuning", ADJACENT: "mean with the layer above",
         LABELS: "random labels", WEIGHTS: "random weights"}  # fmt: skip


def layers(desk: Desk) -> Page:
    """Probes of every layer and variant, and the scalar mix of a frozen head."""
    rows: list[tuple[str, ...]] = []
    claims: list[Claim] = []
    drawn: list[dict[str, object]] = []
    mixes: list[Measured] = []
    cells: list[Cell] = []
    for one in desk.encoders("BERT", "ELMo"):
        pretrained: dict[str, LayerScores] = {}
        for task in desk.tasks(*TASKS):
            about = f"{one.shown}, {SETS[task].title}"
            cell = replace(desk.cell(task, one, table_recipes(desk.asked, one, task, FINE_TUNING)[:1]), seeds=(0,))
            found = probes_of(desk, cell)
            mixed = desk.measured({task: _mix_cell(desk, one, task)})[task]
            cells.append(cell)
            mixes.append(mixed)
            rows += _rows(about, found, mixed)
            drawn += [
                {"series": NAMES[variant], "x": s.layer + (0.5 if variant == ADJACENT else 0), "y": 100 * s.test,
                 "low": 100 * s.ci95[0], "high": 100 * s.ci95[1], "about": about}
                for variant, scores in found.items() if variant != LABELS for s in scores.layers
            ]  # fmt: skip
            claims += _claims(about, task, found)
            pretrained[task] = found[LAYERS]
        claims += _depths(one, pretrained)
    before, after, *others = NAMES.values()
    columns = ("encoder, set, layer", before, after, "fine-tuning adds", *others, "scalar mix")
    note = (
        "Test score of a linear probe with its 95 % interval over test items and training rows; accuracy, Pearson "
        "correlation for STS-B, span F1 for CoNLL-2003. Random labels: shuffled for texts (chance is what they should "
        "reach); for tagging each word has a tag drawn for it, scored by accuracy of words (what can be learned by "
        "heart). What fine-tuning adds is paired: the same test items, the same training rows. That it improves every "
        "layer holds where each of these intervals lies above 0, and does not where one that holds for all layers at "
        "once lies below. Scalar mix: the weight that a frozen head gives the layer, mean over seeds."
    )
    table = Table("Linear probes by layer, points", columns, tuple(rows), note)
    figure = lines(drawn, "layer (0: embeddings)", "test score", "Linear probes by layer, with 95 % intervals",
                   facet="about")  # fmt: skip
    differs = ("Pairs are read separately, [u, v, |u-v|, u*v], where the paper took the mean over both texts in one "
               "input; its figure's numbers were not confirmed.",
               "The layers after fine-tuning are those of one run, with seed 0: no interval covers the luck of "
               "tuning.")  # fmt: skip
    return page_of(desk, "layers", QUESTION, "Figure 1", (table,), claims, mixes, cells, figure, differs)


def _mix_cell(desk: Desk, one: About, task: str) -> Cell:
    """A frozen head with few parameters, on a learned mix of all layers."""
    found = [r for r in table_recipes(desk.asked, one, task, FEATURE_EXTRACTION) if r.head in ("linear", "crf")]
    chosen = next(recipe for recipe in found if recipe.layers == "mix")
    return desk.cell(task, one, (chosen,))


def _rows(about: str, found: Mapping[str, LayerScores], mixed: Measured) -> list[tuple[str, ...]]:
    weights = np.mean(mixed.layer_weights, axis=0) if mixed.layer_weights else None
    rows = []
    for layer in range(len(found[LAYERS].layers)):
        before, after, *others = (_cell(found.get(variant), layer) for variant in NAMES)
        gain = found[TUNED].layers[layer].gain if TUNED in found else None
        added = "–" if gain is None else gap_words(*gain)
        mix = "–" if weights is None else f"{weights[layer]:.2f}"
        rows.append((f"{about}, {layer}", before, after, added, *others, mix))
    return rows


def _cell(scores: LayerScores | None, layer: int) -> str:
    if scores is None or layer >= len(scores.layers):
        return "–"
    one = scores.layers[layer]
    return f"{100 * one.test:.1f} [{100 * one.ci95[0]:.1f}, {100 * one.ci95[1]:.1f}]"


def _claims(about: str, task: str, found: Mapping[str, LayerScores]) -> list[Claim]:
    made = [] if SETS[task].task == "tagging" else [_high(about, found[LAYERS])]
    tuned = found[TUNED].layers[1:] if TUNED in found else ()
    gains = [(one.gain, one.gain_together) for one in tuned if one.gain is not None and one.gain_together is not None]
    if gains:
        (gain, low, high), together = min(gains, key=lambda one: one[1][1])
        better = all(single[1] > 0 for single, _ in gains)
        held: Held = "holds" if better else "does not hold" if together[1] < 0 else "open"
        said = f"least gain {gap_words(gain, low, high)}, {ends(*together)} with all layers together"
        made.append(Claim("fine-tuning improves the probe at every layer", about, held, said))
    return made


def _high(about: str, scores: LayerScores) -> Claim:
    """Meaning near the output: every layer that may be the best is in the upper half, or every one in the lower."""
    best, middle = best_layers(scores), (len(scores.layers) - 1) / 2
    held: Held = "holds" if min(best) > middle else "does not hold" if max(best) < middle else "open"
    said = f"best layers {_listed(best)} of 0 to {len(scores.layers) - 1}"
    return Claim("meaning is near the output: the best layer is in the upper half", about, held, said, 5)


def _depths(one: About, pretrained: Mapping[str, LayerScores]) -> list[Claim]:
    """Word form against meaning: which layers may be best for parts of speech, and which for each set of texts."""
    if WORD_FORM not in pretrained:
        return []
    made = []
    low = best_layers(pretrained[WORD_FORM])
    for task, scores in pretrained.items():
        if SETS[task].task == "tagging":
            continue
        high = best_layers(scores)
        held: Held = "holds" if max(low) < min(high) else "does not hold" if min(low) > max(high) else "open"
        text = f"word form lies below meaning: {SETS[WORD_FORM].title} against {SETS[task].title}"
        made.append(Claim(text, one.shown, held, f"best layers {_listed(low)} and {_listed(high)}", 5))
    return made


def best_layers(scores: LayerScores) -> list[int]:
    """The layer that is best on dev, and those that are not shown to be worse on test."""
    return [one.layer for one in scores.layers if one.layer == scores.chosen or one.behind_ci95[0] <= 0]


def _listed(layers: list[int]) -> str:
    return ", ".join(map(str, layers))
