"""From inputs to labels with a trained model: the one path by which test sets are judged and bundles predict."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch

from unfreeze.data.batches import ordered_batches, sorted_batches, unsorted
from unfreeze.encoders.precision import Precision, autocast
from unfreeze.encoders.protocol import Batch, Encoder, Inputs, Ints, LayerStates
from unfreeze.encoders.threads import MOST_BATCHES, map_in_threads
from unfreeze.methods.inputs import example_lengths, inputs_of
from unfreeze.methods.task_heads import TaskHead
from unfreeze.training.objectives import Decoded


def predict(
    encoder: Encoder,
    encode: Callable[[Ints, Batch], LayerStates],
    heads: Sequence[TaskHead],
    inputs: Inputs,
    precision: Precision = "fp32",
) -> list[Decoded]:
    """Predictions of several heads on the same layer states, each batch encoded once.

    Args:
        encoder: says how its batches are to be made.
        encode: gives the states that the heads read, of inputs by their indices and as a batch.
        heads: in eval mode; each has one member.
        inputs: of all examples.
        precision: of the computation.

    Returns:
        One `Decoded` a head, examples in their order.
    """

    device = encoder.device
    with torch.inference_mode():
        encoder.begin(inputs)

    def compute(examples: Ints) -> list[list[Decoded]]:
        with torch.inference_mode(), autocast(device, precision):
            chosen, counts = inputs_of(inputs, examples)
            states = encode(chosen, inputs.batch(chosen, device))
            return [head.decode(states, counts) for head in heads]

    if encoder.ordered is not None:
        batches = list(ordered_batches(np.diff(inputs.examples), encoder.ordered))
        decoded = [compute(batch) for batch in batches]
    else:
        lengths = example_lengths(inputs)
        batches = list(sorted_batches(lengths, _pieces_at_a_time(encoder, int(lengths.sum()))))
        decoded = list(map_in_threads(compute, batches, device))
    return [in_order([one for batch in decoded for one in batch[h]], batches) for h in range(len(heads))]


def _pieces_at_a_time(encoder: Encoder, pieces: int) -> int:
    """How many pieces a batch has; whatever the number of threads, so that rounding does not depend on it."""
    return min(encoder.batch_pieces, max(encoder.thread_pieces, math.ceil(pieces / MOST_BATCHES)))


def in_order(parts: Sequence[Decoded], batches: Sequence[np.ndarray[tuple[int], np.dtype[np.int64]]]) -> Decoded:
    """Join the predictions of batches and put them into the examples' own order."""
    labels = [label for part in parts for label in part.labels]
    confidence = [value for part in parts for value in part.confidence]
    place: list[int] = unsorted(batches, len(labels)).tolist() if labels else []
    every = [part.probabilities for part in parts if part.probabilities is not None]
    return Decoded(
        tuple(labels[i] for i in place),
        tuple(confidence[i] for i in place) if confidence else (),
        np.concatenate(every)[place] if every else None,
    )
