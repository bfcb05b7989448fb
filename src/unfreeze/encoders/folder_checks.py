"""Checks before anything of a transformer is loaded: do its files exist, and what do they ask for?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from unfreeze.encoders.own_code import check_own_code
from unfreeze.encoders.pickled_weights import pickled
from unfreeze.encoders.source import Source
from unfreeze.encoders.tokenizer_files import needs_no_file
from unfreeze.errors import InputError
from unfreeze.language.message import say

WANTED = say("the floating-point weights that they were made from are needed")
ADAPTERS = ("adapter_config.json", "adapter_model.*", "adapter.safetensors", "pytorch_adapter.*", "adapter_model_*")
# Of TensorFlow, Flax, ONNX, Rust and llama.cpp, and pickles under other names.
OTHER_WEIGHTS = ("*.bin", "*.h5", "*.msgpack", "*.ckpt*", "*.onnx", "*.ot", "*.gguf", "*.pt", "*.pth", "*.npz")


def check_files(source: Source, pickles: bool = False) -> list[str]:
    """Check what lies beside the weights.

    Args:
        pickles: pickled weights are accepted, since they are to be re-saved.

    Returns:
        Notes for the user.

    Raises:
        InputError: a file is missing, or one asks for what is not done here.
    """
    _check_folder(source.folder, source.name, needs_no_file(source), pickles)
    config = source.settings("config.json")
    notes = check_own_code(source, config)
    quantised = config.get("quantization_config")
    if quantised:
        how = quantised.get("quant_method") if isinstance(quantised, Mapping) else None
        raise source.error(
            say("its weights are quantised{how}; {wanted}", how=f" ({how})" if how else "", wanted=WANTED)
        )
    return notes + _check_adapters(source)


def _check_adapters(source: Source) -> list[str]:
    """Whoever trained an adapter would get the numbers of the model without it."""
    adapter = next(_adapters(source), None)
    if adapter is not None:
        raise source.error(
            say(
                "contains an adapter ({adapter}), which is not applied here; merge it into the weights "
                "(merge_and_unload of peft) and save the model, or take the adapter's files away to use the "
                "model without it",
                adapter=adapter,
            )
        )
    below = sorted(source.folder.glob("*/adapter_config.json"))
    if not below:
        return []
    return [
        say(
            "Warning: the encoder's folder contains an adapter in {name}, which is not applied.",
            name=below[0].parent.name,
        )
    ]


def _adapters(source: Source) -> Iterator[str]:
    yield from (path.name for kind in ADAPTERS for path in sorted(source.folder.glob(kind)))


def _check_folder(folder: Path, name: str, no_tokenizer: bool, pickles: bool) -> None:
    if not (folder / "config.json").exists():
        alone = say(" but an adapter, which is nothing without its base model; merge it into that and save the model")
        more = alone if (folder / ADAPTERS[0]).exists() else say("; give an encoder folder as transformers saves it")
        raise InputError(say("contains no config.json{more}", more=more), where=str(folder))
    found = pickled(folder)
    if not list(folder.glob("*.safetensors")) and not (found and pickles):
        if found is not None:
            raise InputError(
                say(
                    "contains its weights as pickles ({found}), which are not loaded as they are; re-save them with "
                    "unfreeze convert {name} --out NEW",
                    found=found,
                    name=name,
                ),
                where=str(folder),
            )
        other = sorted(p.name for kind in OTHER_WEIGHTS for p in folder.glob(kind)) or ["none"]
        raise InputError(
            say(
                "contains no weights as safetensors (other weights: {other}); save it with transformers' "
                "save_pretrained",
                other=", ".join(other[:3]),
            ),
            where=str(folder),
        )
    # transformers makes an empty tokenizer where there is no file, and every word would become the unknown piece.
    if not no_tokenizer and not any(list(folder.glob(kind)) for kind in ("tokenizer.json", "vocab.*", "*.model")):
        raise InputError("contains no tokenizer; save it there with its save_pretrained", where=str(folder))
