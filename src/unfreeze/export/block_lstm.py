"""The bidirectional LSTM over padded blocks, without lists of lengths, which no graph can hold."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch._higher_order_ops.scan import scan

from unfreeze.layers.lstm import BiLSTM


class BlockLSTM(nn.Module):
    """A trained `BiLSTM` as scans, which an exporter turns into loops; padding is read after an input's end, then cut.

    The backward direction reads each input turned round within its own length, forwards. torch's own LSTM is exported
    for any length only in a process that has exported none before (findings/onnx_lstm_second_export.sh).
    """

    def __init__(self, trained: BiLSTM) -> None:
        super().__init__()
        layers = range(trained.lstm.num_layers)
        self.ahead, self.behind = (
            nn.ModuleList(_Way(trained.lstm, f"_l{layer}{suffix}") for layer in layers) for suffix in ("", "_reverse")
        )

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """As `BiLSTM.forward`."""
        turned = (mask.sum(1, keepdim=True) - 1 - torch.arange(states.shape[1])).clamp(min=0)  # (N, L)
        x = states.float()
        for ahead, behind in zip(self.ahead, self.behind, strict=True):
            x = torch.cat([ahead(x), rows_at(behind(rows_at(x, turned)), turned)], -1)
        return x.masked_fill(~mask[..., None], 0.0)


class _Way(nn.Module):
    """One direction of one layer, forwards; gates in the order input, forget, cell, output."""

    into: Tensor
    across: Tensor
    bias: Tensor

    def __init__(self, lstm: nn.LSTM, name: str) -> None:
        super().__init__()
        into, across, *biases = (
            getattr(lstm, f"{part}{name}").detach() for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        for part, tensor in {"into": into.T, "across": across.T, "bias": biases[0] + biases[1]}.items():
            self.register_buffer(part, tensor.clone(memory_format=torch.contiguous_format))

    def forward(self, x: Tensor) -> Tensor:
        """(N, L, width) to (N, L, hidden)."""

        def step(before: tuple[Tensor, Tensor], gates: Tensor) -> tuple[tuple[Tensor, Tensor], Tensor]:
            out, cell = before
            let_in, keep, new, let_out = (gates + out @ self.across).chunk(4, -1)
            cell = keep.sigmoid() * cell + let_in.sigmoid() * new.tanh()
            out = let_out.sigmoid() * cell.tanh()
            return (out, cell), out.clone()

        nothing = x.new_zeros(x.shape[0], self.across.shape[0])
        _, outs = scan(step, (nothing, nothing.clone()), (x @ self.into + self.bias).transpose(0, 1), dim=0)
        hidden: Tensor = outs.transpose(0, 1)
        return hidden


def rows_at(block: Tensor, places: Tensor) -> Tensor:
    """(N, M, width) rows of each (L, width) at its (N, M) places."""
    return block.gather(1, places[..., None].expand(-1, -1, block.shape[2]))


def with_block_lstms(module: nn.Module) -> nn.Module:
    """The module, in which every `BiLSTM` is a `BlockLSTM` now."""
    for name, part in module.named_children():
        if isinstance(part, BiLSTM):
            setattr(module, name, BlockLSTM(part))
        else:
            with_block_lstms(part)
    return module
