"""A transformer with a masked-LM head and freshly drawn weights."""

from __future__ import annotations

from typing import Any

from unfreeze.errors import InputError
from unfreeze.pretraining.settings import Architecture, TransformerSize
from unfreeze.training.seeds import seeded

SHORTEST = 16  # pieces of an input, so that there is something to predict from; what packing is tried with has fewer
PERIOD = 10_000.0  # of the slowest rotation of positions; Su et al. 2021
_ALIGNED = 64


def check_size(size: TransformerSize) -> None:
    """Raise `InputError` for sizes of which no transformer can be made."""
    if size.width % size.heads:
        raise InputError(f"width {size.width} is not a multiple of {size.heads} heads", where="--size")
    if size.length < SHORTEST:
        raise InputError(f"length: is {size.length}; must be at least {SHORTEST}", where="--size")


def new_transformer(
    architecture: Architecture, size: TransformerSize, tokenizer: Any, *, next_sentence: bool, seed: int
) -> Any:
    """A model of transformers.

    `bert` is that of Devlin et al. 2019. `modernbert` is that of Warner et al. 2024: positions by rotation, norms
    before each part, a gated feed-forward part (of two thirds the inner width, so of as many weights), no biases. Every
    layer sees the whole input, which is short.

    Args:
        next_sentence: with the head for it, which only `bert` has.
    """
    from transformers import (
        BertConfig,
        BertForMaskedLM,
        BertForPreTraining,
        ModernBertConfig,
        ModernBertForMaskedLM,
    )  # fmt: skip

    same = {
        "vocab_size": len(tokenizer), "hidden_size": size.width, "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads, "max_position_embeddings": size.length,
        "pad_token_id": tokenizer.pad_token_id,
    }  # fmt: skip
    with seeded(seed):
        if architecture == "bert":
            kind = BertForPreTraining if next_sentence else BertForMaskedLM
            return kind(BertConfig(intermediate_size=size.inner, **same))
        rotation = {"rope_type": "default", "rope_theta": PERIOD}
        config = ModernBertConfig(
            intermediate_size=-(-size.inner * 2 // (3 * _ALIGNED)) * _ALIGNED,
            layer_types=["full_attention"] * size.layers,
            rope_parameters={"full_attention": rotation, "sliding_attention": rotation},
            cls_token_id=tokenizer.cls_token_id, sep_token_id=tokenizer.sep_token_id, bos_token_id=None,
            eos_token_id=None, **same,
        )  # fmt: skip
        return ModernBertForMaskedLM(config)
