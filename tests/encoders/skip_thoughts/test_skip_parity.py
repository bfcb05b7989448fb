"""Sentence vectors against a plain numpy pass at random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from skip_folder import WORDS, random_tables, random_weights, write_folder
from skip_oracle import sentence_vector

from unfreeze.encoders.load import load_encoder

TEXTS = [
    "The cat sat .",
    "dog",
    "the unheard of cat do n't naïve",
    "cat " * 11,
    "sat",
]


@pytest.mark.parametrize("use_eos", [False, True])
@pytest.mark.parametrize("kind", ["uni", "bi", "combine"])
@pytest.mark.parametrize("options", [True, False], ids=["with options", "without"])
def test_vectors_equal_the_plain_pass(kind: str, use_eos: bool, options: bool, tmp_path: Path) -> None:
    folder = write_folder(tmp_path, options=options)
    chosen = {"kind": kind, "use_eos": str(use_eos).lower(), "tokenizer": "whitespace"}
    encoder = load_encoder(str(folder), None, chosen)
    inputs = encoder.read_texts(TEXTS)
    with torch.no_grad():
        states = encoder.encode(inputs.batch(range(len(TEXTS)))).states
    assert states.shape == (1, len(TEXTS), encoder.width)
    for text, state in zip(TEXTS, states[0].numpy(), strict=True):
        expected = sentence_vector(text.split(), WORDS, random_tables(), random_weights(), kind, use_eos)
        np.testing.assert_allclose(state, expected, atol=1e-5)


@pytest.mark.parametrize(("kind", "width", "norm"), [("uni", 8, 1.0), ("bi", 8, 1.0), ("combine", 16, 2.0)])
def test_each_part_has_length_one(kind: str, width: int, norm: float, tmp_path: Path) -> None:
    encoder = load_encoder(str(write_folder(tmp_path)), None, {"kind": kind})
    with torch.no_grad():
        states = encoder.encode(encoder.read_texts(["The cat"]).batch([0])).states
    assert states.shape == (1, 1, width)
    assert states.square().sum().item() == pytest.approx(norm, abs=1e-5)
