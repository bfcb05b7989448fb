"""Several labels for a text: a yes or no for each, decided by thresholds that are chosen on dev."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from unfreeze.data.examples import Example, Label
from unfreeze.tasks.targets.thresholds import USUAL, as_rows, as_sets, best_thresholds
from unfreeze.training.convex_losses import Binary, Loss
from unfreeze.training.targets.tensors import Decoded, Settled, Targets, TargetTensors


class LabelSetTensors(TargetTensors):
    """See `TargetTensors` for what each method is."""

    @property
    def outputs(self) -> int:
        """A logit for each label."""
        return len(self.labels.names)

    def encode(self, examples: Sequence[Example]) -> Targets:
        """(C,) float32 each: 1 for the labels of the text."""
        return Targets(torch.from_numpy(as_rows([_set(e.label) for e in examples], self.labels.names)).float())

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Binary cross-entropy, summed over the labels: one logistic regression for each."""
        every = F.binary_cross_entropy_with_logits(logits, targets.expand_as(logits), reduction="none")
        return every.sum(2).mean(1)

    def first_decision(self) -> Tensor | None:
        """(C,) thresholds before any are chosen."""
        return torch.full((self.outputs,), USUAL)

    def ready(self, logits: Tensor) -> Tensor:
        """A probability for each label on its own."""
        return logits.sigmoid()

    def decode(self, logits: Tensor, decision: Tensor | None) -> Decoded:
        """The labels whose probability reaches its threshold; confidence is the probability of just this set."""
        likely = self.ready(logits).cpu()
        said = likely >= (USUAL if decision is None else decision.cpu())
        return self._decoded(likely.numpy(), said.numpy())

    def for_choosing(self, dev: Decoded) -> Decoded:
        """Probabilities, of which thresholds are chosen."""
        return dev

    def settle(self, dev: Decoded, gold: Sequence[Label], metric: str) -> Settled:
        """Thresholds that are best for the metric, see `tasks.targets.thresholds`."""
        assert dev.probabilities is not None
        rows = as_rows([_set(label) for label in gold], self.labels.names)
        found = best_thresholds(dev.probabilities.astype(np.float64), rows, metric)
        kept = torch.from_numpy(found.values).float()
        own = {
            f"threshold of {n}": float(v)
            for n, v in zip(self.labels.names, kept, strict=True)
            if v != kept.new_tensor(found.common)
        }
        decoded = self._decoded(dev.probabilities, dev.probabilities >= kept.numpy())
        return Settled(decoded, kept, {"threshold": found.common, **own})

    def convex(self, targets: Sequence[Tensor], device: torch.device) -> Loss:
        """Logistic regression of each label against the rest."""
        return Binary(torch.stack(list(targets)).to(device))

    def _decoded(self, likely: np.ndarray, said: np.ndarray) -> Decoded:
        sure = np.where(said, likely, 1 - likely).prod(1)
        return Decoded(tuple(as_sets(said, self.labels.names)), tuple(sure.tolist()), likely)


def _set(label: Label | None) -> tuple[str, ...]:
    return label if isinstance(label, tuple) else ()
