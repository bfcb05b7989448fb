"""What every head that reads padded texts must hold to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor, nn

from unfreeze.layers.ragged import pad

Lengths = Sequence[int]
Texts = list[tuple[Tensor, Tensor]]
Forward = Callable[..., Tensor]


def arguments(texts: Texts) -> list[Tensor]:
    """`states, mask` of every text of an item, in turn."""
    return [tensor for text in texts for tensor in text]


def one(texts: Texts, i: int) -> list[Tensor]:
    """Item `i` alone, without padding."""
    alone = []
    for states, mask in texts:
        length = int(mask[i].sum())
        alone += [states[i : i + 1, :length], mask[i : i + 1, :length]]
    return alone


def check_batch_and_padding(head: nn.Module, texts: Texts) -> None:
    """Alone = in a batch = in a batch with rubbish in a wider padding; and the same again."""
    head.eval()
    with torch.no_grad():
        together = head(*arguments(texts))
        spoilt = []
        for states, mask in texts:
            wide, wide_mask = nn.functional.pad(states, (0, 0, 0, 3)), nn.functional.pad(mask, (0, 3))
            spoilt += [wide.masked_fill(~wide_mask[..., None], 50.0), wide_mask]
        padded = head(*spoilt)
        assert torch.equal(head(*arguments(texts)), together)
        for i in range(len(together)):
            alone = head(*one(texts, i))[0]
            real = together[i][: len(alone)] if together.dim() == 3 else together[i]  # taggers: the real words
            torch.testing.assert_close(alone, real, atol=2e-6, rtol=1e-4)
            torch.testing.assert_close(padded[i][: len(real)], real, atol=2e-6, rtol=1e-4)


def check_training(make: Callable[[], nn.Module], texts: Texts) -> None:
    """Dropout is at work, every parameter gets a gradient, none from padding, and the state dict holds everything."""
    torch.manual_seed(1)
    head = make().train()
    texts = [(states.clone().requires_grad_(), mask) for states, mask in texts]
    first, second = head(*arguments(texts)), head(*arguments(texts))
    assert not torch.equal(first, second)
    mask = texts[0][1]
    (first[mask] if first.dim() == 3 else first).square().sum().backward()
    # A CRF learns from its loss alone, and what is added to all logits of an attention alike changes nothing.
    aside = {n for n, _ in head.named_parameters() if n.startswith("crf") or n.endswith("attention.bias")}
    assert [
        name for name, p in head.named_parameters() if name not in aside and (p.grad is None or not p.grad.any())
    ] == []
    for states, mask in texts:
        assert states.grad is not None
        assert not states.grad[~mask].any()
    torch.manual_seed(2)
    other = make()
    other.load_state_dict(head.state_dict())
    with torch.no_grad():
        assert torch.equal(other.eval()(*arguments(texts)), head.eval()(*arguments(texts)))


@pytest.fixture
def check_head() -> Callable[[Callable[[], nn.Module], Sequence[Lengths], int], None]:
    """`check_head(make, lengths of each text, width)` checks a head in every respect above."""

    def check(make: Callable[[], nn.Module], lengths: Sequence[Lengths], width: int) -> None:
        torch.manual_seed(0)
        texts = [pad(torch.randn(sum(of_text), width), of_text) for of_text in lengths]
        check_batch_and_padding(make(), texts)
        check_training(make, texts)

    return check


@pytest.fixture
def count() -> Callable[[nn.Module], int]:
    """Trainable parameters of a module."""
    return lambda module: sum(p.numel() for p in module.parameters())


@pytest.fixture
def bilstm_size() -> Callable[[int, int], int]:
    """Parameters of a bidirectional LSTM as torch and AllenNLP lay it out: four gates, two biases each."""
    return lambda width, hidden: 2 * (4 * hidden * (width + hidden) + 8 * hidden)
