"""A tokenizer made of its parts, with no class of transformers that would rebuild them."""

from __future__ import annotations

import json
from typing import Any


def plain_tokenizer(tokenizer: Any, backend: Any) -> Any:
    """A tokenizer that is what `backend` says and nothing else, also after it was saved and loaded.

    Args:
        tokenizer: whose special pieces, limit and inputs it takes over; a class of its own would rebuild its parts.
    """
    from transformers import PreTrainedTokenizerFast

    special = {name: piece for name, piece in tokenizer.special_tokens_map.items() if isinstance(piece, str)}
    for piece in backend.get_added_tokens_decoder().values():
        if str(piece) in special.values() and not piece.special:  # as they will be once they were saved and loaded
            piece.special = True
            backend.add_special_tokens([piece])
    more = [str(piece) for piece in getattr(tokenizer, "extra_special_tokens", None) or []]
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, model_max_length=tokenizer.model_max_length, extra_special_tokens=more,
        model_input_names=list(tokenizer.model_input_names), clean_up_tokenization_spaces=False, **special,
    )  # fmt: skip


def lower_cased(tokenizer: Any) -> Any:
    """The tokenizer with texts lower-cased before all else, as sentence-transformers' `do_lower_case` has it."""
    from tokenizers import Tokenizer

    values = json.loads(tokenizer.backend_tokenizer.to_str())
    parts = parts_of(values["normalizer"])
    if any(part["type"] == "Lowercase" for part in parts):
        return tokenizer
    values["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Lowercase"}, *parts]}
    return plain_tokenizer(tokenizer, Tokenizer.from_str(json.dumps(values)))


def parts_of(normalizer: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The parts of a normalizer as tokenizers writes it, in their order."""
    if normalizer is None:
        return []
    return normalizer["normalizers"] if normalizer["type"] == "Sequence" else [normalizer]
