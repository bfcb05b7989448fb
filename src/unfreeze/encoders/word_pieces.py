"""Sentences given as words to pieces: each word cut as it is cut inside a text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

_SAMPLE = ("the", "a", "Cat", "don't", "sit", "b", "on", "2", "mats", ",", "é", "x")
_SPACE_OF_BYT5 = 0x20 + 3


class _Way(NamedTuple):
    """How words are given to a tokenizer: to which, with what before each, and the piece that a space is on its own."""

    backend: Any
    before: str
    space: int | None


def encode_words(tokenizer: Any, sentences: Sequence[Sequence[str]]) -> list[Any]:
    """Encodings of tokenizers, without special pieces, of sentences given as words; `word_ids` says which are whose.

    Words given one by one are glued together by tokenizers to which a space is a part of the word behind it, unless
    that space is there. So it is tried which way of giving them makes the pieces that they have in a text: as they
    are, with a space put before each, or with the tokenizer's own option for it (of which a space gets into words such
    as `don't` where a tokenizer cuts them first).
    """
    way = _way(tokenizer)
    given = [[way.before + word if word.strip() else "" for word in words] for words in sentences]
    found: list[Any] = way.backend.encode_batch(given, is_pretokenized=True, add_special_tokens=False)
    return found


def words_given(tokenizer: Any) -> tuple[Any, str]:
    """The tokenizer of `tokenizers` that words are given to, and what is put before each."""
    way = _way(tokenizer)
    return way.backend, way.before


def space_piece(tokenizer: Any) -> int | None:
    """The piece of a space where every byte is a piece of its own, as in ByT5; None for other tokenizers.

    A word's state is then that of the piece behind the space, since that of a space says little of the word.
    """
    return _way(tokenizer).space


def _way(tokenizer: Any) -> _Way:
    if tokenizer not in _ways:
        _ways[tokenizer] = _tried(tokenizer.backend_tokenizer)
    way = _ways[tokenizer]
    if way.backend is tokenizer.backend_tokenizer:
        way.backend.no_truncation()  # a call may have left it behind
    return way


def _tried(plain: Any) -> _Way:
    values = json.loads(plain.to_str())
    space = _space_of(values["model"])
    texts = [plain.encode(lead + " ".join(_SAMPLE), add_special_tokens=False).ids for lead in ("", " ")]
    for backend, before in [(plain, ""), (plain, " "), *((made, "") for made in _with_spaces(values))]:
        words = [before + word for word in _SAMPLE]
        if backend.encode(words, is_pretokenized=True, add_special_tokens=False).ids in texts:
            return _Way(backend, before, space)
    return _Way(plain, "", space)


def _space_of(model: dict[str, Any]) -> int | None:
    vocabulary = model.get("vocab")
    if model.get("type") != "BPE" or model.get("merges") or not isinstance(vocabulary, dict):
        return None
    return _SPACE_OF_BYT5 if len(vocabulary) == 259 and vocabulary.get("Ġ") == _SPACE_OF_BYT5 else None


def _with_spaces(values: dict[str, Any]) -> list[Any]:
    """The tokenizer with its own option that puts a space before every word, if it has one."""
    from tokenizers import Tokenizer

    before = json.dumps(values["pre_tokenizer"])
    for part in _parts(values["pre_tokenizer"]):
        if part["type"] == "ByteLevel":
            part["add_prefix_space"] = True
        elif part["type"] == "Metaspace":
            part["prepend_scheme"] = "always"
    if json.dumps(values["pre_tokenizer"]) == before:
        return []
    values["truncation"] = values["padding"] = None
    return [Tokenizer.from_str(json.dumps(values))]


def _parts(pre_tokenizer: dict[str, Any] | None) -> list[dict[str, Any]]:
    if pre_tokenizer is None:
        return []
    return pre_tokenizer["pretokenizers"] if pre_tokenizer["type"] == "Sequence" else [pre_tokenizer]


_ways: WeakKeyDictionary[Any, _Way] = WeakKeyDictionary()
