"""Stored states equal recomputed ones equal the encoder's own; nothing unfrozen, torn or half-written is ever read."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest
import torch

from unfreeze.errors import InputError
from unfreeze.features.extract import extract
from unfreeze.features.index import predicted_bytes
from unfreeze.features.layout import FORMS, layout

GIGABYTE = 10**9


def get(encoder, inputs, folder, form="tokens", cap=GIGABYTE, **options):
    return extract(encoder, inputs, form, folder=folder, cap_bytes=cap, precision="fp32", **options)


def direct(encoder, inputs, i, form):
    """States of one input alone, reduced to `form` in plain numpy: (layers, rows, width)."""
    encoded = encoder.encode(inputs.batch([i]))
    states = encoded.states.numpy()
    reduced = {
        "tokens": lambda: states,
        "words": lambda: states[:, encoded.words.numpy() >= 0],
        "mean": lambda: states.mean(1, keepdims=True),
        "max": lambda: states.max(1, keepdims=True),
        "cls": lambda: states[:, :1],
        "last": lambda: states[:, -1:],
    }
    return reduced[form]()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("budget", [1, 8, 4096])
@pytest.mark.parametrize(("kind", "cap", "tolerance"), [("stored", GIGABYTE, 1e-3), ("recomputed", 0, 1e-6)])
def test_features_are_the_states_of_the_encoder(tmp_path, encoder, inputs, form, budget, kind, cap, tolerance):
    features = get(encoder, inputs, tmp_path, form, cap, token_budget=budget)
    assert features.kind == kind
    asked = [4, 2, 0, 2, 3, 1, 5]
    read = features.read(asked)
    wanted = [direct(encoder, inputs, i, form) for i in asked]
    assert read.lengths == tuple(w.shape[1] for w in wanted)
    np.testing.assert_allclose(read.states.numpy(), np.concatenate(wanted, axis=1), rtol=tolerance, atol=tolerance)
    batch = inputs.batch(asked)
    if form == "tokens":
        assert torch.equal(read.words, batch.words)
        assert torch.equal(read.segment, batch.segment)
    elif form == "words":
        assert torch.equal(read.words, batch.words[batch.words >= 0])
        assert torch.equal(read.segment, batch.segment[batch.words >= 0])
    else:
        assert read.words.tolist() == read.segment.tolist() == [-1] * len(asked)


@pytest.mark.parametrize("cap", [GIGABYTE, 0])
@pytest.mark.parametrize("layers", [range(1, 2), range(2), range(1, 3)])
def test_some_layers_are_read_as_they_are_among_all(tmp_path, encoder, inputs, cap, layers):
    features = get(encoder, inputs, tmp_path, cap=cap)
    some, every = features.read([3, 0], layers), features.read([3, 0])
    assert torch.equal(some.states, every.states[layers.start : layers.stop])
    assert some.lengths == every.lengths


@pytest.mark.parametrize("cap", [GIGABYTE, 0])
def test_a_head_can_be_trained_on_what_is_read(tmp_path, encoder, inputs, cap):
    head = torch.nn.Linear(encoder.width, 2)
    head(get(encoder, inputs, tmp_path, cap=cap).read([0, 1]).states).sum().backward()
    assert head.weight.grad.abs().sum() > 0


def test_a_batch_with_another_composition_gives_the_same(tmp_path, encoder, inputs):
    features = get(encoder, inputs, tmp_path)
    together = features.read(range(6)).states
    assert torch.equal(together, torch.cat([features.read([i]).states for i in range(6)], dim=1))


def test_identical_inputs_are_computed_and_stored_once(tmp_path, encoder, make_inputs):
    features = get(encoder, make_inputs([[0, 11, 0]] * 5 + [[0, 12, 0]]), tmp_path)
    assert encoder.pieces == 6
    assert features.bytes == 6 * encoder.layers * encoder.width * 2
    states = features.read([0, 4, 5]).states
    assert torch.equal(states[:, :3], states[:, 3:6])
    assert not torch.equal(states[:, :3], states[:, 6:])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", ["float16", "int8"])
@pytest.mark.parametrize("texts", [1, 300])
def test_size_is_known_before_anything_is_written(tmp_path, encoder, make_inputs, form, dtype, texts):
    draw = np.random.default_rng(0)
    inputs = make_inputs([draw.integers(0, 50, draw.integers(1, 30)).tolist() for _ in range(texts)])
    predicted = predicted_bytes(layout(inputs, form), encoder.layers, encoder.width, dtype)
    get(encoder, inputs, tmp_path, form, dtype=dtype)
    size = sum(path.stat().st_size for path in tmp_path.glob("*/*"))
    assert predicted >= size  # so that a cap is kept
    assert predicted < 1.05 * size or texts == 1


@pytest.mark.parametrize("form", FORMS)
def test_int8_states_are_near_and_their_store_is_its_own(tmp_path, encoder, inputs, form):
    plain, narrow = get(encoder, inputs, tmp_path, form), get(encoder, inputs, tmp_path, form, dtype="int8")
    assert (plain.reused, narrow.reused) == (False, False)
    assert get(encoder, inputs, tmp_path, form, dtype="int8").reused
    assert get(encoder, inputs, tmp_path, form).about.dtype == "float16"
    asked = [4, 2, 0, 2, 3, 1, 5]
    exact, near = plain.read(asked), narrow.read(asked)
    bound = exact.states.abs().amax(2, keepdim=True) / 127 / 2
    assert bool(((near.states - exact.states).abs() <= bound + 1e-3).all())
    assert near.lengths == exact.lengths
    assert torch.equal(near.words, exact.words)


def test_int8_takes_states_too_large_for_float16_but_none_that_are_not_numbers(tmp_path, encoder, inputs):
    encoder.scale = 1e6
    features = get(encoder, inputs, tmp_path, dtype="int8")
    assert (features.about.dtype, features.note) == ("int8", None)
    encoder.scale = float("nan")
    with pytest.raises(InputError, match="infinite or NaN"):
        get(encoder, inputs, tmp_path, dtype="int8")


def test_a_second_extraction_reads_the_store_whatever_the_batch_shape(tmp_path, encoder, inputs):
    first = get(encoder, inputs, tmp_path, token_budget=4)
    pieces = encoder.pieces
    again = get(encoder, inputs, tmp_path, token_budget=64)
    assert encoder.pieces == pieces
    assert (first.reused, again.reused) == (False, True)
    assert again.seconds == first.seconds > 0
    assert torch.equal(first.read(range(6)).states, again.read(range(6)).states)


def test_other_precision_and_form_have_stores_of_their_own(tmp_path, encoder, inputs):
    get(encoder, inputs, tmp_path)
    assert not get(encoder, inputs, tmp_path, "mean").reused
    other = extract(encoder, inputs, "tokens", folder=tmp_path, cap_bytes=GIGABYTE, precision="bf16")
    assert not other.reused


def test_dropout_is_refused(tmp_path, encoder, inputs):
    encoder.dropout.train()  # only this part: the encoder itself still says that it is in eval mode
    with pytest.raises(RuntimeError, match="'dropout' is in training mode"):
        get(encoder, inputs, tmp_path)
    assert encoder.pieces == 0
    assert not list(tmp_path.iterdir())


def test_gradients_are_refused(tmp_path, encoder, inputs):
    encoder.embedding.weight.requires_grad_(True)
    with pytest.raises(RuntimeError, match=r"'embedding.weight' takes gradients"):
        get(encoder, inputs, tmp_path)


def test_recomputed_features_refuse_an_encoder_that_thawed(tmp_path, encoder, inputs):
    features = get(encoder, inputs, tmp_path, cap=0)
    features.read([0])
    encoder.train()
    with pytest.raises(RuntimeError, match="training mode"):
        features.read([0])


def test_killed_midway_leaves_nothing_and_the_next_one_succeeds(tmp_path, encoder, inputs):
    encoder.fail_after = 9
    with pytest.raises(RuntimeError, match="killed"):
        get(encoder, inputs, tmp_path, token_budget=9)
    assert not list(tmp_path.iterdir())
    encoder.fail_after = None
    assert not get(encoder, inputs, tmp_path).reused


@pytest.mark.parametrize("name", ["states.bin", "index.npz", "meta.json"])
@pytest.mark.parametrize("harm", ["cut", "flip", "lose"])
def test_a_harmed_store_is_built_again(tmp_path, encoder, inputs, name, harm):
    before = get(encoder, inputs, tmp_path).read(range(6)).states
    path = next(tmp_path.glob(f"*/{name}"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()
    if harm != "lose":
        path.write_bytes(data if harm == "flip" else data[:-5])
    pieces = encoder.pieces
    again = get(encoder, inputs, tmp_path)
    assert not again.reused
    assert encoder.pieces == 2 * pieces
    assert torch.equal(again.read(range(6)).states, before)
    assert get(encoder, inputs, tmp_path).reused


def test_states_too_large_for_float16_are_kept_in_float32(tmp_path, encoder, inputs):
    encoder.scale = 1e6
    features = get(encoder, inputs, tmp_path, token_budget=4)
    assert features.kind == "stored"
    assert "float32" in features.note
    assert features.bytes == layout(inputs, "tokens").rows * encoder.layers * encoder.width * 4
    wanted = encoder.encode(inputs.batch([2])).states
    torch.testing.assert_close(features.read([2]).states, wanted, rtol=1e-6, atol=0)
    again = get(encoder, inputs, tmp_path)
    assert again.reused
    assert again.note == features.note


def test_an_encoder_that_gives_no_numbers_is_bad_input(tmp_path, encoder, inputs):
    encoder.scale = float("nan")
    with pytest.raises(InputError, match="encoder fake: gives states that are infinite or NaN"):
        get(encoder, inputs, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_store_over_the_cap_is_recomputed_with_a_note(tmp_path, encoder, inputs):
    needed = predicted_bytes(layout(inputs, "tokens"), encoder.layers, encoder.width)
    features = get(encoder, inputs, tmp_path, cap=needed - 1)
    assert (features.kind, features.bytes, features.seconds) == ("recomputed", 0, 0.0)
    assert "recomputed" in features.note
    assert not list(tmp_path.iterdir())
    features.read([0, 1])
    once = features.seconds
    features.read([0, 1])
    assert features.seconds > once > 0


def test_the_cap_holds_and_an_open_store_is_spared(tmp_path, encoder, make_inputs):
    cap = 20_000
    held = get(encoder, make_inputs([[0, 11, 0]]), tmp_path, cap=cap)
    for piece in range(12, 40):
        features = get(encoder, make_inputs([[0, piece, 0]]), tmp_path, cap=cap)
        assert features.kind == "stored"
        total = sum(path.stat().st_size for path in tmp_path.glob("*/*"))
        assert total <= cap
    assert len(list(tmp_path.iterdir())) < 29
    assert held.about.key in {path.name for path in tmp_path.iterdir()}
    assert held.read([0]).lengths == (3,)


def test_a_store_deleted_by_another_process_can_still_be_read(tmp_path, encoder, inputs):
    features = get(encoder, inputs, tmp_path)
    before = features.read([2]).states
    shutil.rmtree(next(tmp_path.iterdir()))
    assert torch.equal(features.read([2]).states, before)


def test_a_full_disk_is_reported_and_not_a_crash(tmp_path, encoder, inputs):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))
    try:
        features = get(encoder, inputs, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert features.kind == "recomputed"
    assert "cannot be stored" in features.note
    assert not list(tmp_path.iterdir())
    assert features.read([2]).lengths == (9,)


def test_a_folder_that_cannot_be_made_is_reported_and_not_a_crash(tmp_path, encoder, inputs):
    (tmp_path / "file").write_text("")
    features = get(encoder, inputs, tmp_path / "file" / "cache")
    assert features.kind == "recomputed"
    assert features.note


def test_progress_counts_pieces_up_to_all(tmp_path, encoder, make_inputs):
    seen = []
    rows = [[0, 11, 12], [0, 13], [0, 14, 15, 16], [0, 13]]
    get(encoder, make_inputs(rows), tmp_path, token_budget=4, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(4, 9), (7, 9), (9, 9)]  # the longest first; the second [0, 13] is not computed


def test_no_inputs_at_all(tmp_path, encoder, make_inputs):
    read = get(encoder, make_inputs([]), tmp_path).read([])
    assert read.states.shape == (encoder.layers, 0, encoder.width)
    assert read.lengths == ()


def test_a_cache_that_may_only_be_read_still_serves(tmp_path, encoder, inputs, monkeypatch):
    get(encoder, inputs, tmp_path)

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "utime", refused)
    assert get(encoder, inputs, tmp_path).reused


def test_what_all_inputs_share_is_computed_only_where_all_are_read(tmp_path, encoder, inputs, monkeypatch):
    begun = []
    monkeypatch.setattr(type(encoder), "begin", lambda self, told: begun.append(told))
    features = get(encoder, inputs, tmp_path, cap=0)
    features.read([0, 1])
    assert begun == []
    get(encoder, inputs, tmp_path)
    assert begun == [inputs]


def test_an_ordered_encoder_reads_in_order_and_shares_no_states(tmp_path, encoder, inputs):
    encoder.ordered = 2
    features = extract(encoder, inputs, "tokens", folder=tmp_path, cap_bytes=10**9, precision="fp32")
    got = features.read(range(6))
    encoder.begin(inputs)
    expected = [encoder.encode(inputs.batch(pair)).states for pair in ([0, 1], [2, 3], [4, 5])]
    torch.testing.assert_close(got.states, torch.cat(expected, 1).half().float())
    first, again = features.read([1]).states, features.read([4]).states  # the same text, read at another time
    assert not torch.allclose(first, again)
    reopened = extract(encoder, inputs, "tokens", folder=tmp_path, cap_bytes=10**9, precision="fp32")
    assert reopened.reused
    with pytest.raises(InputError, match="stateful reading needs a store"):
        extract(encoder, inputs, "mean", folder=tmp_path, cap_bytes=0, precision="fp32")
