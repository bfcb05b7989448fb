"""Batches for other engines have the texts' own pieces, and their means are those of real pieces alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import peers
import pytest
import torch
from peers import Padded, apart, distance, padded, padded_batches, take_means

from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import Precision
from unfreeze.encoders.protocol import Encoder

TEXTS = ["the film was good", "awful", "its story was lovely and the music great", "bob"]


class _Torch:
    """An engine that computes with transformers itself, off by a constant."""

    precision: Precision = "fp32"

    def __init__(self, folder: Path, off: float = 0.0) -> None:
        self._module, self._off = peers.LayerStatesOf(folder), off

    def run(self, batches: Iterator[Padded], use: peers.Use) -> None:
        for batch in batches:
            with torch.no_grad():
                outputs = self._module(*map(torch.from_numpy, (batch.ids, batch.mask, batch.types)))
            use([states.numpy() + self._off for states in outputs], batch)


@pytest.fixture
def read(encoder: Path) -> Encoder:
    return load_encoder(str(encoder))


def test_inputs_are_padded_behind() -> None:
    batch = padded(np.array([4, 2]), [[7, 8, 9], [5]], [[0, 0, 1], [1]])
    assert batch.ids.tolist() == [[7, 8, 9], [5, 0, 0]]
    assert batch.mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert batch.types.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert list(batch.named()) == list(peers.NAMES)


def test_batches_are_sorted_by_length_and_hold_every_text_once(read: Encoder) -> None:
    batches = list(padded_batches(read.tokenizer, TEXTS, None, 9))  # type: ignore[attr-defined]
    assert [batch.chosen.tolist() for batch in batches] == [[1, 3], [0], [2]]
    inputs = read.read_texts(TEXTS)
    for batch in batches:
        for row, text in enumerate(batch.chosen):
            pieces = inputs.ids[inputs.offsets[text] : inputs.offsets[text + 1]]
            assert batch.ids[row][batch.mask[row].astype(bool)].tolist() == pieces.tolist()


def test_means_are_of_real_pieces() -> None:
    batch = padded(np.arange(2), [[1, 1], [1]], [[0, 0], [0]])
    states = np.array([[[1.0, 2.0], [3.0, 6.0]], [[5.0, 7.0], [9e9, 9e9]]], np.float32)
    assert take_means([states, 2 * states], batch).tolist() == [[[2, 4], [5, 7]], [[4, 8], [10, 14]]]


def test_the_same_states_are_no_distance_apart(encoder: Path, read: Encoder) -> None:
    batches = list(padded_batches(read.tokenizer, TEXTS, None, 12))  # type: ignore[attr-defined]
    assert distance(_Torch(encoder), batches, read, read.read_texts(TEXTS)).most < 1e-5


def test_other_states_in_fp32_end_the_script(encoder: Path, read: Encoder) -> None:
    batches = list(padded_batches(read.tokenizer, TEXTS, None, 12))  # type: ignore[attr-defined]
    given = batches, read, read.read_texts(TEXTS)
    with pytest.raises(SystemExit, match=r"5\.0e-01 off ours"):
        distance(_Torch(encoder, 0.5), *given)
    in_bf16 = _Torch(encoder, 0.5)
    in_bf16.precision = "bf16"
    assert distance(in_bf16, *given).mean == pytest.approx(0.5, abs=1e-3)


def test_distance_has_the_largest_and_the_mean_difference() -> None:
    seen = apart(torch.tensor([1.0, 2.0, 3.0, -4.0]), torch.tensor([1.0, 2.0, 3.0, 0.0], dtype=torch.bfloat16))
    assert (seen.most, seen.mean) == (4.0, 1.0)


@pytest.mark.parametrize("streams", [1, 2])
@pytest.mark.slow
def test_openvino_gives_our_states(streams: int, encoder: Path, read: Encoder) -> None:
    pytest.importorskip("openvino")
    engine = peers.OpenVino(peers.to_openvino(peers.LayerStatesOf(encoder)), "fp32", streams)
    batches = list(padded_batches(read.tokenizer, TEXTS, None, 12))  # type: ignore[attr-defined]
    assert distance(engine, batches, read, read.read_texts(TEXTS)).most < peers.CLOSE


@pytest.mark.slow
def test_onnxruntime_gives_our_states(encoder: Path, read: Encoder, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    peers.export_onnx(peers.LayerStatesOf(encoder), tmp_path / "states.onnx")
    batches = list(padded_batches(read.tokenizer, TEXTS, None, 12))  # type: ignore[attr-defined]
    assert distance(peers.OnnxRuntime(tmp_path / "states.onnx"), batches, read, read.read_texts(TEXTS)).most < 1e-4
