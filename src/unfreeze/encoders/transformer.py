"""Any Hugging Face encoder behind the `Encoder` protocol, run packed where that is proven to give the same states."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cached_property, partial
from inspect import signature
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from unfreeze.data.unread import Unread
from unfreeze.encoders import reading
from unfreeze.encoders.above_layers import parts_above
from unfreeze.encoders.bf16_trial import trouble_in_bf16
from unfreeze.encoders.frame import stand_in
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.fused.choice import FusedChoice
from unfreeze.encoders.fused.stack import FusedStack
from unfreeze.encoders.given_layers import lower_layers_given
from unfreeze.encoders.linear_layers import kinds_of, linear_layers
from unfreeze.encoders.own_attention import attend_fully, teach_packing
from unfreeze.encoders.packed import packed_implementation, packed_lengths
from unfreeze.encoders.protocol import Batch, Encoder, Inputs, LayerStates, ranges
from unfreeze.encoders.tables import tables_of, within
from unfreeze.encoders.transformer_options import TransformerOptions
from unfreeze.encoders.unread import kinds_of as kinds_of_pieces
from unfreeze.encoders.unread import unread
from unfreeze.encoders.ways import Way, cut, padded, shortest_first, unpadded
from unfreeze.encoders.which_way import LENGTHS, LONG, MOST, find_way, layers_to_resume_from, random_batch
from unfreeze.language.message import say
from unfreeze.recipe import Targets

Given = tuple[int, Tensor]
"""A layer, and its states (P, width)."""
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
        self.thread_pieces = 256  # fewer are slower: products of few rows, and each operator costs as much as before
        self.model, self.tables = model, tables_of(model)
        teach_packing(model)
        fully = attend_fully(model, max_length)
        self.notes = () if fully is None else (fully,)
        config: Any = model.config
        self.layers, self.width = shape or (int(config.num_hidden_layers) + 1, int(config.hidden_size))
        self.packed_start = 0  # first position id of packed inputs; set by the trial
        self._way: Way | None = None
        self._fused = FusedChoice()
        self._resumes: frozenset[int] | None = None
        self.layer_parts: int | None = None  # what a layer gives, see `parts_given`; set by the trial
        self.options = TransformerOptions()
        self.eval()

    @property
    def options(self) -> TransformerOptions:
        """How it is used: prefix, pooling, whether a decoder may tag."""
        return self._asked

    @options.setter
    def options(self, options: TransformerOptions) -> None:
        self._asked = options
        self.pooling, self.normalise = options.pooling, bool(options.normalise)

    @property
    def wordless(self) -> str | None:  # type: ignore[override]
        """See `Encoder.wordless`."""
        if not self.causal or self.options.tagging:
            return None
        return say(
            "it is a decoder, in which a piece's state knows nothing of the pieces after it "
            "(--encoder-option tagging=true tags with it all the same)"
        )

    @property
    def adaptable(self) -> tuple[Targets, ...]:  # type: ignore[override]
        """See `Traits.adaptable`."""
        return kinds_of(linear_layers(self.model))

    def over(self, model: nn.Module) -> TransformerEncoder:
        """An encoder that reads texts like this one, over another model of the same kind."""
        other = TransformerEncoder(self.name, model, self.tokenizer, self.max_length, (self.layers, self.width))
        other.options, other.causal, other.reads_pairs = self.options, self.causal, self.reads_pairs
        return other

    def read_texts(self, texts: Sequence[str], texts_b: Sequence[str] | None = None) -> Inputs:
        """See `Encoder.read_texts`."""
        return self._within(
            reading.read_texts(self.tokenizer, self.max_length, texts, texts_b, self.options.prefix or "")
        )

    def read_words(self, sentences: Sequence[Sequence[str]]) -> Inputs:
        """See `Encoder.read_words`."""
        return self._within(reading.read_words(self.tokenizer, self.max_length, sentences))

    def encode(self, batch: Batch, *, all_layers: bool = True) -> LayerStates:
        """See `Encoder.encode`. Layer states are exactly `hidden_states` of the model."""
        way = self.way()
        if way == "padded" and max(batch.lengths) > LONG:  # not tried so long
            way = "equal lengths"
        stack = self._fused.stack(self) if way == "packed" else None
        states = self.run(batch, way, all_layers, None, stack)
        return LayerStates(states, batch.segment, batch.words, batch.lengths)

    def resumes(self) -> frozenset[int]:
        """See `Encoder.resumes`: tried once, on a few random ids."""
        packs = self.packs()
        with _one_try:
            if self._resumes is None:
                with frozen(self), torch.autocast(self.device.type, enabled=False):
                    self._resumes = layers_to_resume_from(self) if packs else frozenset()
            return self._resumes

    def encode_above(self, layer: int, states: Tensor, batch: Batch) -> LayerStates:
        """See `Encoder.encode_above`."""
        if layer == self.layers - 1:
            return LayerStates(states[None], batch.segment, batch.words, batch.lengths)
        above = self.run(batch, "packed", False, (layer, states))
        return LayerStates(above, batch.segment, batch.words, batch.lengths)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Embeddings, then each layer; a final norm goes with the top layer, other shared parts with the bottom."""
        stack = self.stack()
        layers = [list(layer.parameters()) for layer in stack]
        inside = {id(p) for layer in layers for p in layer}
        bottom: list[nn.Parameter] = []
        for name, parameter in self.model.named_parameters():
            if id(parameter) in inside or "pooler" in name:
                continue
            (layers[-1] if name.rpartition(".")[0] in self._above else bottom).append(parameter)
        return [bottom, *layers]

    @cached_property
    def _above(self) -> frozenset[str]:
        with frozen(self):
            return parts_above(self.model, self.stack())

    def piece_table(self) -> nn.Embedding | None:
        """See `Encoder.piece_table`."""
        table = self.model.get_input_embeddings()  # type: ignore[operator]
        return table if isinstance(table, nn.Embedding) else None

    def reinitialise_top(self, count: int) -> None:
        """See `Encoder.reinitialise_top`."""
        initialise = self.model._init_weights
        for layer in self.stack()[len(self.stack()) - count :] if count else []:
            for parameter in layer.parameters():
                parameter._is_hf_initialized = False  # type: ignore[attr-defined]
            layer.apply(initialise)  # type: ignore[arg-type]

    def redrawn(self) -> TransformerEncoder:
        """See `Encoder.redrawn`."""
        kind: Any = type(self.model)  # an encoder's half is another class than that of its configuration
        return self.over(kind._from_config(copy.deepcopy(self.model.config))).to(self.device)

    def fingerprint(self) -> str:
        """See `Encoder.fingerprint`."""
        digest = hashlib.blake2b(digest_size=16)
        self._digest_weights(digest, self.model)
        tokens = json.loads(self.tokenizer.backend_tokenizer.to_str())
        tokens.update(truncation=None, padding=None)  # call state, not identity
        kind = [tokens, self.max_length, type(self.model).__name__]
        prefix = [self.options.prefix] if self.options.prefix else []  # bundles are older than prefixes
        digest.update(json.dumps(kind + prefix, sort_keys=True).encode())
        return digest.hexdigest()

    def pieces(self, inputs: Inputs) -> list[str]:
        """See `Encoder.pieces`."""
        names: list[str] = self.tokenizer.convert_ids_to_tokens(inputs.ids.tolist())
        return names

    def unread(self, inputs: Inputs) -> Unread:
        """See `Encoder.unread`."""
        return unread(inputs, self._kinds)

    def save(self, folder: Path) -> None:
        """See `Encoder.save`: an ordinary folder of transformers, with the options beside it."""
        self.model.save_pretrained(folder, safe_serialization=True)  # type: ignore[operator]
        own, self.tokenizer.model_max_length = self.tokenizer.model_max_length, self.max_length
        self.tokenizer.save_pretrained(folder)
        self.tokenizer.model_max_length = own
        self.options.save(folder)

    def vocabulary(self) -> int:
        """Number of pieces that the model has a vector for."""
        return self.tables.pieces or int(self.model.config.vocab_size)  # type: ignore[union-attr, arg-type]

    def positions(self) -> int | None:
        """Rows of the table of positions; None where there is no such limit."""
        found = getattr(self.model.config, "max_position_embeddings", None)
        return int(found) if found and found > 0 else None

    def settle(self) -> None:
        """See `Encoder.settle`."""
        self.way()
        self.resumes()
        self.layer_groups()  # which parts lie above the layers

    def sample(self) -> Batch:
        """See `Encoder.sample`."""
        return random_batch(self, LENGTHS)

    def trouble_in_bf16(self) -> str | None:
        """See `Encoder.trouble_in_bf16`."""
        return trouble_in_bf16(self)

    def packs(self) -> bool:
        """Whether inputs are run packed, see `way`."""
        return self.way() == "packed"

    def way(self) -> Way:
        """How batches are run, see `which_way`: decided once, by trial, on the encoder as it was loaded, in fp32.

        Copies have it from their original, see `settle`.

        Raises:
            InputError: whatever the way, a state does not depend on its own input alone.
        """
        with _one_try:  # threads that come meanwhile wait for the answer
            if self._way is None:
                with frozen(self), torch.autocast(self.device.type, enabled=False):
                    self._way = find_way(self)
                    if self._way == "packed":
                        self._fused.settle(self)
            return self._way

    def quicken(self, exact: Encoder) -> None:
        """See `Encoder.quicken`."""
        if isinstance(exact, TransformerEncoder) and self.packs():
            self._fused.settle(self, exact)

    def run(
        self,
        batch: Batch,
        way: Way,
        all_layers: bool = True,
        given: Given | None = None,
        fused: FusedStack | None = None,
    ) -> Tensor:
        """States of all layers (layers, P, width), or of the top one (1, P, width), run in that way.

        Args:
            given: a layer and its states (P, width), to continue from; only packed.
            fused: what computes them instead of the model; only packed.
        """
        if way == "padded":
            return padded(partial(self.run_block, all_layers), batch, self.padding_id() or 0)
        if way == "one by one":
            return unpadded(partial(self.run_block, all_layers), batch, together=False)
        ordered, there, back = shortest_first(batch)
        if way == "equal lengths":
            states = unpadded(partial(self.run_block, all_layers), ordered)
        else:
            if given is not None and there is not None:
                given = given[0], given[1][there]
            table = self.positions() or 0
            most = table if table > MOST else None  # packed batches longer than the table were not tried then
            parts = cut(ordered, most)
            if fused is not None:
                several = [self._run_fused(part, all_layers, fused) for part, _ in parts]
            else:
                several = [self._run_packed(part, all_layers, given, rows) for part, rows in parts]
            states = several[0] if len(several) == 1 else torch.cat(several, 1)
        return states if back is None else states.index_select(1, back)

    def padding_id(self) -> int | None:
        """What padding is filled up with; None where the model has no piece for it."""
        found = getattr(self.model.config, "pad_token_id", None)
        return None if found is None else int(found)

    def _run_packed(self, batch: Batch, all_layers: bool, given: Given | None, rows: slice) -> Tensor:
        """(layers, P, width) of neighbours in a batch; `rows` are theirs in `given`."""
        positions = self._positions(batch)
        with ExitStack() as inside:
            inside.enter_context(packed_implementation(self.model))
            inside.enter_context(packed_lengths(batch.lengths))
            if given is not None:
                layer, states = given
                inside.enter_context(lower_layers_given(self.stack(), layer, states[rows], self.layer_parts))
            ids, types = batch.ids[None], batch.types[None]
            return torch.cat(tuple(self._call(types, all_layers, input_ids=ids, position_ids=positions)))

    def _run_fused(self, batch: Batch, all_layers: bool, stack: FusedStack) -> Tensor:
        """As `_run_packed`."""
        pieces = {"input_ids": batch.ids[None], "position_ids": self._positions(batch)}
        return stack.states(batch.lengths, pieces | self._types(batch.types[None]), all_layers)

    def _positions(self, batch: Batch) -> Tensor:
        """(1, P) of packed inputs."""
        first = np.full(len(batch.lengths), self.packed_start)
        return torch.from_numpy(ranges(first, np.asarray(batch.lengths))).to(batch.ids.device)[None]

    def run_block(self, all_layers: bool, ids: Tensor, types: Tensor, mask: Tensor) -> Sequence[Tensor]:
        """States (N, L, width) of each layer, or of the top one, of inputs padded to one length; all are (N, L)."""
        return self._call(types, all_layers, input_ids=ids, attention_mask=mask)

    def _call(self, types: Tensor, all_layers: bool, **inputs: Tensor) -> Sequence[Tensor]:
        out = self.model(**inputs, output_hidden_states=all_layers, **self._types(types), **self._options)
        return out.hidden_states if all_layers else (out.last_hidden_state,)

    def _within(self, inputs: Inputs) -> Inputs:
        return within(self.tables, inputs, stand_in(self.tokenizer))

    def _types(self, types: Tensor) -> dict[str, Tensor]:
        return {"token_type_ids": types} if self.takes_types else {}

    @cached_property
    def _kinds(self) -> npt.NDArray[np.int8]:
        return kinds_of_pieces(self.tokenizer)

    @cached_property
    def takes_types(self) -> bool:
        """Whether the model gets to know which of two texts a piece belongs to."""
        return self.tables.types > 0 and "token_type_ids" in self.tokenizer.model_input_names

    @cached_property
    def _options(self) -> dict[str, bool]:
        """No keys and values are kept for texts that go on."""
        return {"use_cache": False} if "use_cache" in signature(self.model.forward).parameters else {}

    def stack(self) -> nn.ModuleList:
        """The list of layers, found by its length; a model that shares one layer (ALBERT) has none."""
        for module in self.model.modules():
            if isinstance(module, nn.ModuleList) and len(module) == self.layers - 1:
                return module
        others = [module for module in self.model.children() if "embed" not in type(module).__name__.lower()]
        return nn.ModuleList(others[:1])
