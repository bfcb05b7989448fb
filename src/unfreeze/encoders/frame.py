"""The special pieces that a tokenizer puts around one text or two, read off an example."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from unfreeze.errors import InputError
from unfreeze.language.message import say

_SAMPLES = ("a", "1", ".", "的", "е", "ا")


class Frame(NamedTuple):
    """What stands around T texts in one input.

    Attributes:
        gaps: T + 1 runs of special pieces: before, between and after the texts.
        gap_types: their token types.
        types: T token types, of the pieces of each text.
    """

    gaps: tuple[tuple[int, ...], ...]
    gap_types: tuple[tuple[int, ...], ...]
    types: tuple[int, ...]

    @property
    def special(self) -> int:
        """How many special pieces an input has."""
        return sum(map(len, self.gaps))

    def around(
        self, parts: Sequence[Sequence[int]], segments: Sequence[int] = (0, 1)
    ) -> tuple[list[int], list[int], list[int]]:
        """Ids, token types and segments (-1 for special pieces) of an input with the pieces `parts` of each text."""
        ids, types = list(self.gaps[0]), list(self.gap_types[0])
        segment = [-1] * len(ids)
        for text, part in enumerate(parts):
            ids += [*part, *self.gaps[text + 1]]
            types += [self.types[text]] * len(part) + list(self.gap_types[text + 1])
            segment += [segments[text]] * len(part) + [-1] * len(self.gaps[text + 1])
        return ids, types, segment


def frame_of(tokenizer: Any, texts: int) -> Frame:
    """The frame of one text or two.

    Raises:
        InputError: no text has a piece, or what is put around texts depends on the texts.
    """
    backend = tokenizer.backend_tokenizer
    undefined = next(_undefined(backend.post_processor), None)
    if undefined is not None:  # tokenizers would end the process's thread with a message of its own
        raise InputError(
            say("puts the special piece {undefined!r} around texts, which is not defined", undefined=undefined),
            where="tokenizer",
        )
    backend.no_padding()
    backend.no_truncation()
    sample = next((text for text in _samples(tokenizer) if backend.encode(text, add_special_tokens=False).ids), None)
    if sample is None:
        raise InputError("no text has a piece by it", where="tokenizer")
    first, second = (_around(backend.encode(*[part] * texts), texts) for part in (sample, f"{sample} {sample}"))
    if first is None or first != second:
        raise InputError("puts texts together in a way that is not known here", where="tokenizer")
    return first


def separates_pairs(tokenizer: Any, types: bool) -> bool:
    """Whether anything distinguishes the texts of a pair in one input.

    Args:
        types: the model reads token types, which can do it; else a special piece must stand between.
    """
    try:
        frame = frame_of(tokenizer, 2)
    except InputError:
        return False
    return bool(frame.gaps[1]) or (types and frame.types[0] != frame.types[1])


def _around(encoding: Any, texts: int) -> Frame | None:
    """What stands around the texts of an example; None where they are cut or out of order."""
    gaps: list[list[int]] = [[] for _ in range(texts + 1)]
    gap_types: list[list[int]] = [[] for _ in range(texts + 1)]
    types: list[set[int]] = [set() for _ in range(texts)]
    done = 0  # texts that have begun
    for piece, kind, text in zip(encoding.ids, encoding.type_ids, encoding.sequence_ids, strict=True):
        if text is None:
            gaps[done].append(piece)
            gap_types[done].append(kind)
        elif text == done and done < texts:
            done += 1
            types[text].add(kind)
        elif text == done - 1 and not gaps[done]:
            types[text].add(kind)
        else:
            return None
    if done < texts or any(len(kinds) != 1 for kinds in types):
        return None
    return Frame(tuple(map(tuple, gaps)), tuple(map(tuple, gap_types)), tuple(kinds.pop() for kinds in types))


def _undefined(post_processor: Any) -> Iterator[str]:
    """Special pieces of templates that say nothing of which ids they are."""
    if post_processor is None:
        return
    settings = json.loads(post_processor.__getstate__())
    for part in settings.get("processors", [settings]):
        known = part.get("special_tokens", {})
        for piece in (*part.get("single", ()), *part.get("pair", ())) if isinstance(known, dict) else ():
            name = piece.get("SpecialToken", {}).get("id") if isinstance(piece, dict) else None
            if name is not None and name not in known:
                yield name


def _samples(tokenizer: Any) -> Iterator[str]:
    yield from _SAMPLES
    special = set(tokenizer.all_special_tokens)
    yield from islice((piece for piece in tokenizer.get_vocab() if piece not in special), 1000)


def stand_in(tokenizer: Any) -> int:
    """The piece that replaces a text or word without pieces: the unknown one, else the padding one, else any."""
    known = ("unk_token_id", "pad_token_id", "eos_token_id", "sep_token_id", "cls_token_id", "bos_token_id")
    found = (getattr(tokenizer, name, None) for name in known)
    return next((piece for piece in found if piece is not None), 0)
