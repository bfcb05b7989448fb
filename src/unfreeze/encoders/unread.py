"""Which pieces of a vocabulary say nothing of the text that they stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from unfreeze.data.unread import Unread
from unfreeze.encoders.protocol import Inputs

_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_FIRST_LETTER = 0x370  # Greek; what comes before is Latin and its accents
# Signs of which one per piece is usual: Ethiopic, kana, Han, syllables of Hangul.
_SYLLABLES = re.compile("[\u1200-\u139f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]")
_FEW = 1000  # pieces: a smaller vocabulary is of letters by intention


class Kind(IntEnum):
    """What a piece says."""

    USUAL, UNKNOWN, PART, LETTER = range(4)


def unread(inputs: Inputs, kinds: npt.NDArray[np.int8]) -> Unread:
    """Counts over the pieces of inputs, without special ones; `kinds` has a `Kind` for each id."""
    counts = np.bincount(kinds[inputs.ids[inputs.segment >= 0]], minlength=len(Kind)).tolist()
    return Unread("pieces", sum(counts), counts[Kind.UNKNOWN], counts[Kind.PART], counts[Kind.LETTER])


def kinds_of(tokenizer: Any) -> npt.NDArray[np.int8]:
    """(largest id + 1,) the `Kind` of each piece of a tokenizer."""
    vocabulary: Mapping[str, int] = tokenizer.get_vocab()
    special = set(tokenizer.all_special_tokens) | set(tokenizer.get_added_vocab())
    backend = tokenizer.backend_tokenizer
    in_bytes = any("ByteLevel" in repr(part) for part in (backend.pre_tokenizer, backend.decoder))
    letters = len(vocabulary) >= _FEW
    own = [piece for piece in vocabulary if piece not in special]
    if in_bytes and all(len(piece) == 1 for piece in own):
        own = []  # it reads bytes by intention, as ByT5 does
    kinds = np.zeros(max(vocabulary.values()) + 1, np.int8)
    for piece in own:
        kinds[vocabulary[piece]] = _kind(piece, in_bytes, letters)
    if tokenizer.unk_token_id is not None and not in_bytes:
        kinds[tokenizer.unk_token_id] = Kind.UNKNOWN
    return kinds


def _kind(piece: str, in_bytes: bool, letters: bool) -> Kind:
    byte = _BYTE.fullmatch(piece)
    if byte:
        return Kind.PART if int(byte[1], 16) >= 0x80 else Kind.USUAL
    if in_bytes:
        try:
            piece = bytes(_CHARACTERS[sign] for sign in piece).decode().strip(" ")
        except KeyError:  # an added piece, as it is written
            pass
        except UnicodeDecodeError:
            return Kind.PART
    text = piece.removeprefix("##").strip("▁").removesuffix("</w>")
    alone = len(text) == 1 and text.isalpha() and ord(text) >= _FIRST_LETTER and not _SYLLABLES.match(text)
    return Kind.LETTER if alone and letters else Kind.USUAL


def _byte_characters() -> dict[str, int]:
    """The character that stands for each byte in a vocabulary of bytes (Radford et al. 2019), and its byte."""
    shown = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = [byte for byte in range(256) if byte not in set(shown)]
    return {chr(b): b for b in shown} | {chr(256 + place): b for place, b in enumerate(hidden)}


_CHARACTERS = _byte_characters()
