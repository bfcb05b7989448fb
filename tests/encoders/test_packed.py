"""Packed attention against a plain softmax over one input at a time."""

from __future__ import annotations

from itertools import pairwise, product
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.encoders.attend import SHORT, TRAINED, Scores, attend
from unfreeze.encoders.packed import equal_length_groups, packed_attention, packed_implementation, packed_lengths
from unfreeze.encoders.packed_masks import PACKED


@given(st.lists(st.integers(1, 4), max_size=12))
def test_groups_cover_the_pieces_in_order(lengths: list[int]) -> None:
    groups = equal_length_groups(tuple(lengths))
    assert [length for _, count, length in groups for _ in range(count)] == lengths
    assert [start for start, *_ in groups] == [sum(c * n for _, c, n in groups[:i]) for i in range(len(groups))]
    assert all(a[2] != b[2] for a, b in pairwise(groups))  # else one kernel would have done


@pytest.mark.parametrize("window", [None, 1, 3, 50])
def test_attention_stays_inside_each_input_and_its_window(window: int | None) -> None:
    lengths, heads, width, scaling = (1, 4, 4, 7), 2, 3, 0.4
    generator = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(1, heads, sum(lengths), width, generator=generator) for _ in range(3))
    with packed_lengths(lengths):
        got, weights = packed_attention(torch.nn.Identity(), query, key, value, None, scaling, sliding_window=window)
    owner = torch.repeat_interleave(torch.tensor(lengths))
    place = torch.arange(len(owner))
    seen = owner[:, None] == owner[None]
    if window is not None:
        seen &= (place[:, None] - place[None]).abs() < window
    scores = (query @ key.transpose(-1, -2) * scaling).masked_fill(~seen, -torch.inf)
    torch.testing.assert_close(got, (scores.softmax(-1) @ value).transpose(1, 2), atol=1e-6, rtol=1e-5)
    assert weights is None


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("window", [None, 3])
@pytest.mark.parametrize("asked", ["", "softcap", "s_aux", "position_bias"])
@pytest.mark.parametrize("dropped", [False, True])
def test_all_that_a_model_asks_of_attention_is_done(
    causal: bool, window: int | None, asked: str, dropped: bool
) -> None:
    """Fewer heads for keys and values, causal or not, a local layer, each of the extras; by kernel and by product."""
    lengths, scaling = (2, 5, 5), 0.7
    made = torch.Generator().manual_seed(1)
    query = torch.randn(1, 4, 12, 3, generator=made)
    key, value = torch.randn(1, 2, 12, 3, generator=made), torch.randn(1, 2, 12, 6, generator=made)
    extras = {
        "softcap": 1.5,
        "s_aux": torch.randn(4, generator=made),
        "position_bias": torch.randn(1, 4, 7, 7, generator=made),
    }
    given = {name: extra for name, extra in extras.items() if name == asked}
    module = torch.nn.Identity()
    module.is_causal = causal
    dropout = 1e-12 if dropped else 0.0  # nothing is dropped, but plain products are taken
    with packed_lengths(lengths):
        got, _ = packed_attention(module, query, key, value, None, scaling, dropout, sliding_window=window, **given)
    start = 0
    for length in lengths:
        rows = slice(start, start + length)
        q, k, v = query[0, :, rows], key[0, :, rows].repeat_interleave(2, 0), value[0, :, rows].repeat_interleave(2, 0)
        scores = q @ k.transpose(1, 2) * scaling
        if asked == "softcap":
            scores = 1.5 * (scores / 1.5).tanh()
        if asked == "position_bias":
            scores = scores + extras["position_bias"][0, :, :length, :length]
        away = torch.arange(length)[:, None] - torch.arange(length)[None]
        seen = (away.abs() < (window or length)) & ((away >= 0) | (not causal))
        scores = scores.masked_fill(~seen, -torch.inf)
        sinks = extras["s_aux"].view(4, 1, 1).expand(4, length, 1)
        weights = torch.cat([scores, sinks], 2).softmax(2)[:, :, :-1] if asked == "s_aux" else scores.softmax(2)
        torch.testing.assert_close(got[0, rows], (weights @ v).transpose(0, 1), atol=1e-6, rtol=1e-5)
        start += length


