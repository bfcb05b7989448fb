"""From text to inputs: specials, segments, word alignment, windows; every word once, whatever it looks like."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from families import make_encoder, make_tokenizer
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import processors

from unfreeze.encoders import reading
from unfreeze.encoders.protocol import Inputs
from unfreeze.encoders.reading import lengths_within, read_texts, read_words, side_by_side, windows
from unfreeze.errors import InputError
from unfreeze.methods.task_heads import halves

BERT, ROBERTA = make_tokenizer(), make_tokenizer(roberta=True)
ODD = ("", " ", "\u200b", "\x00", "\ufffd")  # words of which the tokenizer leaves nothing
LONG = "abcdefghijklmnopqrstuvwxyz"  # 26 pieces
COLUMNS = ("ids", "types", "segment", "words")
TOKENIZERS = pytest.mark.parametrize("tokenizer", [BERT, ROBERTA], ids=["bert", "roberta"])


def rows(inputs: Inputs) -> list[dict[str, list[int]]]:
    """The columns of each input."""
    return [{name: getattr(inputs, name)[a:b].tolist() for name in COLUMNS} for a, b in pairwise(inputs.offsets)]


def pieces(tokenizer: object, row: dict[str, list[int]]) -> list[str]:
    return tokenizer.convert_ids_to_tokens(row["ids"])  # type: ignore[attr-defined, no-any-return]


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.integers(1, 24))
def test_windows_read_each_word_once_where_it_has_most_context(sizes: list[int], capacity: int) -> None:
    starts = [0, *np.cumsum(sizes)[:-1].tolist()]
    total = sum(sizes)
    found = windows(starts, total, capacity)
    assert [word for *_, a, b in found for word in range(a, b)] == list(range(len(starts)))
    centres = [(first + end) / 2 for first, end, *_ in found]
    for (first, end, a, b), centre in zip(found, centres, strict=True):
        assert 0 <= first < end <= total
        assert end - first <= capacity
        for word in range(a, b):
            assert first <= starts[word] < end
            assert abs(starts[word] - centre) == min(abs(starts[word] - other) for other in centres)
    assert {piece for first, end, *_ in found for piece in range(first, end)} == set(range(total))


def test_a_sentence_that_fits_is_one_window() -> None:
    assert windows([0, 2, 3], 5, 5) == [(0, 5, 0, 3)]
    assert windows([0, 2, 3], 5, 4) == [(0, 4, 0, 2), (1, 5, 2, 3)]


WORD = st.one_of(
    st.sampled_from([*ODD, "the", "cat", "unfathomable", LONG, "New", "3.5", "猫", "ß"]), st.text(max_size=4)
)


@settings(deadline=None)
@given(st.lists(st.lists(WORD, min_size=1, max_size=12), min_size=1, max_size=4), st.sampled_from([BERT, ROBERTA]))
def test_every_word_is_read_once_at_its_first_piece(sentences: list[list[str]], tokenizer: object) -> None:
    limit = 9
    inputs = read_words(tokenizer, limit, sentences)
    all_rows = rows(inputs)
    for words, (a, b) in zip(sentences, pairwise(inputs.examples), strict=True):
        read = [(word, piece) for row in all_rows[a:b] for word, piece in zip(row["words"], row["ids"], strict=True)]
        alone = tokenizer([[w] for w in words], is_split_into_words=True, add_special_tokens=False)["input_ids"]  # type: ignore[operator]
        unknown = tokenizer.unk_token_id  # type: ignore[attr-defined]
        expected = [ids[0] if ids else unknown for ids in alone]
        assert [(word, piece) for word, piece in read if word >= 0] == list(enumerate(expected))
    assert inputs.lengths().max() <= limit
    assert not inputs.truncated.any()


@TOKENIZERS
def test_windows_carry_the_frame_of_a_text(tokenizer: object) -> None:
    (whole,) = rows(read_words(tokenizer, 40, [["the", LONG, "cat"]]))
    cut = rows(read_words(tokenizer, 12, [["the", LONG, "cat"]]))
    assert len(cut) == 5
    for row in (whole, *cut):
        named = pieces(tokenizer, row)
        assert (named[0], named[-1]) == ("[CLS]", "[SEP]")
        assert row["segment"] == [-1, *[0] * (len(named) - 2), -1]
        assert row["types"] == [0] * len(named)
    assert [piece for row in cut for piece in row["words"] if piece >= 0] == [0, 1, 2]
    assert whole["ids"] == tokenizer(f"the {LONG} cat")["input_ids"]  # type: ignore[operator]


@pytest.mark.parametrize("word", ODD)
def test_a_word_without_a_piece_gets_the_unknown_piece(word: str) -> None:
    (row,) = rows(read_words(BERT, 40, [["the", word, "cat"]]))
    assert pieces(BERT, row) == ["[CLS]", "the", "[UNK]", "cat", "[SEP]"]
    assert row["words"] == [-1, 0, 1, 2, -1]


def test_only_first_pieces_are_marked() -> None:
    (row,) = rows(read_words(BERT, 40, [["cats", "ran"]]))
    assert pieces(BERT, row) == ["[CLS]", "cat", "##s", "ran", "[SEP]"]
    assert row["words"] == [-1, 0, -1, 1, -1]


def test_pairs_of_bert() -> None:
    row, empty = rows(read_texts(BERT, 40, ["the cat", "the"], ["dog ran", ""]))
    assert pieces(BERT, row) == ["[CLS]", "the", "cat", "[SEP]", "dog", "ran", "[SEP]"]
    assert row["types"] == [0, 0, 0, 0, 1, 1, 1]
    assert row["segment"] == [-1, 0, 0, -1, 1, 1, -1]
    assert row["words"] == [-1] * 7
    assert empty["types"] == [0, 0, 0, 1]
    assert empty["segment"] == [-1, 0, -1, -1]


def test_pairs_of_roberta() -> None:
    (row,) = rows(read_texts(ROBERTA, 40, ["the cat"], ["dog ran"]))
    assert pieces(ROBERTA, row) == ["[CLS]", "the", "cat", "[SEP]", "[SEP]", "dog", "ran", "[SEP]"]
    assert row["types"] == [0] * 8
    assert row["segment"] == [-1, 0, 0, -1, -1, 1, 1, -1]


def test_truncation_is_flagged_and_only_then() -> None:
    fits, cut = "the cat sat", "the cat sat in"
    inputs = read_texts(BERT, 5, [fits, cut, ""], None)
    assert inputs.truncated.tolist() == [False, True, False]
    assert inputs.lengths().tolist() == [5, 5, 2]
    assert pieces(BERT, rows(inputs)[1]) == ["[CLS]", "the", "cat", "sat", "[SEP]"]


def test_of_a_pair_the_longer_text_is_cut() -> None:
    inputs = read_texts(BERT, 7, ["the cat sat in paris", "dog"], ["dog", "the cat sat"])
    assert inputs.truncated.tolist() == [True, False]
    assert pieces(BERT, rows(inputs)[0]) == ["[CLS]", "the", "cat", "sat", "[SEP]", "dog", "[SEP]"]


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["the cat", "", "dog ran in rome", "film", "bad"]
    sentences = [["the", "cat"], [LONG, "dog"], ["film"], ["bad"], ["and"]]
    whole = read_texts(BERT, 8, texts, texts[::-1]), read_words(BERT, 8, sentences)
    monkeypatch.setattr(reading, "_CHUNK", 2)
    parts = read_texts(BERT, 8, texts, texts[::-1]), read_words(BERT, 8, sentences)
    for one, other in zip(whole, parts, strict=True):
        for name in (*COLUMNS, "offsets", "examples", "truncated"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_no_text_at_all() -> None:
    inputs = read_texts(BERT, 8, [], None)
    assert (len(inputs.ids), inputs.offsets.tolist(), inputs.examples.tolist()) == (0, [0], [0])


def test_side_by_side_takes_turns() -> None:
    encoder = make_encoder(limit=6)
    first = encoder.read_texts(["the cat", "", "film bad fine good the", "dog"])
    second = encoder.read_texts(["unfathomable", "rome", "", "paris in rome"])
    both = side_by_side(first, second)
    expected = [row for pair in zip(rows(first), rows(second), strict=True) for row in pair]
    assert rows(both) == expected
    assert both.examples.tolist() == [0, 2, 4, 6, 8]
    assert both.truncated.tolist() == [False, True, False, False, True, False, False, False]
    for name in (*COLUMNS, "offsets", "examples"):
        assert getattr(both, name).dtype == getattr(first, name).dtype


def test_side_by_side_needs_equally_many() -> None:
    with pytest.raises(ValueError, match="2 first texts and 1 second"):
        side_by_side(read_texts(BERT, 8, ["a", "b"], None), read_texts(BERT, 8, ["a"], None))


@TOKENIZERS
def test_texts_are_read_as_a_call_of_the_tokenizer_reads_them(tokenizer: object) -> None:
    texts, others = ["the cat", "", f"{LONG} the [SEP] cat", "\u732b film"], [f"a {LONG}", "", "b", "film [MASK]"]
    for second in (None, others):
        tokenizer(["left behind"], padding="max_length", max_length=40)  # settings of a call before
        read = rows(read_texts(tokenizer, 12, texts, second))
        called = tokenizer(texts, second, truncation=True, max_length=12)
        assert [row["ids"] for row in read] == called["input_ids"]
        assert [row["types"] for row in read] == [e.type_ids for e in called.encodings]
        assert [row["segment"] for row in read] == [
            [-1 if s is None else s for s in e.sequence_ids] for e in called.encodings
        ]


def test_pairs_of_unequal_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        read_texts(BERT, 12, ["a", "b"], ["a"])


def tokenizers_own(tokenizer: object, limit: int, texts: list[str], texts_b: list[str] | None) -> list[tuple]:
    """Ids, types, segments and whether it was cut, as `tokenizers` itself cuts the longest first."""
    tokenizer([""], truncation=True, max_length=limit)  # type: ignore[operator]
    pairs = texts if texts_b is None else list(zip(texts, texts_b, strict=True))
    encoded = tokenizer.backend_tokenizer.encode_batch(pairs)  # type: ignore[attr-defined]
    return [(e.ids, e.type_ids, [-1 if s is None else s for s in e.sequence_ids], bool(e.overflowing)) for e in encoded]


LEFT = make_tokenizer()
LEFT.truncation_side = "left"
XLNET = make_tokenizer()  # special pieces at the end, with a type of their own
XLNET.backend_tokenizer.post_processor = processors.TemplateProcessing(
    single="$A [SEP] [CLS]:2", pair="$A [SEP] $B:1 [SEP]:1 [CLS]:2", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
)
TEXT = st.lists(st.sampled_from(["the", "cat", LONG, "", "猫", "[SEP]", "films"]), max_size=9).map(" ".join)


@settings(deadline=None)
@given(
    st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4),
    st.integers(6, 40),
    st.booleans(),
    st.sampled_from([BERT, ROBERTA, LEFT, XLNET]),
)
def test_texts_are_cut_as_tokenizers_cut_them(pairs: list, limit: int, joint: bool, tokenizer: object) -> None:
    texts, texts_b = [a for a, _ in pairs], [b for _, b in pairs] if joint else None
    expected = tokenizers_own(tokenizer, limit, texts, texts_b)
    inputs = read_texts(tokenizer, limit, texts, texts_b)
    found = zip(rows(inputs), inputs.truncated.tolist(), strict=True)
    assert [(r["ids"], r["types"], r["segment"], cut) for r, cut in found] == expected


@given(st.integers(0, 30), st.integers(0, 30), st.integers(2, 40))
def test_of_two_texts_the_longer_is_cut_first(first: int, second: int, room: int) -> None:
    """One piece at a time, the second of two as long staying longer."""
    kept = [first, second]
    while sum(kept) > room:
        kept[0 if kept[0] > kept[1] or (kept[0] == kept[1] and first <= second) else 1] -= 1
    assert lengths_within(room, (first, second)) == tuple(kept)


def test_long_pairs_are_read_in_linear_memory() -> None:
    """No overflow is asked for: of two long texts it would be each part of the one with each part of the other."""
    asked: list[Any] = []

    class Watched:
        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            return getattr(BERT.backend_tokenizer, name)

    class Tokenizer:
        backend_tokenizer = Watched()

        def __getattr__(self, name: str) -> Any:
            return getattr(BERT, name)

    long = "the cat sat in paris and " * 2000
    inputs = read_texts(Tokenizer(), 64, [long, "cat", ""], [long, long, "dog"])
    assert inputs.lengths().tolist() == [64, 64, 4]
    assert inputs.truncated.tolist() == [True, True, False]
    assert BERT.backend_tokenizer.truncation is None
    assert "enable_truncation" not in asked
    assert "post_process" not in asked


@pytest.mark.parametrize("most", [1, 10, 100])
def test_long_texts_are_tokenised_few_at_a_time(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    texts, others = ["the cat", "", "dog ran in rome", "a" * 30], ["", "film", "bad", "good"]
    whole = read_texts(BERT, 9, texts, others)
    monkeypatch.setattr(reading, "_CHUNK_CHARACTERS", most)
    parts = read_texts(BERT, 9, texts, others)
    assert rows(whole) == rows(parts)


@pytest.mark.parametrize(("texts_b", "limit"), [(None, 2), (["b"], 4)])
def test_a_limit_that_leaves_no_room_is_reported(texts_b: list[str] | None, limit: int) -> None:
    with pytest.raises(InputError, match=f"{limit} pieces are too few for"):
        read_texts(BERT, limit, ["a"], texts_b)
    assert read_texts(BERT, limit + 1, ["a"], texts_b).lengths().tolist() == [limit + 1]


def test_words_need_room() -> None:
    with pytest.raises(InputError, match="no room"):
        read_words(BERT, 2, [["a"]])


def bare_tokenizer(*missing: str) -> Any:
    """A tokenizer that adds no special pieces, and lacks some."""
    tokenizer = make_tokenizer()
    tokenizer.backend_tokenizer.post_processor = None
    for name in missing:
        setattr(tokenizer, f"{name}_token", None)
    return tokenizer


@pytest.mark.parametrize("nothing", ["", " ", "\n\t", "\u200b", "\x00", "\ufffd"])
@pytest.mark.parametrize(("missing", "piece"), [((), "[UNK]"), (("unk",), "[PAD]"), (("unk", "pad"), "[SEP]")])
def test_a_text_that_leaves_no_piece_has_one(nothing: str, missing: tuple[str, ...], piece: str) -> None:
    tokenizer = bare_tokenizer(*missing)
    single = rows(read_texts(tokenizer, 9, [nothing, "cat"], None))
    assert [pieces(tokenizer, row) for row in single] == [[piece], ["cat"]]
    assert [row["segment"] for row in single] == [[-1], [0]]
    pairs = rows(read_texts(tokenizer, 9, [nothing, nothing, "cat"], [nothing, "cat", nothing]))
    assert [pieces(tokenizer, row) for row in pairs] == [[piece, piece], [piece, "cat"], ["cat", piece]]
    assert [row["segment"] for row in pairs] == [[-1, -1], [-1, 1], [0, -1]]
    for row in pairs:  # neither text is without a piece where a head asks for each one's
        assert halves(torch.tensor(row["segment"]), (2,)) == (1, 1)
    assert pieces(tokenizer, rows(read_words(tokenizer, 9, [[nothing, "cat"]]))[0]) == [piece, "cat"]


def test_special_pieces_are_enough_for_a_text_without_a_piece() -> None:
    assert [pieces(BERT, row) for row in rows(read_texts(BERT, 9, ["", "\u200b"], None))] == [["[CLS]", "[SEP]"]] * 2


def test_one_special_piece_is_not_enough_for_two_texts() -> None:
    tokenizer = bare_tokenizer()
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A", pair="[CLS] $A $B:1", special_tokens=[("[CLS]", 2)]
    )
    found = rows(read_texts(tokenizer, 9, ["", "cat"], ["", ""]))
    assert [pieces(tokenizer, row) for row in found] == [["[CLS]", "[UNK]", "[UNK]"], ["[CLS]", "cat", "[UNK]"]]
    assert pieces(tokenizer, rows(read_texts(tokenizer, 9, [""], None))[0]) == ["[CLS]"]
