"""ELMo as it is published: a folder with a file of options and one HDF5 file of weights.

The options are `options.json`, or the one file of a longer name that ends so, as `elmo_2x1024_..._options.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from unfreeze.encoders.elmo.bilm import LstmSize
from unfreeze.encoders.elmo.characters import CHARACTERS, LONGEST
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.elmo.token_cnn import ACTIVATIONS, CnnSize
from unfreeze.errors import InputError

WEIGHTS = "weights.safetensors"
FORGET_BIAS = 1.0  # TensorFlow adds it at each step; the file has the bias without it
_GATES = ("i", "j", "f", "o")  # blocks in the file; j is the candidate
_OURS = ("i", "f", "o", "j")


@dataclass(frozen=True)
class Options:
    """What the file of options says."""

    cnn: CnnSize
    lstm: LstmSize
    reading: Mapping[str, str] = field(default_factory=dict)  # of a folder that we wrote


def is_published(folder: Path) -> bool:
    """Whether a folder looks like a published ELMo. Raises `InputError` where it looks like several."""
    return _options_file(folder).exists()


def _options_file(folder: Path) -> Path:
    """`options.json`, there or not, unless there is one file of a longer name beside weights."""
    plain = folder / "options.json"
    named = sorted(folder.glob("*?options.json")) if not plain.exists() and _weight_files(folder) else []
    if len(named) > 1:
        names = ", ".join(path.name for path in named)
        raise InputError(f"holds {len(named)} files of options; keep one, with its weights: {names}", where=str(folder))
    return named[0] if named else plain


def _weight_files(folder: Path) -> list[Path]:
    return [*folder.glob(WEIGHTS), *sorted([*folder.glob("*.hdf5"), *folder.glob("*.h5")])]


def read_options(folder: Path) -> Options:
    """Read the file of options.

    Raises:
        InputError: no such file, a key is missing or of the wrong kind, or a model that was trained on words.
    """
    path = _options_file(folder)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        cnn, lstm = values["char_cnn"], values["lstm"]
        filters = tuple((int(width), int(count)) for width, count in cnn["filters"])
        characters = int(cnn["n_characters"])
        size = LstmSize(
            int(lstm["dim"]), int(lstm["projection_dim"]), int(lstm["n_layers"]), _clip(lstm.get("cell_clip")),
            _clip(lstm.get("proj_clip")), bool(lstm.get("use_skip_connections", False)),
        )  # fmt: skip
        embedding, highways = int(cnn["embedding"]["dim"]), int(cnn.get("n_highway", 0))
        longest, activation = int(cnn["max_characters_per_token"]), str(cnn["activation"])
    except FileNotFoundError:
        raise InputError("not found", where=str(path)) from None
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"is not as ELMo's options are written ({type(error).__name__}: {error})", where=str(path)
        ) from None
    if characters not in (CHARACTERS, CHARACTERS - 1):
        raise InputError(f"n_characters is {characters}; a published model has {CHARACTERS}", where=str(path))
    if longest != LONGEST:
        raise InputError(f"max_characters_per_token is {longest}; a published model has 50", where=str(path))
    if activation not in ACTIVATIONS:
        raise InputError(f"activation is {activation}; known are {', '.join(ACTIVATIONS)}", where=str(path))
    cnn_size = CnnSize(CHARACTERS, embedding, filters, highways, size.projection, activation)
    return Options(cnn_size, size, values.get("unfreeze", {}))


def _clip(value: Any) -> float | None:
    return float(value) if value else None


def read_weights(folder: Path, options: Options) -> dict[str, Tensor]:
    """Weights under the names of `ElmoModel`'s parameters.

    They come from `weights.safetensors`, if `write_folder` has put it there, else from the one `.hdf5` file that holds
    them.

    Raises:
        InputError: no such file, one that is no HDF5 or torn, a tensor that is missing, of another shape than the
            options ask for, or not asked for.
    """
    if (folder / WEIGHTS).exists():
        return read_safetensors(folder / WEIGHTS)
    told, torn, found = _options_file(folder).name, None, []
    for path in _weight_files(folder):
        try:
            with _opened(path) as opened:
                found += [path] if "char_embed" in opened else []
        except InputError as error:
            torn = torn or error
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise InputError(f"holds {len(found)} files of ELMo's weights; keep one: {names}", where=str(folder))
    if not found:
        wanted = f"has {told} but no .hdf5 file with ELMo's weights (char_embed, ...)"
        raise torn or InputError(wanted, where=str(folder))
    with _opened(found[0]) as opened:
        read = _Reader(opened, found[0], told)
        weights = _mapped(read, options)
        read.done()
        return weights


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """An HDF5 file. Raises `InputError` where it cannot be opened, or cannot be read inside the block."""
    import h5py

    try:
        with h5py.File(path, "r") as opened:
            yield opened
    except OSError as error:
        raise InputError(f"is no HDF5 file, or is torn: {error}", where=str(path)) from None


def write_folder(folder: Path, model: ElmoModel, reading: Mapping[str, str]) -> None:
    """Write `options.json` as published and the weights as safetensors; `read_options` and `read_weights` read them.

    Args:
        reading: told along in the options.
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
    write_safetensors(folder / WEIGHTS, model)


