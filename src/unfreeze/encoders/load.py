"""From a name or a folder to an encoder of any family."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from unfreeze.encoders.elmo.encoder import ElmoEncoder
from unfreeze.encoders.elmo.many_langs import is_many_langs
from unfreeze.encoders.elmo.published import is_published
from unfreeze.encoders.hugging_face import load_transformer
from unfreeze.encoders.protocol import Encoder
from unfreeze.errors import InputError


def load_encoder(name: str, max_length: int | None = None, options: Mapping[str, str] | None = None) -> Encoder:
    """Load an encoder in fp32, nothing unsafe.

    Args:
        name: a known name (`PACKAGED`), a folder (of transformers, a published ELMo, or ELMoForManyLangs), or a model's
            name on the Hugging Face hub.
        max_length: lower limit than the encoder's own, in pieces.
        options: of this family of encoders, as text, such as `{"stateful": "true"}`.

    Raises:
        InputError: nothing of that name, no weights or broken ones, an option that this family does not have.
    """
    given = dict(options or {})
    if is_published(Path(name)) or is_many_langs(Path(name)):
        return ElmoEncoder.load(name, max_length, given)
    if given:
        raise InputError("transformers take no options of their own", where=f"--encoder-option {next(iter(given))}")
    return load_transformer(name, max_length)
