"""From a name or a folder to an encoder of any family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from unfreeze.encoders.elmo.encoder import ElmoEncoder
from unfreeze.encoders.elmo.published import is_published
from unfreeze.encoders.hugging_face import load_transformer
from unfreeze.encoders.packaged import packaged_folder
from unfreeze.encoders.protocol import Encoder
from unfreeze.encoders.word_vectors.encoder import WordVectors
from unfreeze.encoders.word_vectors.files import is_word_vectors
from unfreeze.errors import InputError

Loader = Callable[[str, int | None, Mapping[str, str]], Encoder]

# Which family a path is of, the first that knows it, and how it is loaded; all else is a transformer.
_FAMILIES: tuple[tuple[Callable[[Path], bool], Loader], ...] = (
    (is_published, ElmoEncoder.load),
    (is_word_vectors, WordVectors.load),
)


def load_encoder(name: str, max_length: int | None = None, options: Mapping[str, str] | None = None) -> Encoder:
    """Load an encoder in fp32, nothing unsafe.

    Args:
        name: a known name (`PACKAGED`), a folder (of transformers, a published ELMo, or word vectors), a file of word
            vectors, or a model's name on the Hugging Face hub.
        max_length: lower limit than the encoder's own, in pieces.
        options: of this family of encoders, as text, such as `{"stateful": "true"}`.

    Raises:
        InputError: nothing of that name, no weights or broken ones, an option that this family does not have.
    """
    given = dict(options or {})
    path = packaged_folder(name) or Path(name)
    for recognises, load in _FAMILIES:
        if recognises(path):
            return load(name, max_length, given)
    if given:
        raise InputError("transformers take no options of their own", where=f"--encoder-option {next(iter(given))}")
    return load_transformer(name, max_length)
