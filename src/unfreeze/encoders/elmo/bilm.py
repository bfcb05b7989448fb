"""Two directions of stacked LSTMs with projection: the language model of ELMo, as an encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from unfreeze.encoders.elmo.steps import Steps, steps_of
from unfreeze.layers.dropout import dropout


@dataclass(frozen=True)
class LstmSize:
    """Sizes of the recurrence.

    Attributes:
        hidden: cells of one direction.
        projection: width of what a direction hands on.
        layers: stacked LSTMs.
        cell_clip, projection_clip: bounds of the cell state and of the projection, or None.
        skip: whether a layer above the first adds its input to its output.
    """

    hidden: int
    projection: int
    layers: int = 2
    cell_clip: float | None = 3.0
    projection_clip: float | None = 3.0
    skip: bool = True


State = tuple[Tensor, Tensor]  # projected (2, N, projection) and cells (2, N, hidden)


class ProjectedLstm(nn.Module):
    """One layer of both directions, side by side in the first dimension of every weight.

    `c' = clip(f * c + i * g)`, `h' = clip(P (o * tanh(c')))`; no peepholes. The four gates lie in the order i, f, o, g,
    so that one sigmoid serves three of them.
    """

    def __init__(self, width: int, size: LstmSize) -> None:
        super().__init__()
        self.size = size
        self.input = nn.Parameter(torch.empty(2, width, 4 * size.hidden))
        self.recurrent = nn.Parameter(torch.empty(2, size.projection, 4 * size.hidden))
        self.bias = nn.Parameter(torch.zeros(2, 4 * size.hidden))
        self.project = nn.Parameter(torch.empty(2, size.hidden, size.projection))
        self.draw()

    def draw(self) -> None:
        """Fresh weights: uniform, by the number of inputs; the forget gate's bias at 1."""
        for weight in (self.input, self.recurrent, self.project):
            nn.init.uniform_(weight, -(weight.shape[1] ** -0.5), weight.shape[1] ** -0.5)
        nn.init.zeros_(self.bias)
        nn.init.ones_(self.bias[:, self.size.hidden : 2 * self.size.hidden])

    def forward(self, x: Tensor, active: Sequence[int], state: State | None = None) -> tuple[Tensor, State]:
        """Run over all steps.

        Args:
            x: (2, R, width) in step order (`Steps`), forward and backward.
            active: inputs at each step.
            state: of each input before its first step, longest input first; zeros if None.

        Returns:
            (2, R, projection) in step order, and each input's state after its last step.
        """
        pre = torch.baddbmm(self.bias[:, None], x, self.input)
        count = active[0] if active else 0
        h, c = state or (
            x.new_zeros(2, count, self.size.projection),
            x.new_zeros(2, count, self.size.hidden),
        )
        outputs, ended, at = [], [], 0
        for now in active:
            if now < h.shape[1]:
                ended.append((h[:, now:], c[:, now:]))
                h, c = h[:, :now], c[:, :now]
            h, c = self._step(pre[:, at : at + now], h, c)
            outputs.append(h)
            at += now
        ended.append((h, c))
        last = tuple(torch.cat(parts[::-1], 1) for parts in zip(*ended, strict=True))
        return torch.cat(outputs, 1) if outputs else x.new_zeros(2, 0, self.size.projection), (last[0], last[1])

    def _step(self, pre: Tensor, h: Tensor, c: Tensor) -> State:
        gates = torch.baddbmm(pre, h, self.recurrent)
        hidden = self.size.hidden
        i, f, o = gates[..., : 3 * hidden].sigmoid().chunk(3, 2)
        c = f * c + i * gates[..., 3 * hidden :].tanh()
        if self.size.cell_clip is not None:
            c = c.clamp(-self.size.cell_clip, self.size.cell_clip)
        h = torch.bmm(o * c.tanh(), self.project)
        if self.size.projection_clip is not None:
            h = h.clamp(-self.size.projection_clip, self.size.projection_clip)
        return h, c


class BiLm(nn.Module):
    """Stacked projected LSTMs of both directions over packed inputs.

    Args:
        width: of the token vectors.
        dropout: on the input of every layer, while training: ordinary dropout, as Peters et al. fine-tune it.
    """

    def __init__(self, width: int, size: LstmSize, dropout: float = 0.1) -> None:
        super().__init__()
        self.size, self.dropout = size, dropout
        widths = [width, *[size.projection] * (size.layers - 1)]
        self.layers = nn.ModuleList(ProjectedLstm(w, size) for w in widths)

    def forward(
        self, tokens: Tensor, lengths: Sequence[int], states: Sequence[State] | None = None
    ) -> tuple[list[Tensor], list[State]]:
        """Layer outputs of packed inputs.

        Args:
            tokens: (R, width).
            lengths: rows of each input, none 0; they sum to R.
            states: of each layer, inputs as in `lengths`; zeros if None.

        Returns:
            Of each layer (R, 2 * projection), forward then backward; and each layer's states after the last rows.
        """
        steps = steps_of(lengths, tokens.device)
        x = tokens[steps.rows]
        outputs, after = [], []
        for number, layer in enumerate(self.layers):
            before = None if states is None else _sorted(states[number], steps)
            x_in = dropout(x, self.dropout, self.training)
            out, last = layer(x_in, steps.active, before)
            if self.size.skip and number > 0:
                out = out + x_in
            x = out
            outputs.append(torch.cat([out[0, steps.places[0]], out[1, steps.places[1]]], 1))
            after.append(_unsorted(last, steps))
        return outputs, after


def _sorted(state: State, steps: Steps) -> State:
    return state[0][:, steps.order], state[1][:, steps.order]


def _unsorted(state: State, steps: Steps) -> State:
    back = steps.order.argsort()
    return state[0][:, back], state[1][:, back]
