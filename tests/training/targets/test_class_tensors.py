"""Classes: probabilities are the softmax of logits; models that are chosen among on dev keep none."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import softmax

from unfreeze.data.examples import LabelSpace
from unfreeze.tasks.kinds import TASKS
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
    sets = Objective(TASKS["multilabel-classification"], LabelSpace(NAMES))
    assert sets.for_choosing(sets.decode(LOGITS)).probabilities is not None
