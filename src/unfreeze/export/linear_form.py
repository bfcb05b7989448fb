"""Heads that come down to one matrix on the top layer, or on each: what forms without our code can hold."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from unfreeze.bundle.load import Predictor
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.errors import InputError
from unfreeze.export.graph import exportable
from unfreeze.heads.linear_members import LinearMembers
from unfreeze.language.message import say
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.task_heads import MembersBody, PooledBody, TagHead
from unfreeze.recipe import Pooling, Recipe

ADDED = ("mean", "max")
"""Poolings of several layers whose products `sentence_form` can add up."""


@dataclass(frozen=True)
class Folded:
    """Vectors of the top layer to logits (or scores as they were given in training).

    Attributes:
        weight, bias: (C, width) and (C,). pooling: of texts; None for words.
        normalise: vectors are brought to length 1 before.
    """

    weight: Tensor
    bias: Tensor
    pooling: Pooling | None
    normalise: bool = False


def refusal(form: str, why: str) -> InputError:
    """A form that cannot be exact, with the one that can."""
    return InputError(say("cannot be exact: {why}; use --to onnx", why=why), where=f"--to {form}")


def plain_encoder(predictor: Predictor, form: str) -> TransformerEncoder:
    """The encoder, where programs that load it from its folder read texts as it does. Raises `InputError`."""
    encoder = exportable(predictor)
    if encoder.options.prefix:
        raise refusal(form, "a prefix stands before each text")
    return encoder


def folded(predictor: Predictor, form: str) -> Folded:
    """The head of a bundle folded into one matrix. Raises `InputError` where it is more than that."""
    model, (head,) = predictor.model, predictor.model.heads
    encoder, recipe, objective = model.encoder, model.recipe, model.objective
    if not _reads_top(recipe, encoder.layers):
        raise refusal(form, "the head reads several layers, or one below the top")
    if isinstance(head, TagHead):
        found = _of_tags(head, form)
    elif isinstance(head.body, PooledBody) and not head.body.pair:
        found = _of_pooled(head.body)
    elif isinstance(head.body, MembersBody) and not head.body.members.pair:
        found = _of_members(head.body, recipe.pooling)
    else:
        raise refusal(form, f"the head {recipe.head} is more than a matrix on one vector of the input")
    if objective.output == "scores":
        spread = objective.spread
        return replace(found, weight=found.weight * spread, bias=found.bias * spread + objective.mean)
    return found


def folded_layers(predictor: Predictor, form: str) -> dict[int, Folded]:
    """The head of a bundle as one matrix for each layer, whose products add up to the logits.

    A mix of standardised layers is linear in each of them, and so is the mean over pieces.

    Raises:
        InputError: it is more than that.
    """
    model, (head,) = predictor.model, predictor.model.heads
    encoder, recipe, objective = model.encoder, model.recipe, model.objective
    if _reads_top(recipe, encoder.layers) or isinstance(head, TagHead) or not isinstance(head.body, MembersBody):
        return {encoder.layers - 1: folded(predictor, form)}
    members = head.body.members
    if members.pair or head.body.normalise or recipe.pooling not in ADDED or len(members.mean) != encoder.layers:
        raise refusal(form, f"the head reads several layers, not their plain {' or '.join(ADDED)} over pieces")
    spread = objective.spread if objective.output == "scores" else 1.0
    own = {layer: part * spread for layer, part in enumerate(_by_layer(members)) if part.any()}
    bias = members.bias[0] * spread - torch.stack([members.mean[layer] @ own[layer] for layer in own]).sum(0)
    if objective.output == "scores":
        bias = bias + objective.mean
    first = min(own)
    return {
        layer: Folded(part.T, bias if layer == first else torch.zeros_like(bias), recipe.pooling)
        for layer, part in own.items()
    }


def _by_layer(members: LinearMembers) -> Tensor:
    """(layers, width, C): what the vector of each layer is multiplied with, standardisation included."""
    share = members.shares()[0]
    return share[:, None, None] * members.weight[0] / members.spread[:, :, None]


def _reads_top(recipe: Recipe, layers: int) -> bool:
    return not isinstance(recipe, FrozenRecipe) or recipe.layers in ((-1,), (layers - 1,))


def _of_pooled(body: PooledBody) -> Folded:
    linear = body.linear.linear
    scale = linear.in_features**0.5 if body.normalise else 1.0
    return Folded(linear.weight * scale, linear.bias, body.pooling, body.normalise)


def _of_members(body: MembersBody, pooling: Pooling) -> Folded:
    """Standardisation goes into the matrix."""
    members = body.members
    weight = members.weight[0] / members.spread[-1][:, None]
    return Folded(weight.T, members.bias[0] - members.mean[-1] @ weight, pooling, body.normalise)


def _of_tags(head: TagHead, form: str) -> Folded:
    tagger, crf = head.tagger, head.tagger.crf
    if tagger.encoder is not None or tagger.use_crf:
        raise refusal(form, "the best sequence of tags is not the best tag of each word")
    if not bool(crf.allowed.all() and crf.allowed_start.all() and crf.allowed_end.all()):
        raise refusal(form, "the tagging scheme forbids sequences, which a tag for each word on its own does not know")
    linear = tagger.linear.linear
    return Folded(linear.weight, linear.bias, None)
