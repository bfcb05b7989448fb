"""From a folder of transformers, or a name on the hub, to an encoder: read this from top to bottom."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from unfreeze.encoders.encoder_half import half_of, is_half
from unfreeze.encoders.folder_checks import check_files
from unfreeze.encoders.frame import separates_pairs
from unfreeze.encoders.length_limit import DEFAULT, length_limit
from unfreeze.encoders.model_checks import check_runs
from unfreeze.encoders.pickled_weights import with_safe_weights
from unfreeze.encoders.plain_tokenizer import lower_cased
from unfreeze.encoders.sentence_folder import read_sentence_model
from unfreeze.encoders.source import Source, source_of
from unfreeze.encoders.tokenizer_checks import check_tokenizer, pairs_said
from unfreeze.encoders.tokenizer_files import read_tokenizer
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.encoders.transformer_options import options_of, said_of
from unfreeze.encoders.weight_checks import check_sizes, check_types, check_weights
from unfreeze.language.message import say

# How a model runs is decided here: its configuration may ask for an attention that this machine does not have, or that
# is code on the hub, and for outputs in another form.
PLAIN = {
    "_attn_implementation": None, "_experts_implementation": None, "return_dict": True, "output_attentions": False,
    "output_hidden_states": False, "chunk_size_feed_forward": 0,
}  # fmt: skip
_ONE_BY_ONE = say("The texts of a pair are read one by one: the encoder's tokenizer puts nothing between them.")


def load_transformer(
    name: str, max_length: int | None = None, options: Mapping[str, str] | None = None, scratch: Path | None = None
) -> TransformerEncoder:
    """Load a transformer in fp32, weights from safetensors only, and no code of the folder's own.

    Args:
        name: a known name (`PACKAGED`), a folder, or a model's name on the Hugging Face hub.
        max_length: lower limit than the encoder's own, in pieces.
        options: fields of `TransformerOptions` as text.
        scratch: an empty folder, in which pickled weights are re-saved; None refuses them.

    Returns:
        The encoder; its `notes` list what the user should know about how it was loaded.

    Raises:
        InputError: nothing of that name, files that are missing, broken or do not fit each other, or a model that is
            not an encoder of texts.
    """
    source = source_of(name, pickles=scratch is not None)
    sentence = read_sentence_model(source)
    if sentence is not None:
        source = source.inside(sentence.path)
    asked = options_of(source, options or {}, sentence)
    notes = check_files(source, pickles=scratch is not None)
    if scratch is not None:
        source = with_safe_weights(source, scratch)
    _quiet()
    config = _configuration(source, sentence.config if sentence else {})
    tokenizer, about_tokenizer = read_tokenizer(source)
    if sentence is not None and sentence.lower_case:
        tokenizer = lower_cased(tokenizer)
    check_types(source)
    model, found, about_half = half_of(source, config) if is_half(config) else (*_model(source, config), [])
    notes += about_half + check_weights(source, model, found)
    notes += about_tokenizer + check_tokenizer(source, model, tokenizer)
    limit, about_limit = length_limit(source, model, tokenizer, max_length, sentence.limit if sentence else None)
    trial = check_runs(source, model, limit)
    encoder = TransformerEncoder(name, model, tokenizer, limit, shape=(trial.layers, trial.width))
    encoder.options, encoder.causal = asked, trial.looks == "back"
    encoder.reads_pairs = separates_pairs(tokenizer, encoder.takes_types)
    encoder.notes = (*notes, *about_limit, *encoder.notes, *said_of(asked, sentence))
    encoder.notes_on_pairs = tuple(pairs_said(model, tokenizer)) if encoder.reads_pairs else (_ONE_BY_ONE,)
    return encoder


def _quiet() -> None:
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


# `trust_remote_code=False` stands wherever something is loaded: without it transformers asks on the terminal whether
# the folder's code is to be run. A test looks for it.


def _configuration(source: Source, over: Mapping[str, str | float]) -> Any:
    from transformers import AutoConfig

    with source.loading():
        config = AutoConfig.from_pretrained(source.where, trust_remote_code=False, **over)
    check_sizes(source, config)
    for setting, value in PLAIN.items():
        if hasattr(config, setting):
            setattr(config, setting, value)
    if source.settings("config.json").get("max_position_embeddings", 1) in (None, -1, 0):
        with suppress(NotImplementedError):
            config.max_position_embeddings = DEFAULT  # no limit; but the model is made with a table, or a count
    if hasattr(config, "auto_map"):
        del config.auto_map  # a re-saved encoder does not bring that code along
    return config


def _model(source: Source, config: Any) -> tuple[Any, dict[str, Any]]:
    """The model, and what transformers reports about its weights."""
    from transformers import AutoModel

    with source.loading(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # a pooler that the weights lack is drawn; nothing reads it, the fingerprint covers it
        model, found = AutoModel.from_pretrained(
            source.where, config=config, dtype=torch.float32, use_safetensors=True, output_loading_info=True,
            trust_remote_code=False, ignore_mismatched_sizes=True,  # they are reported, and refused, in `check_weights`
        )  # fmt: skip
        return model, found
