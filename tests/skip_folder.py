"""Published skip-thoughts folders with small random weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]
WIDTH, HIDDEN = 5, {"uni": 8, "bi": 4}  # the published ones: 620; 2400 and 1200
PREFIXES = {"uni": ("encoder_",), "bi": ("encoder_", "encoder_r_")}
TABLES = {"uni": "utable.npy", "bi": "btable.npy"}
WORDS = ("<eos>", "UNK", "The", "the", "cat", "sat", ".", "``", "''", "do", "n't", "naïve", "dog")


def random_tables(words: int = len(WORDS), seed: int = 1) -> Arrays:
    """A table of word vectors for each part."""
    draw = np.random.default_rng(seed)
    return {part: draw.standard_normal((words, WIDTH)).astype(np.float32) for part in TABLES}


def random_weights(seed: int = 0) -> dict[str, Arrays]:
    """What is in the `.npz` file of each part."""
    draw = np.random.default_rng(seed)
    out: dict[str, Arrays] = {}
    for part, hidden in HIDDEN.items():
        shapes = {
            "W": (WIDTH, 2 * hidden), "U": (hidden, 2 * hidden), "b": (2 * hidden,),
            "Wx": (WIDTH, hidden), "Ux": (hidden, hidden), "bx": (hidden,),
        }  # fmt: skip
        out[part] = {
            f"{prefix}{name}": draw.standard_normal(shape).astype(np.float32)
            for prefix in PREFIXES[part]
            for name, shape in shapes.items()
        }
    return out


def write_folder(
    folder: Path,
    words: Sequence[str] = WORDS,
    tables: Mapping[str, np.ndarray] | None = None,
    weights: Mapping[str, Arrays] | None = None,
    *,
    options: bool = True,
) -> Path:
    """A folder as skip-thoughts is published, with Python 2's pickles of training options beside the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dictionary.txt").write_bytes("".join(f"{word}\n" for word in words).encode())
    for part, table in (tables or random_tables(len(words))).items():
        np.save(folder / TABLES[part], table)
    for part, arrays in (weights or random_weights()).items():
        # A training leaves objects beside the weights, and its own words; neither is needed.
        extra: dict[str, Any] = {"history_errs": np.array([{"cost": 1.0}], dtype=object), "Wemb": np.zeros((3, WIDTH))}
        np.savez(folder / f"{part}_skip.npz", **extra, **arrays)
        if options:
            told = {
                "dim_word": WIDTH, "dim": HIDDEN[part], "encoder": "gru", "saveto": "caf\xe9.npz", "reload_": False,
                "decay_c": 0.0, "dictionary": None,
            }  # fmt: skip
            (folder / f"{part}_skip.npz.pkl").write_bytes(python2_pickle(told))
    return folder


def python2_pickle(values: Mapping[str, Any]) -> bytes:
    """What Python 2's `pickle.dumps` makes of such a dictionary, byte strings and all (protocol 0)."""

    def plain(value: Any) -> bytes:
        if value is None:
            return b"N"
        if isinstance(value, bool):
            return b"I01\n" if value else b"I00\n"
        if isinstance(value, str):
            return b"S%b\n" % repr(value.encode("latin1"))[1:].encode()
        return f"{'I' if isinstance(value, int) else 'F'}{value}\n".encode()

    return b"(dp0\n" + b"".join(plain(key) + plain(value) + b"s" for key, value in values.items()) + b"."
