"""What is looked at before anything of a transformer is loaded: are its files there, and what do they ask for?"""

from __future__ import annotations

from pathlib import Path

from unfreeze.encoders.source import Source
from unfreeze.errors import InputError


def check_files(source: Source) -> list[str]:
    """Check what lies beside the weights.

    Returns:
        Lines that a person is to be told.

    Raises:
        InputError: a file is missing, or one asks for what is not done here.
    """
    if source.folder is not None:
        _check_folder(source.folder)
    return []


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
