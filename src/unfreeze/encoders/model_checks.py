"""What is looked at once a transformer is loaded: are its weights whole, and is it an encoder that can be run here?"""

from __future__ import annotations

from typing import Any

import torch

from unfreeze.encoders.source import Source


def check_weights(source: Source, found: dict[str, Any]) -> list[str]:
    """Check that weights and model fit each other.

    Args:
        found: what `from_pretrained` says of the weights (`output_loading_info`).

    Returns:
        Lines that a person is to be told.

    Raises:
        InputError: the model has tensors that the weights lack.
    """
    lacking = sorted(key for key in found["missing_keys"] if "pooler" not in key)
    if lacking:
        problem = f"its weights lack {len(lacking)} of the model's tensors, such as {lacking[0]}"
        raise source.error(f"{problem}; save it anew with save_pretrained")
    return []


def check_tokenizer(source: Source, model: Any, tokenizer: Any) -> list[str]:
    """Check that tokenizer and model fit each other; returns lines to be told, raises `InputError`."""
    if not tokenizer.is_fast:
        raise source.error("has no fast tokenizer, which word alignment needs")
    return []


def check_runs(source: Source, model: Any, tokenizer: Any) -> list[str]:
    """Try the model on a few pieces; returns lines to be told, raises `InputError`."""
    config = model.config
    if getattr(config, "is_encoder_decoder", False) or not hasattr(config, "num_hidden_layers"):
        raise source.error(f"is a {config.model_type}, not an encoder with layers")
    if looks_back_only(model):
        raise source.error(
            f"is a decoder ({config.model_type}): a piece's state knows nothing of the pieces after it; an encoder is "
            "wanted"
        )
    return []


def looks_back_only(model: Any) -> bool:
    """Whether the first of two pieces keeps its state when the second changes; configurations do not always tell."""
    top = int(model.config.vocab_size) - 1
    with torch.no_grad():
        first, second = model(input_ids=torch.tensor([[top, top], [top, top - 1]])).last_hidden_state[:, 0]
    return torch.allclose(first, second, rtol=1e-6, atol=1e-7)
