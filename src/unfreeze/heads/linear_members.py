"""The frozen linear head: many members (seeds and L2 penalties) trained side by side at the cost of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from unfreeze.heads.linear import PairFeatures, pair_features, pair_width
from unfreeze.layers.full_precision import full_precision, no_autocast
from unfreeze.layers.moments import moments
from unfreeze.layers.vectors import Vectors

Which = Literal["mix", "mean"] | tuple[int, ...]


class LinearMembers(nn.Module):
    """M linear models on a mix of pooled layer vectors, for single vectors or for pairs of them.

    All trainable parameters have the members as first dimension and no member's loss touches another's parameters: with
    an elementwise optimiser (no joint gradient clipping) a member learns what it would learn alone. State that is not
    per member is in buffers. Runs in float32, also under autocast.

    Features are standardised, after `standardise` has seen the training features: single vectors per layer, before
    mixing; pairs after mixing and pairing, since centring u and v would change what |u-v| and u*v mean.

    Args:
        layers: layer vectors given.
        width: of one.
        outputs: C classes, or 1 for a score.
        l2: (M,) penalties.
        seeds: (M,) seeds of the first weights; members with one seed start alike.
        which: `mix` learns a scalar mix per member; `mean` or a tuple of layers takes a plain mean.
        pair: features of a pair, or None for single vectors.
    """

    mean: Tensor
    spread: Tensor
    layer_share: Tensor
    l2: Tensor

    def __init__(
        self,
        layers: int,
        width: int,
        outputs: int,
        l2: Sequence[float],
        seeds: Sequence[int],
        which: Which = "mix",
        pair: PairFeatures | None = None,
    ) -> None:
        super().__init__()
        if len(l2) != len(seeds):
            raise ValueError(f"{len(l2)} penalties for {len(seeds)} seeds; each member needs one of both")
        self.pair, self.learned = pair, which == "mix" and layers > 1
        used = pair_width(width, pair) if pair else width
        shape = (used,) if pair else (layers, width)
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("spread", torch.ones(shape))
        self.register_buffer("l2", torch.tensor(list(l2), dtype=torch.float32), persistent=False)
        self.register_buffer("layer_share", _plain_mean(layers, which), persistent=False)
        if self.learned:
            self.mix = Vectors(torch.zeros(len(seeds), layers))
            self.gamma = nn.Parameter(torch.ones(len(seeds)))
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self.weight = nn.Parameter(torch.stack([0.01 * torch.randn(used, outputs, generator=g) for g in generators]))
        self.bias = Vectors(torch.zeros(len(seeds), outputs))

    def layer_weights(self) -> Tensor | None:
        """(M, layers) learned softmax weights, bottom to top, or None where nothing is learned."""
        return self.mix.detach().softmax(1) if self.learned else None

    def standardise(self, batches: Iterable[tuple[Tensor, ...]]) -> None:
        """Set mean and spread from training features: batches of what `forward` takes. Pairs: under the plain mean."""
        with torch.no_grad():
            if self.pair:
                mean, spread = moments(self._paired(batch, self.layer_share) for batch in batches)
            else:
                mean, spread = moments(features for (features,) in batches)
        self.mean.copy_(mean.view_as(self.mean))
        self.spread.copy_(spread.view_as(self.spread))

    def forward(self, *features: Tensor) -> Tensor:
        """Logits (M, B, C).

        Args:
            features: (layers, B, width): one tensor, or for pairs two, u and v.
        """
        with no_autocast(features[0]):
            share = self.shares()
            if self.pair:
                used = (self._paired(features, share) - self.mean) / self.spread
            else:
                used = _mixed((full_precision(features[0]) - self.mean[:, None]) / self.spread[:, None], share)
            return torch.baddbmm(self.bias[:, None], used.expand(len(self.bias), -1, -1), self.weight)

    def penalty(self) -> Tensor:
        """(M,) `l2 * |W|^2 / 2`; the bias and the mix go free."""
        return self.l2 * self.weight.square().sum((1, 2)) / 2

    def shares(self) -> Tensor:
        """(M, layers) factors of the layers, or (1, layers) where all members have the same."""
        return self.gamma[:, None] * self.mix.softmax(1) if self.learned else self.layer_share

    def _paired(self, features: tuple[Tensor, ...], share: Tensor) -> Tensor:
        """(M or 1, B, features of the pair)."""
        assert self.pair is not None
        u, v = (_mixed(full_precision(f), share) for f in features)
        return pair_features(u, v, self.pair)


def _mixed(states: Tensor, share: Tensor) -> Tensor:
    """(layers, B, width) mixed by (M, layers) to (M, B, width): one matrix product."""
    return (share @ states.flatten(1)).view(-1, *states.shape[1:])


def _plain_mean(layers: int, which: Which) -> Tensor:
    """(1, layers) equal shares of the layers in use (-1 is the top one), zero for the others."""
    used = list(range(layers)) if isinstance(which, str) else list(which)
    share = torch.zeros(1, layers)
    share[:, used] = 1 / len(used)
    return share
