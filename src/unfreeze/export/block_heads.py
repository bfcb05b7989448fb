"""Trained heads over padded blocks: what `methods/task_heads.py` computes from packed rows, in what can be exported."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from unfreeze.export.block_lstm import rows_at, with_block_lstms
from unfreeze.export.viterbi import Viterbi
from unfreeze.heads.linear import pair_features
from unfreeze.layers.pooling import How
from unfreeze.methods.task_heads import BcnBody, MembersBody, PairBody, PooledBody, TagHead, TextHead
from unfreeze.recipe import Recipe


@dataclass(frozen=True)
class Block:
    """Layer states of padded inputs.

    Attributes:
        states: (layers, N, L, width). A pair read separately: the first texts of all pairs, then the second ones.
        mask: (N, L) bool, true on real pieces.
        segment: (N, L) 0 and 1 for pieces of the first and second text, -1 else; None where no head asks for it.
        words: (B, W) place of the first piece of each word among all N * L, -1 where there is none; tagging only.
    """

    states: Tensor
    mask: Tensor
    segment: Tensor | None = None
    words: Tensor | None = None


def pooled(states: Tensor, mask: Tensor, how: How) -> Tensor:
    """(layers, N, width) of (layers, N, L, width), see `layers.pooling.pool`."""
    if how == "cls":
        return states[:, :, 0]
    if how == "last":
        last = (mask.sum(1) - 1)[:, None]
        return torch.stack([rows_at(layer, last).squeeze(1) for layer in states.unbind(0)])
    if how == "max":
        return states.masked_fill(~mask[..., None], torch.finfo(states.dtype).min).amax(2)
    return states.masked_fill(~mask[..., None], 0.0).sum(2) / mask.sum(1)[:, None]


def sides(both: Tensor) -> tuple[Tensor, Tensor]:
    """First and second texts (N, ...) of (2N, ...)."""
    first, second = both.view(2, -1, *both.shape[1:]).unbind(0)
    return first, second


class BlockHead(nn.Module):
    """A trained head over blocks; `segment` says whether it needs `Block.segment`."""

    segment = False

    def forward(self, block: Block) -> Tensor:
        """Logits (B, outputs), or (B, W) tags."""
        raise NotImplementedError


class PooledBlock(BlockHead):
    """`PooledBody`."""

    def __init__(self, body: PooledBody, recipe: Recipe) -> None:
        super().__init__()
        self.body = body

    def forward(self, block: Block) -> Tensor:
        """See `BlockHead`."""
        body = self.body
        (vectors,) = pooled(block.states[-1:], block.mask, body.pooling)
        if body.pair or body.normalise:
            vectors = nn.functional.normalize(vectors, dim=-1) * vectors.shape[-1] ** 0.5
        if body.pair:
            first, second = sides(vectors)
            vectors = pair_features(first, second, body.pair)
        logits: Tensor = body.linear(vectors)
        return logits


class MembersBlock(BlockHead):
    """`MembersBody` with one member."""

    def __init__(self, body: MembersBody, recipe: Recipe) -> None:
        super().__init__()
        self.body, self.pooling = body, recipe.pooling

    def forward(self, block: Block) -> Tensor:
        """See `BlockHead`."""
        vectors = pooled(block.states, block.mask, self.pooling)
        if self.body.members.pair or self.body.normalise:
            vectors = nn.functional.normalize(vectors, dim=-1)
        of_pairs = self.body.members.pair is not None
        features = [sides(layer) for layer in vectors.unbind(0)] if of_pairs else [(layer,) for layer in vectors]
        logits: Tensor = self.body.members(*(torch.stack(side) for side in zip(*features, strict=True)))
        return logits[0]


class BcnBlock(BlockHead):
    """`BcnBody`."""

    def __init__(self, body: BcnBody, recipe: Recipe) -> None:
        super().__init__()
        self.mix, self.bcn = body.mix, with_block_lstms(body.bcn)

    def forward(self, block: Block) -> Tensor:
        """See `BlockHead`."""
        states = self.mix(block.states).masked_fill(~block.mask[..., None], 0.0)
        logits: Tensor = self.bcn(states, block.mask)
        return logits


class PairBlock(BlockHead):
    """`PairBody`: ESIM or bi-attention."""

    def __init__(self, body: PairBody, recipe: Recipe) -> None:
        super().__init__()
        self.mix, self.head, self.segment = body.mix, with_block_lstms(body.head), body.pair == "joint"

    def forward(self, block: Block) -> Tensor:
        """See `BlockHead`."""
        states, mask = self.mix(block.states), block.mask
        if block.segment is None:
            (a, b), (of_a, of_b) = map(sides, (states, mask))
        else:
            a, of_a, b, of_b = _halves(states, mask, block.segment)
        logits: Tensor = self.head(a, of_a, b, of_b)
        return logits


def _halves(states: Tensor, mask: Tensor, segment: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Both texts of pairs read jointly as blocks with masks; special pieces go with the text before them.

    See `methods.task_heads.halves`.
    """
    places = torch.arange(mask.shape[1])
    lengths = mask.sum(1)
    begins = torch.where(segment == 1, places, mask.shape[1]).amin(1)
    split = torch.minimum(begins, lengths - 1)[:, None]  # (N, 1)
    moved = torch.minimum(split + places, torch.full_like(split, mask.shape[1] - 1))
    return states, places < split, rows_at(states, moved), places < lengths[:, None] - split


class TagBlock(BlockHead):
    """`TagHead`."""

    def __init__(self, head: TagHead, recipe: Recipe) -> None:
        super().__init__()
        self.mix, self.tagger = head.mix, with_block_lstms(head.tagger)
        self.viterbi = Viterbi(head.tagger.crf)

    def forward(self, block: Block) -> Tensor:
        """See `BlockHead`."""
        assert block.words is not None
        mask, rows = block.words >= 0, self.mix(block.states).flatten(0, 1)
        states = rows[block.words.clamp(min=0)].masked_fill(~mask[..., None], 0.0)
        tags: Tensor = self.viterbi(self.tagger(states, mask), mask)
        return tags


_BODIES: dict[type, Callable[..., BlockHead]] = {
    PooledBody: PooledBlock, MembersBody: MembersBlock, BcnBody: BcnBlock, PairBody: PairBlock,
}  # fmt: skip


def block_head(head: TextHead | TagHead, recipe: Recipe) -> BlockHead:
    """A copy of a trained head that reads blocks."""
    own = copy.deepcopy(head).cpu().eval().requires_grad_(False)
    if isinstance(own, TagHead):
        return TagBlock(own, recipe)
    return _BODIES[type(own.body)](own.body, recipe)
