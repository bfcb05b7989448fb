"""What the loop needs from an objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from unfreeze.encoders.precision import Precision
from unfreeze.pretraining.prepared import Prepared

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Corpus:
    """A corpus as an objective has prepared it.

    Attributes:
        tokens, held_out: pieces or words to train on, and held out.
        key: digest of the text's files and of how they were read.
    """

    tokens: int
    held_out: int
    key: str


@dataclass(frozen=True)
class WordCorpus:
    """A corpus in words.

    Attributes:
        about: its sizes and its key.
        words: all distinct ones, by id, most frequent first.
        text, held: to train on, and held out.
    """

    about: Corpus
    words: Sequence[str]
    text: Prepared
    held: Prepared


class Objective(Protocol):
    """A model with what it is trained to do. All randomness of a step depends on the seed and the step's number.

    Attributes:
        unit: what tokens are called.
        corpus: what is trained on.
        module: contains every parameter that learns.
        sizes: of the model and its steps, by name.
        step_tokens: tokens per step, exactly or about.
        flops: floating point operations per token, forward and backward.
        learning_rate: highest.
    """

    corpus: Corpus
    step_tokens: int
    learning_rate: float

    @property
    def unit(self) -> str: ...
    @property
    def module(self) -> nn.Module: ...
    @property
    def sizes(self) -> Mapping[str, Any]: ...
    @property
    def flops(self) -> float: ...

    def batch(self, step: int) -> Any:
        """What a step reads, from 0."""
        ...

    def tokens(self, batch: Any) -> int:
        """The number of tokens in the batch."""
        ...

    def parts(self, batch: Any, count: int) -> Sequence[Indices]:
        """The batch's rows in `count` parts of about one size, or in more, as many as bound the memory."""
        ...

    def loss(self, batch: Any, rows: Indices) -> Tensor:
        """(1,) what these rows add to the batch's mean loss. Different rows may be computed side by side."""
        ...

    def held_out(self, precision: Precision) -> dict[str, float]:
        """Losses per token on the held-out part, in nats, by name; the first is the one that counts."""
        ...

    def carried(self) -> Mapping[str, Tensor]:
        """State besides the parameters from which the next step continues."""
        ...

    def carry(self, state: Mapping[str, Tensor]) -> None:
        """Continue from `carried`."""
        ...

    def save(self, folder: Path) -> None:
        """Write the encoder; `load_encoder` reads the folder."""
        ...
