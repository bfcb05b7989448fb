"""A store is read back exactly, and never when a byte of it is wrong."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch

from unfreeze.features.layout import layout
from unfreeze.features.rows import NotFiniteError
from unfreeze.features.store import About, TornStoreError, open_keys, open_store, write_store

KEY = "0" * 32
LAYERS, WIDTH = 3, 4


def rows_of(where):
    """(layers, rows, width) numbers that float16 holds exactly, all different."""
    count = LAYERS * where.rows * WIDTH
    return torch.arange(count).float().reshape(LAYERS, where.rows, WIDTH)


def write(folder, where, states, dtype="float16"):
    folder.mkdir()
    halves = np.array_split(np.random.default_rng(0).permutation(len(where.first)), 2)
    batches = []
    for stored in halves:
        rows = np.concatenate([np.arange(where.offsets[s], where.offsets[s + 1]) for s in stored])
        batches.append((stored, states[:, rows]))
    about = About(KEY, "fingerprint", "tokens", "fp32", LAYERS, WIDTH, dtype, None)
    write_store(folder, about, where, batches)


@pytest.fixture
def where(inputs):
    return layout(inputs, "tokens")


@pytest.fixture(params=["float16", "int8"])
def store(tmp_path, where, request):
    write(tmp_path / KEY, where, rows_of(where), request.param)
    return tmp_path / KEY


@pytest.mark.parametrize("asked", [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 2, 0, 4, 1], [3], []])
@pytest.mark.parametrize("dtype", ["float16", "float32", "int8"])
def test_rows_come_back_in_the_order_asked(tmp_path, where, asked, dtype):
    write(tmp_path / KEY, where, rows_of(where), dtype)
    read = open_store(tmp_path / KEY).read(asked)
    wanted = [rows_of(where)[:, where.offsets[s] : where.offsets[s + 1]] for s in where.stored[asked]]
    exact = torch.cat([torch.zeros(LAYERS, 0, WIDTH), *wanted], dim=1)
    bound = exact.abs().amax(2, keepdim=True) / 254 * 1.0001 if dtype == "int8" else torch.zeros(1)
    assert bool(((read.states - exact).abs() <= bound).all())
    assert read.lengths == tuple(w.shape[1] for w in wanted)
    assert read.states.dtype == torch.float32
    assert len(read.words) == len(read.segment) == sum(read.lengths)


def test_the_file_is_as_large_as_announced(store, where):
    features = open_store(store)
    row = LAYERS * (WIDTH * 2 if features.about.dtype == "float16" else WIDTH + 4)
    assert features.bytes == (store / "states.bin").stat().st_size == where.rows * row
    assert (features.layers, features.width, features.form, features.reused) == (LAYERS, WIDTH, "tokens", True)


@pytest.mark.parametrize("name", ["states.bin", "index.npz", "meta.json"])
def test_a_cut_file_is_noticed(store, name):
    os.truncate(store / name, (store / name).stat().st_size - 1)
    with pytest.raises(TornStoreError):
        open_store(store)


@pytest.mark.parametrize("name", ["states.bin", "index.npz"])
@pytest.mark.parametrize("place", [0.0, 0.37, 0.5, 0.999])
def test_one_changed_bit_is_noticed(store, name, place):
    data = bytearray((store / name).read_bytes())
    data[int(place * len(data))] ^= 4
    (store / name).write_bytes(data)
    with pytest.raises(TornStoreError):
        open_store(store)


@pytest.mark.parametrize(("old", "new"), [('"seconds": ', '"seconds": 1'), ('"fp32"', '"bf16"'), ("{", "[")])
def test_an_altered_meta_file_is_noticed(store, old, new):
    text = (store / "meta.json").read_text()
    assert old in text
    (store / "meta.json").write_text(text.replace(old, new, 1))
    with pytest.raises(TornStoreError):
        open_store(store)


def test_a_store_under_another_name_is_not_trusted(store):
    other = store.with_name("1" * 32)
    store.rename(other)
    with pytest.raises(TornStoreError):
        open_store(other)


@pytest.mark.parametrize("name", ["states.bin", "index.npz", "meta.json"])
def test_a_missing_file_is_noticed(store, name):
    (store / name).unlink()
    with pytest.raises(FileNotFoundError):
        open_store(store)


def test_a_store_cut_while_open_is_an_error_and_not_zeros(store):
    features = open_store(store)
    os.truncate(store / "states.bin", 10)
    with pytest.raises(OSError, match="cut while in use"):
        features.read([5, 2])


@pytest.mark.parametrize(
    ("value", "dtype"),
    [(7e4, "float16"), *((float(v), d) for v in ("nan", "inf", "-inf") for d in ("float32", "int8"))],
)
def test_a_state_that_does_not_fit_is_refused(tmp_path, where, value, dtype):
    states = rows_of(where)
    states[1, 2, 3] = value
    with pytest.raises(NotFiniteError):
        write(tmp_path / KEY, where, states, dtype)


def test_a_store_counts_as_open_while_it_is_held(store):
    features = open_store(store)
    assert KEY in open_keys()
    del features
    assert KEY not in open_keys()


def test_opening_marks_a_store_as_used_now(store):
    os.utime(store / "meta.json", (1e9, 1e9))
    open_store(store)
    assert (store / "meta.json").stat().st_mtime > 1.5e9
