"""A split's layer states, from the store or into it, with its targets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from unfreeze.data.examples import Example
from unfreeze.encoders.precision import Precision
from unfreeze.encoders.protocol import Encoder, Inputs, LayerStates
from unfreeze.features.extract import Features, extract
from unfreeze.features.layout import Form, Layout
from unfreeze.methods.inputs import inputs_of
from unfreeze.methods.work import Read
from unfreeze.recipe import CacheDtype
from unfreeze.training.objectives import Objective, Targets
from unfreeze.training.step import Indices


@dataclass(frozen=True)
class SplitFeatures:
    """One split's frozen layer states with its targets."""

    features: Features
    inputs: Inputs
    targets: Targets
    examples: tuple[Example, ...]

    def read(
        self, indices: Indices, device: torch.device, layers: range | None = None
    ) -> tuple[LayerStates, tuple[int, ...]]:
        """States of these examples, of some layers or all, and how many inputs each has."""
        inputs, counts = inputs_of(self.inputs, indices)
        s = self.features.read(inputs, layers)
        moved = LayerStates(s.states.to(device), s.segment.to(device), s.words.to(device), s.lengths)
        return moved, counts

    def reading(self) -> Read:
        """What a pass over the split takes: rows are those that a head of these states reads."""
        pieces = int(self.inputs.offsets[-1])
        rows = {"tokens": pieces, "words": int((self.inputs.words >= 0).sum())}
        return Read(pieces, rows.get(self.features.form, len(self.examples)))

    def lengths(self) -> Indices:
        """(E,) rows of each example: what a head has to compute."""
        if self.features.form not in ("tokens", "words"):
            return np.ones(len(self.examples), dtype=np.int64)
        return np.diff(self.inputs.offsets[self.inputs.examples]).astype(np.int64)


def split_features(
    encoder: Encoder,
    inputs: Inputs,
    form: Form,
    objective: Objective,
    examples: Sequence[Example],
    *,
    cache: tuple[Path, int],
    precision: Precision,
    dtype: CacheDtype = "float16",
    where: Layout | None = None,
    fingerprint: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> SplitFeatures:
    """Layer states of a split, from the store or into it.

    Args:
        encoder: frozen, see `encoders.freezing`.
        inputs: the examples as the encoder reads them.
        cache: folder and cap in bytes of the feature store.
        dtype, where, fingerprint: see `extract`.
    """
    folder, cap = cache
    features = extract(
        encoder, inputs, form, folder=folder, cap_bytes=cap, precision=precision, dtype=dtype, where=where,
        fingerprint=fingerprint, progress=progress,
    )  # fmt: skip
    return SplitFeatures(features, inputs, objective.encode(examples), tuple(examples))
