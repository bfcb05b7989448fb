"""From a folder of transformers, or a name on the hub, to an encoder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from unfreeze.encoders.packaged import PACKAGED, packaged_folder
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.errors import InputError, nearest


def load_transformer(name: str, max_length: int | None = None) -> TransformerEncoder:
    """Load a transformer in fp32, weights from safetensors only.

    Args:
        name: a known name (`PACKAGED`), a folder, or a model's name on the Hugging Face hub.
        max_length: lower limit than the encoder's own, in pieces.

    Raises:
        InputError: nothing of that name, no weights, weights that are not safetensors, no fast tokenizer.
    """
    where = packaged_folder(name) or name
    if Path(where).is_dir():
        _check_folder(Path(where))
    elif "/" not in name and not name.isidentifier() and not name.replace("-", "").replace(".", "").isalnum():
        raise InputError(f"no such encoder or folder{nearest(name, PACKAGED)}", where=f"--encoder {name}")
    model, tokenizer = _load(where, name)
    limit = _limit(model, tokenizer, Path(where))
    return TransformerEncoder(name, model, tokenizer, min(limit, max_length) if max_length else limit)


def _check_folder(folder: Path) -> None:
    if not (folder / "config.json").exists():
        raise InputError(
            "holds no config.json; wanted is an encoder folder as transformers saves it", where=str(folder)
        )
    if not list(folder.glob("*.safetensors")):
        other = sorted(p.name for p in folder.glob("*.bin")) or ["none"]
        raise InputError(
            f"holds no weights as safetensors (other weights: {', '.join(other)}); "
            "save it with transformers' save_pretrained",
            where=str(folder),
        )
    # transformers makes an empty tokenizer where there is no file, and every word would become the unknown piece.
    if not any(list(folder.glob(kind)) for kind in ("tokenizer.json", "vocab.*", "*.model")):
        raise InputError("holds no tokenizer; save it there with its save_pretrained", where=str(folder))


def _load(where: str | Path, name: str) -> tuple[Any, Any]:
    import torch
    from transformers import AutoConfig, AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        config = AutoConfig.from_pretrained(where)
        tokenizer = AutoTokenizer.from_pretrained(where, add_prefix_space=True)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # a pooler that the weights lack is drawn; nothing reads it, the fingerprint covers it
            model, found = AutoModel.from_pretrained(
                where, config=config, dtype=torch.float32, use_safetensors=True, output_loading_info=True
            )
    except Exception as error:  # the readers of weights, tokenizers and configurations share no class for torn files
        first = " ".join(str(error).split())[:300]
        raise InputError(f"cannot be loaded: {first}{nearest(name, PACKAGED)}", where=f"--encoder {name}") from None
    lacking = sorted(key for key in found["missing_keys"] if "pooler" not in key)
    if lacking:
        problem = f"its weights lack {len(lacking)} of the model's tensors, such as {lacking[0]}"
        raise InputError(f"{problem}; save it anew with save_pretrained", where=f"--encoder {name}")
    if not tokenizer.is_fast:
        raise InputError("has no fast tokenizer, which word alignment needs", where=f"--encoder {name}")
    if getattr(config, "is_encoder_decoder", False) or not hasattr(config, "num_hidden_layers"):
        raise InputError(f"is a {config.model_type}, not an encoder with layers", where=f"--encoder {name}")
    if _looks_back_only(model):
        raise InputError(
            f"is a decoder ({config.model_type}): a piece's state knows nothing of the pieces after it; an encoder is "
            "wanted",
            where=f"--encoder {name}",
        )
    return model, tokenizer


def _looks_back_only(model: Any) -> bool:
    """Whether the first of two pieces keeps its state when the second changes; configurations do not always tell."""
    import torch

    top = int(model.config.vocab_size) - 1
    with torch.no_grad():
        first, second = model(input_ids=torch.tensor([[top, top], [top, top - 1]])).last_hidden_state[:, 0]
    return torch.allclose(first, second, rtol=1e-6, atol=1e-7)


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
