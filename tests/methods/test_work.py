"""Counted work: against the stages of training, against what torch counts, and by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import torch
from families import make_encoder
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.methods.work import Read, frozen_run, layers_like_bert, passes, read_like_english, states_work, tuned_run
from unfreeze.training.schedules import stages
from unfreeze.training.settings import FitSettings


@given(st.booleans(), st.one_of(st.none(), st.integers(1, 5)), st.integers(2, 6), st.integers(1, 4))
def test_passes_are_those_of_the_stages(gradual: bool, top: int | None, groups: int, epochs: int) -> None:
    settings = FitSettings(gradual_unfreezing=gradual, unfreeze_top=top)
    plan = stages(settings, groups, epochs, steps_per_epoch=7)
    wanted: Counter[int] = Counter()
    for stage in plan:
        wanted[stage.unfrozen] += stage.steps // 7
    assert passes(gradual, top, groups, sum(wanted.values())) == wanted


@pytest.mark.parametrize("family", ["bert", "distilbert", "electra", "modernbert", "albert"])
def test_a_piece_takes_as_many_multiply_adds_as_torch_counts(family: str) -> None:
    encoder = make_encoder(family)
    inputs = encoder.read_texts(["the film was good", "the cat sat in paris"])
    encoder.encode(inputs.batch([0]))  # how it is run is found out at the first time
    with frozen(encoder) as reader, FlopCounterMode(display=False) as counted, torch.enable_grad():
        # Without gradients layers may be fused, and torch counts nothing of oneDNN's products.
        reader.encode(inputs.batch([0, 1]))
    products = counted.get_flop_counts()["Global"]
    # Two operations are a multiply-add; products of attention have no weights.
    weights = sum(count for kind, count in products.items() if "mm" in str(kind) and "bmm" not in str(kind)) / 2
    # Beside it stand a pooler that nobody reads, and ALBERT's projection, counted with each run of the shared layer.
    beside = 0.1 if family == "albert" else 0.005
    assert sum(encoder.piece_work()) * int(inputs.offsets[-1]) == pytest.approx(weights, rel=beside)


def test_word_vectors_take_none(tmp_path: Path) -> None:
    (tmp_path / "vectors.txt").write_text("film 1 2\ngood 3 4\n", encoding="utf-8")
    assert sum(load_encoder(str(tmp_path / "vectors.txt")).piece_work()) == 0


def test_a_frozen_run_by_hand() -> None:
    # 5 epochs of 10 rows, each weight three times; 2 readings of 4 rows; 7 weights, 3 penalties
    assert frozen_run(7, 3, 5, 2, Read(100, 10), Read(40, 4)) == 7 * 3 * (3 * 5 * 10 + 2 * 4)
    assert states_work((0, 50, 60), (Read(100, 10), Read(40, 4))) == 110 * 140


def test_a_tuned_run_by_hand() -> None:
    train, dev, layers = Read(100, 10), Read(40, 4), (20, 50, 60)
    dev_once = 130 * 40 + 7 * 4
    assert tuned_run(layers, 7, False, None, 2, 2, train, dev, stored=False) == (
        2 * (3 * 130 * 100 + 3 * 7 * 10) + 2 * dev_once
    )
    below = 70 * 100
    assert tuned_run(layers, 7, False, 1, 1, 1, train, dev, stored=False) == (
        below + 3 * 60 * 100 + 3 * 7 * 10 + dev_once
    )
    assert tuned_run(layers, 7, False, 1, 1, 1, train, dev, stored=True) == 3 * 60 * 100 + 3 * 7 * 10 + dev_once


def test_layers_of_which_little_is_known() -> None:
    assert sum(layers_like_bert(13, 768, 109_482_240)) == 12 * 12 * 768**2
    assert sum(layers_like_bert(3, 1024, 13_600_000)) == 13_600_000
    assert sum(layers_like_bert(1, 50, 20_000_000)) == 0
    assert read_like_english(10, 20) == Read(280, 280)
