"""Viterbi decoding as two scans, which an exporter turns into loops of a graph.

A loop over positions in Python is exported for the length of the example alone, without an error.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch._higher_order_ops.scan import scan

from unfreeze.layers.crf import CRF


class Viterbi(nn.Module):
    """The best allowed tags by a trained `CRF`."""

    start: Tensor
    step: Tensor
    end: Tensor

    def __init__(self, crf: CRF) -> None:
        super().__init__()
        with torch.no_grad():
            for name, scores in zip(("start", "step", "end"), crf.hard_scores(), strict=True):
                self.register_buffer(name, scores.detach().clone())

    def forward(self, emissions: Tensor, mask: Tensor) -> Tensor:
        """(N, L) int64 tags of (N, L, K) with its (N, L) bool mask (true, then false); -1 at padding."""
        stay = torch.arange(emissions.shape[2]).expand(emissions.shape[0], -1)

        def ahead(best: Tensor, here: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
            emitted, real = here
            longer, came_from = (best[:, :, None] + self.step).max(1)
            kept = torch.where(real[:, None], longer + emitted, best)
            return kept, torch.where(real[:, None], came_from, stay)

        def back(tag: Tensor, came_from: Tensor) -> tuple[Tensor, Tensor]:
            before = came_from.gather(1, tag[:, None]).squeeze(1)
            return before, before.clone()

        # The last step, at padding, changes nothing; with it there is one even where all sentences have one word.
        further = nn.functional.pad(emissions, (0, 0, -1, 1)).transpose(0, 1)
        real = nn.functional.pad(mask.long(), (-1, 1)).bool().T
        best, came_from = scan(ahead, self.start + emissions[:, 0], (further, real), dim=0)
        _, path = scan(back, (best + self.end).argmax(1), came_from.flip(0), dim=0)
        tags: Tensor = path.flip(0).T.masked_fill(~mask, -1)
        return tags
