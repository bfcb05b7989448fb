"""Two directions of stacked LSTMs with projection: the language model of ELMo, as an encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor, nn

from unfreeze.layers.dropout import dropout
from unfreeze.layers.full_precision import full_precision
from unfreeze.layers.projected import projected_states
from unfreeze.layers.steps import Steps, steps_of
from unfreeze.layers.vectors import Vectors


@dataclass(frozen=True)
class LstmSize:
    """Sizes of the recurrence. Raises `ValueError` where one is below 1.

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

    def __post_init__(self) -> None:
        if min(self.hidden, self.projection, self.layers) < 1:
            raise ValueError(f"hidden {self.hidden}, projection {self.projection}, layers {self.layers}")


State = tuple[Tensor, Tensor]  # projected (2, N, projection) and cells (2, N, hidden)


ROWS = 512  # whose gates are in memory at a time, or one step
CACHED_ROWS = 32  # whose gates are computed at a time on a processor


def _chunks(active: Sequence[int], rows: int) -> Iterator[list[int]]:
    """Neighbouring steps with at most `rows` rows together, or a single step."""
    chunk: list[int] = []
    for now in active:
        if chunk and sum(chunk) + now > rows:
            yield chunk
            chunk = []
        chunk.append(now)
    if chunk:
        yield chunk


