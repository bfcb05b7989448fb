"""What a probe reads of a layer: one row of features a text, a pair or a tagged word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from unfreeze.data.examples import Example
from unfreeze.encoders.protocol import Ints
from unfreeze.features.layout import Form
from unfreeze.heads.linear import pair_features
from unfreeze.methods.split_features import SplitFeatures
from unfreeze.methods.task_heads import features_of_pairs
from unfreeze.tasks.kinds import Task

_AT_ONCE = 256  # examples that are read together
_HELD = 1 << 29  # bytes of layer states in memory: as many layers as fit are read in one pass
_AT_WORK = 1 << 30  # bytes of layers that are probed at a time
_COPIES = 6  # of a layer's states while it is probed: features of pairs, standardised, with a bias


def form_of(task: Task) -> tuple[str, Form]:
    """How probes read a task's examples (`joint` or `separate`), and in which form: as the frozen linear head does."""
    return "separate" if task.pair else "joint", "words" if task.target.per_word else "mean"


def rows_of(task: Task, examples: Sequence[Example]) -> tuple[int, ...]:
    """Rows of features of each example."""
    return tuple(len(e.words or ()) for e in examples) if task.target.per_word else (1,) * len(examples)


def layer_features(
    splits: Sequence[SplitFeatures], chosen: Sequence[Ints], task: Task, adjacent: bool = False
) -> Iterator[tuple[int, list[Tensor]]]:
    """Each layer with its features (rows, D) of some splits, on the CPU; no more than a few layers are held at a time.

    Args:
        chosen: the examples to read of each split.
        adjacent: of each layer but the top one, the mean of its states and those of the layer above.
    """
    layers = splits[0].features.layers - adjacent
    states = [_state_rows(split, examples, task) for split, examples in zip(splits, chosen, strict=True)]
    together = max(1, _HELD // _layer_bytes(splits, chosen, task))
    for first in range(0, layers, together):
        some = range(first, min(first + together, layers))
        read = range(first, some.stop + adjacent)
        held = [
            _read(split, examples, read, rows) for split, examples, rows in zip(splits, chosen, states, strict=True)
        ]
        for layer in some:
            at = layer - first
            mixed = [(split[at] + split[at + 1]) / 2 if adjacent else split[at] for split in held]
            yield layer, [_features(one, task) for one in mixed]


def few_bytes(splits: Sequence[SplitFeatures], chosen: Sequence[Ints], task: Task, layers: int) -> bool:
    """Whether that many layers may be probed at a time; arguments as for `layer_features`."""
    return layers * _COPIES * _layer_bytes(splits, chosen, task) <= _AT_WORK


def _layer_bytes(splits: Sequence[SplitFeatures], chosen: Sequence[Ints], task: Task) -> int:
    rows = sum(_state_rows(split, examples, task) for split, examples in zip(splits, chosen, strict=True))
    return 4 * splits[0].features.width * rows


def _state_rows(split: SplitFeatures, examples: Ints, task: Task) -> int:
    """Rows of states that these examples have: a pair has two."""
    return sum(rows_of(task, [split.examples[i] for i in examples])) * (2 if task.pair else 1)


def _read(split: SplitFeatures, examples: Ints, layers: range, rows: int) -> Tensor:
    """(layers, rows, width) float32."""
    held = torch.empty(len(layers), rows, split.features.width)
    end = 0
    for first in range(0, len(examples), _AT_ONCE):
        part = examples[first : first + _AT_ONCE].astype(np.int64)
        states = split.read(part, torch.device("cpu"), layers)[0].states
        held[:, end : end + states.shape[1]] = states
        end += states.shape[1]
    return held


def _features(states: Tensor, task: Task) -> Tensor:
    if not task.pair:
        return states
    unit = F.normalize(states, dim=1)  # as the frozen linear head has it
    return pair_features(unit[0::2], unit[1::2], features_of_pairs(task))
