"""Logits to labels: classes, scores, and tags of which only allowed sequences are given."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
import torch

from unfreeze.data.examples import Label, LabelSpace
from unfreeze.tasks.kinds import TASKS
from unfreeze.tasks.schemes import allowed_transitions
from unfreeze.training.convex_losses import Logistic, Multinomial, Squared
from unfreeze.training.objectives import Objective

TAGS = ("O", "B-X", "I-X", "B-Y", "I-Y")
WORDS = (3, 1, 4, 2, 1, 4)


def objective(kind: str, *names: str, scheme: str | None = None) -> Objective:
    return Objective(TASKS[kind], LabelSpace(names, scheme), mean=2.0, spread=3.0)


def labels_of(of: Objective, logits: torch.Tensor, rows: tuple[int, ...]) -> tuple[Label, ...]:
    return of.decode_convex(logits, rows).labels


def test_two_classes_have_one_logit_and_more_have_one_each() -> None:
    logits = torch.tensor([[-1.0], [2.0], [0.5]])
    assert labels_of(objective("classification", "a", "b"), logits, ()) == ("a", "b", "b")
    logits = torch.tensor([[0.0, 3.0, 1.0], [5.0, 3.0, 1.0]])
    assert labels_of(objective("pair-classification", "a", "b", "c"), logits, ()) == ("b", "a")


def test_scores_are_given_as_they_were_written() -> None:
    assert labels_of(objective("regression"), torch.tensor([[0.0], [1.0]]), ()) == (2.0, 5.0)


def test_plain_tags_are_the_best_on_their_own() -> None:
    logits = torch.tensor([[0.0, 1, 2], [3, 1, 2], [0, 5, 2]])
    assert labels_of(objective("tagging", "x", "y", "z"), logits, (2, 1)) == (("z", "x"), ("y",))
    two = labels_of(objective("tagging", "x", "y"), torch.tensor([[1.0], [-1.0]]), (1, 1))
    assert two == (("y",), ("x",))


@pytest.mark.parametrize("seed", range(5))
def test_tags_of_a_scheme_are_the_best_allowed_sequence(seed: int) -> None:
    logits = torch.randn(sum(WORDS), len(TAGS), generator=torch.Generator().manual_seed(seed))
    step, first, last = allowed_transitions(TAGS, "BIO")
    said = labels_of(objective("tagging", *TAGS, scheme="BIO"), logits, WORDS)
    free = labels_of(objective("tagging", *TAGS), logits, WORDS)
    assert said != free
    for scores, tags in zip(torch.split(logits, list(WORDS)), said, strict=True):

        def allowed(path: tuple[int, ...]) -> bool:
            steps = all(step[a][b] for a, b in pairwise(path))
            return bool(first[path[0]] and last[path[-1]] and steps)

        paths = filter(allowed, product(range(len(TAGS)), repeat=len(scores)))
        best = max(paths, key=lambda path: float(sum(scores[i, tag] for i, tag in enumerate(path))))
        assert tags == tuple(TAGS[tag] for tag in best)


def test_losses_suit_the_task() -> None:
    cpu, numbers = torch.device("cpu"), [torch.tensor(0), torch.tensor(1)]
    assert isinstance(objective("classification", "a", "b").convex_loss(numbers, cpu), Logistic)
    three = objective("classification", "a", "b", "c").convex_loss(numbers, cpu)
    assert isinstance(three, Multinomial)
    assert three.outputs == 3
    assert isinstance(objective("regression").convex_loss([torch.tensor(0.5)] * 2, cpu), Squared)
    tags = objective("tagging", *TAGS, scheme="BIO").convex_loss([torch.tensor([0, 1]), torch.tensor([4])], cpu)
    losses, _ = tags(torch.zeros(5, 1, 3))
    assert losses.shape == (1, 3)
