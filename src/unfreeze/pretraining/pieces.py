"""A corpus in WordPiece pieces: a vocabulary made from it, and its text as ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unfreeze.encoders.words import sentences_of
from unfreeze.errors import InputError
from unfreeze.pretraining.corpus import Document
from unfreeze.pretraining.prepared import write_prepared

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
VOCABULARY_TEXT = 50_000_000  # characters that a vocabulary is made from; more change it little
_AT_ONCE = 256  # documents tokenised at a time


def wordpiece(documents: Iterable[Document], size: int, lower_case: bool, length: int) -> Any:
    """A BERT tokenizer (`transformers`) whose pieces are the most useful ones of some text.

    Args:
        size: pieces, special ones among them; fewer where the text is small.
        length: the most pieces an input may have.

    Raises:
        InputError: the text has more characters than that many pieces.
    """
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertTokenizerFast

    made = BertWordPieceTokenizer(lowercase=lower_case, strip_accents=lower_case)
    made.train_from_iterator(
        _first(documents, VOCABULARY_TEXT), vocab_size=size, special_tokens=list(SPECIAL), show_progress=False,
        limit_alphabet=max(1, min(1000, size // 4)),
    )  # fmt: skip
    if made.get_vocab_size() <= len(SPECIAL):
        raise InputError("the corpus holds no text", where="CORPUS")
    return BertTokenizerFast(
        tokenizer_object=made._tokenizer, do_lower_case=lower_case, strip_accents=lower_case or None,
        model_max_length=length,
    )  # fmt: skip


def _first(documents: Iterable[Document], characters: int) -> Iterator[str]:
    for document in documents:
        for paragraph in document:
            yield paragraph
            characters -= len(paragraph)
        if characters <= 0:
            return


def dtype_of(vocabulary: int) -> npt.DTypeLike:
    """Of ids on disk."""
    return np.uint16 if vocabulary <= 1 << 16 else np.uint32


def prepare_pieces(
    folder: Path, documents: Iterable[Document], tokenizer: Any, most: int | None = None
) -> tuple[int, int]:
    """Write a corpus as ids of pieces, without special ones.

    Returns:
        Pieces to train on, and held out.

    Raises:
        InputError: see `write_prepared`.
    """
    return write_prepared(folder, _sentences(documents, tokenizer), dtype_of(len(tokenizer)), most)


def _sentences(documents: Iterable[Document], tokenizer: Any) -> Iterator[list[list[int]]]:
    from tokenizers import Tokenizer

    whole = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    whole.no_truncation()  # a folder may ask for it, and for padding
    whole.no_padding()
    left = iter(documents)
    while some := list(islice(left, _AT_ONCE)):
        texts = [[s for paragraph in document for s in sentences_of(paragraph)] for document in some]
        # Tokenizers that mark where a word begins look for the space before it.
        spaced = [f" {sentence}" for document in texts for sentence in document]
        found = iter(whole.encode_batch_fast(spaced, add_special_tokens=False))
        for document in texts:
            yield [encoding.ids for encoding in islice(found, len(document))]
