"""Text to `Inputs` with a Hugging Face tokenizer: texts and pairs cut at the limit, tagged sentences in windows."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from unfreeze.encoders.frame import frame_of, stand_in
from unfreeze.encoders.protocol import Inputs, ranges
from unfreeze.encoders.rows import Rows
from unfreeze.encoders.word_pieces import encode_words, space_piece
from unfreeze.errors import InputError
from unfreeze.language.message import say

_CHUNK = 4096  # texts tokenised at a time, so that memory for what tokenizers keep of each stays flat
_CHUNK_CHARACTERS = 1 << 20  # and at most that many characters, unless one text has more


class Input(NamedTuple):
    """One input of an encoder: see the columns of `Inputs`."""

    ids: Sequence[int]
    types: Sequence[int]
    segment: Sequence[int]
    words: Sequence[int]
    truncated: bool


def collect(examples: Iterable[Sequence[Input]], table: Rows | None = None) -> Inputs:
    """Columns from inputs, grouped by example; for `table` see `Inputs`."""
    ids, types, segment, words = array("i"), array("b"), array("b"), array("i")  # of millions of inputs, so no lists
    offsets, ends, truncated = array("q", [0]), array("q", [0]), array("b")
    for example in examples:
        for one in example:
            ids.extend(one.ids)
            types.extend(one.types)
            segment.extend(one.segment)
            words.extend(one.words)
            offsets.append(len(ids))
            truncated.append(one.truncated)
        ends.append(len(truncated))
    return Inputs(
        ids=np.asarray(ids),
        types=np.asarray(types),
        segment=np.asarray(segment),
        words=np.asarray(words),
        offsets=np.asarray(offsets),
        examples=np.asarray(ends),
        truncated=np.asarray(truncated).astype(np.bool_),
        table=table,
    )


def read_texts(
    tokenizer: Any, max_length: int, texts: Sequence[str], texts_b: Sequence[str] | None, prefix: str = ""
) -> Inputs:
    """Texts, or pairs in one input (longest text cut first), with special pieces; `prefix` comes before each text.

    A text is cut before it is put together with another: tokenizers would make an input of each part that is cut off of
    the one with each part of the other.

    Raises:
        InputError: within the limit, special pieces leave no room for texts.
    """
    sides = [texts] if texts_b is None else [texts, texts_b]
    frame = frame_of(tokenizer, len(sides))
    room = max_length - frame.special
    if room < len(sides):
        what = say(
            "{max_length} pieces are too few for {sides} text{value} and {special} special",
            max_length=max_length,
            sides=len(sides),
            value="s"[: len(sides) - 1],
            special=frame.special,
        )
        raise InputError(say("{what} pieces; raise it", what=what), where="--max-length")
    # Nothing else would be left of a text, or of both, without a piece.
    fill = [stand_in(tokenizer)] if frame.special < len(sides) else []
    left = tokenizer.truncation_side == "left"

    def rows() -> Iterator[list[Input]]:
        for part in _chunks(sides):
            encoded = [_bare_ids(tokenizer, [prefix + text for text in side[part]]) for side in sides]
            for found in zip(*encoded, strict=True):
                pieces = [ids or fill for ids in found]
                lengths = tuple(map(len, pieces))
                kept = lengths_within(room, lengths)
                cut = [ids[len(ids) - n :] if left else ids[:n] for ids, n in zip(pieces, kept, strict=True)]
                own = [text if ids else -1 for text, ids in enumerate(found)]  # what stands in for a text is none of it
                ids, types, segment = frame.around(cut, own)
                yield [Input(ids, types, segment, [-1] * len(ids), kept != lengths)]

    return collect(rows())


def _bare_ids(tokenizer: Any, texts: Sequence[str]) -> Iterator[list[int]]:
    """Pieces of texts without special ones.

    A call of the tokenizer itself would make lists of everything for every text, which takes longer than tokenising.
    """
    for encoding in tokenizer.backend_tokenizer.encode_batch(list(texts), add_special_tokens=False):
        yield encoding.ids


def _chunks(sides: Sequence[Sequence[str]]) -> Iterator[slice]:
    """Parts of the texts that are tokenised at a time: neither too many nor too long."""
    start = size = 0
    for place, texts in enumerate(zip(*sides, strict=True)):
        size += sum(map(len, texts))
        if place - start + 1 >= _CHUNK or size >= _CHUNK_CHARACTERS:
            yield slice(start, place + 1)
            start, size = place + 1, 0
    if start < len(sides[0]):
        yield slice(start, len(sides[0]))


def lengths_within(room: int, lengths: tuple[int, ...]) -> tuple[int, ...]:
    """Pieces kept of one text or two in `room` pieces; of two, the longer is cut first, then both to the same length.

    As tokenizers have it, a piece that cannot be shared goes to the longer text, to the second of two as long.
    """
    if sum(lengths) <= room:
        return lengths
    if len(lengths) == 1:
        return (room,)
    first, second = lengths
    shorter = min(first, second)
    short = shorter if shorter <= room - shorter else room // 2
    return (room - short, short) if first > second else (short, room - short)


def windows(starts: Sequence[int], pieces: int, capacity: int) -> list[tuple[int, int, int, int]]:
    """Cut a long sentence into overlapping windows so that each word is read once, with the most context.

    Args:
        starts: first piece of each word, ascending.
        pieces: pieces of the sentence.
        capacity: maximum pieces of a window.

    Returns:
        (first piece, end piece, first word, end word) a window: the words are those read there. Neighbours overlap by
        half a window, and a word belongs to the window whose centre is nearest to it.
    """
    if pieces <= capacity:
        return [(0, pieces, 0, len(starts))]
    stride = max(1, capacity // 2)
    firsts = [*range(0, pieces - capacity, stride), pieces - capacity]
    # The border between two neighbouring windows lies in the middle of their overlap.
    borders = [(a + capacity + b) / 2 for a, b in pairwise(firsts)]
    ends = [*np.searchsorted(np.asarray(starts), borders).tolist(), len(starts)]
    out, first_word = [], 0
    for first, end in zip(firsts, ends, strict=True):
        out.append((first, first + capacity, first_word, end))
        first_word = end
    return out


def read_words(tokenizer: Any, max_length: int, sentences: Sequence[Sequence[str]]) -> Inputs:
    """Sentences given as words; a word without a piece gets the unknown piece, a long sentence becomes windows."""
    frame = frame_of(tokenizer, 1)
    capacity = max_length - frame.special
    if capacity < 1:
        raise InputError(
            say("{max_length} pieces leave no room for a word; raise it", max_length=max_length), where="--max-length"
        )
    unknown = stand_in(tokenizer)
    space = space_piece(tokenizer)

    def rows() -> Iterator[list[Input]]:
        for start in range(0, len(sentences), _CHUNK):
            chunk = [list(words) for words in sentences[start : start + _CHUNK]]
            for words, e in zip(chunk, encode_words(tokenizer, chunk), strict=True):
                ids, starts = _pieces(e.ids, e.word_ids, len(words), unknown, space)
                yield [cut(ids, starts, *window) for window in windows(starts, len(ids), capacity)]

    def cut(ids: list[int], starts: list[int], first: int, end: int, word: int, end_word: int) -> Input:
        marks = [-1] * (end - first)
        for w in range(word, end_word):
            marks[starts[w] - first] = w
        full, types, segment = frame.around([ids[first:end]])
        edge_before, edge_after = ([-1] * len(gap) for gap in frame.gaps)
        return Input(full, types, segment, [*edge_before, *marks, *edge_after], False)

    return collect(rows())


def _pieces(
    ids: list[int], word_ids: list[int | None], words: int, unknown: int, space: int | None
) -> tuple[list[int], list[int]]:
    """Pieces of a sentence and the first piece of each word, behind `space`; the unknown one where a word has none."""
    of_word: list[list[int]] = [[] for _ in range(words)]
    for piece, word in zip(ids, word_ids, strict=True):
        if word is not None:
            of_word[word].append(piece)
    out: list[int] = []
    starts = []
    for pieces in of_word:
        starts.append(len(out) + (len(pieces) > 1 and pieces[0] == space))
        out.extend(pieces or [unknown])
    return out, starts


def side_by_side(first: Inputs, second: Inputs) -> Inputs:
    """Pairs read separately: example e has the input of its first text, then that of its second."""
    inputs = len(first.truncated)
    if inputs != len(second.truncated):
        raise ValueError(f"{inputs} first texts and {len(second.truncated)} second texts")
    order = np.arange(2 * inputs).reshape(2, inputs).T.ravel()
    lengths = np.concatenate([first.lengths(), second.lengths()])
    starts = np.concatenate([first.offsets[:-1], second.offsets[:-1] + first.offsets[-1]])
    taken = lengths[order]
    offsets = np.concatenate([[0], np.cumsum(taken)]).astype(np.int64)
    pieces = ranges(starts[order], taken)

    def both(name: str) -> Any:
        return np.concatenate([getattr(first, name), getattr(second, name)])

    columns = {name: both(name)[pieces] for name in ("ids", "types", "segment", "words")}
    table = None
    if first.table is not None and second.table is not None:
        seen: dict[bytes, int] = {}
        row = [seen.setdefault(row, len(seen)) for row in (*first.table.as_bytes(), *second.table.as_bytes())]
        table = Rows.of(seen)
        own = np.concatenate([first.ids, second.ids + len(first.table)])
        columns["ids"] = np.asarray(row, np.int32)[own[pieces]]
    elif first.table is not second.table:
        raise ValueError("one side has a table of words, the other has none")
    examples = np.arange(0, 2 * inputs + 1, 2, dtype=np.int64)
    return Inputs(**columns, offsets=offsets, examples=examples, truncated=both("truncated")[order], table=table)
