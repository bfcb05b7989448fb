"""What every encoder gives: ragged inputs in, layer states out, with no padding anywhere between.

The layout is packed: the pieces of a batch lie one after another, and `lengths` says where each input ends.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b as Digest
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from unfreeze.data.unread import Unread
from unfreeze.encoders.rows import Rows
from unfreeze.recipe import Family, Pooling, Targets, Traits

Ints = npt.NDArray[np.integer]
NO_LIMIT = 1 << 30  # pieces: more than any text has


@dataclass(frozen=True)
class Inputs:
    """What an encoder reads for a list of examples; ragged columns over P pieces, N inputs, E examples.

    An example has one input (a text, a pair read jointly), two (a pair read separately) or several (windows over a
    long tagged sentence); they lie next to each other.

    Attributes:
        ids: (P,) int32 piece ids.
        types: (P,) int8 token type ids, as the model wants them.
        segment: (P,) int8: 0 and 1 for pieces of the first and second text, -1 for special pieces.
        words: (P,) int32: index of the gold word whose state this piece gives (its first piece), else -1. Over all
            inputs of an example each gold word occurs exactly once, in order.
        offsets: (N + 1,) int64: input i has the pieces `offsets[i]:offsets[i + 1]`.
        examples: (E + 1,) int64: example e has the inputs `examples[e]:examples[e + 1]`.
        truncated: (N,) bool: the text did not fit and was cut (never true for tagging).
        table: for an encoder with no vocabulary of its own, the distinct words of these inputs as rows of character
            ids, or the distinct texts as rows of word ids; `ids` then are rows of it. None where ids mean the same
            everywhere.
    """

    ids: Ints
    types: Ints
    segment: Ints
    words: Ints
    offsets: Ints
    examples: Ints
    truncated: npt.NDArray[np.bool_]
    table: Rows | None = None

    def lengths(self) -> Ints:
        """(N,) pieces of each input."""
        return np.diff(self.offsets)

    def batch(self, inputs: Sequence[int] | Ints, device: torch.device | None = None) -> Batch:
        """The inputs with these indices, packed in the order given."""
        chosen = np.asarray(inputs, dtype=np.int64)
        starts = self.offsets[chosen]
        lengths = self.offsets[chosen + 1] - starts
        pieces = ranges(starts, lengths)

        def pick(column: Ints) -> Tensor:
            return torch.from_numpy(column[pieces].astype(np.int64)).to(device)

        sizes = tuple(lengths.tolist())
        return Batch(pick(self.ids), pick(self.types), pick(self.segment), pick(self.words), sizes, self.table)


def ranges(starts: Ints, counts: Ints) -> Ints:
    """(sum of counts,) int64: `starts[i], starts[i] + 1, ...` (`counts[i]` of them), for each i in turn."""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1]) if len(ends) else 0, dtype=np.int64) + np.repeat(starts - ends + counts, counts)


@dataclass(frozen=True)
class Batch:
    """Packed inputs: P pieces of N inputs, one after another. All tensors are (P,) int64; see `Inputs`.

    `table` is that of the `Inputs`, the same object in each batch of them.
    """

    ids: Tensor
    types: Tensor
    segment: Tensor
    words: Tensor
    lengths: tuple[int, ...]
    table: Rows | None = None


@dataclass(frozen=True)
class LayerStates:
    """Vectors of every asked layer for packed inputs.

    Attributes:
        states: (layers, P, width).
        segment, words: (P,) as in `Inputs`.
        lengths: pieces of each input; sums to P.
    """

    states: Tensor
    segment: Tensor
    words: Tensor
    lengths: tuple[int, ...]


class Encoder(nn.Module, ABC):
    """A pretrained network.

    Attributes:
        name: what the user called it.
        layers: number of layer states, the embedding layer included.
        width: width of a layer state.
        max_length: the most pieces an input may have, special pieces included.
        family: which recipes suit it.
        reads_pairs: whether it reads two texts in one input.
        batch_pieces: pieces a batch that it reads fastest.
        thread_pieces: pieces that are worth a thread of their own: a few inputs are cut into batches of at least that
            many, so that all threads have something to do.
        step_pieces: pieces whose gradients are computed at a time, unless a single example has more: what training
            keeps of each piece until then may be large.
        ordered: inputs per batch, where a state depends on what was read before, so that all inputs must be read one
            after the other; None where inputs are independent.
        fixed: why it cannot be fine-tuned, as the end of "cannot be fine-tuned: ..."; None if it can.
        notes: what the user should know about how it was loaded, one line each.
        notes_on_pairs: the same, where pairs are read in one input.
        causal: a piece's state knows nothing of the pieces after it.
        wordless: why it is not for tagging, as the end of "is not for tagging: ..."; None where it is.
        pooling, normalise: how its authors make one vector of a text; see `Traits`.
        adaptable: see `Traits`.
    """

    name: str
    layers: int
    width: int
    max_length: int
    family: Family
    reads_pairs: bool
    batch_pieces: int = 4096  # more gains no speed with the transformers and machines measured
    thread_pieces: int = NO_LIMIT
    step_pieces: int = NO_LIMIT
    ordered: int | None = None
    fixed: str | None = None
    notes: tuple[str, ...] = ()
    notes_on_pairs: tuple[str, ...] = ()
    causal: bool = False
    wordless: str | None = None
    pooling: Pooling | None = None
    normalise: bool = False
    adaptable: tuple[Targets, ...] = ()

    @property
    def traits(self) -> Traits:
        """What of it decides which methods and recipes suit it."""
        return Traits(
            self.layers, self.width, self.family, self.reads_pairs, self.causal, self.wordless, self.pooling,
            self.normalise, self.fixed, self.adaptable,
        )  # fmt: skip

    @abstractmethod
    def read_texts(self, texts: Sequence[str], texts_b: Sequence[str] | None = None) -> Inputs:
        """Tokenise texts, or pairs read jointly; too long ones are cut (`Inputs.truncated`)."""

    @abstractmethod
    def read_words(self, sentences: Sequence[Sequence[str]]) -> Inputs:
        """Tokenise sentences given as words; long ones become overlapping windows, every word scored once."""

    @abstractmethod
    def encode(self, batch: Batch, *, all_layers: bool = True) -> LayerStates:
        """Layer states of a batch: all `layers` of them, or only the top one (then `states` is (1, P, width))."""

    def resumes(self) -> frozenset[int]:
        """Layers from whose states the top layer's can be computed, see `encode_above`; none where that is not known.

        That of the layer whose group is the topmost frozen one: layer 0 belongs to the lowest group, and so on.
        """
        return frozenset()

    def encode_above(self, layer: int, states: Tensor, batch: Batch) -> LayerStates:
        """States of the top layer (1, P, width) from those of `layer` (P, width), which is one of `resumes`."""
        raise NotImplementedError(f"{type(self).__name__} computes all layers")

    @abstractmethod
    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Parameters from bottom to top, one list a layer, each parameter once: the units of unfreezing and rates."""

    @abstractmethod
    def reinitialise_top(self, count: int) -> None:
        """Give the top `count` layers fresh weights, drawn as for a new model."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Digest of weights, tokenizer and kind of model: what makes two encoders give the same states of an input.

        The length limit need not be in it: it decides what the inputs are, and whoever keeps states or scores by a
        fingerprint keeps the inputs, or the limit, beside it.
        Settings that come with the kind, such as the epsilon of a norm, are left out: their names and defaults change
        from one release of a library to the next, and a bundle would no longer know its encoder.
        """

    @abstractmethod
    def pieces(self, inputs: Inputs) -> list[str]:
        """(P,) the pieces of inputs as text."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write a folder that `load_encoder` gives this encoder back from; weights as safetensors or plain arrays."""

    def unread(self, inputs: Inputs) -> Unread | None:
        """How much of these inputs says nothing to the encoder; None where it reads whatever is written."""
        return None

    def piece_table(self) -> nn.Embedding | None:
        """The embedding whose rows are piece ids, if there is one."""
        return None

    def settle(self) -> None:
        """Find out by trial how it has to be run, on the weights as they were loaded; copies take that over."""

    def quicken(self, exact: Encoder) -> None:
        """Find out by trial what is quicker and as near to `exact`, of which it is a frozen copy in 16 bits."""

    def sample(self) -> Batch | None:
        """A few inputs to try things on; None where nothing need be tried."""
        return None

    def trouble_in_bf16(self) -> str | None:
        """Why it cannot be read in bf16, as the end of "not in bf16: ..."; None if it can."""
        return None

    def redrawn(self) -> Encoder | None:
        """An encoder of the same shape whose weights are drawn afresh by torch's generator, as training begins.

        None where nothing is known of how that is: what pretraining has brought is then not measured.
        """
        return None

    def begin(self, inputs: Inputs) -> None:
        """Called before batches of these inputs are encoded: forget what was read, compute what all of them share."""

    def piece_work(self) -> tuple[int, ...]:
        """Weights that a piece goes through, by layer group: of matrices, but for tables, which are looked up.

        A layer that is run several times (ALBERT) counts as often.
        """
        groups = [list(self.parameters())] if self.fixed is not None else self.layer_groups()
        tables = {id(p) for module in self.modules() if isinstance(module, nn.Embedding) for p in module.parameters()}
        times = max(1, (self.layers - 1) // max(1, len(groups) - 1)) if len(groups) > 1 else 1
        weights = [sum(p.numel() for p in group if p.dim() > 1 and id(p) not in tables) for group in groups]
        return (*weights[:1], *(times * count for count in weights[1:]))

    def sizes(self) -> tuple[int, int]:
        """Numbers that it has learned, and the bytes that they take."""
        parameters = list(self.parameters())
        return sum(p.numel() for p in parameters), sum(p.numel() * p.element_size() for p in parameters)

    @staticmethod
    def _digest_weights(digest: Digest, module: nn.Module) -> None:
        """Add a module's weights to a digest: names, shapes and bytes."""
        for name, tensor in sorted(module.state_dict().items()):
            digest.update(f"{name} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().flatten().view(torch.uint8).numpy().data)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """Of the weights."""
        return next(self.parameters()).dtype
