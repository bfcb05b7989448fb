"""Tags: taggers bring their own loss and decoding (`heads/tagger.py`), since those look along the sentence."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from unfreeze.data.examples import Example
from unfreeze.layers.crf import CRF, Rules
from unfreeze.layers.ragged import pad
from unfreeze.tasks.schemes import allowed_transitions
from unfreeze.training.convex_losses import Loss
from unfreeze.training.targets.classes import both_logits, of_names
from unfreeze.training.targets.tensors import Decoded, Targets, TargetTensors

_OWN = "a tagger brings its own loss and decoding"


class TagTensors(TargetTensors):
    """See `TargetTensors` for what each method is."""

    output = "tags"

    @property
    def outputs(self) -> int:
        """A logit for each tag."""
        return len(self.labels.names)

    def encode(self, examples: Sequence[Example]) -> Targets:
        """(words,) int64 each: the tags (-1: never trained)."""
        index = self.labels.index()
        tags, ends = array("q"), array("q", [0])
        for example in examples:
            tags.extend(index.get(tag, -1) for tag in example.label)  # type: ignore[union-attr]
            ends.append(len(tags))
        return Targets(torch.tensor(tags, dtype=torch.int64), np.asarray(ends))

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Raises `TypeError`: tags have a method of their own."""
        raise TypeError(_OWN)

    def ready(self, logits: Tensor) -> Tensor:
        """Tags as they are, which taggers decode themselves."""
        return logits

    def decode(self, logits: Tensor, decision: Tensor | None) -> Decoded:
        """Raises `TypeError`: tags have a method of their own."""
        raise TypeError(_OWN)

    def convex(self, targets: Sequence[Tensor], device: torch.device) -> Loss:
        """Logistic regression of each word, of one logit where there are two tags."""
        return of_names(torch.cat(list(targets)).to(device), self.outputs)

    def from_convex(self, logits: Tensor, rows: Sequence[int], decision: Tensor | None) -> Decoded:
        """The most probable sequence of independent tags that the scheme allows, of each sentence."""
        names = np.array(self.labels.names, object)
        return Decoded(tuple(tuple(names[tags]) for tags in self._best(both_logits(logits, self.outputs), rows)))

    def _best(self, logits: Tensor, words: Sequence[int]) -> list[list[int]]:
        ends = [0, *torch.tensor(words).cumsum(0).tolist()]
        best = logits.argmax(1)
        flat = best.tolist()
        found = [flat[a:b] for a, b in pairwise(ends)]
        if self.labels.scheme is None:  # any tag may follow any other
            return found
        rules = allowed_transitions(self.labels.names, self.labels.scheme)
        wrong = _against(rules, best, ends)  # few: most tags that are the best on their own are allowed
        if wrong:
            decoder = CRF(self.outputs, rules, learned=False).to(logits.device)
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
