"""How an ELMo reads: the options of its family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from unfreeze.encoders.elmo.characters import Spelling
from unfreeze.encoders.options import as_text, options_from
from unfreeze.encoders.protocol import Inputs
from unfreeze.encoders.words import Tokenizer


@dataclass(frozen=True)
class Reading:
    """How an ELMo reads.

    Attributes:
        tokenizer: how texts become words; see `words_of`.
        stateful: the LSTMs of a batch start where those of the batch before it stopped, row by row, as the reference
            does it. A state then depends on what was read before; without it each input is read independently.
        batch_size: rows of such a batch; inputs are read in their own order.
    """

    tokenizer: Tokenizer = "treebank"
    stateful: bool = False
    batch_size: Annotated[int, Field(ge=1)] = 32

    def as_text(self) -> dict[str, str]:
        """The fields as text, as `reading_from` takes them."""
        return as_text(self)


def reading_from(options: Mapping[str, str]) -> Reading:
    """Fields given as text, such as `{"stateful": "true"}`.

    Raises:
        InputError: an unknown option, or a value that it cannot have.
    """
    return options_from(Reading, options)


def words_in(inputs: Inputs, spelling: Spelling) -> list[str]:
    """(P,) the words of inputs that `read_sentences` made."""
    if inputs.table is None:
        raise ValueError("inputs without a table of words")
    names = [spelling.word_of(row.tolist()) for row in inputs.table.padded()]
    return [names[i] for i in inputs.ids.tolist()]