def write_safetensors(path: Path, model: ElmoModel) -> None:
    """Write weights that `read_safetensors` reads."""
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, path)


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """Weights that we wrote. Raises `InputError` where they cannot be read."""
    try:
        weights: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from None
    return weights


class _Reader:
    """Tensors of an HDF5 file, their shapes checked."""

    def __init__(self, opened: Any, path: Path, told: str) -> None:
        self.opened, self.path, self.told = opened, path, told
        self.names: set[str] = set()

    def __call__(self, name: str, *shape: int) -> Tensor:
        import h5py

        found = self.opened.get(name)
        if not isinstance(found, h5py.Dataset):
            raise InputError(f"has no tensor {name}, which {self.told} asks for", where=str(self.path))
        if found.shape != shape:
            told = f"{name} has the shape {found.shape}, {self.told} asks for {shape}"
            raise InputError(told, where=str(self.path))
        self.names.add(name)
        return torch.from_numpy(np.asarray(found[()], dtype=np.float32))

    def done(self) -> None:
        """Raise `InputError` where a tensor of the network was not asked for: the options are of a smaller one."""
        import h5py

        def unread(name: str, item: Any) -> str | None:
            mine = isinstance(item, h5py.Dataset) and name.startswith(("CNN", "RNN"))
            return name if mine and name not in self.names else None

        name = self.opened.visititems(unread)
        if name is not None:
            raise InputError(f"has a tensor {name}, which {self.told} does not ask for", where=str(self.path))


def _mapped(read: _Reader, options: Options) -> dict[str, Tensor]:
    cnn = options.cnn
    embedding = read("char_embed", cnn.characters - 1, cnn.embedding)
    weights = {"cnn.embedding": torch.cat([torch.zeros(1, cnn.embedding), embedding])}  # 0: no character
    for k, (width, count) in enumerate(cnn.filters):
        weights[f"cnn.convolutions.{k}.weight"] = (
            read(f"CNN/W_cnn_{k}", 1, width, cnn.embedding, count)[0].permute(2, 1, 0).contiguous()
        )
        weights[f"cnn.convolutions.{k}.bias"] = read(f"CNN/b_cnn_{k}", count)
    n = cnn.features
    for k in range(cnn.highways):
        for name in ("carry", "transform"):
            weights[f"cnn.highways.{k}.{name}.weight"] = read(f"CNN_high_{k}/W_{name}", n, n).T.contiguous()
            weights[f"cnn.highways.{k}.{name}.bias"] = read(f"CNN_high_{k}/b_{name}", n)
    weights["cnn.projection.weight"] = read("CNN_proj/W_proj", n, cnn.projection).T.contiguous()
    weights["cnn.projection.bias"] = read("CNN_proj/b_proj", cnn.projection)
    for layer in range(options.lstm.layers):
        width = cnn.projection if layer == 0 else options.lstm.projection
        both = [_direction(read, f"RNN_{d}/RNN/MultiRNNCell/Cell{layer}/LSTMCell", width, options) for d in (0, 1)]
        for name in both[0]:
            weights[f"lm.layers.{layer}.{name}"] = torch.stack([direction[name] for direction in both])
    return weights


def _direction(read: _Reader, where: str, width: int, options: Options) -> dict[str, Tensor]:
    hidden, projection = options.lstm.hidden, options.lstm.projection
    matrix = _reordered(read(f"{where}/W_0", width + projection, 4 * hidden))
    bias = read(f"{where}/B", 4 * hidden).clone()
    forget = _GATES.index("f") * hidden
    bias[forget : forget + hidden] += FORGET_BIAS
    return {
        "input": matrix[:width],
        "recurrent": matrix[width:],
        "bias": _reordered(bias),
        "project": read(f"{where}/W_P_0", hidden, projection),
    }


def _reordered(gates: Tensor) -> Tensor:
    """Blocks of the last dimension from the file's order to ours."""
    blocks = dict(zip(_GATES, gates.chunk(4, -1), strict=True))
    return torch.cat([blocks[name] for name in _OURS], -1)
