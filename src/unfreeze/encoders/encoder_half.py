"""The encoder of an encoder-decoder model: T5 and its kin, BART and its kin."""

from __future__ import annotations

import copy
from importlib import import_module
from typing import Any

import torch
from transformers import MODEL_MAPPING, AutoModel

from unfreeze.encoders.source import Source
from unfreeze.language.message import say


def is_half(config: Any) -> bool:
    """Whether a configuration is that of an encoder-decoder model, or of the encoder of one alone."""
    return bool(getattr(config, "is_encoder_decoder", False)) or _encoder_class(config) is not None


def half_of(source: Source, config: Any) -> tuple[Any, dict[str, Any], list[str]]:
    """The encoder with its weights, what transformers reports about them, and notes for the user.

    T5 and its kin have a class for it, which reads only its weights. Of others the whole model is loaded, unless the
    folder contains such an encoder alone, as `save` writes it. Nothing of the decoder stays in memory.

    Raises:
        InputError: the model cannot be loaded, or has no encoder of texts.
    """
    with source.loading(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        options = {
            "dtype": torch.float32, "use_safetensors": True, "output_loading_info": True,
            "ignore_mismatched_sizes": True,  # they are reported, and refused, in `check_weights`
        }  # fmt: skip
        own = _encoder_class(config)
        if own is not None:
            whole = own.__name__ not in (getattr(config, "architectures", None) or ())
            if own.__name__.endswith("EncoderModel"):
                config = copy.deepcopy(config)
                config.is_encoder_decoder = False  # T5Gemma's class needs it explicitly
            model, found = own.from_pretrained(source.where, config=config, trust_remote_code=False, **options)
        else:
            model, found = AutoModel.from_pretrained(source.where, config=config, trust_remote_code=False, **options)
            model, whole = model.get_encoder() if hasattr(model, "get_encoder") else None, True
    if model is None or not hasattr(model, "config"):
        raise source.error(
            say("is a {model_type}, of which no encoder of texts can be taken", model_type=config.model_type)
        )
    for kind in ("missing_keys", "unexpected_keys"):
        found[kind] = {name for name in found[kind] if not _of_decoder(name)}
    return (
        model,
        found,
        [say("Of the {model_type}, its encoder alone is used.", model_type=config.model_type)] if whole else [],
    )


def _encoder_class(config: Any) -> Any:
    """The class of the encoder alone: the one that the weights are of, or else one as T5 has; None where none is."""
    package, _, file = type(config).__module__.rpartition(".")
    if not package.startswith("transformers.models."):
        return None
    modeling = import_module(f"{package}.{file.replace('configuration', 'modeling')}")
    named = str(next(iter(getattr(config, "architectures", None) or ()), ""))
    if getattr(config, "is_encoder_decoder", False) and named.endswith("Encoder"):
        return getattr(modeling, named, None)
    whole = MODEL_MAPPING.get(type(config), None)
    stem = getattr(whole, "__name__", "").removesuffix("Model")
    return getattr(modeling, f"{stem}EncoderModel", None)


def _of_decoder(name: str) -> bool:
    return name.startswith(("decoder.", "lm_head.", "model.decoder.", "final_logits_bias"))
