"""Words given one by one get the pieces that they have in a text."""

from __future__ import annotations

import pytest
from families import make_tokenizer
from folders import byte_level
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from unfreeze.encoders.reading import read_words
from unfreeze.encoders.word_pieces import encode_words

SENTENCES = [["the", "Cat", "don't", "sit", ",", "é"], ["in"], ["", "the"], ["a"] * 9]


def gemma() -> PreTrainedTokenizerFast:
    """A space is a part of the word behind it, and is only there if it was written."""
    pieces = ["<unk>", "▁", *"abcdefghijklmnopqrstuvwxyzCé',", "▁the", "the"]
    backend = Tokenizer(models.Unigram([(piece, -float(i)) for i, piece in enumerate(pieces)], 0))
    backend.normalizer = normalizers.Replace(" ", "▁")
    backend.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    return PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>")


def split_first() -> PreTrainedTokenizerFast:
    """As Qwen's: cut by a rule first, so that the option for spaces would put one into `don't`."""
    tokenizer = byte_level()
    rule = pre_tokenizers.Split("'t", "isolated")
    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence([rule, bytes_])
    return tokenizer


def metaspace() -> PreTrainedTokenizerFast:
    tokenizer = gemma()
    tokenizer.backend_tokenizer.normalizer = normalizers.Sequence([])
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    return tokenizer


@pytest.mark.parametrize("make", [make_tokenizer, byte_level, gemma, split_first, metaspace])
def test_pieces_are_those_of_the_text(make) -> None:  # type: ignore[no-untyped-def]
    tokenizer = make()
    for words, found in zip(SENTENCES, encode_words(tokenizer, SENTENCES), strict=True):
        texts = (" ".join(filter(None, words)), " " + " ".join(filter(None, words)))
        assert found.ids in [tokenizer.backend_tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
        assert [w for w in found.word_ids if w is not None] == found.word_ids
        assert set(found.word_ids) == {i for i, word in enumerate(words) if word}


def test_texts_before_and_after_do_not_matter() -> None:
    """A call for texts leaves a limit behind, which words must not be cut at."""
    tokenizer = byte_level()
    tokenizer([""], truncation=True, max_length=3)
    assert len(encode_words(tokenizer, SENTENCES)[3].ids) == 9


def test_words_are_not_glued_together() -> None:
    tokenizer = byte_level()
    inputs = read_words(tokenizer, 64, [["th", "e", "o", "o"]])
    pieces = tokenizer.convert_ids_to_tokens(inputs.ids.tolist())
    assert pieces == ["Ġth", "Ġ", "e", "Ġ", "o", "Ġ", "o"]
    assert inputs.words.tolist() == [0, 1, -1, 2, -1, 3, -1]
