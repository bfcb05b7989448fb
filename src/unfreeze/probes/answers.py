"""What a task's linear models minimise, and the labels that their logits mean."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from unfreeze.data.examples import Label
from unfreeze.layers.crf import CRF, Rules
from unfreeze.layers.ragged import pad
from unfreeze.probes.losses import Logistic, Loss, Multinomial, Squared
from unfreeze.tasks.schemes import allowed_transitions
from unfreeze.training.objectives import Objective


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
    if objective.task.target == "score":
        return objective.decode(logits).labels
    if objective.outputs == 2:
        logits = torch.cat([torch.zeros_like(logits), logits], 1)
    names = np.array(objective.labels.names, object)
    if objective.task.target == "class":
        return tuple(names[logits.argmax(1).cpu().numpy()])
    return tuple(tuple(names[tags]) for tags in _best_tags(objective, logits, words))


def _best_tags(objective: Objective, logits: Tensor, words: Sequence[int]) -> list[list[int]]:
    """The most probable sequence of independent tags that the scheme allows, of each sentence."""
    ends = [0, *torch.tensor(words).cumsum(0).tolist()]
    best = logits.argmax(1)
    flat = best.tolist()
    found = [flat[a:b] for a, b in pairwise(ends)]
    if objective.labels.scheme is None:  # any tag may follow any other
        return found
    rules = allowed_transitions(objective.labels.names, objective.labels.scheme)
    wrong = _against(rules, best, ends)  # few: most tags that are the best by themselves are allowed
    if wrong:
        decoder = CRF(objective.outputs, rules, learned=False).to(logits.device)
        lengths = [words[i] for i in wrong]
        padded, mask = pad(torch.cat([logits[ends[i] : ends[i + 1]] for i in wrong]), lengths)
        for i, tags in zip(wrong, decoder.decode(padded, mask), strict=True):
            found[i] = tags
    return found


def _against(rules: Rules, best: Tensor, ends: Sequence[int]) -> list[int]:
    """The sentences whose tags `best` (words,), one sentence after another, break a rule."""
    step, first, last = (torch.as_tensor(np.asarray(rule), device=best.device) for rule in rules)
    fine = torch.cat([step[best[:-1], best[1:]], best.new_ones(1, dtype=torch.bool)])  # between a word and the next
    begin, end = torch.tensor(ends[:-1]), torch.tensor(ends[1:]) - 1
    fine[end] = last[best[end]]
    fine[begin] &= first[best[begin]]
    sentence = torch.repeat_interleave(torch.tensor(ends).diff())
    return sorted(set(sentence[~fine.cpu()].tolist()))
