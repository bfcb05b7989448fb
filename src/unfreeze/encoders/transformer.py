"""Any Hugging Face encoder behind the `Encoder` protocol, run packed where that is proven to give the same states."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from unfreeze.encoders import reading
from unfreeze.encoders.frame import stand_in
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.given_layers import lower_layers_given
from unfreeze.encoders.packed import packed_implementation
from unfreeze.encoders.protocol import Batch, Encoder, Inputs, LayerStates, ranges
from unfreeze.encoders.tables import tables_of, within

_one_try = RLock()


class TransformerEncoder(Encoder):
    """A transformers model with its tokenizer.

    Args:
        name: what the user called it.
        model: an encoder whose outputs have `last_hidden_state` and `hidden_states`, in fp32.
        tokenizer: its fast tokenizer.
        max_length: the most pieces an input may have, special pieces included.
        shape: how many layers it gives states of, the embedding layer included, and how wide they are; None takes what
            the configuration says.
    """

    def __init__(
        self, name: str, model: nn.Module, tokenizer: Any, max_length: int, shape: tuple[int, int] | None = None
    ) -> None:
        super().__init__()
        self.name, self.tokenizer, self.max_length = name, tokenizer, max_length
        self.family, self.reads_pairs = "transformer", True
        self.model, self.tables = model, tables_of(model)
        config: Any = model.config
        self.layers, self.width = shape or (int(config.num_hidden_layers) + 1, int(config.hidden_size))
        self._packed_start: int | None = None  # first position id of packed inputs; set by `packs`
        self._packs: bool | None = None
        self._resumes: frozenset[int] | None = None
        self.eval()

    def read_texts(self, texts: Sequence[str], texts_b: Sequence[str] | None = None) -> Inputs:
        """See `Encoder.read_texts`."""
        return self._within(reading.read_texts(self.tokenizer, self.max_length, texts, texts_b))

    def read_words(self, sentences: Sequence[Sequence[str]]) -> Inputs:
        """See `Encoder.read_words`."""
        return self._within(reading.read_words(self.tokenizer, self.max_length, sentences))

    def encode(self, batch: Batch, *, all_layers: bool = True) -> LayerStates:
        """See `Encoder.encode`. Layer states are exactly `hidden_states` of the model."""
        run = self._run_packed if self.packs() else self._run_padded
        return LayerStates(run(batch, all_layers), batch.segment, batch.words, batch.lengths)

    def resumes(self) -> frozenset[int]:
        """See `Encoder.resumes`: tried once, on a few random ids."""
        packs = self.packs()
        with _one_try:
            if self._resumes is None:
                with frozen(self):
                    self._resumes = self._try_resumed() if packs else frozenset()
            return self._resumes

    def encode_above(self, layer: int, states: Tensor, batch: Batch) -> LayerStates:
        """See `Encoder.encode_above`."""
        if layer == self.layers - 1:
            return LayerStates(states[None], batch.segment, batch.words, batch.lengths)
        above = self._run_packed(batch, False, (layer, states))
        return LayerStates(above, batch.segment, batch.words, batch.lengths)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Embeddings, then each layer; a final norm goes with the top layer, other shared parts with the bottom."""
        stack = self._stack()
        layers = [list(layer.parameters()) for layer in stack]
        inside = {id(p) for layer in layers for p in layer}
        bottom: list[nn.Parameter] = []
        for name, parameter in self.model.named_parameters():
            if id(parameter) in inside or "pooler" in name:
                continue
            (layers[-1] if "final_norm" in name else bottom).append(parameter)
        return [bottom, *layers]

    def piece_table(self) -> nn.Embedding | None:
        """See `Encoder.piece_table`."""
        table = self.model.get_input_embeddings()  # type: ignore[operator]
        return table if isinstance(table, nn.Embedding) else None

    def reinitialise_top(self, count: int) -> None:
        """See `Encoder.reinitialise_top`."""
        initialise = self.model._init_weights
        for layer in self._stack()[len(self._stack()) - count :] if count else []:
            for parameter in layer.parameters():
                parameter._is_hf_initialized = False  # type: ignore[attr-defined]
            layer.apply(initialise)  # type: ignore[arg-type]

    def fingerprint(self) -> str:
        """See `Encoder.fingerprint`."""
        digest = hashlib.blake2b(digest_size=16)
        self._digest_weights(digest, self.model)
        tokens = json.loads(self.tokenizer.backend_tokenizer.to_str())
        tokens.update(truncation=None, padding=None)  # call state, not identity
        digest.update(json.dumps([tokens, self.max_length, type(self.model).__name__], sort_keys=True).encode())
        return digest.hexdigest()

    def pieces(self, inputs: Inputs) -> list[str]:
        """See `Encoder.pieces`."""
        names: list[str] = self.tokenizer.convert_ids_to_tokens(inputs.ids.tolist())
        return names

    def save(self, folder: Path) -> None:
        """See `Encoder.save`: an ordinary folder of transformers."""
        self.model.save_pretrained(folder, safe_serialization=True)  # type: ignore[operator]
        self.tokenizer.save_pretrained(folder)

    def packs(self) -> bool:
        """Whether packed inputs give the very states of padded ones on this model; tried once, on a few random ids."""
        with _one_try:  # threads that come meanwhile wait for the answer
            if self._packs is None:
                with frozen(self):
                    self._packs = self._try_packed()
            return self._packs

    def _random_batch(self) -> Batch:
        generator = torch.Generator().manual_seed(0)
        lengths = (5, 3, 9, 9, 12)
        vocabulary = int(self.model.config.vocab_size)  # type: ignore[union-attr, arg-type]
        low = min(5, vocabulary - 1)  # special ids are low; a padding id inside would shift positions
        ids = torch.randint(low, vocabulary, (sum(lengths),), generator=generator).to(self.device)
        zeros = torch.zeros_like(ids)
        return Batch(ids, zeros, zeros, zeros, lengths)

    def _try_resumed(self) -> frozenset[int]:
        batch = self._random_batch()
        known, top = self.encode(batch).states, self.encode(batch, all_layers=False).states
        found = set()
        for layer in range(1, self.layers) if len(self._stack()) == self.layers - 1 else ():
            try:
                above = self.encode_above(layer, known[layer], batch).states
            except Exception:  # as in `_try_packed`
                continue
            if _same(above, top):
                found.add(layer)
        return frozenset(found)

    def _try_packed(self) -> bool:
        batch = self._random_batch()
        plain = self._run_padded(batch, True)
        pad = getattr(self.model.config, "pad_token_id", None)
        for start in (0,) if pad is None else (0, int(pad) + 1):
            self._packed_start = start
            try:
                packed = self._run_packed(batch, True)
            except Exception:  # a model that cannot take packed inputs fails in ways of its own
                continue
            if _same(packed, plain):
                return True
        return False

    def _run_packed(self, batch: Batch, all_layers: bool, given: tuple[int, Tensor] | None = None) -> Tensor:
        """States of all layers or the top one; `given` is a layer and its states (P, width), to go on from."""
        sizes = np.asarray(batch.lengths, dtype=np.int64)
        order = np.argsort(sizes, kind="stable")
        if np.array_equal(order, np.arange(len(order))):
            return self._run_given(batch.ids, batch.types, batch.lengths, all_layers, given)
        there = torch.from_numpy(ranges((np.cumsum(sizes) - sizes)[order], sizes[order])).to(batch.ids.device)
        back = torch.empty_like(there)
        back[there] = torch.arange(len(there), device=there.device)
        lengths = tuple(sizes[order].tolist())
        moved = None if given is None else (given[0], given[1][there])
        states = self._run_given(batch.ids[there], batch.types[there], lengths, all_layers, moved)
        return states.index_select(1, back)

    def _run_given(
        self, ids: Tensor, types: Tensor, lengths: tuple[int, ...], all_layers: bool, given: tuple[int, Tensor] | None
    ) -> Tensor:
        if given is None:
            return self._run_sorted(ids, types, lengths, all_layers)
        with lower_layers_given(self._stack(), *given):
            return self._run_sorted(ids, types, lengths, all_layers)

    def _run_sorted(self, ids: Tensor, types: Tensor, lengths: tuple[int, ...], all_layers: bool) -> Tensor:
        first = np.full(len(lengths), self._packed_start or 0)
        positions = torch.from_numpy(ranges(first, np.asarray(lengths))).to(ids.device)
        with packed_implementation(self.model):
            out = self.model(
                input_ids=ids[None],
                position_ids=positions[None],
                packed_lengths=lengths,
                output_hidden_states=all_layers,
                **self._types(types[None]),
            )
        return torch.cat(out.hidden_states) if all_layers else out.last_hidden_state

    def _run_padded(self, batch: Batch, all_layers: bool) -> Tensor:
        count, longest = len(batch.lengths), max(batch.lengths)
        lengths = torch.tensor(batch.lengths, device=batch.ids.device)
        mask = torch.arange(longest, device=lengths.device)[None] < lengths[:, None]  # (N, L)
        pad = getattr(self.model.config, "pad_token_id", None) or 0
        ids = torch.full((count, longest), pad, device=lengths.device).masked_scatter(mask, batch.ids)
        types = torch.zeros_like(ids).masked_scatter(mask, batch.types)
        out = self.model(
            input_ids=ids, attention_mask=mask.long(), output_hidden_states=all_layers, **self._types(types)
        )
        states = out.hidden_states if all_layers else (out.last_hidden_state,)
        return torch.stack([layer[mask] for layer in states])

    def _within(self, inputs: Inputs) -> Inputs:
        return within(self.tables, inputs, stand_in(self.tokenizer))

    def _types(self, types: Tensor) -> dict[str, Tensor]:
        return {"token_type_ids": types} if self._takes_types else {}

    @cached_property
    def _takes_types(self) -> bool:
        return self.tables.types > 0 and "token_type_ids" in self.tokenizer.model_input_names

    def _stack(self) -> nn.ModuleList:
        """The list of layers, found by its length; a model that shares one layer (ALBERT) has none."""
        for module in self.model.modules():
            if isinstance(module, nn.ModuleList) and len(module) == self.layers - 1:
                return module
        others = [module for module in self.model.children() if "embed" not in type(module).__name__.lower()]
        return nn.ModuleList(others[:1])


def _same(states: Tensor, others: Tensor) -> bool:
    """Whether they differ by rounding alone."""
    error, scale = (states - others).abs().max(), others.abs().max()
    return bool(error <= (1e-5 if others.dtype == torch.float32 else 5e-2) * scale)
