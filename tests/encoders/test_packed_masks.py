"""What pieces may look at comes from the model: whole models against their own runs, an input at a time."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers
from families import WINDOWS, make_tokenizer

from unfreeze.encoders.packed_masks import MaskRule, band, named
from unfreeze.encoders.transformer import TransformerEncoder

SIZES = {
    "vocab_size": 80, "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 24,
    "num_key_value_heads": 2, "head_dim": 4, "max_position_embeddings": 40, "initializer_range": 0.3,
    "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "attention_dropout": 0.0,
}  # fmt: skip
# What transformers' own masks and attention can be asked for: causal, grouped queries, windows either way, chunks.
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "causal": ("Llama", {}),
    "causal, learned positions": ("GPT2", {"n_embd": 16, "n_layer": 3, "n_head": 4, "n_inner": 24}),
    "causal, local": ("Qwen3", WINDOWS),
    "local both ways": ("Qwen3", {**WINDOWS, "is_causal": False}),
    "local both ways, counted otherwise": ("Gemma3Text", {**WINDOWS, "use_bidirectional_attention": True}),
    "softcap": ("Gemma2", {**WINDOWS, "attn_logit_softcapping": 2.0}),
    "sinks": ("GptOss", {**WINDOWS, "num_local_experts": 2, "num_experts_per_tok": 1}),
    "chunks": (
        "Llama4Text",
        {"attention_chunk_size": 4, "num_local_experts": 2, "intermediate_size_mlp": 24, "no_rope_layers": [1, 1, 0]},
    ),
}


@pytest.mark.parametrize("kind", MODELS)
def test_packed_states_are_those_of_inputs_alone(kind: str) -> None:
    stem, own = MODELS[kind]
    torch.manual_seed(0)
    config = getattr(transformers, f"{stem}Config")(**{**SIZES, **own})
    model = getattr(transformers, f"{stem}Model")(config).eval().requires_grad_(False)
    encoder = TransformerEncoder(kind, model, make_tokenizer(), 40)
    assert encoder.packs()
    inputs = encoder.read_texts(["the cat", "the film ran in paris and in rome and the dog sat", "bad", "good film"])
    got = encoder.encode(inputs.batch(range(4))).states
    alone = [encoder.run(inputs.batch([i]), "one by one") for i in range(4)]
    torch.testing.assert_close(got, torch.cat(alone, 1), atol=1e-5, rtol=1e-5)


def test_a_rule_is_read_where_the_input_lies() -> None:
    """A predicate over the whole batch, such as one that keeps chunks of four pieces apart."""
    rule = MaskRule(lambda batch, head, q, k: q // 4 == k // 4, torch.device("cpu"))
    assert rule.of(4, 3) == "all"
    assert torch.equal(rule.of(2, 4), torch.block_diag(torch.ones(2, 2), torch.ones(2, 2)).bool())  # type: ignore[arg-type]


def test_masks_that_kernels_know_have_a_name() -> None:
    assert named(torch.ones(3, 3, dtype=torch.bool)) == "all"
    assert named(torch.ones(3, 3, dtype=torch.bool).tril()) == "causal"
    assert band(5, 5, False, torch.device("cpu")) == "all"
    assert band(5, 5, True, torch.device("cpu")) == "causal"
    assert isinstance(band(5, 4, True, torch.device("cpu")), torch.Tensor)
