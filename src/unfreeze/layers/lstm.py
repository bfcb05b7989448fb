"""A bidirectional LSTM that never reads padding."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from unfreeze.layers.dropout import dropout
from unfreeze.layers.full_precision import full_precision, no_autocast, product_type
from unfreeze.layers.ragged import places_of
from unfreeze.layers.recurrence import Weights, bidirectional, rows_of
from unfreeze.layers.steps import steps_of

_PARTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


class BiLSTM(nn.Module):
    """Bidirectional LSTM over padded inputs; each input is read to its own end, so the batch does not matter.

    Input weights start as Xavier uniform, recurrent ones orthogonal, biases at 0 with the forget gate at 1 (in one of
    torch's two bias vectors), as in AllenNLP's configurations of ESIM. States are in float32. On a
    processor, autocast reaches the products over all rows at once, not those from step to step; on a GPU neither.

    Args:
        width: of the input.
        hidden: of one direction; the output has `2 * hidden`.
        layers: stacked LSTMs.
        dropout: between stacked layers.
    """

    def __init__(self, width: int, hidden: int, layers: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        between = dropout if layers > 1 else 0.0
        self.lstm = nn.LSTM(width, hidden, layers, batch_first=True, dropout=between, bidirectional=True)
        for name, parameter in self.lstm.named_parameters():
            if name.startswith("weight_ih"):
                nn.init.xavier_uniform_(parameter)
            elif name.startswith("weight_hh"):
                nn.init.orthogonal_(parameter)
            else:
                nn.init.zeros_(parameter)
                if name.startswith("bias_hh"):
                    nn.init.ones_(parameter[hidden : 2 * hidden])  # gates lie in the order input, forget, cell, output

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """(N, L, width) with its (N, L) bool mask (true, then false) to (N, L, 2 * hidden), zero at padding."""
        dtype = product_type(states)
        with no_autocast(states):
            states = full_precision(states)
            if states.device.type != "cpu":
                return self._on_gpu(states, mask)
            return self._on_processor(states, mask, dtype)

    def _on_processor(self, states: Tensor, mask: Tensor, dtype: torch.dtype) -> Tensor:
        steps = steps_of(mask.sum(1).tolist())
        rows, places = rows_of(steps.active), places_of(mask)[steps.rows[0]]
        x = states.flatten(0, 1).index_select(0, places)
        for layer in range(self.lstm.num_layers):
            if layer:
                x = dropout(x, self.lstm.dropout, self.training)
            x = bidirectional(x, rows, self._weights(f"_l{layer}"), self._weights(f"_l{layer}_reverse"), dtype)
        return x.new_zeros(mask.numel(), x.shape[1]).index_copy(0, places, x).view(*mask.shape, -1)

    def _weights(self, name: str) -> Weights:
        input_weights, recurrent, *biases = (getattr(self.lstm, f"{part}{name}") for part in _PARTS)
        return input_weights, recurrent, biases[0], biases[1]

    def _on_gpu(self, states: Tensor, mask: Tensor) -> Tensor:
        """The same through torch's own LSTM, which is one kernel on a GPU."""
        lengths = mask.sum(1).clamp(min=1).cpu()
        packed = pack_padded_sequence(states, lengths, batch_first=True, enforce_sorted=False)
        output, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=mask.shape[1])
        return output.masked_fill(~mask[..., None], 0.0)
