"""What a model that gives logits says, decided as its users decide: the most probable class, or one half and more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from unfreeze.bundle.load import Predictor
from unfreeze.export.agreement import Answers
from unfreeze.export.linear_form import refusal

USUAL = 0.5


def check_decisions(predictor: Predictor, form: str) -> None:
    """Raise `InputError` where a label counts from another probability than one half on."""
    decision = getattr(predictor.model.heads[0], "decision", None)
    if decision is not None and not bool((decision == USUAL).all()):
        raise refusal(form, "labels count from thresholds on that were chosen on dev, for which it has no place")


def from_logits(predictor: Predictor, logits: Tensor, names: Sequence[str]) -> Answers:
    """Labels and numbers of texts from logits (B, C); of scores (B, 1) as they are."""
    if predictor.model.objective.output == "scores":
        return Answers(tuple(logits[:, 0].tolist()), logits.double().numpy())
    likely = predictor.model.objective.ready(logits)
    numbers = likely.double().numpy()
    if predictor.task.target.many:
        sets = tuple(tuple(np.array(names, object)[row]) for row in (likely >= USUAL).numpy())
        return Answers(sets, numbers)
    return Answers(tuple(names[i] for i in likely.argmax(1).tolist()), numbers)
