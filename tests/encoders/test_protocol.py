from __future__ import annotations

import torch
from families import make_encoder

from unfreeze.encoders.reading import side_by_side


def test_batch_packs_the_inputs_asked_for_in_that_order() -> None:
    encoder = make_encoder()
    texts = ("the cat", "", "unfathomable dog", "film")
    inputs = side_by_side(encoder.read_texts(texts), encoder.read_texts(texts[::-1]))
    asked = [5, 0, 0, 3]
    batch = inputs.batch(asked)
    assert batch.lengths == tuple(int(inputs.lengths()[i]) for i in asked)
    for name in ("ids", "types", "segment", "words"):
        column = getattr(inputs, name)
        expected = [piece for i in asked for piece in column[inputs.offsets[i] : inputs.offsets[i + 1]].tolist()]
        assert getattr(batch, name).tolist() == expected
        assert getattr(batch, name).dtype == torch.int64


def test_lengths_are_those_of_the_tokenizer() -> None:
    encoder = make_encoder()
    texts = ["the cat", "", "unfathomable dog"]
    assert encoder.read_texts(texts).lengths().tolist() == [len(ids) for ids in encoder.tokenizer(texts)["input_ids"]]