class ProjectedLstm(nn.Module):
    """One layer of both directions, side by side in the first dimension of every weight.

    `c' = clip(f * c + i * g)`, `h' = clip(P (o * tanh(c')))`; no peepholes. The four gates lie in the order i, f, o, g,
    so that one sigmoid serves them all (of the cell gate at twice its value, from which its tanh follows).
    """

    def __init__(self, width: int, size: LstmSize) -> None:
        super().__init__()
        self.size = size
        self.input = nn.Parameter(torch.empty(2, width, 4 * size.hidden))
        self.recurrent = nn.Parameter(torch.empty(2, size.projection, 4 * size.hidden))
        self.bias = Vectors(torch.zeros(2, 4 * size.hidden))
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
        kind = x.device.type
        dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype
        x, given = x.to(dtype), self.input.to(dtype)
        count = active[0] if active else 0
        h, c = state or (x.new_zeros(2, count, self.size.projection), x.new_zeros(2, count, self.size.hidden))
        c = full_precision(c)  # sums over all steps
        if torch.is_grad_enabled() and active:
            return projected_states(
                torch.bmm(x, given), active, (self.recurrent, self.bias, self.project), h, c,
                self.size.cell_clip, self.size.projection_clip,
            )  # fmt: skip
        # Autocast itself would make these copies at every step.
        h, c, recurrent, project = h.to(dtype), c.clone(), self.recurrent.to(dtype), self.project.to(dtype)
        memory = x.new_empty(2, max(ROWS, count), self.bias.shape[1])
        outputs, ended, at = [], [], 0
        for steps in _chunks(active, ROWS):
            rows = sum(steps)
            gates = torch.bmm(x[:, at : at + rows], given, out=memory[:, :rows])
            at += rows
            for now, part in zip(steps, torch.split_with_sizes(gates, steps, 1), strict=True):
                if now < h.shape[1]:
                    ended.append((h[:, now:], c[:, now:]))
                    h, c = h[:, :now], c[:, :now]
                h, c = self._step_in_place(part, h, c, recurrent, project)
                outputs.append(h)
        ended.append((h, c))
        last = tuple(torch.cat(parts[::-1], 1) for parts in zip(*ended, strict=True))
        return torch.cat(outputs, 1) if outputs else x.new_zeros(2, 0, self.size.projection), (last[0], last[1])

    def _step_in_place(self, pre: Tensor, h: Tensor, c: Tensor, recurrent: Tensor, project: Tensor) -> State:
        """One step over the memory of `pre` and `c`, some rows at a time, which then lie in the cache."""
        gates = pre.baddbmm_(h, recurrent)
        out = torch.empty_like(c, dtype=h.dtype)
        rows = CACHED_ROWS if c.device.type == "cpu" else c.shape[1]
        for direction in (0, 1):
            for given, cells, cell_out in zip(*(torch.split(x[direction], rows) for x in (gates, c, out)), strict=True):
                self._cells(given, self.bias[direction], cells, cell_out)
        return self._clipped(torch.bmm(out, project)), c

    def _cells(self, gates: Tensor, bias: Tensor, c: Tensor, out: Tensor) -> None:
        """Update the cells `c` (rows, hidden) and write what they give into `out`; `gates` may be overwritten.

        tanh(x) is 2 sigmoid(2 x) - 1, to 1e-7: torch's vectorised sigmoid takes a sixth of the time of its tanh.
        """
        gates = gates.to(c.dtype).add_(bias)
        gates[:, 3 * self.size.hidden :].mul_(2)
        i, f, o, g = gates.sigmoid_().chunk(4, 1)
        c.mul_(f).addcmul_(i, g.mul_(2).sub_(1))
        if self.size.cell_clip is not None:
            c.clamp_(-self.size.cell_clip, self.size.cell_clip)
        out.copy_(o.mul_((2 * c).sigmoid_().mul_(2).sub_(1)))

    def _clipped(self, h: Tensor) -> Tensor:
        clip = self.size.projection_clip
        return h if clip is None else h.clamp(-clip, clip)


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

    def zeros(self, count: int) -> list[State]:
        """States of nothing read, for `count` inputs."""
        made = []
        for layer in self.layers:
            project: Tensor = layer.project  # type: ignore[assignment]
            hidden, projection = project.shape[1:]
            made.append((project.new_zeros(2, count, projection), project.new_zeros(2, count, hidden)))
        return made

    def start(self, ends: Tensor) -> list[State]:
        """States of each layer behind `<S>` (forward) and `</S>` (backward), one row: where words begin.

        Args:
            ends: (2, width) vectors of the two.
        """
        x, states = ends[:, None], []
        for number, layer in enumerate(self.layers):
            x_in = dropout(x, self.dropout, self.training)
            x, state = layer(x_in, (1,))
            if self.size.skip and number > 0:
                x = x + x_in
            states.append(state)
        return states

    def forward(
        self, below: Tensor, lengths: Sequence[int], states: Sequence[State] | None = None, first: int = 0
    ) -> tuple[list[Tensor], list[State]]:
        """Layer outputs of packed inputs.

        Args:
            below: what the first layer computed reads: (R, width) token vectors, or (R, 2 * projection) of a layer.
            lengths: rows of each input, none 0; they sum to R.
            states: of each layer, inputs as in `lengths`; zeros if None.
            first: layer to begin with.

        Returns:
            Of each layer from `first` (R, 2 * projection), forward then backward; and their states after the last rows.
        """
        steps = steps_of(lengths, below.device)
        if first:
            x = torch.stack([part[rows] for part, rows in zip(below.chunk(2, 1), steps.rows, strict=True)])
        else:
            x = below[steps.rows]
        before = None if states is None else [_sorted(state, steps) for state in states]
        found, after = self.stacked(x, steps.active, before, first)
        outputs = [torch.cat([out[0, steps.places[0]], out[1, steps.places[1]]], 1) for out in found]
        return outputs, [_unsorted(last, steps) for last in after]

    def stacked(
        self, x: Tensor, active: Sequence[int], states: Sequence[State] | None = None, first: int = 0
    ) -> tuple[list[Tensor], list[State]]:
        """As `forward`, in step order, where the two directions may read different rows.

        Args:
            x: (2, R, width) in step order.
            active, states: see `ProjectedLstm`; one state per layer.

        Returns:
            Of each layer from `first` (2, R, projection), and their states after the last rows.
        """
        outputs, after = [], []
        for number, layer in islice(enumerate(self.layers), first, None):
            x_in = dropout(x, self.dropout, self.training)
            x, last = layer(x_in, active, None if states is None else states[number])
            if self.size.skip and number > 0:
                x = x + x_in
            outputs.append(x)
            after.append(last)
        return outputs, after


def _sorted(state: State, steps: Steps) -> State:
    return state[0][:, steps.order], state[1][:, steps.order]


def _unsorted(state: State, steps: Steps) -> State:
    back = steps.order.argsort()
    return state[0][:, back], state[1][:, back]
