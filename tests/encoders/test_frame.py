"""Special pieces read off an example, however a tokenizer puts texts together."""

from __future__ import annotations

import json
from typing import Any

import pytest
from families import make_tokenizer
from folders import byte_level
from tokenizers import Regex, Tokenizer, normalizers, processors

from unfreeze.encoders.frame import Frame, frame_of, separates_pairs, stand_in
from unfreeze.errors import InputError


def tokenizer_with(single: str, pair: str) -> Any:
    tokenizer = make_tokenizer()
    special = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single=single, pair=pair, special_tokens=special
    )
    return tokenizer


def test_frames_of_bert_and_roberta() -> None:
    assert frame_of(make_tokenizer(), 1) == Frame(((2,), (3,)), ((0,), (0,)), (0,))
    assert frame_of(make_tokenizer(), 2) == Frame(((2,), (3,), (3,)), ((0,), (0,), (1,)), (0, 1))
    assert frame_of(make_tokenizer(roberta=True), 2).gaps == ((0,), (2, 2), (2,))
    assert frame_of(make_tokenizer(), 2).special == 3


def test_a_call_before_leaves_no_trace() -> None:
    tokenizer = make_tokenizer()
    tokenizer(["a"], padding="max_length", max_length=30, truncation=True)
    assert frame_of(tokenizer, 1).special == 2


def test_a_tokenizer_whose_normaliser_drops_the_sample() -> None:
    tokenizer = make_tokenizer()
    for sample in ("a", "1", ".", "的", "е", "ا"):
        drop = normalizers.Replace(sample, "")
        tokenizer.backend_tokenizer.normalizer = normalizers.Sequence([tokenizer.backend_tokenizer.normalizer, drop])
    assert frame_of(tokenizer, 1).special == 2


def test_a_tokenizer_that_reads_nothing() -> None:
    tokenizer = make_tokenizer()
    tokenizer.backend_tokenizer.normalizer = normalizers.Replace(Regex("[\\s\\S]"), "")
    with pytest.raises(InputError, match="no text has a piece"):
        frame_of(tokenizer, 1)


@pytest.mark.parametrize("pair", ["[CLS] $B [SEP] $A [SEP]", "[CLS] $A [SEP] $A $B [SEP]"])
def test_texts_in_another_order_are_refused(pair: str) -> None:
    tokenizer = tokenizer_with("[CLS] $A [SEP]", pair)
    assert frame_of(tokenizer, 1).special == 2
    with pytest.raises(InputError, match="not known here"):
        frame_of(tokenizer, 2)


def test_special_pieces_without_an_id_are_refused() -> None:
    """tokenizers panics on them, past every `except Exception`."""
    tokenizer = tokenizer_with("[CLS] $A [SEP]", "[CLS] $A [SEP] $B [SEP]")
    told = json.loads(tokenizer.backend_tokenizer.to_str())
    told["post_processor"]["pair"][2]["SpecialToken"]["id"] = "[OTHER]"
    tokenizer._tokenizer = Tokenizer.from_str(json.dumps(told))
    for texts in (1, 2):
        with pytest.raises(InputError, match=r"\[OTHER\]"):
            frame_of(tokenizer, texts)


def test_an_input_is_put_together() -> None:
    frame = frame_of(make_tokenizer(), 2)
    assert frame.around([[7, 8], []]) == ([2, 7, 8, 3, 3], [0, 0, 0, 0, 1], [-1, 0, 0, -1, -1])


def test_what_stands_for_a_text_without_a_piece() -> None:
    tokenizer = make_tokenizer()
    assert stand_in(tokenizer) == tokenizer.unk_token_id
    tokenizer.unk_token = None
    assert stand_in(tokenizer) == tokenizer.pad_token_id
    for name in ("pad", "sep", "cls", "mask"):
        setattr(tokenizer, f"{name}_token", None)
    assert stand_in(tokenizer) == 0


@pytest.mark.parametrize(
    ("frame", "types", "separated"),
    [
        (None, False, False), (None, True, True), (("$A <|endoftext|>", "$A $B <|endoftext|>"), False, False),
        (("$A <|endoftext|>", "$A <|endoftext|> $B <|endoftext|>"), False, True),
        (("<|endoftext|> $A", "<|endoftext|> $A $B:1"), True, True),
    ],
)  # fmt: skip
def test_what_distinguishes_the_texts_of_a_pair(frame: tuple[str, str] | None, types: bool, separated: bool) -> None:
    assert separates_pairs(byte_level(frame), types) is separated
