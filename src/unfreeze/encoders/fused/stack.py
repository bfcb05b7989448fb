"""The layers of a transformer, fused: states of a packed batch without transformers' own way through the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from unfreeze.encoders.fused.attention import blocks_of
from unfreeze.encoders.fused.kinds import fused_layer
from unfreeze.encoders.fused.layer import FusedLayer
from unfreeze.encoders.fused.unchanged import Unchanged, foreign_hooks


class FusedStack:
    """A model's embeddings and, fused, its layers, for as long as the model stays as it is.

    Args:
        model: a transformers model.
        layers: its layers.
    """

    def __init__(self, model: nn.Module, layers: nn.ModuleList) -> None:
        self._model: Any = model
        self._unchanged = Unchanged(list(model.modules()))
        self._layers = _fused(model, layers)

    @property
    def usable(self) -> bool:
        """Whether the model, as it is now, can be computed like that."""
        return bool(self._layers)

    def fits(self) -> bool:
        """Whether the model still is what it was."""
        return self._unchanged.holds()

    def states(self, lengths: tuple[int, ...], pieces: Mapping[str, Tensor], all_layers: bool) -> Tensor:
        """(layers, P, width) of a packed batch, or (1, P, width) of the top layer alone.

        Args:
            lengths: pieces of each input.
            pieces: what the model's embeddings read, (1, P) each.
        """
        states = self._model.embeddings(**pieces)
        project = getattr(self._model, "embeddings_project", None)  # ELECTRA, where tables are narrower than layers
        states = (states if project is None else project(states))[0]
        blocks, every = blocks_of(lengths, states.dtype), [states]
        for layer in self._layers:
            states = layer(states, blocks)
            if all_layers:
                every.append(states)
        return torch.stack(every) if all_layers else states[None]


def _fused(model: nn.Module, layers: nn.ModuleList) -> list[FusedLayer]:
    """All layers, or none."""
    # Writes to inference tensors are not counted, so a change of such weights would not be noticed.
    if any(p.device.type != "cpu" or p.is_inference() for p in model.parameters()):
        return []
    if any(part.training or foreign_hooks(part) for part in model.modules()):
        return []
    made = []
    for layer in layers:
        fused = fused_layer(layer)
        if fused is None:
            return []
        made.append(fused)
    return made
