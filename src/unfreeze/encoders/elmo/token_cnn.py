"""Characters of a word to one vector: convolutions, the maximum over positions, highway layers, a projection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unfreeze.encoders.elmo.characters import PADDING

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": torch.relu, "tanh": torch.tanh}


@dataclass(frozen=True)
class CnnSize:
    """Sizes of a character CNN. Raises `ValueError` where one is too small.

    Attributes:
        characters: rows of the embedding table.
        embedding: width of a character's embedding.
        filters: (width in characters, how many) of each convolution.
        highways: highway layers.
        projection: width of the result.
        activation: a name in `ACTIVATIONS`.
        padding: the id behind a word's end.
        words, word_width: rows and width of a table of words, whose vectors go before the characters'; 0 is none.
    """

    characters: int
    embedding: int
    filters: tuple[tuple[int, int], ...]
    highways: int
    projection: int
    activation: str = "relu"
    padding: int = PADDING
    words: int = 0
    word_width: int = 0

    def __post_init__(self) -> None:
        least = min(self.embedding, self.projection, *(size for pair in self.filters or ((0, 0),) for size in pair))
        if least < 1 or min(self.highways, self.words, self.word_width) < 0:
            raise ValueError(f"embedding {self.embedding}, filters {self.filters}, highways {self.highways}")

    @property
    def features(self) -> int:
        """Numbers a word has after the convolutions."""
        return sum(count for _, count in self.filters)


class Highway(nn.Module):
    """`g * relu(W_t x + b_t) + (1 - g) * x` with `g = sigmoid(W_c x + b_c)`, as bilm-tf has it.

    What is called the carry gate there multiplies the *transformed* side; other codes have it the other way round.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.carry = nn.Linear(width, width)
        self.transform = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(V, width) to (V, width)."""
        return x + torch.sigmoid(self.carry(x)) * (torch.relu(self.transform(x)) - x)


def _largest(embedded: Tensor, conv: nn.Module) -> Tensor:
    """(V, count): the greatest value of each filter over all windows of (V, C, embedding).

    As one matrix product over windows laid out side by side: with so few channels twice as fast as the convolution.
    """
    weight, bias = dict(conv.named_parameters()).values()
    count, channels, width = weight.shape
    windows = embedded.unfold(1, width, 1).transpose(2, 3).reshape(-1, width * channels)
    values = windows @ weight.permute(2, 1, 0).reshape(width * channels, count)
    return values.view(len(embedded), -1, count).amax(1) + bias


class CharCnn(nn.Module):
    """Vectors of words from their characters, each word independently.

    The padding inside a word is an ordinary character. Behind a word's end all windows look alike, so positions are
    computed only up to the first window that contains nothing but padding: the maximum over all of them is the same.
    """

    def __init__(self, size: CnnSize) -> None:
        super().__init__()
        self.size = size
        self.embedding = nn.Parameter(torch.empty(size.characters, size.embedding))
        self.convolutions = nn.ModuleList(nn.Conv1d(size.embedding, count, width) for width, count in size.filters)
        self.highways = nn.ModuleList(Highway(size.features) for _ in range(size.highways))
        self.projection = nn.Linear(size.word_width + size.features, size.projection)
        self.words = nn.Parameter(torch.empty(size.words, size.word_width)) if size.words else None
        if self.words is not None:
            nn.init.uniform_(self.words, -0.25, 0.25)
        nn.init.uniform_(self.embedding, -1.0, 1.0)

    def forward(self, characters: Tensor, batch: int = 512) -> Tensor:
        """Vectors of words.

        Args:
            characters: (V, C) int64 ids; the last column is the word's own where there is a table of words.
            batch: words computed at a time, neighbours in length.

        Returns:
            (V, projection).
        """
        if not len(characters):
            return self.projection.weight.new_zeros(0, self.size.projection)
        whole = characters[:, -1] if self.words is not None else None
        characters = characters if whole is None else characters[:, :-1]
        used = (characters != self.size.padding).sum(1)
        order = used.argsort(stable=True)
        reach = max(width for width, _ in self.size.filters)
        parts = []
        for rows in torch.split(order, batch):
            longest = min(int(used[rows[-1]]) + reach, characters.shape[1])
            parts.append(self._vectors(characters[rows, :longest], None if whole is None else whole[rows]))
        return torch.cat(parts)[order.argsort()]

    def _vectors(self, characters: Tensor, whole: Tensor | None) -> Tensor:
        embedded = F.embedding(characters, self.embedding)  # (V, C, embedding)
        x = torch.cat([_largest(embedded, conv) for conv in self.convolutions], 1)
        x = ACTIVATIONS[self.size.activation](x)  # monotone: after the maximum it costs less
        for highway in self.highways:
            x = highway(x)
        if self.words is not None and whole is not None:
            x = torch.cat([F.embedding(whole, self.words), x], 1)
        projected: Tensor = self.projection(x)
        return projected
