"""Masked-LM: a BERT, or any encoder with a masked-LM head, predicts the pieces that were taken out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import local
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.precision import Precision, autocast
from unfreeze.encoders.protocol import Batch, Ints
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.errors import InputError
from unfreeze.layers.dropout import swap_dropout
from unfreeze.pretraining.chunks import Chunks
from unfreeze.pretraining.masking import Flags, Masker
from unfreeze.pretraining.objective import Corpus, Indices
from unfreeze.pretraining.prepared import Prepared
from unfreeze.pretraining.settings import TransformerSize

PART_PIECES = 8192  # computed at a time on a processor; a GPU gets eight times as many
HELD_OUT_PIECES = 1 << 16  # read for a held-out loss


@dataclass(frozen=True)
class Masked:
    """Inputs with pieces taken out.

    Attributes:
        ids, types: (N, L) int64 as the encoder reads them.
        chosen: (N, L) what is to be predicted.
        gold: (N, L) the pieces before.
        follows: (N,) int64: 1 where the second half does not follow the first; None without that objective.
    """

    ids: Ints
    types: Ints
    chosen: Flags
    gold: Ints
    follows: Ints | None


class _Given(nn.Module):
    """Stands for the encoder inside the model with the head: gives the states that its thread was handed."""

    def __init__(self) -> None:
        super().__init__()
        self.here = local()

    def forward(self, *_: Any, **__: Any) -> Any:
        from transformers.modeling_outputs import BaseModelOutputWithPooling

        states, pooled = self.here.states
        return BaseModelOutputWithPooling(last_hidden_state=states, pooler_output=pooled)


class MaskedLm:
    """See `Objective`.

    Every input has the same number of pieces, cut from running text in which nothing parts documents, so nothing is
    padding. Only the chosen pieces go through the head, whose product with the vocabulary would else be most of a small
    model's time.

    Args:
        model: with the masked-LM head, as transformers has it; one for next sentences too if `pairs`.
        tokenizer: its fast tokenizer.
        text, held: to train on, and held out.
        size: of which `length`, `batch` and `learning_rate` are read here.
        pairs: also tell whether the second half follows the first.
    """

    unit = "pieces"

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        masker: Masker,
        corpus: Corpus,
        text: Prepared,
        held: Prepared,
        *,
        size: TransformerSize,
        dropout: float,
        seed: int,
        pairs: bool,
    ) -> None:
        self.model, self.tokenizer, self.masker, self.corpus = model, tokenizer, masker, corpus
        self.sizes, length = asdict(size), size.length
        self.base, self.place = model.base_model, model.base_model_prefix
        self.encoder = TransformerEncoder("", self.base, tokenizer, length)
        self.encoder.packs()  # tried before the encoder changes its place
        self.given = _Given()
        setattr(model, self.place, self.given)
        self.module = nn.ModuleDict({"encoder": self.encoder, "head": model})
        for part in self.module.modules():
            if isinstance(part, nn.Dropout):
                part.p = dropout
        swap_dropout(self.module)
        self.seed, self.pairs, self.learning_rate = seed, pairs, size.learning_rate
        special = 3 if pairs else 2
        self.text, self.held = Chunks(text, length - special, seed), Chunks(held, length - special, seed)
        self.rows = max(1, size.batch // length)
        self.length, self.step_tokens = length, self.rows * length

    @property
    def flops(self) -> float:
        """See `Objective`: three times the products of a forward pass."""
        config, width = self.base.config, self.encoder.width
        inside = sum(p.numel() for layer in self.encoder.layer_groups()[1:] for p in layer if p.ndim == 2)
        attention = 2 * self.length * width * (self.encoder.layers - 1)
        head = self.masker.share * (width * width + width * config.vocab_size)
        return 3 * 2 * float(inside + attention + head)

    def batch(self, step: int) -> Masked:
        """See `Objective`."""
        return self._masked(self.text, self.text.starts(step * self.rows, self.rows), (self.seed, 1, step))

    def tokens(self, batch: Masked) -> int:
        """See `Objective`."""
        return int(batch.ids.size)

    def parts(self, batch: Masked, count: int) -> Sequence[Indices]:
        """See `Objective`."""
        most = PART_PIECES * (1 if self.encoder.device.type == "cpu" else 8)
        enough = -(-batch.ids.size // most)
        count = min(len(batch.ids), -(-enough // count) * count)
        return np.array_split(np.arange(len(batch.ids)), count)

    def loss(self, batch: Masked, rows: Indices) -> Tensor:
        """See `Objective`."""
        pieces, follow = self._losses(batch, rows)
        total = pieces / max(1, int(batch.chosen.sum()))
        return (total if follow is None else total + follow / len(batch.ids))[None]

    def held_out(self, precision: Precision) -> dict[str, float]:
        """See `Objective`."""
        count = min(self.held.count, HELD_OUT_PIECES // self.length)
        sums = {"loss": 0.0, "next_sentence": 0.0}
        chosen = 0
        training = self.module.training
        self.module.eval()
        with torch.inference_mode(), autocast(self.encoder.device, precision, cache=False):
            for first in range(0, count, self.rows):
                some = min(self.rows, count - first)
                batch = self._masked(self.held, self.held.starts(first, some), (self.seed, 2, first))
                pieces, follow = self._losses(batch, np.arange(some))
                sums["loss"] += float(pieces)
                sums["next_sentence"] += 0.0 if follow is None else float(follow)
                chosen += int(batch.chosen.sum())
        self.module.train(training)
        found = {"loss": sums["loss"] / max(1, chosen)}
        return {**found, "next_sentence": sums["next_sentence"] / count} if self.pairs else found

    def carried(self) -> Mapping[str, Tensor]:
        """Nothing."""
        return {}

    def carry(self, state: Mapping[str, Tensor]) -> None:
        """Nothing."""

    def save(self, folder: Path) -> None:
        """Write a folder of transformers, the head among the weights, so that training can continue from it."""
        with self._whole() as model:
            model.save_pretrained(folder, safe_serialization=True)
        self.tokenizer.save_pretrained(folder)

    def check_head(self) -> None:
        """Raise `InputError` where the head wants more than states: tried on an input, against the whole model."""
        batch = self.batch(0)
        place = np.arange(self.length) % 2 == 1
        half = replace(batch, chosen=np.broadcast_to(place, batch.chosen.shape))
        ids, types = (torch.from_numpy(column[:1]).to(self.encoder.device) for column in (batch.ids, batch.types))
        try:
            with torch.no_grad(), frozen(self.module):
                found, _ = self._losses(half, np.arange(1))
                with self._whole() as model:
                    logits = model(input_ids=ids, attention_mask=torch.ones_like(ids), **self.encoder._types(types))[0]
            gold = torch.from_numpy(batch.gold[0]).to(logits.device)
            wanted = F.cross_entropy(logits[0, place].float(), gold[place], reduction="sum")
            same = torch.allclose(found, wanted, rtol=1e-4)
        except Exception:  # a head that asks for more fails in ways of its own
            same = False
        if not same:
            problem = "its masked-LM head is of a kind that cannot be trained here; choose another encoder"
            raise InputError(problem, where="--from")

    @contextmanager
    def _whole(self) -> Iterator[Any]:
        """The model with its encoder inside."""
        setattr(self.model, self.place, self.base)
        try:
            yield self.model
        finally:
            setattr(self.model, self.place, self.given)

    def _masked(self, chunks: Chunks, starts: Ints, draw: tuple[int, ...]) -> Masked:
        rng = np.random.default_rng(draw)
        body, tokenizer = chunks.rows(starts), self.tokenizer
        count = len(body)
        column = np.ones((count, 1), np.int64)
        if self.pairs:
            halves, follows, cuts = self._halves(chunks, starts, body, rng)
            ids = np.full((count, self.length), tokenizer.sep_token_id, np.int64)
            ids[:, 0] = tokenizer.cls_token_id
            place = np.arange(self.length - 3)
            second = place >= cuts[:, None]
            np.put_along_axis(ids, place + 1 + second, halves, 1)
            types = (np.arange(self.length) > cuts[:, None] + 1).astype(np.int64)
        else:
            follows = None
            ids = np.concatenate([column * tokenizer.cls_token_id, body, column * tokenizer.sep_token_id], 1)
            types = np.zeros_like(ids)
        ordinary = ~np.isin(ids, tokenizer.all_special_ids)
        chosen = self.masker.choose(ids, ordinary, rng)
        return Masked(self.masker.masked(ids, chosen, rng), types, chosen, ids, follows)

    def _halves(self, chunks: Chunks, starts: Ints, body: Ints, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
        """Inputs whose second half is that of another chunk in half the cases; whether it is; and where it begins.

        The second half begins with a sentence if one begins in the middle half of the chunk.
        """
        size, sentences = body.shape[1], chunks.text.sentences
        middle = starts + size // 4 + rng.integers(size // 2, size=len(starts))
        cuts = sentences[np.minimum(np.searchsorted(sentences, middle), len(sentences) - 1)] - starts
        cuts = np.where((cuts > 0) & (cuts < size), cuts, middle - starts)
        other = chunks.rows(chunks.starts(int(rng.integers(chunks.count)), len(body)))
        strange = rng.random(len(body)) < 0.5
        second = np.arange(size) >= cuts[:, None]
        return np.where(second & strange[:, None], other, body), strange.astype(np.int64), cuts

    def _losses(self, batch: Masked, rows: Ints) -> tuple[Tensor, Tensor | None]:
        """Sums over chosen pieces, and over inputs, of the cross-entropy."""
        device = self.encoder.device

        def flat(column: Ints) -> Tensor:
            return torch.from_numpy(column[rows].reshape(-1)).to(device)

        ids = flat(batch.ids)
        none = torch.zeros_like(ids)
        states = self.encoder.encode(
            Batch(ids, flat(batch.types), none, none, (self.length,) * len(rows)), all_layers=False
        ).states[0]
        place = torch.from_numpy(np.flatnonzero(batch.chosen[rows])).to(device)
        pooled = self.base.pooler(states.view(len(rows), self.length, -1)) if self.pairs else None
        self.given.here.states = states.index_select(0, place)[None], pooled
        out = self.model(input_ids=ids[None])
        logits = out.prediction_logits if self.pairs else out.logits
        gold = flat(batch.gold)[place]
        pieces = F.cross_entropy(logits[0].float(), gold, reduction="sum")
        if not self.pairs or batch.follows is None:
            return pieces, None
        follows = torch.from_numpy(batch.follows[rows]).to(device)
        return pieces, F.cross_entropy(out.seq_relationship_logits.float(), follows, reduction="sum")
