"""The GRU of skip-thoughts as torch's.

With reset gate r, update gate u and `h~ = tanh(x Wx + bx + r * (h Ux))` the new state is `u * h + (1 - u) * h~` (Kiros
et al. 2015, equations 1 to 4; Theano's names). torch's GRU is the same with all matrices transposed, gates in the order
r, u, candidate, and no bias on the recurrent side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

Arrays = Mapping[str, npt.NDArray[np.floating[Any]]]
_SUFFIXES = ("", "_reverse")


def shapes(width: int, hidden: int) -> dict[str, tuple[int, ...]]:
    """Arrays of one direction as they are published; `W`, `U`, `b` have the reset gate first, then the update gate."""
    return {
        "W": (width, 2 * hidden), "U": (hidden, 2 * hidden), "b": (2 * hidden,),
        "Wx": (width, hidden), "Ux": (hidden, hidden), "bx": (hidden,),
    }  # fmt: skip


def gru_from(directions: Sequence[Arrays]) -> nn.GRU:
    """A GRU with these weights.

    Args:
        directions: `shapes` of the forward direction, and of the backward one where there is one.
    """
    width, hidden = len(directions[0]["W"]), len(directions[0]["U"])
    gru = nn.GRU(width, hidden, bidirectional=len(directions) == 2, device="meta")  # draws no random numbers
    gru.to_empty(device="cpu")
    with torch.no_grad():
        for suffix, arrays in zip(_SUFFIXES, directions, strict=False):
            ours = {
                "weight_ih": np.concatenate([arrays["W"], arrays["Wx"]], 1).T,
                "weight_hh": np.concatenate([arrays["U"], arrays["Ux"]], 1).T,
                "bias_ih": np.concatenate([arrays["b"], arrays["bx"]]),
            }
            for name, array in ours.items():
                getattr(gru, f"{name}_l0{suffix}").copy_(torch.from_numpy(array))
            getattr(gru, f"bias_hh_l0{suffix}").zero_()
    return gru


def arrays_of(gru: nn.GRU) -> list[dict[str, npt.NDArray[np.float32]]]:
    """The other way round: the arrays of each direction, float32.

    Raises:
        ValueError: the candidate has a recurrent bias, for which the published form has no place.
    """
    hidden, out = gru.hidden_size, []
    for suffix in _SUFFIXES[: 1 + gru.bidirectional]:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        x, h, b, recurrent = (getattr(gru, f"{n}_l0{suffix}").detach().float().cpu().numpy() for n in names)
        if recurrent[2 * hidden :].any():
            raise ValueError(f"bias_hh_l0{suffix} has entries for the candidate; a published GRU has none")
        gates = 2 * hidden
        arrays = {
            "W": x[:gates].T, "U": h[:gates].T, "b": b[:gates] + recurrent[:gates],
            "Wx": x[gates:].T, "Ux": h[gates:].T, "bx": b[gates:],
        }  # fmt: skip
        out.append({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    return out
