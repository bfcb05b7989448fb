"""Texts to words as skip-thoughts splits them, and words to `Inputs`, one piece per text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from unfreeze.encoders.protocol import Inputs
from unfreeze.encoders.reading import Input, collect
from unfreeze.encoders.rows import Rows
from unfreeze.encoders.skip_thoughts.vocabulary import Vocabulary
from unfreeze.encoders.words import Tokenizer, treebank_words

Kind = Literal["uni", "bi", "combine"]


@dataclass(frozen=True)
class Options:
    """What is read of a published folder, and how.

    Attributes:
        kind: the one-directional model (`uni`), the two-directional one (`bi`), or both side by side; None takes both
            where both are there.
        use_eos: whether `<eos>` stands behind every text. The reference leaves it off, and has it on for SICK.
        tokenizer: how texts become words; see `words_of`.
    """

    kind: Kind | None = None
    use_eos: bool = False
    tokenizer: Tokenizer = "treebank"


def words_of(text: str, how: Tokenizer) -> list[str]:
    """Words of a text, in its own case; none of an empty one.

    Args:
        how: `treebank` cuts a text into sentences and these into words, punctuation and contractions separated and
            quotes written as two characters, as the reference does it (NLTK's punkt and `word_tokenize`); `whitespace`
            is for texts that are in words already.
    """
    if how == "whitespace":
        return text.split()
    return treebank_words(text)


def read_sentences(
    texts: Iterable[Sequence[str]], vocabulary: Vocabulary, max_length: int, *, use_eos: bool = False
) -> Inputs:
    """Texts in words as `Inputs`: one piece per text, whose words are a row of `Inputs.table`.

    Args:
        max_length: words of a text that are read; `<eos>` is not counted.
        use_eos: put `<eos>` behind each. A text without words is `<eos>` alone in any case.
    """
    distinct: dict[bytes, int] = {}

    def read(words: Sequence[str]) -> list[Input]:
        ids = vocabulary.ids(words[:max_length])
        if use_eos or not ids:
            ids.append(vocabulary.end)
        row = distinct.setdefault(np.asarray(ids, np.int32).tobytes(), len(distinct))
        return [Input([row], [0], [0], [-1], len(words) > max_length)]

    inputs = collect(read(words) for words in texts)
    return replace(inputs, table=Rows.of(distinct))
