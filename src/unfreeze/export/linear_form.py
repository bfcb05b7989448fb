"""Heads that come down to one matrix on the top layer: what forms without our code can hold."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from unfreeze.bundle.load import Predictor
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.errors import InputError
from unfreeze.export.graph import exportable
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.task_heads import MembersBody, PooledBody, TagHead
from unfreeze.recipe import Pooling, Recipe


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
    return InputError(f"cannot be exact: {why}; use --to onnx", where=f"--to {form}")


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
