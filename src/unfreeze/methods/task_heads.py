"""Heads with a loss and a decoding: layer states of some examples in, labels out.

Both adaptations use these; what differs is where the layer states come from (a store, or a moving encoder).
A head has `members` that train side by side and do not touch each other: one, except for the frozen linear head.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Protocol

import torch
from torch import Tensor, nn

from unfreeze.encoders.protocol import LayerStates
from unfreeze.heads.bcn import BCN
from unfreeze.heads.biattention import BiAttention
from unfreeze.heads.esim import ESIM
from unfreeze.heads.linear import Linear, PairFeatures, pair_features, pair_width
from unfreeze.heads.linear_members import LinearMembers
from unfreeze.heads.tagger import Tagger
from unfreeze.layers.pooling import pool
from unfreeze.layers.ragged import pad
from unfreeze.layers.scalar_mix import ScalarMix
from unfreeze.methods.trained import DECISION
from unfreeze.recipe import Pair, Pooling
from unfreeze.tasks.kinds import Task
from unfreeze.training.objectives import Decoded, Objective


class Mix(nn.Module):
    """Layer states (layers, P, width) to one (P, width): a learned scalar mix, or the plain mean of some layers.

    Args:
        layers: how many layers there are.
        how: `mix`, `mean`, or the layers to average.
    """

    def __init__(self, layers: int, how: str | tuple[int, ...]) -> None:
        super().__init__()
        self.learned = ScalarMix(layers) if how == "mix" and layers > 1 else None
        self.which = tuple(range(layers)) if isinstance(how, str) else how

    def forward(self, states: Tensor) -> Tensor:
        """Mix in fp32."""
        if self.learned is not None:
            mixed: Tensor = self.learned(states)
            return mixed
        if len(self.which) == 1:
            return states[self.which[0]].float()
        return states[list(self.which)].float().mean(0)

    def weights(self) -> tuple[float, ...] | None:
        """Learned softmax weights bottom to top, or None."""
        return None if self.learned is None else tuple(self.learned.weights().tolist())


class TaskHead(Protocol):
    """What training and prediction ask of any head; every one is also an `nn.Module`."""

    members: int

    def loss(self, states: LayerStates, counts: Sequence[int], targets: Sequence[Tensor]) -> Tensor:
        """(members,) mean loss; `counts` says how many inputs each example has."""
        ...

    def decode(self, states: LayerStates, counts: Sequence[int]) -> list[Decoded]:
        """Predictions, one `Decoded` a member."""
        ...

    def mix_weights(self) -> list[tuple[float, ...] | None]:
        """Learned layer weights of every member."""
        ...


class TextHead(nn.Module):
    """A head for texts and pairs: a body that gives logits, and an objective.

    Attributes:
        decision: how logits are decided, chosen on dev after training and kept with the weights; None for most tasks.
    """

    decision: Tensor | None

    def __init__(self, body: nn.Module, objective: Objective, members: int = 1) -> None:
        super().__init__()
        self.body, self.objective, self.members = body, objective, members
        self.register_buffer(DECISION, objective.first_decision())

    def loss(self, states: LayerStates, counts: Sequence[int], targets: Sequence[Tensor]) -> Tensor:
        """See `TaskHead.loss`."""
        logits = self.body(states)
        loss = self.objective.loss(logits, torch.stack(list(targets)).to(logits.device))
        return loss + self.body.penalty() if isinstance(self.body, MembersBody) else loss

    def decode(self, states: LayerStates, counts: Sequence[int]) -> list[Decoded]:
        """See `TaskHead.decode`."""
        return [self.objective.decode(logits, self.decision) for logits in self.body(states)]

    def mix_weights(self) -> list[tuple[float, ...] | None]:
        """See `TaskHead.mix_weights`."""
        if isinstance(self.body, MembersBody):
            learned = self.body.members.layer_weights()
            return [None] * self.members if learned is None else [tuple(w) for w in learned.tolist()]
        mix = getattr(self.body, "mix", None)
        return [mix.weights() if mix is not None else None]


class PooledBody(nn.Module):
    """Pool the top states, join a pair's two vectors, dropout, one linear layer: fine-tuning's small head.

    Args:
        pair: features of two vectors that lie side by side (first, second, first, ...); None for one vector an example.
        normalise: vectors are brought to one length; those of pairs always are.
    """

    def __init__(
        self,
        width: int,
        outputs: int,
        pooling: Pooling,
        dropout: float,
        pair: PairFeatures | None = None,
        normalise: bool = False,
    ) -> None:
        super().__init__()
        self.pooling, self.pair, self.normalise = pooling, pair, normalise
        self.linear = Linear(pair_width(width, pair) if pair else width, outputs, dropout)

    def forward(self, states: LayerStates) -> Tensor:
        """(1, B, outputs)."""
        vectors = pool(states.states[-1], states.lengths, self.pooling)
        if self.pair or self.normalise:
            # Of one length, as sentence encoders are compared by cosine; each number is about 1, as a head likes it.
            vectors = nn.functional.normalize(vectors, dim=-1) * vectors.shape[-1] ** 0.5
        if self.pair:
            vectors = pair_features(vectors[0::2], vectors[1::2], self.pair)
        logits: Tensor = self.linear(vectors)
        return logits[None]


def features_of_pairs(task: Task) -> PairFeatures:
    """Features of two vectors that suit a task: a score of likeness is the same for (v, u), a class need not be."""
    return "absdiff-product" if task.target.symmetric else "full"


class MembersBody(nn.Module):
    """Pooled layer states through linear members; a pair's two vectors lie side by side (first, second, first, ...).

    Args:
        normalise: single vectors are brought to length 1; those of pairs always are.
    """

    def __init__(self, members: LinearMembers, normalise: bool = False) -> None:
        super().__init__()
        self.members, self.normalise = members, normalise

    def forward(self, states: LayerStates) -> Tensor:
        """(members, B, outputs)."""
        logits: Tensor = self.members(*self._features(states))
        return logits

    def penalty(self) -> Tensor:
        """(members,) what the L2 penalty adds to the loss."""
        return self.members.penalty()

    def standardise(self, batches: Iterable[LayerStates]) -> None:
        """Set mean and spread of the features from the training examples."""
        self.members.standardise(self._features(states) for states in batches)

    def _features(self, states: LayerStates) -> tuple[Tensor, ...]:
        if self.members.pair is None and not self.normalise:
            return (states.states,)
        # Unit length, as sentence encoders are compared by cosine: |u-v| and u*v then do not depend on text length.
        unit = nn.functional.normalize(states.states.float(), dim=-1)
        if self.members.pair is None:
            return (unit,)
        return unit[:, 0::2], unit[:, 1::2]


class BcnBody(nn.Module):
    """Mixed states of one text through a biattentive classification network."""

    def __init__(self, mix: Mix, bcn: BCN) -> None:
        super().__init__()
        self.mix, self.bcn = mix, bcn

    def forward(self, states: LayerStates) -> Tensor:
        """(1, B, outputs)."""
        padded, mask = pad(self.mix(states.states), states.lengths)
        logits: Tensor = self.bcn(padded, mask)
        return logits[None]


class PairBody(nn.Module):
    """Mixed states of both texts of a pair through a head that reads two padded texts: ESIM or bi-attention."""

    def __init__(self, mix: Mix, head: ESIM | BiAttention, pair: Pair) -> None:
        super().__init__()
        self.mix, self.head, self.pair = mix, head, pair
        self.register_load_state_dict_pre_hook(_renamed)  # type: ignore[no-untyped-call]

    def forward(self, states: LayerStates) -> Tensor:
        """(1, B, outputs)."""
        mixed = self.mix(states.states)
        lengths = states.lengths if self.pair == "separate" else halves(states.segment, states.lengths)
        parts = mixed.split(list(lengths))
        first = pad(torch.cat(parts[0::2]), lengths[0::2])
        second = pad(torch.cat(parts[1::2]), lengths[1::2])
        logits: Tensor = self.head(*first, *second)
        return logits[None]


def _renamed(body: nn.Module, weights: dict[str, Tensor], prefix: str, *_: object) -> None:
    """In bundles made before there was another head here, ESIM's weights are called after it."""
    for name in [name for name in weights if name.startswith(f"{prefix}esim.")]:
        weights[f"{prefix}head.{name.removeprefix(f'{prefix}esim.')}"] = weights.pop(name)


