from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.special import softmax

from unfreeze.data.examples import Example, Label, LabelSpace
from unfreeze.tasks.kinds import TASKS
from unfreeze.training.objectives import Objective, objective_for

CLASSES = Objective(TASKS["classification"], LabelSpace(("bad", "fine", "good")))


def labelled(*labels: Label) -> list[Example]:
    return [Example(f"train:{i}", "text", label=label) for i, label in enumerate(labels)]


def test_classes() -> None:
    assert CLASSES.outputs == 3
    assert torch.stack(list(CLASSES.encode(labelled("good", "bad", "fine")))).tolist() == [2, 0, 1]
    logits = torch.tensor([[0.0, 1.0, 5.0], [3.0, 1.0, 1.0]])
    decoded = CLASSES.decode(logits)
    assert decoded.labels == ("good", "bad")
    assert decoded.confidence == pytest.approx(softmax(logits.numpy(), axis=1).max(1))


def test_class_loss_is_each_members_mean_cross_entropy() -> None:
    logits = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([2, 0, 1, 2])
    shares = softmax(logits.double().numpy(), axis=2)
    expected = [-np.mean([math.log(member[i, t]) for i, t in enumerate(targets)]) for member in shares]
    assert CLASSES.loss(logits, targets).tolist() == pytest.approx(expected, rel=1e-5)
    half = CLASSES.loss(logits.bfloat16(), targets)
    assert half.dtype == torch.float32


def test_scores_are_standardised_by_the_training_set_and_back() -> None:
    scores = (1.0, 2.0, 4.5)
    objective = objective_for(TASKS["regression"], LabelSpace(low=1.0, high=4.5), labelled(*scores))
    assert objective.outputs == 1
    targets = torch.stack(list(objective.encode(labelled(*scores))))
    assert targets.dtype == torch.float32
    assert float(targets.mean()) == pytest.approx(0, abs=1e-6)
    assert float(targets.std(correction=0)) == pytest.approx(1)
    decoded = objective.decode(targets[:, None])
    assert decoded.labels == pytest.approx(scores)
    assert decoded.confidence == ()
    loss = objective.loss(torch.stack([targets[:, None], targets[:, None] + 2]), targets)
    assert loss.tolist() == pytest.approx([0, 4])


def test_equal_scores_are_not_divided_by_zero() -> None:
    objective = objective_for(TASKS["regression"], LabelSpace(low=2.0, high=2.0), labelled(2.0, 2.0))
    assert torch.stack(list(objective.encode(labelled(2.0, 3.0)))).tolist() == [0.0, 1.0]


def test_tags_that_training_never_saw_are_marked() -> None:
    objective = objective_for(TASKS["tagging"], LabelSpace(("O", "B-PER", "I-PER"), "BIO"), [])
    assert objective.outputs == 3
    (tags,) = objective.encode(labelled(("O", "B-PER", "B-LOC", "I-PER")))
    assert tags.tolist() == [0, 1, -1, 2]


def test_each_example_has_the_targets_of_its_own_words() -> None:
    objective = objective_for(TASKS["tagging"], LabelSpace(("O", "B-PER"), "BIO"), [])
    targets = objective.encode(labelled(("O",), (), ("B-PER", "O")))
    assert len(targets) == 3
    assert [tags.tolist() for tags in targets] == [[0], [], [1, 0]]
    classes = CLASSES.encode(labelled("good", "bad"))
    assert len(classes) == 2
    assert [int(one) for one in classes] == [2, 0]
    assert all(one.ndim == 0 and one.dtype == torch.int64 for one in classes)
