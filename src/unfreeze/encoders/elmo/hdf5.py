"""The HDF5 file of a published ELMo: its tensors, checked, under the names of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from unfreeze.disk.arrays import new_hdf5
from unfreeze.encoders.elmo.bilm import LstmSize
from unfreeze.encoders.elmo.token_cnn import CnnSize
from unfreeze.errors import InputError
from unfreeze.language.message import say

FORGET_BIAS = 1.0  # TensorFlow adds it at each step; the file has the bias without it
_GATES = ("i", "j", "f", "o")  # blocks in the file; j is the candidate
_OURS = ("i", "f", "o", "j")


def holds_elmo(path: Path) -> bool:
    """Whether a file has ELMo's weights. Raises `InputError` where it is not an HDF5 file."""
    import h5py

    with _told(path), h5py.File(path, "r") as opened:
        return "char_embed" in opened


def read_hdf5(path: Path, cnn: CnnSize, lstm: LstmSize, source: str) -> dict[str, Tensor]:
    """Weights under the names of `ElmoModel`'s parameters.

    Args:
        source: the file that defines the sizes, for messages.

    Raises:
        InputError: the file is torn; a tensor is missing, of another shape than the sizes ask for, or not asked for.
    """
    import h5py

    with _told(path), h5py.File(path, "r") as opened:
        read = _Tensors(opened, path, source)
        weights = _mapped(read, cnn, lstm)
        read.done()
        return weights


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Whatever h5py raises over a file becomes an `InputError`: of a torn one that can be nearly anything."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        problem = " ".join(str(error).split()) or type(error).__name__
        raise InputError(say("is not an HDF5 file, or is torn: {problem}", problem=problem), where=str(path)) from None


def write_hdf5(path: Path, weights: Mapping[str, Tensor], cnn: CnnSize, lstm: LstmSize, dtype: str = "float32") -> None:
    """Write weights under the names of `ElmoModel`'s parameters as they are published; `read_hdf5` reads them.

    Args:
        dtype: of the file's tensors; published ones are float32.
    """
    with new_hdf5(path) as opened:
        for name, tensor in _published(weights, cnn, lstm).items():
            opened.create_dataset(name, data=tensor.float().cpu().numpy().astype(dtype))


def _published(weights: Mapping[str, Tensor], cnn: CnnSize, lstm: LstmSize) -> dict[str, Tensor]:
    made = {"char_embed": weights["cnn.embedding"][1:]}
    for k in range(len(cnn.filters)):
        made[f"CNN/W_cnn_{k}"] = weights[f"cnn.convolutions.{k}.weight"].permute(2, 1, 0)[None]
        made[f"CNN/b_cnn_{k}"] = weights[f"cnn.convolutions.{k}.bias"]
    for k in range(cnn.highways):
        for name in ("carry", "transform"):
            made[f"CNN_high_{k}/W_{name}"] = weights[f"cnn.highways.{k}.{name}.weight"].T
            made[f"CNN_high_{k}/b_{name}"] = weights[f"cnn.highways.{k}.{name}.bias"]
    made["CNN_proj/W_proj"] = weights["cnn.projection.weight"].T
    made["CNN_proj/b_proj"] = weights["cnn.projection.bias"]
    forget = slice(_GATES.index("f") * lstm.hidden, (_GATES.index("f") + 1) * lstm.hidden)
    for layer in range(lstm.layers):
        ours = {name: weights[f"lm.layers.{layer}.{name}"] for name in ("input", "recurrent", "bias", "project")}
        for direction in (0, 1):
            where = f"RNN_{direction}/RNN/MultiRNNCell/Cell{layer}/LSTMCell"
            own = {name: tensor[direction] for name, tensor in ours.items()}
            bias = _reordered(own["bias"], _OURS, _GATES)
            bias[forget] -= FORGET_BIAS
            made[f"{where}/W_0"] = _reordered(torch.cat([own["input"], own["recurrent"]]), _OURS, _GATES)
            made[f"{where}/B"], made[f"{where}/W_P_0"] = bias, own["project"]
    return made


class _Tensors:
    """Tensors of an HDF5 file, their shapes checked."""

    def __init__(self, opened: Any, path: Path, source: str) -> None:
        self.opened, self.path, self.source = opened, path, source
        self.names: set[str] = set()

    def __call__(self, name: str, *shape: int) -> Tensor:
        import h5py

        found = self.opened.get(name)
        if not isinstance(found, h5py.Dataset):
            raise InputError(
                say("has no tensor {name}, which {source} asks for", name=name, source=self.source),
                where=str(self.path),
            )
        if found.shape != shape:
            problem = say(
                "{name} has the shape {shape}, {source} asks for {shape2}",
                name=name,
                shape=found.shape,
                source=self.source,
                shape2=shape,
            )
            raise InputError(problem, where=str(self.path))
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
            raise InputError(
                say("has a tensor {name}, which {source} does not ask for", name=name, source=self.source),
                where=str(self.path),
            )


def _mapped(read: _Tensors, cnn: CnnSize, lstm: LstmSize) -> dict[str, Tensor]:
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
    for layer in range(lstm.layers):
        width = cnn.projection if layer == 0 else lstm.projection
        both = [_direction(read, f"RNN_{d}/RNN/MultiRNNCell/Cell{layer}/LSTMCell", width, lstm) for d in (0, 1)]
        for name in both[0]:
            weights[f"lm.layers.{layer}.{name}"] = torch.stack([direction[name] for direction in both])
    return weights


def _direction(read: _Tensors, where: str, width: int, lstm: LstmSize) -> dict[str, Tensor]:
    hidden, projection = lstm.hidden, lstm.projection
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


def _reordered(gates: Tensor, order: Sequence[str] = _GATES, wanted: Sequence[str] = _OURS) -> Tensor:
    """Blocks of the last dimension from one order to another: from the file's to ours."""
    blocks = dict(zip(order, gates.chunk(4, -1), strict=True))
    return torch.cat([blocks[name] for name in wanted], -1)
