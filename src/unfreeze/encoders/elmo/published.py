"""ELMo as it is published: a folder with a file of options and one HDF5 file of weights.

The options are `options.json`, or the one file of a longer name that ends so, as `elmo_2x1024_..._options.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from unfreeze.disk.tensors import read_tensors
from unfreeze.disk.typed import read_typed
from unfreeze.encoders.elmo.bilm import LstmSize
from unfreeze.encoders.elmo.characters import CHARACTERS, LONGEST
from unfreeze.encoders.elmo.hdf5 import holds_elmo, read_hdf5, write_hdf5
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.elmo.token_cnn import ACTIVATIONS, CnnSize
from unfreeze.encoders.options import Written, plain_options
from unfreeze.errors import InputError
from unfreeze.language.message import say

WEIGHTS = "weights.safetensors"
_WRONG = say("is not as ELMo's options are written")


@dataclass(frozen=True)
class Options:
    """What the file of options says."""

    cnn: CnnSize
    lstm: LstmSize
    reading: Mapping[str, str] = field(default_factory=dict)  # of a folder that we wrote


@dataclass(frozen=True)
class _Dim:
    dim: int


@dataclass(frozen=True)
class _Cnn:
    embedding: _Dim
    filters: tuple[tuple[int, int], ...]
    n_characters: int
    max_characters_per_token: int
    activation: str
    n_highway: int = 0


@dataclass(frozen=True)
class _Lstm:
    dim: int
    projection_dim: int
    n_layers: int
    cell_clip: float | None = None
    proj_clip: float | None = None
    use_skip_connections: bool = False


@dataclass(frozen=True)
class _Written:
    """The file of options, as far as it is read; `unfreeze` has the options of reading, in a file that we wrote."""

    char_cnn: _Cnn
    lstm: _Lstm
    unfreeze: Written = field(default_factory=dict)


def is_published(folder: Path) -> bool:
    """Whether a folder looks like a published ELMo. Raises `InputError` where it looks like several."""
    return _options_file(folder).exists()


def _options_file(folder: Path) -> Path:
    """`options.json`, there or not, unless there is one file of a longer name beside weights."""
    plain = folder / "options.json"
    named = sorted(folder.glob("*?options.json")) if not plain.exists() and _weight_files(folder) else []
    if len(named) > 1:
        names = ", ".join(path.name for path in named)
        raise InputError(
            say(
                "contains {named} files of options; keep one, with its weights: {names}", named=len(named), names=names
            ),
            where=str(folder),
        )
    return named[0] if named else plain


def _weight_files(folder: Path) -> list[Path]:
    return [*folder.glob(WEIGHTS), *sorted([*folder.glob("*.hdf5"), *folder.glob("*.h5")])]


def read_options(folder: Path) -> Options:
    """Read the file of options.

    Raises:
        InputError: no such file, a key is missing or of the wrong kind, or a model that was trained on words.
    """
    path = _options_file(folder)
    written = read_typed(path, _Written, loose=True, wrong=_WRONG)
    cnn, lstm = written.char_cnn, written.lstm
    with sized(path, _WRONG):
        size = LstmSize(
            lstm.dim, lstm.projection_dim, lstm.n_layers, lstm.cell_clip or None, lstm.proj_clip or None,
            lstm.use_skip_connections,
        )  # fmt: skip
        cnn_size = CnnSize(CHARACTERS, cnn.embedding.dim, cnn.filters, cnn.n_highway, size.projection, cnn.activation)
    characters, longest, activation = cnn.n_characters, cnn.max_characters_per_token, cnn.activation
    if characters not in (CHARACTERS, CHARACTERS - 1):
        raise InputError(
            say(
                "n_characters is {characters}; a published model has {characters2}",
                characters=characters,
                characters2=CHARACTERS,
            ),
            where=str(path),
        )
    if longest != LONGEST:
        raise InputError(
            say("max_characters_per_token is {longest}; a published model has 50", longest=longest), where=str(path)
        )
    if activation not in ACTIVATIONS:
        raise InputError(
            say(
                "activation is {activation}; known are {activations}",
                activation=activation,
                activations=", ".join(ACTIVATIONS),
            ),
            where=str(path),
        )
    return Options(cnn_size, size, plain_options(written.unfreeze))


@contextmanager
def sized(path: Path, wrong: str) -> Iterator[None]:
    """Sizes that no network can have are a fault of the file that tells them."""
    try:
        yield
    except ValueError as error:
        raise InputError(say("{wrong}: {error}", wrong=wrong, error=error), where=str(path)) from None


def read_weights(folder: Path, options: Options) -> dict[str, Tensor]:
    """Weights under the names of `ElmoModel`'s parameters.

    They come from `weights.safetensors`, if `write_folder` has put it there, else from the one `.hdf5` file that
    contains them.

    Raises:
        InputError: no such file, one that is not HDF5 or torn, a tensor that is missing, of another shape than the
            options ask for, or not asked for.
    """
    if (folder / WEIGHTS).exists():
        return read_tensors(folder / WEIGHTS)
    options_name, torn, found = _options_file(folder).name, None, []
    for path in _weight_files(folder):
        try:
            found += [path] if holds_elmo(path) else []
        except InputError as error:
            torn = torn or error
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise InputError(
            say("contains {found} files of ELMo's weights; keep one: {names}", found=len(found), names=names),
            where=str(folder),
        )
    if not found:
        wanted = say(
            "has {options_name} but no .hdf5 file with ELMo's weights (char_embed, ...)", options_name=options_name
        )
        raise torn or InputError(wanted, where=str(folder))
    return read_hdf5(found[0], options.cnn, options.lstm, options_name)


def write_folder(folder: Path, model: ElmoModel, reading: Mapping[str, str], *, hdf5: bool = False) -> None:
    """Write `options.json` as published and the weights; `read_options` and `read_weights` read them.

    Args:
        reading: stored alongside in the options.
        hdf5: the weights as published, too; else as safetensors.
    """
    cnn, lstm = model.cnn.size, model.lm.size
    options = {
        "lstm": {
            "dim": lstm.hidden, "projection_dim": lstm.projection, "n_layers": lstm.layers,
            "cell_clip": lstm.cell_clip, "proj_clip": lstm.projection_clip, "use_skip_connections": lstm.skip,
        },
        "char_cnn": {
            "embedding": {"dim": cnn.embedding}, "filters": [list(f) for f in cnn.filters], "n_highway": cnn.highways,
            "n_characters": cnn.characters, "max_characters_per_token": LONGEST, "activation": cnn.activation,
        },
        "unfreeze": dict(reading),
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "options.json").write_text(json.dumps(options, indent=1) + "\n", encoding="utf-8")
    if hdf5:
        write_hdf5(folder / "weights.hdf5", model.state_dict(), cnn, lstm)
    else:
        write_safetensors(folder / WEIGHTS, model)


def write_safetensors(path: Path, model: ElmoModel) -> None:
    """Write weights that `read_tensors` reads."""
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, path)
