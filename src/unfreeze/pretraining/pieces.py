"""A corpus in WordPiece pieces: a vocabulary made from it, and its text as ids."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
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
    """A BERT tokenizer (`transformers`) whose pieces are the most useful ones of some text, each time the same.

    Args:
        size: pieces, special ones among them; fewer where the text is small.
        length: maximum pieces of an input.

    Raises:
        InputError: the text has more characters than that many pieces.
    """
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertTokenizerFast

    texts = list(_first(documents, VOCABULARY_TEXT))
    reading: dict[str, Any] = {"lowercase": lower_case, "strip_accents": lower_case}
    made = BertWordPieceTokenizer(**reading)
    # The trainer numbers letters inside words as its hash table has them, another way each time, and prefers pieces
    # by number where they are equally frequent. So all letters are given to it as if they were special.
    letters, inner = _letters(texts, made, max(1, min(1000, size // 4)))
    known = [*SPECIAL, *letters, *(f"##{letter}" for letter in inner)]
    made.train_from_iterator(
        texts, vocab_size=size, special_tokens=known, initial_alphabet=letters, limit_alphabet=len(letters),
        show_progress=False,
    )  # fmt: skip
    if made.get_vocab_size() <= len(SPECIAL):
        raise InputError("the corpus contains no text", where="CORPUS")
    plain = BertWordPieceTokenizer(made.get_vocab(with_added_tokens=True), **reading)
    return BertTokenizerFast(
        tokenizer_object=plain._tokenizer, do_lower_case=lower_case, strip_accents=lower_case or None,
        model_max_length=length,
    )  # fmt: skip


def _first(documents: Iterable[Document], characters: int) -> Iterator[str]:
    for document in documents:
        for paragraph in document:
            yield paragraph
            characters -= len(paragraph)
        if characters <= 0:
            return


def _letters(texts: Sequence[str], tokenizer: Any, most: int) -> tuple[list[str], list[str]]:
    """The `most` frequent characters of words, in order, and those of them that stand behind another one in a word."""
    counts: Counter[str] = Counter()
    neighbours: Counter[tuple[str, str]] = Counter()
    for text in texts:
        normal = tokenizer.normalize(text)
        counts.update(normal)
        neighbours.update(pairwise(normal))
    frequent = sorted((c for c in counts if not c.isspace()), key=lambda c: (-counts[c], c))[:most]
    inner = {after for before, after in neighbours if not (_ends_word(before) or _ends_word(after))}
    return sorted(frequent), sorted(inner.intersection(frequent))


def _ends_word(character: str) -> bool:
    """Whether BERT's words end before and after a character: white space, and punctuation as BERT has it."""
    ascii_sign = character.isascii() and character.isprintable() and not character.isalnum()
    return character.isspace() or ascii_sign or unicodedata.category(character).startswith("P")


def dtype_of(vocabulary: int) -> npt.DTypeLike:
    """The type of ids on disk."""
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
