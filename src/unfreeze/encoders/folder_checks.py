"""What is looked at before anything of a transformer is loaded: are its files there, and what do they ask for?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from unfreeze.encoders.own_code import check_own_code
from unfreeze.encoders.source import Source
from unfreeze.errors import InputError

ADAPTERS = ("adapter_config.json", "adapter_model.*", "adapter.safetensors", "pytorch_adapter.*", "adapter_model_*")


def check_files(source: Source) -> list[str]:
    """Check what lies beside the weights.

    Returns:
        Lines that a person is to be told.

    Raises:
        InputError: a file is missing, or one asks for what is not done here.
    """
    if source.folder is not None:
        _check_folder(source.folder)
    config = source.settings("config.json")
    said = check_own_code(source, config)
    quantised = config.get("quantization_config")
    if quantised:
        how = quantised.get("quant_method") if isinstance(quantised, Mapping) else None
        raise source.error(
            f"its weights are quantised{f' ({how})' if how else ''}; wanted are those of 16 or 32 bits that they were "
            "made from"
        )
    return said + _check_adapters(source)


def _check_adapters(source: Source) -> list[str]:
    """Whoever trained an adapter would get the numbers of the model without it."""
    adapter = next(_adapters(source), None)
    if adapter is not None:
        raise source.error(
            f"holds an adapter ({adapter}), which is not applied here; merge it into the weights (merge_and_unload of "
            "peft) and save the model, or take the adapter's files away to use the model without it"
        )
    below = [] if source.folder is None else sorted(source.folder.glob("*/adapter_config.json"))
    if not below:
        return []
    return [f"Warning: the encoder's folder holds an adapter in {below[0].parent.name}, which is not applied."]


def _adapters(source: Source) -> Iterator[str]:
    if source.folder is None:
        yield from (ADAPTERS[0] for _ in [source.file(ADAPTERS[0])] if _)
    else:
        yield from (path.name for kind in ADAPTERS for path in sorted(source.folder.glob(kind)))


def _check_folder(folder: Path) -> None:
    if not (folder / "config.json").exists():
        alone = " but an adapter, which is nothing without its base model; merge it into that and save the model"
        more = alone if (folder / ADAPTERS[0]).exists() else "; wanted is an encoder folder as transformers saves it"
        raise InputError(f"holds no config.json{more}", where=str(folder))
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
