"""Classes: probabilities are the softmax of logits; models that are chosen among on dev keep none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import softmax
from sklearn.metrics import average_precision_score

from unfreeze.data.examples import LabelSpace
from unfreeze.methods.trained import main_score
from unfreeze.tasks.kinds import TASKS
from unfreeze.tasks.metrics import asking
from unfreeze.training.objectives import Objective

NAMES = ("a", "b", "c")
OBJECTIVE = Objective(TASKS["classification"], LabelSpace(NAMES))
LOGITS = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))


def test_each_class_has_its_probability_and_the_most_probable_is_said() -> None:
    said, likely = OBJECTIVE.decode(LOGITS), softmax(LOGITS.double().numpy(), axis=1)
    assert said.probabilities is not None
    assert said.probabilities.dtype == np.float32
    np.testing.assert_allclose(said.probabilities, likely, rtol=1e-5)
    assert said.labels == tuple(NAMES[i] for i in likely.argmax(1))
    assert said.confidence == pytest.approx(tuple(likely.max(1)))


def test_probabilities_are_kept_on_dev_only_where_something_is_chosen_by_them() -> None:
    said = OBJECTIVE.decode(LOGITS)
    assert OBJECTIVE.for_choosing(said).probabilities is None
    assert OBJECTIVE.for_choosing(said) == said
    ranked = replace(OBJECTIVE, task=asking(OBJECTIVE.task, OBJECTIVE.labels, "average_precision"))
    assert ranked.for_choosing(said).probabilities is said.probabilities
    sets = Objective(TASKS["multilabel-classification"], LabelSpace(NAMES))
    assert sets.for_choosing(sets.decode(LOGITS)).probabilities is not None


def test_the_main_score_may_be_of_probabilities() -> None:
    gold = ["a", "b", "a", "c", "c"]
    of = asking(OBJECTIVE.task, OBJECTIVE.labels, "average_precision:b")
    wanted = average_precision_score([label == "b" for label in gold], LOGITS.softmax(1)[:, 1].numpy())
    assert main_score(replace(OBJECTIVE, task=of), gold, OBJECTIVE.decode(LOGITS)) == pytest.approx(wanted)


@pytest.mark.parametrize("classes", [2, 3])
def test_probes_have_probabilities_too(classes: int) -> None:
    """With two classes a probe has one logit, that of the second."""
    objective = Objective(TASKS["classification"], LabelSpace(NAMES[:classes]))
    logits = LOGITS[:, :1] if classes == 2 else LOGITS
    whole = torch.cat([torch.zeros(5, 1), logits], 1) if classes == 2 else logits
    said = objective.decode_convex(logits, [1] * 5)
    np.testing.assert_allclose(said.probabilities, softmax(whole.double().numpy(), axis=1), rtol=1e-5)
    assert said.labels == objective.decode(whole).labels
