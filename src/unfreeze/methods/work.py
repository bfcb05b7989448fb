"""How much computing a run takes: counted, so that the same runs cost the same on every machine. No torch.

The unit is the multiply-add: a piece that goes through a layer takes one for each weight of the layer. Going back takes
one more for each weight that a gradient passes through, and one more for each weight that learns. This is the usual
count for networks (Kaplan et al. 2020, Scaling Laws for Neural Language Models, section 2.1: 6 operations, which are 3
multiply-adds, a weight and piece in training). What both methods do alike or what is small beside it is left out: rows
of tables are looked up, attention between pieces has no weights, and neither have norms.

Layer states that a store keeps count once for the data, whether or not this machine had room to keep them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PASSED = 2  # multiply-adds of a frozen weight that a gradient passes through, for a piece: forward and back
LEARNING = 3  # multiply-adds of a weight that learns, for a piece: forward, and back to what is below and to itself
PIECES_A_WORD = 1.3  # of English text in a vocabulary of 30,000; for records that did not count pieces
FRAME = 2  # special pieces of a text


@dataclass(frozen=True)
class Read:
    """What one pass over a split takes.

    Attributes:
        pieces: that the encoder reads.
        rows: that the head reads: pieces, words, or one per text.
    """

    pieces: int
    rows: int


@dataclass(frozen=True)
class Past:
    """What is known of a run of a version that did not count its work.

    Attributes:
        layers: weights by layer group of the encoder, see `states_work`.
        parameters: of the head, or of all that learned.
        epochs, readings: passes over train, and over dev.
        train, dev: what a pass over every piece of them takes.
        sizes: examples of train and of dev.
    """

    layers: Sequence[int]
    parameters: int
    epochs: int
    readings: int
    train: Read
    dev: Read
    sizes: tuple[int, int]


def states_work(layers: Sequence[int], splits: Sequence[Read]) -> int:
    """Of the layer states of some splits.

    Args:
        layers: weights that a piece goes through, by layer group (`Encoder.piece_work`).
    """
    return sum(layers) * sum(split.pieces for split in splits)


def frozen_run(head: int, penalties: int, epochs: int, readings: int, train: Read, dev: Read) -> int:
    """The work of a run that trains a head with that many weights, one for each penalty, over stored states.

    Args:
        epochs, readings: passes over train, and over dev.
    """
    return head * penalties * (LEARNING * epochs * train.rows + readings * dev.rows)


def tuned_run(
    layers: Sequence[int],
    head: int,
    gradual: bool,
    top: int | None,
    epochs: int,
    readings: int,
    train: Read,
    dev: Read,
    stored: bool,
) -> int:
    """The work of a run that trains the encoder and a head with that many weights.

    Args:
        layers: see `states_work`.
        gradual, top: see `passes`.
        stored: layers that are frozen are not run, since their states are stored.
    """
    whole = sum(layers)
    total = readings * (whole * dev.pieces + head * dev.rows)
    for unfrozen, count in passes(gradual, top, len(layers) + 1, epochs).items():
        learning = sum(layers[len(layers) - (unfrozen - 1) :])
        frozen = 0 if stored else whole - learning
        total += count * ((frozen + LEARNING * learning) * train.pieces + LEARNING * head * train.rows)
    return total


def adapted_run(
    layers: Sequence[int],
    adapters: Sequence[int],
    head: int,
    epochs: int,
    readings: int,
    train: Read,
    dev: Read,
    stored: bool,
) -> int:
    """The work of a run that trains adapters in a frozen encoder, and a head with that many weights.

    From the lowest adapter up, gradients pass through the encoder's weights, of which none learns.

    Args:
        layers, adapters: weights that a piece goes through, by layer group: the encoder's, and the adapters'.
        stored: layers below the lowest adapter are not run in training, since their states are stored.
    """
    lowest = next(i for i, count in enumerate(adapters) if count)
    below, above, moving = sum(layers[:lowest]), sum(layers[lowest:]), sum(adapters)
    step = (0 if stored else below) + PASSED * above + LEARNING * moving
    total = epochs * (step * train.pieces + LEARNING * head * train.rows)
    return total + readings * ((below + above + moving) * dev.pieces + head * dev.rows)


def passes(gradual: bool, top: int | None, groups: int, epochs: int) -> dict[int, int]:
    """Passes over train by the number of layer groups that learn, the head among them: groups to passes.

    The stages of `training.schedules`, as far as a run came.

    Args:
        gradual: one more group learns with each of the first epochs.
        top: at most this many groups of the encoder learn; None: all of them.
    """
    learning = groups if top is None else min(groups, top + 1)
    found: dict[int, int] = {}
    for epoch in range(1, epochs + 1):
        unfrozen = min(epoch, learning) if gradual else learning
        found[unfrozen] = found.get(unfrozen, 0) + 1
    return found


def layers_like_bert(layers: int, width: int, parameters: int) -> tuple[int, ...]:
    """Weights by layer group of an encoder of which only this is known: 12 times its squared width a layer above 0.

    Args:
        layers: layer states, that of the embeddings among them.
        parameters: no layer has more than its share of all.
    """
    above = max(0, layers - 1)
    return (0, *[min(12 * width**2, parameters // max(1, above))] * above)


def read_like_english(examples: int, words: float) -> Read:
    """A pass over examples of which only the usual number of words is known."""
    pieces = round(examples * (PIECES_A_WORD * words + FRAME))
    return Read(pieces, pieces)
