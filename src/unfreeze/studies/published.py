"""The paper's printed numbers: Table 2 of Peters, Ruder & Smith 2019 (arXiv 1903.05987v1). No torch here.

Its tables of ablations (3 to 6) are not here: of them only what the text concludes is known for sure.
"""

from __future__ import annotations

from typing import Literal

from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION
from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.recipe import MethodName

Role = Literal["Skip-thoughts", "ELMo", "BERT"]
COLUMNS = ("ner", "sst2", "mnli", "sick-e", "sick-r", "mrpc", "stsb")
FROZEN, TUNED = FEATURE_EXTRACTION.name, FINE_TUNING.name
WAYS = FROZEN, TUNED
"""The two methods of the paper."""
_ROWS: dict[tuple[Role, MethodName], tuple[float | None, ...]] = {
    ("Skip-thoughts", FROZEN): (None, 81.8, 62.9, None, 86.6, 75.8, 71.8),
    ("ELMo", FROZEN): (91.7, 91.8, 79.6, 86.3, 86.1, 76.0, 75.9),
    ("ELMo", TUNED): (91.9, 91.2, 76.4, 83.3, 83.3, 74.7, 75.5),
    ("BERT", FROZEN): (92.2, 93.0, 84.6, 84.8, 86.4, 78.1, 82.9),
    ("BERT", TUNED): (92.4, 93.5, 84.6, 85.8, 88.7, 84.8, 87.1),
}
LARGE = 1.0  # points: the paper colours differences above this


def published(role: Role | None, way: MethodName, task: str) -> float | None:
    """Table 2's cell, points; None where it has none."""
    row = _ROWS.get((role, way)) if role is not None else None
    return row[COLUMNS.index(task)] if row is not None and task in COLUMNS else None


def published_difference(role: Role | None, task: str) -> float | None:
    """Fine-tuning minus feature extraction, points; None where the table has not both."""
    tuned, frozen = published(role, TUNED, task), published(role, FROZEN, task)
    return None if tuned is None or frozen is None else round(tuned - frozen, 1)
