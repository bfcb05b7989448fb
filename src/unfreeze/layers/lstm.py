"""A bidirectional LSTM that never reads padding."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from unfreeze.layers.full_precision import full_precision, no_autocast


class BiLSTM(nn.Module):
    """Bidirectional LSTM over padded inputs; each input is read to its own end, so the batch does not matter.

    Input weights start as Xavier uniform, recurrent ones orthogonal, biases at 0 with the forget gate at 1 (in one of
    torch's two bias vectors), as in AllenNLP's configurations of ESIM. Runs in float32, also under autocast.

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
        lengths = mask.sum(1).clamp(min=1).cpu()
        with no_autocast(states):
            packed = pack_padded_sequence(full_precision(states), lengths, batch_first=True, enforce_sorted=False)
            output, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=mask.shape[1])
        return output.masked_fill(~mask[..., None], 0.0)
