"""Linear-chain conditional random field (Lafferty et al. 2001) with hard constraints on what may follow what."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from unfreeze.layers.full_precision import full_precision

Rules = tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]
"""Bool (K, K) from row to column, (K,) may start, (K,) may end."""

_FORBIDDEN = -1e4  # finite, so that log-sums over forbidden steps alone keep a gradient; exp of it is 0


class CRF(nn.Module):
    """Scores of tag sequences: emissions, transitions, start and end.

    Constraints apply in the loss and in decoding: forbidden sequences have no probability (their score is -1e4 per step
    in the log-sum), and decoding never gives one as long as an allowed one exists. A gold sequence that is itself
    forbidden, or has a tag of -1 (unknown), has no likelihood: it counts 0 in the loss and teaches nothing.

    All sums are in float32 (float64 for float64 emissions), also under autocast. Masks are true, then false, and true
    at the first position.

    Args:
        tags: K.
        rules: what is allowed; None allows everything.
        learned: False keeps all transition scores at 0 and makes no parameters: `decode` then is the best allowed
            sequence of independent tags.
    """

    allowed: Tensor
    allowed_start: Tensor
    allowed_end: Tensor
    transitions: Tensor
    transitions_start: Tensor
    transitions_end: Tensor

    def __init__(self, tags: int, rules: Rules | None = None, *, learned: bool = True) -> None:
        super().__init__()
        shapes = {"": (tags, tags), "_start": (tags,), "_end": (tags,)}
        allowed_parts = [np.ones(shape, bool) for shape in shapes.values()] if rules is None else rules
        for (part, shape), flags in zip(shapes.items(), allowed_parts, strict=True):
            allowed = torch.tensor(np.asarray(flags, bool))
            if allowed.shape != shape:
                raise ValueError(f"rules{part} have shape {tuple(allowed.shape)}, expected {shape}")
            self.register_buffer(f"allowed{part}", allowed, persistent=False)
            scores = torch.empty(shape).uniform_(-0.1, 0.1) if learned else torch.zeros(shape)
            name = f"transitions{part}"
            if learned:
                self.register_parameter(name, nn.Parameter(scores))
            else:
                self.register_buffer(name, scores, persistent=False)

    def neg_log_likelihood(self, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        """(N,) `log Z - score(gold)` of each sequence.

        Args:
            emissions: (N, L, K).
            tags: (N, L) int64 gold tags; -1 is unknown; anything at padding.
            mask: (N, L) bool.
        """
        emissions = full_precision(emissions)
        loss = self.log_partition(emissions, mask) - self._score(emissions, tags.clamp(min=0), mask)
        return loss.masked_fill(~self._possible(tags, mask), 0.0)

    def log_partition(self, emissions: Tensor, mask: Tensor) -> Tensor:
        """(N,) log-sum over all allowed tag sequences.

        The forward algorithm runs from both ends at once until it meets in the middle: half the steps. Sequences are
        the last dimension, which is longer than that of tags: what is summed over lies in rows.
        """
        emissions = full_precision(emissions).masked_fill(~mask[..., None], 0.0)
        start, step, end = self._scores(_FORBIDDEN)
        lengths = mask.sum(1)
        middle = lengths // 2
        steps = torch.stack([middle, lengths - 1 - middle])  # (2, N) from the start, and from the end
        places = torch.arange(int(steps.max()), device=mask.device)
        turned = (lengths[:, None] - 1 - places).clamp(min=0)
        both = torch.stack([emissions[:, : len(places)], _at(emissions, turned)])
        both = both.permute(2, 3, 0, 1).contiguous()  # (steps, K, 2, N)
        ways = torch.stack([step, step.T], 2)[..., None]  # (K, K, 2, 1)
        sums = torch.stack([start, end], 1)[..., None].expand(-1, -1, len(mask))  # of all that lies beyond a tag
        for here, goes_on in zip(both, places[:, None, None] < steps, strict=True):
            further = torch.logsumexp((sums + here)[:, None] + ways, 0)
            sums = torch.where(goes_on, further, sums)
        return torch.logsumexp(sums.sum(1) + _at(emissions, middle[:, None]).squeeze(1).T, 0)

    @torch.no_grad()
    def decode(self, emissions: Tensor, mask: Tensor) -> list[list[int]]:
        """Best allowed tags of each sequence (Viterbi), as long as its mask is true."""
        emissions = full_precision(emissions)
        start, step, end = self.hard_scores()
        best = start + emissions[:, 0]
        stay = torch.arange(len(start), device=best.device).expand_as(best)
        back = []
        for here, real in zip(emissions.unbind(1)[1:], mask.unbind(1)[1:], strict=True):
            longer, came_from = (best[:, :, None] + step).max(1)
            best = torch.where(real[:, None], longer + here, best)
            back.append(torch.where(real[:, None], came_from, stay))
        path = [(best + end).argmax(1)]
        for came_from in reversed(back):
            path.append(came_from.gather(1, path[-1][:, None]).squeeze(1))
        rows = torch.stack(path[::-1], 1).tolist()
        return [row[:length] for row, length in zip(rows, mask.sum(1).tolist(), strict=True)]

    def hard_scores(self) -> tuple[Tensor, Tensor, Tensor]:
        """(K,) start, (K, K) step and (K,) end scores of decoding: minus infinity where something is not allowed."""
        return self._scores(-torch.inf)

    def _scores(self, forbidden: float) -> tuple[Tensor, Tensor, Tensor]:
        """Start, step and end scores with what is not allowed set to `forbidden`."""
        return (
            self.transitions_start.masked_fill(~self.allowed_start, forbidden),
            self.transitions.masked_fill(~self.allowed, forbidden),
            self.transitions_end.masked_fill(~self.allowed_end, forbidden),
        )

    def _score(self, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        """(N,) score of the gold tags."""
        emitted = emissions.gather(2, tags[..., None]).squeeze(2).masked_fill(~mask, 0.0).sum(1)
        steps = self.transitions[tags[:, :-1], tags[:, 1:]].masked_fill(~mask[:, 1:], 0.0).sum(1)
        return emitted + steps + self.transitions_start[tags[:, 0]] + self.transitions_end[_last(tags, mask)]

    def _possible(self, tags: Tensor, mask: Tensor) -> Tensor:
        """(N,) bool: every gold tag is known and every step allowed."""
        known = ((tags >= 0) | ~mask).all(1)
        tags = tags.clamp(min=0)
        steps = (self.allowed[tags[:, :-1], tags[:, 1:]] | ~mask[:, 1:]).all(1)
        return known & steps & self.allowed_start[tags[:, 0]] & self.allowed_end[_last(tags, mask)]


def _last(tags: Tensor, mask: Tensor) -> Tensor:
    """(N,) tag at the last real position."""
    return tags.gather(1, mask.sum(1, keepdim=True) - 1).squeeze(1)


def _at(rows: Tensor, places: Tensor) -> Tensor:
    """(N, M, K) rows of each (L, K) at its (N, M) places."""
    return rows.gather(1, places[..., None].expand(-1, -1, rows.shape[2]))
