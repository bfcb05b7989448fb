from __future__ import annotations

import numpy as np
import torch

from unfreeze.heads.biattention import BiAttention

LENGTHS = ((4, 2), (1, 3), (3, 3))


def pair() -> tuple[torch.Tensor, ...]:
    torch.manual_seed(0)
    a, b = torch.randn(3, 4, 5), torch.randn(3, 3, 5)
    mask_a = torch.arange(4)[None] < torch.tensor([n for n, _ in LENGTHS])[:, None]
    mask_b = torch.arange(3)[None] < torch.tensor([m for _, m in LENGTHS])[:, None]
    return a, mask_a, b, mask_b


def by_hand(a: np.ndarray, b: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    scores = a @ b.T
    parts = []
    for text, other, table in ((a, b, scores), (b, a, scores.T)):
        weights = np.exp(table) / np.exp(table).sum(1, keepdims=True)
        met = weights @ other
        features = np.concatenate([text, met, text - met, text * met], 1)
        parts += [features.mean(0), features.max(0)]
    return np.concatenate(parts)


def test_features_equal_those_made_by_hand() -> None:
    a, mask_a, b, mask_b = pair()
    head = BiAttention(5, 2).eval()
    seen: list[torch.Tensor] = []
    head.linear.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    assert head(a, mask_a, b, mask_b).shape == (3, 2)
    for i, (n, m) in enumerate(LENGTHS):
        np.testing.assert_allclose(seen[0][i], by_hand(a[i, :n].numpy(), b[i, :m].numpy()), atol=1e-5)


def test_padding_does_not_matter() -> None:
    a, mask_a, b, mask_b = pair()
    head = BiAttention(5, 1).eval()
    expected = head(a, mask_a, b, mask_b)
    a[~mask_a], b[~mask_b] = 1e3, -1e3
    torch.testing.assert_close(head(a, mask_a, b, mask_b), expected)


def test_only_the_linear_layer_learns() -> None:
    assert {name for name, _ in BiAttention(5, 3).named_parameters()} == {"linear.linear.weight", "linear.linear.bias"}
    assert sum(p.numel() for p in BiAttention(1024, 3).parameters()) == 3 * (16 * 1024 + 1)
