"""The trial finds what is wrong, however small, and takes nothing for wrong that is rounding."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from families import LIMIT, make_encoder
from torch import Tensor

from unfreeze.encoders import transformer, which_way
from unfreeze.encoders.freezing import frozen, thawed_copy
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.packed import lengths_here
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.encoders.which_way import ROUNDING, Trial, furthest, louder, random_batch
from unfreeze.errors import InputError

Spoil = Callable[[TransformerEncoder, Tensor], Tensor]


def spoilt(spoil: Spoil, family: str = "bert") -> TransformerEncoder:
    """An encoder whose first layer gives what `spoil` makes of its states (N, L, width)."""
    encoder = make_encoder(family)
    encoder.stack()[0].register_forward_hook(lambda part, given, out: spoil(encoder, out))
    return encoder


def test_a_sound_encoder_is_packed() -> None:
    assert spoilt(lambda encoder, out: out.clone()).way() == "packed"


@pytest.mark.parametrize("share", [1.0, 1e-3])
def test_pieces_of_a_packed_neighbour_are_found_however_little_of_them_there_is(share: float) -> None:
    def leak(encoder: TransformerEncoder, out: Tensor) -> Tensor:
        return out + share * out.roll(1, 1) if lengths_here() else out

    assert spoilt(leak).way() == "padded"


def test_padding_that_is_read_is_found() -> None:
    """As a convolution reads it."""
    assert spoilt(lambda encoder, out: out + 1e-3 * out.roll(-1, 1)).way() == "equal lengths"


def test_a_batch_that_is_mixed_is_found() -> None:
    assert spoilt(lambda encoder, out: out - 1e-2 * out.mean((0, 1))).way() == "one by one"


def test_states_that_differ_from_time_to_time_are_refused() -> None:
    with pytest.raises(InputError, match="other states each time"):
        spoilt(lambda encoder, out: out + 1e-2 * torch.randn_like(out)).way()


def test_pieces_that_see_nothing_of_each_other_are_refused() -> None:
    encoder = make_encoder()
    for part in encoder.modules():
        if type(part).__name__ == "BertSelfAttention":
            part.register_forward_hook(lambda part, given, out: (torch.zeros_like(out[0]), *out[1:]))
    with pytest.raises(InputError, match="depends on that piece alone"):
        encoder.way()


def test_more_packed_pieces_than_positions_are_tried() -> None:
    """Positions that are counted over the whole batch end where the table does."""

    def count(encoder: TransformerEncoder, out: Tensor) -> Tensor:
        if out.shape[1] > LIMIT:
            raise IndexError("index out of range in self")
        return out

    assert spoilt(count).way() == "padded"


@pytest.mark.parametrize(("packed", "way"), [(True, "padded"), (False, "equal lengths")])
def test_an_input_of_the_greatest_length_is_tried(packed: bool, way: str) -> None:
    """Such as a model has that does otherwise from some length on; the rest of the batch then pays for it."""

    def change(encoder: TransformerEncoder, out: Tensor) -> Tensor:
        if lengths_here():
            return out * 1.01 if max(lengths_here() or ()) == LIMIT else out
        return out * 1.01 if not packed and len(out) > 1 and out.shape[1] == LIMIT else out

    assert spoilt(change).way() == way


def test_longer_inputs_than_were_tried_are_not_padded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(which_way, "LONG", 20)
    monkeypatch.setattr(transformer, "LONG", 20)
    encoder, ran = make_encoder("roformer"), []
    assert encoder.way() == "padded"
    run = encoder.run
    monkeypatch.setattr(encoder, "run", lambda batch, way, *rest: ran.append(way) or run(batch, way, *rest))
    for lengths in ((4, 20), (4, 21)):
        encoder.encode(random_batch(encoder, lengths))
    assert ran == ["padded", "equal lengths"]


def test_packed_batches_stay_within_a_table_that_was_not_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(which_way, "MOST", LIMIT - 1)
    monkeypatch.setattr(transformer, "MOST", LIMIT - 1)
    encoder, seen = make_encoder(), []
    encoder.settle()
    encoder.stack()[0].register_forward_hook(lambda part, given, out: seen.append(out.shape[1]))
    batch = random_batch(encoder, (12, 9, 30, 40, 5))
    with torch.no_grad():
        got, alone = encoder.encode(batch).states, encoder.run(batch, "one by one")
        layer = encoder.encode_above(2, alone[2], batch).states
    assert seen[:3] == [26, 30, 40]
    torch.testing.assert_close(got, alone, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(layer, alone[-1:], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ["minilm", "bert-mini"])
def test_rounding_of_trained_weights_is_far_from_the_limit(name: str) -> None:
    encoder = load_encoder(name)
    with frozen(encoder) as reader:
        trial = Trial(reader)
        error = furthest(reader.run(trial.batch, "packed"), trial.alone)
    assert bool((5 * error <= trial.limit).all())
    assert bool((trial.limit <= ROUNDING * trial.alone.abs().mean((1, 2)) + 1e-9).all())
    assert encoder.way() == "packed"


def test_the_answer_goes_along_with_copies() -> None:
    """And is that of fp32, even where the copy would answer otherwise."""
    encoder = make_encoder()
    with frozen(encoder, "bf16") as half:
        assert half._way == "packed"
        assert half.resumes() == {1, 2, 3}
    other = make_encoder()
    copy = thawed_copy(other)
    assert (copy._way, copy._resumes) == ("packed", frozenset({1, 2, 3}))
    with torch.autocast("cpu", torch.bfloat16):
        assert make_encoder().resumes() == {1, 2, 3}


def test_louder_is_for_the_time_being() -> None:
    encoder = make_encoder()
    batch = random_batch(encoder, (5, 9))
    calm = encoder.run(batch, "padded")
    with louder(encoder.model, 8.0):
        assert not torch.allclose(encoder.run(batch, "padded"), calm)
    assert torch.equal(encoder.run(batch, "padded"), calm)


def test_an_input_is_the_same_beside_others() -> None:
    encoder = make_encoder()
    short, long = random_batch(encoder, (9, 3)), random_batch(encoder, (9, 3, 12, 30))
    assert torch.equal(long.ids[:12], short.ids)
    assert torch.equal(long.types[:12], short.types)
    assert set(short.types[9:].tolist()) == {0, 1}
    assert encoder.padding_id() not in long.ids.tolist()
