"""Weights as torch pickles them (`pytorch_model.bin`, in one file or several), read without running any of it."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from unfreeze.encoders.source import Source, shortened
from unfreeze.language.message import say

WHOLE = "pytorch_model.bin"
INDEX = "pytorch_model.bin.index.json"
_SMALL = 1 << 28  # bytes; larger files beside the weights are none that a transformer is loaded with
_NOT_BESIDE = (".bin", ".h5", ".msgpack", ".onnx", ".ot", ".gguf", ".pt", ".pth", ".npz", ".pkl", ".py", ".ckpt")


def pickled(folder: Path) -> str | None:
    """The file of pickled weights that a folder has in the place of safetensors; None where it has no such."""
    if any(folder.glob("*.safetensors")):
        return None
    return next((name for name in (WHOLE, INDEX) if (folder / name).is_file()), None)


def with_safe_weights(source: Source, scratch: Path) -> Source:
    """The same encoder with its weights as safetensors in `scratch`, an empty folder; as it was where they are that.

    Raises:
        InputError: a file is missing or torn, or contains something other than tensors, of which nothing is run.
    """
    if pickled(source.folder) is None:
        return source
    weights = read_pickled(source, source.folder)
    for path in source.folder.iterdir():
        if path.is_file() and path.suffix not in _NOT_BESIDE and path.stat().st_size < _SMALL:
            shutil.copyfile(path, scratch / path.name)
    (scratch / INDEX).unlink(missing_ok=True)
    save_file(_apart(weights), scratch / "model.safetensors", metadata={"format": "pt"})
    return replace(source, folder=scratch)


def read_pickled(source: Source, folder: Path) -> dict[str, Tensor]:
    """All tensors by name. Raises `InputError` as `with_safe_weights` does."""
    if (folder / WHOLE).is_file():
        return _read(source, folder / WHOLE)
    weights: dict[str, Tensor] = {}
    for name in _shards(source, folder):
        weights |= _read(source, folder / name)
    return weights


def _shards(source: Source, folder: Path) -> list[str]:
    """The files that the index names, each a plain name in the folder."""
    try:
        values: Any = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        names = sorted({str(name) for name in values["weight_map"].values()})
    except (OSError, ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        raise source.error(
            say("cannot be loaded: {index} lists no files ({error})", index=INDEX, error=shortened(error, 80))
        ) from None
    if not names:
        raise source.error(say("cannot be loaded: {index} lists no files", index=INDEX))
    outside = [name for name in names if Path(name).name != name]
    if outside:
        raise source.error(
            say(
                "cannot be loaded: {index} names a file outside the folder ({outside})",
                index=INDEX,
                outside=shortened(OSError(outside[0]), 80),
            )
        )
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise source.error(
            say(
                "its weights lack {missing} of {names} files, such as {missing2}; fetch them all again",
                missing=len(missing),
                names=len(names),
                missing2=missing[0],
            )
        )
    return names


def _read(source: Source, path: Path) -> dict[str, Tensor]:
    """Tensors of one file; mapped rather than read where its format allows that."""
    for mapped in (True, False):
        try:
            with warnings.catch_warnings(action="ignore"):  # of old protocols
                found: object = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
            break
        except Exception as error:  # torn files end in errors of zip, pickle and torch
            if mapped and "mmap can only be used" in str(error):
                continue
            if "Weights only load failed" in str(error) or "Unsupported" in str(error):
                problem = say("{name} contains more than tensors, or is torn; none of its code was run", name=path.name)
            else:
                problem = say(
                    "{name} is not a file of weights, or is torn ({error})", name=path.name, error=shortened(error, 100)
                )
            raise source.error(say("cannot be loaded: {problem}", problem=problem)) from None
    if not isinstance(found, Mapping) or not found:
        raise source.error(say("cannot be loaded: {name} contains no tensors by name", name=path.name))
    others = [str(name) for name, value in found.items() if not isinstance(value, Tensor) or not isinstance(name, str)]
    if others:
        raise source.error(
            say(
                "cannot be loaded: {name} contains more than tensors by name, such as {others!r}",
                name=path.name,
                others=others[0][:60],
            )
        )
    return dict(found)


def _apart(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies where several names share memory or rows are not laid out in order: safetensors takes neither."""
    seen: set[int] = set()
    out = {}
    for name, tensor in weights.items():
        start = tensor.untyped_storage().data_ptr()
        out[name] = tensor.clone(memory_format=torch.contiguous_format) if start in seen else tensor.contiguous()
        seen.add(start)
    return out