@pytest.mark.parametrize(
    ("given", "wants"), [({"indices": torch.zeros(1)}, "wants indices"), ({}, "a mask of its own")]
)
def test_what_is_not_known_is_refused(given: dict[str, torch.Tensor], wants: str) -> None:
    """So that the trial fails, and the model is run in another way."""
    x, mask = torch.zeros(1, 2, 5, 3), None if given else torch.ones(1, 1, 5, 5)
    with packed_lengths((2, 3)), pytest.raises(ValueError, match=wants):
        packed_attention(torch.nn.Identity(), x, x, x, mask, **given)


@pytest.mark.parametrize("length", [1, SHORT, SHORT + 1])
def test_bf16_is_as_near_to_fp32_with_plain_products_as_with_the_fused_kernel(length: int) -> None:
    generator = torch.Generator().manual_seed(0)
    exact = [torch.randn(1, 3, 2 * length, 16, generator=generator) for _ in range(3)]
    half = [x.to(torch.bfloat16) for x in exact]
    with packed_lengths((length, length)):
        expected, _ = packed_attention(torch.nn.Identity(), *exact, None)
        got, _ = packed_attention(torch.nn.Identity(), *half, None)
    assert got.dtype == torch.bfloat16
    torch.testing.assert_close(got.float(), expected, atol=0.03, rtol=0.03)


@pytest.mark.parametrize("length", [2, SHORT + 1, TRAINED + 1])
def test_gradients_in_bf16_are_those_of_fp32(length: int) -> None:
    generator = torch.Generator().manual_seed(0)
    exact = [torch.randn(1, 3, 2 * length, 16, generator=generator).requires_grad_() for _ in range(3)]
    half = [x.detach().to(torch.bfloat16).requires_grad_() for x in exact]
    pull = torch.randn(1, 2 * length, 3, 16, generator=generator)
    for sides in (exact, half):
        with packed_lengths((length, length)):
            got, _ = packed_attention(torch.nn.Identity(), *sides, None)
        (got.float() * pull).sum().backward()
    for wanted, found in zip(exact, half, strict=True):
        assert wanted.grad is not None
        assert found.grad is not None
        away = (found.grad.float() - wanted.grad).norm() / wanted.grad.norm()
        assert away < 0.02


def test_gradients_in_bf16_are_not_left_to_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose gradients take longer in bf16 than in fp32."""
    asked: list[int] = []
    kernel = torch.nn.functional.scaled_dot_product_attention

    def spy(q: torch.Tensor, *others: Any, **named: Any) -> torch.Tensor:
        asked.append(q.shape[2])
        return kernel(q, *others, **named)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", spy)
    for length, dtype, grad in product((TRAINED, TRAINED + 1), (torch.bfloat16, torch.float32), (True, False)):
        x = torch.zeros(1, 2, length, 8, dtype=dtype, requires_grad=grad)
        attend(x, x, x, Scores("all", 1.0), 0.0)
        assert bool(asked) == (dtype == torch.float32 or not grad or length > TRAINED)
        asked.clear()


def test_lengths_must_fit_the_batch() -> None:
    x = torch.zeros(1, 2, 5, 3)
    with packed_lengths((2, 2)), pytest.raises(ValueError, match="sum to 4, the batch has 5"):
        packed_attention(torch.nn.Identity(), x, x, x, None)


def test_several_threads_switch_a_model_once_there_and_once_back() -> None:
    class Model:
        def __init__(self) -> None:
            self.config = SimpleNamespace(_attn_implementation="sdpa")
            self.switched: list[str] = []

        def _can_set_attn_implementation(self) -> bool:
            return True

        def set_attn_implementation(self, name: str) -> None:
            self.config._attn_implementation = name
            self.switched.append(name)

    model = Model()
    with packed_implementation(model):
        with packed_implementation(model):
            assert model.config._attn_implementation == PACKED
        assert model.config._attn_implementation == PACKED
    assert model.switched == [PACKED, "sdpa"]
