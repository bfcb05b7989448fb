"""A bundle's model as one graph: padded pieces in, probabilities, scores or tags out."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from unfreeze.bundle.load import Predictor
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.errors import InputError
from unfreeze.export.block_heads import Block, block_head
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.inputs import pair_reading
from unfreeze.methods.task_heads import TagHead, TextHead

Axes = dict[int, str]


class Graph(nn.Module):
    """Encoder, head and what makes logits ready to use.

    Attributes:
        sides: 2 where an example has two inputs, one for each text; the inputs then have a first dimension of 2.
        names: of the inputs, all int64. `input_ids`, `attention_mask` and where the encoder wants it `token_type_ids`:
            (batch, length). `segment` is that of `Block`, `words`, too.
        output: `probabilities` (batch, C), `scores` (batch,) or `tags` (batch, words).
    """

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        recipe, objective = predictor.model.recipe, predictor.model.objective
        (head,) = predictor.model.heads
        assert isinstance(head, TextHead | TagHead)
        self.encoder, self.head = _eager(exportable(predictor)), block_head(head, recipe)
        self.objective, self.output = objective, objective.output
        self.sides = 2 if pair_reading(recipe, objective.task) == "separate" else 1
        asked = {
            "token_type_ids": self.encoder.takes_types, "segment": self.head.segment,
            "words": objective.task.target.per_word,
        }  # fmt: skip
        self.names = ("input_ids", "attention_mask", *(name for name, wanted in asked.items() if wanted))
        # What reads the top layer alone need not have the others in its way.
        self.all_layers = isinstance(recipe, FrozenRecipe)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor | None = None,
        segment: Tensor | None = None,
        words: Tensor | None = None,
    ) -> Tensor:
        """See `names` and `output`."""
        if self.sides == 2:
            input_ids, attention_mask = input_ids.flatten(0, 1), attention_mask.flatten(0, 1)
            token_type_ids = None if token_type_ids is None else token_type_ids.flatten(0, 1)
        types = torch.zeros_like(input_ids) if token_type_ids is None else token_type_ids
        layers = self.encoder.run_block(self.all_layers, input_ids, types, attention_mask)
        block = Block(torch.stack(list(layers)), attention_mask.bool(), segment, words)
        return self.objective.ready(self.head(block))

    def example(self) -> dict[str, Tensor]:
        """Inputs to export it with: their sizes have nothing in common, and none is 1, which would count as fixed."""
        shape = (2, 3, 7) if self.sides == 2 else (4, 7) if "words" in self.names else (3, 7)
        ids = torch.arange(1, 8).expand(shape) % self.encoder.vocabulary()
        given = {name: torch.zeros_like(ids) for name in self.names if name != "words"}
        given |= {"input_ids": ids.clone(), "attention_mask": torch.ones_like(ids)}
        if "segment" in given:
            given["segment"][:, 4:] = 1
        if "words" in self.names:
            given["words"] = torch.arange(15).view(3, 5)
        return given

    def axes(self) -> Mapping[str, Axes]:
        """What is of any size, by input."""
        pieces = {1: "batch", 2: "length"} if self.sides == 2 else {0: "batch", 1: "length"}
        if "words" not in self.names:
            return dict.fromkeys(self.names, pieces)
        pieces = {0: "windows", 1: "length"}
        return {name: {0: "batch", 1: "words"} if name == "words" else pieces for name in self.names}

    def result_axes(self) -> Axes:
        """The same of what comes out."""
        return {0: "batch", 1: "words"} if "words" in self.names else {0: "batch"}


def exportable(predictor: Predictor) -> TransformerEncoder:
    """The encoder of a bundle that can be exported. Raises `InputError` for others, with what they can do."""
    encoder = predictor.model.encoder
    if not isinstance(encoder, TransformerEncoder):
        problem = f"reads {encoder.name}, which is not a transformer and cannot be exported; use `unfreeze predict`"
        raise InputError(problem, where="export")
    if encoder.way() in ("equal lengths", "one by one"):
        problem = f"{encoder.name} gives other states beside padding: no export is exact; use `unfreeze predict`"
        raise InputError(problem, where="export")
    return encoder


def _eager(encoder: TransformerEncoder) -> TransformerEncoder:
    """A copy on the processor whose attention is plain operations."""
    own = copy.deepcopy(encoder).cpu().eval().requires_grad_(False)
    own.model.set_attn_implementation("eager")  # type: ignore[operator]
    return own
