from __future__ import annotations

import numpy as np
import torch
from families import make_encoder

from unfreeze.encoders.protocol import ranges
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


def test_ranges_are_laid_end_to_end() -> None:
    starts, counts = np.array([5, 0, 9, 3]), np.array([2, 0, 1, 3])
    assert ranges(starts, counts).tolist() == [5, 6, 9, 3, 4, 5]
    assert ranges(starts[:0], counts[:0]).tolist() == []
