"""From a name or a folder to an encoder of any family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from unfreeze.encoders.elmo import many_langs
from unfreeze.encoders.elmo import published as elmo
from unfreeze.encoders.elmo.encoder import ElmoEncoder
from unfreeze.encoders.hugging_face import load_transformer
from unfreeze.encoders.packaged import packaged_folder
from unfreeze.encoders.protocol import Encoder
from unfreeze.encoders.skip_thoughts import published as skip_thoughts
from unfreeze.encoders.skip_thoughts.encoder import SkipThoughtsEncoder
from unfreeze.encoders.word_vectors import files as word_vectors
from unfreeze.encoders.word_vectors.encoder import WordVectors
from unfreeze.errors import InputError
from unfreeze.language.message import say

Load = Callable[[str, int | None, Mapping[str, str]], Encoder]
# Which folders are of a family, and how one is loaded; the first that knows a folder has it.
FAMILIES: tuple[tuple[Callable[[Path], bool], Load], ...] = (
    (elmo.is_published, ElmoEncoder.load),
    (many_langs.is_many_langs, ElmoEncoder.load),
    (skip_thoughts.is_published, SkipThoughtsEncoder.load),
    (word_vectors.is_published, WordVectors.load),
)
_OF_FOLDERS = (".json", ".hdf5", ".h5", ".safetensors", ".npz", ".pkl")  # files that are not an encoder on their own


def load_encoder(
    name: str, max_length: int | None = None, options: Mapping[str, str] | None = None, scratch: Path | None = None
) -> Encoder:
    """Load an encoder in fp32, nothing unsafe.

    Args:
        name: a known name (`PACKAGED`), a folder (of transformers; ELMo, ELMoForManyLangs or skip-thoughts as they are
            published; word vectors; one that `Encoder.save` wrote), a file of word vectors, or a model's name on the
            Hugging Face hub.
        max_length: lower limit than the encoder's own, in pieces.
        options: of this family of encoders, as text, such as `{"stateful": "true"}`.
        scratch: an empty folder, in which a transformer's pickled weights are re-saved; None refuses them.

    Raises:
        InputError: nothing of that name, several encoders or a file of one, no weights or broken ones, an option that
            this family does not have.
    """
    given = dict(options or {})
    path = packaged_folder(name) or Path(name)
    if path.suffix in _OF_FOLDERS and path.is_file():
        raise InputError(
            say("is one file of an encoder; give the folder that it is in: {parent}", parent=path.parent), where=name
        )
    for is_published, load in FAMILIES:
        if is_published(path):
            return load(name, max_length, given)
    return load_transformer(name, max_length, given, scratch)
