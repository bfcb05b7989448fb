"""The language model of ELMo: each word from those before it, and from those after it (Peters et al. 2018)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from unfreeze.encoders.elmo.bilm import State
from unfreeze.encoders.elmo.characters import Bytes
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.elmo.published import write_folder
from unfreeze.encoders.precision import Precision, autocast
from unfreeze.encoders.protocol import Ints
from unfreeze.pretraining.objective import Indices, WordCorpus
from unfreeze.pretraining.settings import BilmSize
from unfreeze.pretraining.streams import Streams
from unfreeze.pretraining.word_softmax import BEGIN, END, WordSoftmax, classes_of

HELD_OUT_WORDS = 1 << 16  # read for a held-out loss
NAMES = ("forward", "backward")


class BiLm:
    """See `Objective`.

    Both directions predict through one softmax. States are carried from step to step inside a block of running text;
    the gradient goes back through the words of one step. The character CNN reads each distinct word of a step once.

    Args:
        model: the network, whose dropout is used.
        corpus: what is read.
        size: of which `length`, `batch` and `learning_rate` are read here.
        reading: how texts become words, stored with the encoder.
    """

    unit = "words"

    def __init__(
        self,
        model: ElmoModel,
        softmax: WordSoftmax,
        corpus: WordCorpus,
        *,
        size: BilmSize,
        seed: int,
        reading: Mapping[str, str],
    ) -> None:
        self.model, self.softmax, self.words, self.corpus = model, softmax, corpus.words, corpus.about
        self.module = nn.ModuleDict({"encoder": model, "softmax": softmax})
        self.learning_rate, self.reading = size.learning_rate, reading
        self.sizes, length = asdict(size), size.length
        self.text = Streams(corpus.text, max(1, size.batch // length), length, len(self.words), seed)
        rows = min(self.text.rows, max(1, len(corpus.held.ids) // length))
        self.held = Streams(corpus.held, rows, length, len(self.words), seed)
        self.step_tokens = self.text.rows * length
        self.classes = np.append(classes_of(self.words, softmax.words), [BEGIN, END])
        self.spelling = Bytes()
        self.states = [(h.clone(), c.clone()) for h, c in model.lm.zeros(self.text.rows)]

    @property
    def flops(self) -> float:
        """See `Objective`: those of the LSTMs' products and the softmax's first part, both directions."""
        lstm = sum(p[0].numel() for layer in self.model.lm.layers for p in layer.parameters() if p.ndim == 3)
        head = self.softmax.head.weight.numel()
        return 3 * 2 * 2 * float(lstm + head)

    def batch(self, step: int) -> tuple[Ints, bool]:
        """See `Objective`: ids, and whether nothing is carried into them."""
        return self.text.read(step), self.text.fresh(step)

    def tokens(self, batch: tuple[Ints, bool]) -> int:
        """See `Objective`: each word counts once, though it is read in both directions."""
        return self.step_tokens

    def parts(self, batch: tuple[Ints, bool], count: int) -> Sequence[Indices]:
        """See `Objective`."""
        rows = np.arange(batch[0].shape[1])
        return [part for part in np.array_split(rows, count) if len(part)]

    def loss(self, batch: tuple[Ints, bool], rows: Indices) -> Tensor:
        """See `Objective`. The states after these rows are kept for the next step."""
        ids, fresh = batch
        some = slice(int(rows[0]), int(rows[-1]) + 1)
        # Copies, since the gradient still needs them when the new ones are written over the old.
        before = None if fresh else [(h[:, some].clone(), c[:, some].clone()) for h, c in self.states]
        sums, after = self._losses(ids[:, rows], before)
        for (h, c), (new_h, new_c) in zip(self.states, after, strict=True):
            h[:, some], c[:, some] = new_h.detach(), new_c.detach()
        total: Tensor = sums.sum() / self._predicted(ids).sum()
        return total[None]

    def held_out(self, precision: Precision) -> dict[str, float]:
        """See `Objective`: of both directions together, then of each. Perplexity is `exp` of it."""
        streams, training = self.held, self.module.training
        steps = max(1, min(HELD_OUT_WORDS, streams.size) // (streams.rows * streams.length))
        sums, count, states = np.zeros(2), np.zeros(2), None
        device = self.softmax.head.weight.device
        self.module.eval()
        with torch.no_grad(), autocast(device, precision, cache=False):
            for step in range(steps):
                ids = streams.first(step)
                losses, states = self._losses(ids, states)
                sums += losses.cpu().numpy()
                count += self._predicted(ids)
        self.module.train(training)
        each = dict(zip(NAMES, (sums / count).tolist(), strict=True))
        return {"loss": float(sums.sum() / count.sum()), **each}

    def carried(self) -> Mapping[str, Tensor]:
        """See `Objective`."""
        return {f"{name}{number}": t for number, state in enumerate(self.states)
                for name, t in zip("hc", state, strict=True)}  # fmt: skip

    def carry(self, state: Mapping[str, Tensor]) -> None:
        """See `Objective`."""
        for number, (h, c) in enumerate(self.states):
            h.copy_(state[f"h{number}"])
            c.copy_(state[f"c{number}"])

    def to(self, device: torch.device) -> None:
        """Move what is carried to where the parameters are."""
        self.states = [(h.to(device), c.to(device)) for h, c in self.states]

    def save(self, folder: Path) -> None:
        """A folder as ELMo is published, with the softmax beside it."""
        write_folder(folder, self.model, self.reading, hdf5=True)
        self.softmax.save(folder)

    def _predicted(self, ids: Ints) -> Ints:
        """(2,) tokens that are predicted in each direction: all but the beginnings of sentences, which are certain."""
        begins = np.array([BEGIN, END])[:, None, None]
        counted: Ints = (self.classes[ids[:, :, 1:]] != begins).sum((1, 2))
        return counted

    def _losses(self, ids: Ints, states: Sequence[State] | None) -> tuple[Tensor, list[State]]:
        """(2,) sums of the cross-entropy of each direction, and the states after ids (2, N, length + 1)."""
        device = self.softmax.head.weight.device
        distinct, where = np.unique(ids[:, :, :-1], return_inverse=True)
        vectors = self._vectors(distinct)
        count, length = ids.shape[1], ids.shape[2] - 1
        order = where.reshape(2, count, length).transpose(0, 2, 1).reshape(2, -1)  # step after step
        below = vectors[torch.from_numpy(order).to(device)]
        outputs, after = self.model.lm.stacked(below, (count,) * length, states)
        targets = self.classes[ids[:, :, 1:]].transpose(0, 2, 1).reshape(2, -1)
        sums = []
        for direction, begin in enumerate((BEGIN, END)):
            kept = np.flatnonzero(targets[direction] != begin)
            states_kept = outputs[-1][direction].index_select(0, torch.from_numpy(kept).to(device))
            sums.append(self.softmax.loss(states_kept, torch.from_numpy(targets[direction, kept]).to(device)))
        return torch.stack(sums), after

    def _vectors(self, distinct: Ints) -> Tensor:
        """(V, projection) of words by id; the two ends come last."""
        names = [self.words[i] for i in distinct if i < len(self.words)]
        ends = self.spelling.ends()[distinct[len(names) :] - len(self.words)]
        rows = np.concatenate([self.spelling.table(names), ends])
        device = self.softmax.head.weight.device
        vectors: Tensor = self.model.cnn(torch.from_numpy(rows).to(device, torch.int64))
        return vectors
