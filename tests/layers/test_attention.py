from __future__ import annotations

import numpy as np
import torch

from unfreeze.layers.attention import align, attend, masked_softmax
from unfreeze.layers.ragged import pad


def alone(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    scores = a @ b.T
    weights = np.exp(scores - scores.max(1, keepdims=True))
    return weights / weights.sum(1, keepdims=True) @ b


def test_masked_softmax_ignores_what_is_masked() -> None:
    scores = torch.tensor([[1.0, 2.0, 50.0]])
    weights = masked_softmax(scores, torch.tensor([[True, True, False]]))
    torch.testing.assert_close(weights[0, :2], scores[0, :2].softmax(0))
    assert weights[0, 2] == 0


def test_a_row_without_any_real_position_is_zero_and_has_a_finite_gradient() -> None:
    scores = torch.randn(2, 3, requires_grad=True)
    weights = masked_softmax(scores, torch.tensor([[True] * 3, [False] * 3]))
    assert not weights[1].any()
    weights.square().sum().backward()
    assert scores.grad is not None
    assert scores.grad.isfinite().all()
    assert not scores.grad[1].any()


def test_extreme_scores_stay_finite() -> None:
    scores = torch.tensor([[3e38, -3e38, 0.0]])
    assert masked_softmax(scores, torch.ones(1, 3, dtype=torch.bool)).tolist() == [[1.0, 0.0, 0.0]]


def test_align_equals_numpy_on_each_pair_whatever_lies_in_the_padding() -> None:
    lengths_a, lengths_b = (3, 1, 4), (2, 5, 1)
    a, mask_a = pad(torch.randn(8, 6), lengths_a)
    b, mask_b = pad(torch.randn(8, 6), lengths_b)
    a[~mask_a], b[~mask_b] = 9.0, -9.0
    for_a, for_b = align(a, b, mask_a, mask_b)
    for i, (m, n) in enumerate(zip(lengths_a, lengths_b, strict=True)):
        one, two = a[i, :m].double().numpy(), b[i, :n].double().numpy()
        np.testing.assert_allclose(for_a[i, :m].numpy(), alone(one, two), atol=1e-5)
        np.testing.assert_allclose(for_b[i, :n].numpy(), alone(two, one), atol=1e-5)


def test_attention_runs_in_fp32_under_autocast() -> None:
    x, mask = torch.randn(2, 5, 32), torch.ones(2, 5, dtype=torch.bool)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = attend(x, x, mask)
    assert torch.equal(mixed, attend(x, x, mask))
