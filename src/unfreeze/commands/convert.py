"""An encoder of any kind re-saved, its weights in a format that loads fast and runs no code."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from unfreeze.disk.files import new_folder
from unfreeze.encoders.load import load_encoder
from unfreeze.errors import InputError


def convert(
    encoder: str, out: Path, options: Mapping[str, str], tell: Callable[[str], None] = lambda line: None
) -> str:
    """Write the encoder to a folder that every command takes for it, with the options given as its defaults.

    Transformers become an ordinary folder of transformers; ELMo and ELMoForManyLangs keep options and dictionaries as
    published beside weights as safetensors; word vectors become `.npy`; skip-thoughts are plain arrays already and keep
    their layout.

    Args:
        tell: told what is to be known of the encoder, a line at a time.

    Returns:
        The encoder's fingerprint, which the folder has been read back for.

    Raises:
        InputError: the encoder cannot be loaded, `out` already exists or cannot be written.
    """
    if os.path.lexists(out):
        raise InputError("already exists; choose another --out or remove it", where=str(out))
    with new_folder(out, over=False) as folder:
        scratch = folder / "scratch"
        scratch.mkdir()
        loaded = load_encoder(encoder, options=options, scratch=scratch)
        for line in loaded.notes:
            tell(line)
        fingerprint = loaded.fingerprint()
        shutil.rmtree(scratch)
        loaded.save(folder)
        if load_encoder(str(folder)).fingerprint() != fingerprint:
            raise RuntimeError(f"{out} reads back as another encoder than {encoder}")
    return fingerprint
