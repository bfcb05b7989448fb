"""How a transformer has to be run so that a state depends on its own input alone: tried, never assumed.

A few random inputs are run one by one; whatever gives the same states is right. What "the same" means depends on
the model: rounding must be small beside the states, and small beside what a change of a neighbouring piece makes of
    them,
for a run that mixes inputs up is wrong by about that much. Where the weights are so small that pieces hardly look at
each other, linear layers are made louder for the time of the trial.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from unfreeze.encoders.given_layers import parts_given, upper_layers_left_out
from unfreeze.encoders.protocol import Batch
from unfreeze.encoders.ways import Way
from unfreeze.errors import InputError
from unfreeze.language.message import say

if TYPE_CHECKING:
    from unfreeze.encoders.transformer import TransformerEncoder

LENGTHS = (9, 3, 9, 12)  # pieces: beside longer and shorter inputs, and beside one of equal length
LONG = 512  # pieces of the longest input that is tried
MOST = 2048  # pieces of the largest packed batch that is tried
ROUNDING = 3e-5  # of the mean magnitude of a layer's states, in fp32
PART = 0.01  # of what a changed neighbour makes of a state
SEEN = 1e-4  # of the mean magnitude: a smaller change may be rounding
TELLING = 1e-3  # of that magnitude: a change that is so large shows a wrong way
LOUD = (1.0, 8.0, 64.0)


class Trial:
    """Inputs, their states when each is run alone, and how far other states of them may be from these.

    Args:
        lengths: pieces of the inputs, the first of them 9.
        all_layers: look at the states of all layers, not only of the top one.
    """

    def __init__(
        self, encoder: TransformerEncoder, lengths: tuple[int, ...] = LENGTHS, all_layers: bool = True
    ) -> None:
        self.encoder, self.all_layers = encoder, all_layers
        self.batch = random_batch(encoder, lengths)
        self.alone = self._run(self.batch, "one by one")
        ids, rows = self.batch.ids[:9], torch.arange(9)
        changed, turned, place = ids.clone(), ids.clone(), _other(ids, 3, 5)
        changed[4] = ids[_other(ids, 4, 7)]
        turned[3], turned[place] = ids[place], ids[3]
        self.size = self.alone.float().abs().mean((1, 2))
        self.limit = ROUNDING * self.size
        self.contrast = float("inf")  # how much a change of other pieces changes the top states, relative to their size
        self.mixes = False  # they look at each other at all
        for other, kept in ((changed, rows != 4), (turned, (rows != 3) & (rows != place))):
            states = self._run(replace(random_batch(encoder, (9,)), ids=other), "one by one")
            change = furthest(states[:, kept], self.alone[:, :9][:, kept])
            self.limit = torch.where(change > SEEN * self.size, self.limit.minimum(PART * change), self.limit)
            self.mixes |= bool(change.any())
            self.contrast = min(self.contrast, float(change[-1] / self.size[-1]))

    def _run(self, batch: Batch, way: Way) -> Tensor:
        return self.encoder.run(batch, way, self.all_layers)

    def right(self, way: Way, beside: tuple[int, ...] = ()) -> bool:
        """Whether this way gives the states that the inputs have when run alone.

        Args:
            beside: pieces of more inputs, whose own states are not looked at.
        """
        batch = random_batch(self.encoder, (*self.batch.lengths, *beside))
        try:
            states = self._run(batch, way)[:, : self.alone.shape[1]]
        except Exception:  # a model that cannot be run like that fails in its own way
            return False
        return self.same(states)

    def same(self, states: Tensor) -> bool:
        """Whether these are the states that the inputs have when run alone: all layers, or the top ones given."""
        error = furthest(states, self.alone[-len(states) :])
        return bool((error <= self.limit[-len(states) :]).all())  # false where something is NaN


def _other(ids: Tensor, place: int, first: int) -> int:
    """A place with another piece than this one, `first` if it has one: in a small vocabulary many are alike."""
    return next((i for i in (first, *range(len(ids))) if ids[i] != ids[place]), first)


def find_way(encoder: TransformerEncoder) -> Way:
    """The fastest way that gives each input the states that it has when run alone; sets `encoder.packed_start`.

    Args:
        encoder: frozen, in fp32.

    Raises:
        InputError: the model cannot be run on a few pieces, or its states are not the same each time.
    """
    with _telling(encoder) as trial:
        return _way(trial)


@contextmanager
def _telling(encoder: TransformerEncoder) -> Iterator[Trial]:
    """A trial under conditions in which a wrong way shows, if there are any."""
    contrasts: dict[float, float] = {}
    for factor in LOUD:
        with louder(encoder.model, factor):
            trial = _tried(encoder)
            if trial.contrast > TELLING:
                yield trial
                return
        if trial.mixes:
            contrasts[factor] = trial.contrast
    if not contrasts:
        problem = say("gives each piece a state that depends on that piece alone: its attention does nothing here")
        raise InputError(say("{problem}; choose another encoder", problem=problem), where=f"--encoder {encoder.name}")
    # Attention that is too loud looks at one piece alone.
    with louder(encoder.model, max(contrasts, key=contrasts.__getitem__)):
        yield _tried(encoder)


def _tried(encoder: TransformerEncoder) -> Trial:
    try:
        return Trial(encoder)
    except Exception as error:  # a model that wants more than pieces fails in ways of its own
        problem = say("cannot be run on pieces of text ({split})", split=" ".join(str(error).split())[:200])
        raise InputError(problem, where=f"--encoder {encoder.name}") from None


def _way(trial: Trial) -> Way:
    encoder = trial.encoder
    pad = encoder.padding_id()
    for start in (0,) if pad is None else (0, pad + 1):
        encoder.packed_start = start
        if trial.right("packed") and _right_at_length(encoder, "packed"):
            return "packed"
    if not trial.right("one by one"):
        problem = say("gives other states each time that it reads a text; choose another encoder")
        raise InputError(problem, where=f"--encoder {encoder.name}")
    if trial.right("padded") and _right_at_length(encoder, "padded"):
        return "padded"
    return "equal lengths" if trial.right("equal lengths") else "one by one"


def _right_at_length(encoder: TransformerEncoder, way: Way) -> bool:
    """Whether a long input changes nothing, nor a packed batch that is longer than the table of positions.

    Only the lowest layers are run, one of each kind, where that can be done.
    """
    longest, table = min(encoder.max_length, LONG), encoder.positions()
    beside: tuple[int, ...] = ()
    if way == "packed" and table is not None and table <= MOST:
        beside = (longest,) * max(0, -(-(table + 1 - sum(LENGTHS) - longest) // longest))
    for lowest in (True, False):
        with ExitStack() as inside:
            try:
                if lowest and len(encoder.stack()) == encoder.layers - 1:
                    kept, parts = _kinds(encoder), _layer_parts(encoder)
                    inside.enter_context(upper_layers_left_out(encoder.stack(), kept, parts))
                trial = Trial(encoder, (*LENGTHS, longest), all_layers=False)
            except Exception:  # a model that asks more of its layers than states runs whole
                continue
            return trial.right(way, beside)
    return False


def _kinds(encoder: TransformerEncoder) -> int:
    """The number of lowest layers that has one of each kind, two at most."""
    kinds = getattr(encoder.model.config, "layer_types", None)
    return 2 if kinds and len(set(kinds[:2])) > 1 else 1


def _layer_parts(encoder: TransformerEncoder) -> int | None:
    one = random_batch(encoder, LENGTHS[:1])
    return parts_given(encoder.stack()[0], lambda: encoder.run(one, "one by one"))


def layers_to_resume_from(encoder: TransformerEncoder) -> frozenset[int]:
    """Layers from whose states those of the top layer can be computed, packed; sets `encoder.layer_parts`."""
    if len(encoder.stack()) != encoder.layers - 1:
        return frozenset()
    found = {encoder.layers - 1}
    with _telling(encoder) as trial:
        encoder.layer_parts = _layer_parts(encoder)
        for layer in range(1, encoder.layers - 1):
            try:
                above = encoder.run(trial.batch, "packed", False, (layer, trial.alone[layer]))
            except Exception:  # as in `Trial.right`
                continue
            if trial.same(above):
                found.add(layer)
    return frozenset(found)


def random_batch(encoder: TransformerEncoder, lengths: tuple[int, ...]) -> Batch:
    """Inputs of random pieces, some as pairs of texts; each is the same whatever stands beside it."""
    vocabulary, pad = encoder.vocabulary(), encoder.padding_id()
    pieces = torch.tensor([i for i in range(min(5, vocabulary // 2), min(vocabulary, 1000)) if i != pad])
    ids, types = [], []
    for number, length in enumerate(lengths):
        drawn = torch.randint(len(pieces), (length,), generator=torch.Generator().manual_seed(number))
        if not number:
            step = 7 if len(pieces) % 7 else 5
            drawn = torch.arange(length) * step % len(pieces)  # neighbours differ, for sure
        ids.append(pieces[drawn])
        second = torch.arange(length) >= length - (length // 2 if number and encoder.tables.types > 1 else 0)
        types.append(second.long())
    columns = (torch.cat(ids).to(encoder.device), torch.cat(types).to(encoder.device))
    zeros = torch.zeros_like(columns[0])
    return Batch(*columns, zeros, zeros, lengths)


def furthest(states: Tensor, others: Tensor) -> Tensor:
    """(layers,) mean difference of the piece that differs most; both are (layers, P, width)."""
    return (states.float() - others.float()).abs().mean(2).amax(1)


@contextmanager
def louder(model: nn.Module, factor: float) -> Iterator[None]:
    """Inside, all linear layers give `factor` times as much."""
    with ExitStack() as inside:
        for part in model.modules() if factor != 1 else ():
            if isinstance(part, nn.Linear | nn.Conv1d | Conv1D):
                inside.callback(part.register_forward_hook(lambda part, given, out: out * factor).remove)
        yield
