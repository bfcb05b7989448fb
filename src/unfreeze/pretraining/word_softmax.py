"""Probabilities of words: the output layer of objectives that predict words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from unfreeze.encoders.protocol import Ints
from unfreeze.errors import InputError

BEGIN, END, OTHER, FIRST = range(4)  # classes: ends of a sentence, words without a class of their own, the first word
SOFTMAX, VOCABULARY = "softmax.safetensors", "vocabulary.txt"
CUTS = (2000, 10000, 50000)  # classes before each cluster of rarer ones


def classes_of(words: Sequence[str], known: Sequence[str]) -> Ints:
    """(len(words),) class of each word, where `known` are those that have one."""
    places = {word: number for number, word in enumerate(known, FIRST)}
    return np.array([places.get(word, OTHER) for word in words], np.int64)


class WordSoftmax(nn.Module):
    """Probabilities of words, rare ones in clusters of fewer features (Grave et al. 2017); exact, so are perplexities.

    Args:
        width: of the states.
        words: the words that have a class of their own, most frequent first.
    """

    def __init__(self, width: int, words: Sequence[str]) -> None:
        super().__init__()
        self.words = words
        count = len(words) + FIRST
        self.cuts = [*(cut for cut in CUTS if cut < count), count]
        self.head = nn.Linear(width, self.cuts[0] + len(self.cuts) - 1, bias=False)
        widths = [max(8, width // 2 ** (k + 1)) for k in range(len(self.cuts) - 1)]
        self.tails = nn.ModuleList(
            nn.Sequential(nn.Linear(width, inner, bias=False), nn.Linear(inner, high - low, bias=False))
            for inner, (low, high) in zip(widths, pairwise(self.cuts), strict=True)
        )

    def loss(self, states: Tensor, classes: Tensor) -> Tensor:
        """(): minus the sum of the logarithms of the probabilities of classes (R,) after states (R, width)."""
        first, total = classes, states.new_zeros((), dtype=torch.float32)
        for k, (tail, (low, high)) in enumerate(zip(self.tails, pairwise(self.cuts), strict=True)):
            inside = (classes >= low) & (classes < high)
            first = torch.where(inside, self.cuts[0] + k, first)
            rows = inside.nonzero()[:, 0]
            total = total + F.cross_entropy(tail(states[rows]).float(), classes[rows] - low, reduction="sum")
        return total + F.cross_entropy(self.head(states).float(), first, reduction="sum")

    def save(self, folder: Path) -> None:
        """Write the softmax beside an encoder, so that its pretraining can continue."""
        save_file({name: t.contiguous() for name, t in self.state_dict().items()}, folder / SOFTMAX)
        (folder / VOCABULARY).write_text("".join(f"{word}\n" for word in self.words), encoding="utf-8")

    @classmethod
    def load(cls, width: int, folder: Path) -> WordSoftmax:
        """Read what `save` wrote. Raises `InputError` where it does not fit."""
        try:
            words = (folder / VOCABULARY).read_text(encoding="utf-8").split("\n")[:-1]
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot be read: {error}", where=str(folder / VOCABULARY)) from None
        made = cls(width, words)
        try:
            made.load_state_dict(load_file(folder / SOFTMAX))
        except Exception as error:  # torn, or of another model
            raise InputError(" ".join(str(error).split())[:200], where=str(folder / SOFTMAX)) from None
        return made