def halves(segment: Tensor, lengths: Sequence[int]) -> tuple[int, ...]:
    """Lengths of both texts of pairs read jointly, in turn: special pieces go with the text before them.

    The second text begins at the first piece of segment 1; where it is empty, at the closing special piece.
    """
    owner = torch.repeat_interleave(torch.tensor(lengths, device=segment.device))
    place = torch.arange(len(owner), device=segment.device)
    first = torch.full((len(lengths),), len(owner), device=segment.device)
    begins = first.scatter_reduce(0, owner[segment == 1], place[segment == 1], "amin").tolist()
    out, start = [], 0
    for begin, length in zip(begins, lengths, strict=True):
        split = min(begin - start, length - 1)
        out += [split, length - split]
        start += length
    return tuple(out)


class TagHead(nn.Module):
    """A head for tagging: the states of the gold words of each example through a tagger."""

    members = 1

    def __init__(self, mix: Mix, tagger: Tagger, objective: Objective) -> None:
        super().__init__()
        self.mix, self.tagger, self.objective = mix, tagger, objective

    def loss(self, states: LayerStates, counts: Sequence[int], targets: Sequence[Tensor]) -> Tensor:
        """See `TaskHead.loss`: mean over the words of the batch."""
        padded, mask = self._words(states, counts)
        tags = nn.utils.rnn.pad_sequence(list(targets), batch_first=True).to(padded.device)
        mean: Tensor = self.tagger.loss(padded, mask, tags)
        return mean[None]

    def decode(self, states: LayerStates, counts: Sequence[int]) -> list[Decoded]:
        """See `TaskHead.decode`."""
        padded, mask = self._words(states, counts)
        names = self.objective.labels.names
        return [Decoded(tuple(tuple(names[t] for t in tags) for tags in self.tagger.decode(padded, mask)))]

    def mix_weights(self) -> list[tuple[float, ...] | None]:
        """See `TaskHead.mix_weights`."""
        return [self.mix.weights()]

    def _words(self, states: LayerStates, counts: Sequence[int]) -> tuple[Tensor, Tensor]:
        """(B, words, width) and mask: the first piece of every gold word, the windows of an example joined."""
        keep = states.words >= 0
        owner = torch.repeat_interleave(torch.tensor(states.lengths, device=keep.device))
        words = torch.zeros(len(states.lengths), dtype=torch.long, device=keep.device).index_add_(0, owner, keep.long())
        ends = torch.tensor([0, *counts]).cumsum(0).tolist()
        per_input = words.tolist()
        lengths = tuple(sum(per_input[a:b]) for a, b in pairwise(ends))
        mixed = self.mix(states.states)
        return pad(mixed if bool(keep.all()) else mixed[keep], lengths)
