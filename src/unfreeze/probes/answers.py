"""What a task's linear models minimise, and the labels that their logits mean."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from unfreeze.data.batches import sorted_batches, unsorted
from unfreeze.data.examples import Label
from unfreeze.data.schemes import allowed_transitions
from unfreeze.layers.crf import CRF
from unfreeze.layers.ragged import pad
from unfreeze.probes.losses import Logistic, Loss, Multinomial, Squared
from unfreeze.training.objectives import Objective

_WORDS = 16_384  # that are decoded at a time


def loss_for(objective: Objective, targets: Sequence[Tensor], device: torch.device) -> Loss:
    """The loss of a task: logistic regression, of one logit where there are two classes, or ridge regression."""
    tags = objective.task.target == "tags"
    flat = (torch.cat(list(targets)) if tags else torch.stack(list(targets))).to(device)
    if objective.task.target == "score":
        return Squared(flat)
    return Logistic(flat) if objective.outputs == 2 else Multinomial(flat, objective.outputs)


def labels_of(objective: Objective, logits: Tensor, words: Sequence[int]) -> tuple[Label, ...]:
    """Labels of the examples.

    Args:
        logits: (rows, K), one where there are two classes.
        words: rows of each example, for tagging.
    """
    if objective.outputs == 2:
        logits = torch.cat([torch.zeros_like(logits), logits], 1)
    if objective.task.target != "tags":
        return objective.decode(logits).labels
    names = objective.labels.names
    if objective.labels.scheme is None:  # any tag may follow any other
        best = logits.argmax(1).tolist()
        ends = [0, *torch.tensor(words).cumsum(0).tolist()]
        return tuple(tuple(names[tag] for tag in best[a:b]) for a, b in pairwise(ends))
    return tuple(tuple(names[tag] for tag in tags) for tags in _allowed_tags(objective, logits, words))


def _allowed_tags(objective: Objective, logits: Tensor, words: Sequence[int]) -> list[list[int]]:
    """The most probable sequence of independent tags that the scheme allows, of each sentence."""
    rules = allowed_transitions(objective.labels.names, objective.labels.scheme)
    decoder = CRF(objective.outputs, rules, learned=False).to(logits.device)
    sentences = torch.split(logits, list(words))
    batches = list(sorted_batches(words, _WORDS))
    found = []
    for batch in batches:
        padded, mask = pad(torch.cat([sentences[i] for i in batch]), [words[i] for i in batch])
        found += decoder.decode(padded, mask)
    return [found[i] for i in unsorted(batches, len(words))]
