"""Encoders with freshly drawn weights: of the same shape, others in every weight matrix, the first one untouched."""

from __future__ import annotations

from pathlib import Path

import families
import numpy as np
import pytest
import skip_folder
import torch

from unfreeze.encoders.elmo.bilm import LstmSize
from unfreeze.encoders.elmo.characters import CHARACTERS
from unfreeze.encoders.elmo.encoder import ElmoEncoder
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.elmo.token_cnn import CnnSize
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.protocol import Encoder
from unfreeze.encoders.random_twin import random_twin
from unfreeze.encoders.skip_thoughts import encoder as module


def skip_thoughts(folder: Path) -> Encoder:
    return load_encoder(str(skip_folder.write_folder(folder / "skip", ("<eos>", "UNK", "the", "cat", "sat"))))


def elmo() -> Encoder:
    return ElmoEncoder("tiny", ElmoModel(CnnSize(CHARACTERS, 4, ((1, 4), (2, 8)), 1, 8), LstmSize(12, 8)))


MAKE = {
    "bert": lambda _: families.make_encoder("bert"), "modernbert": lambda _: families.make_encoder("modernbert"),
    "elmo": lambda _: elmo(), "skip-thoughts": skip_thoughts,
}  # fmt: skip


@pytest.mark.parametrize("family", MAKE)
def test_the_same_shape_with_other_weights(family: str, tmp_path: Path) -> None:
    encoder = MAKE[family](tmp_path)
    told = encoder.read_texts(["the cat sat"])
    said = encoder.encode(told.batch([0])).states
    before = encoder.fingerprint()
    twin, again, third = (random_twin(encoder, seed) for seed in (5, 5, 6))
    assert twin is not None
    assert again is not None
    assert third is not None
    assert encoder.fingerprint() == before
    assert twin.fingerprint() != before
    assert twin.fingerprint() == again.fingerprint()
    assert twin.fingerprint() != third.fingerprint()
    inputs = twin.read_texts(["the cat sat"])
    states, other = (one.encode(inputs.batch([0])).states for one in (twin, encoder))
    assert states.shape == other.shape
    assert not torch.allclose(states, other, atol=1e-2)
    assert torch.equal(other, said)


def test_a_table_that_would_fill_the_memory_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_NUMBERS", 10)
    assert random_twin(skip_thoughts(tmp_path)) is None


def test_word_vectors_have_none(tmp_path: Path) -> None:
    rows = (f"{word} {' '.join(f'{x:.3f}' for x in np.random.default_rng(0).normal(size=8))}" for word in ("a", "b"))
    (tmp_path / "vectors.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert random_twin(load_encoder(str(tmp_path / "vectors.txt"))) is None
