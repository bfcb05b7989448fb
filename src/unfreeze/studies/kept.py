"""What a cell came to, in one small file without any text: enough to judge it again where its runs are not.

`NAME.npz` beside the mark of a finished cell: what the metric needs of each test item and seed, without loss. Columns
that follow from others (a square, a product) are not stored but computed again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unfreeze.disk.files import new_file
from unfreeze.disk.json_files import in_words
from unfreeze.disk.typed import typed
from unfreeze.errors import InputError
from unfreeze.judging.spread import Floats
from unfreeze.language.message import say
from unfreeze.tasks.items import LabelSpace

SUFFIX = ".npz"
AGAIN = "delete it, so that its cell is measured again"
_ABOUT = "about"
Stored = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class About:
    """A cell's results but for its statistics; those not named here are as in `asked.Measured`.

    Attributes:
        recipe: the chosen one, as a plan has it.
        kind: of the task; `asked` is the metric asked for, None for the usual one.
        precision: in which it was measured.
    """

    recipe: dict[str, Any]
    kind: str
    asked: str | None
    labels: LabelSpace
    train_examples: int
    train_s: float
    layer_weights: tuple[tuple[float, ...], ...] | None
    diverged: int
    constant: float
    precision: str
    machines: tuple[str, ...]


def write_kept(path: Path, about: About, statistics: Floats) -> None:
    """Write the file, whole or not at all; `statistics` are (seeds, test items, k)."""
    text: Stored = {_ABOUT: np.frombuffer(json.dumps(asdict(about), sort_keys=True).encode(), np.uint8)}
    whole: dict[str, Any] = {**text, **packed(statistics)}
    with new_file(path) as unfinished, unfinished.open("wb") as file:
        np.savez_compressed(file, **whole)


def read_kept(path: Path) -> tuple[About, Floats]:
    """Read the file. Raises `InputError` where it is torn or is something else."""
    try:
        with np.load(path, allow_pickle=False) as file:
            stored = {name: file[name] for name in file.files}
        return typed(json.loads(stored.pop(_ABOUT).tobytes()), About, str(path), AGAIN), unpacked(stored)
    except InputError:
        raise
    except Exception as error:  # a torn file fails in many ways
        problem = say("cannot be read: {error}; {again}", error=in_words(error), again=AGAIN)
        raise InputError(problem, where=str(path)) from None


def packed(statistics: Floats) -> Stored:
    """(seeds, items, k) as what cannot be computed from the rest: arrays by the number of their column.

    `3=1x2`, which is empty, says that column 3 is column 1 times column 2.
    """
    found: Stored = {"shape": np.array(statistics.shape)}
    raw: list[int] = []
    for column in range(statistics.shape[2]):
        values = statistics[:, :, column]
        product = next(
            ((a, b) for a, b in combinations_with_replacement(raw, 2)
             if np.array_equal(statistics[:, :, a] * statistics[:, :, b], values)), None,
        )  # fmt: skip
        if product is not None:
            found[f"{column}={product[0]}x{product[1]}"] = np.zeros(0)
            continue
        raw.append(column)
        same = bool((values == values[:1]).all())
        found[str(column)] = _small(values[:1] if same else values)
    return found


def unpacked(stored: Stored) -> Floats:
    """What `packed` was given."""
    made = np.empty(tuple(stored["shape"]))
    for name, values in stored.items():
        if name.isdecimal():
            made[:, :, int(name)] = values
    for name in stored:
        column, equals, product = name.partition("=")
        if equals:
            first, second = map(int, product.split("x"))
            made[:, :, int(column)] = made[:, :, first] * made[:, :, second]
    return made


def _small(values: Floats) -> npt.NDArray[Any]:
    """The same numbers in the smallest type that has them all."""
    for kind in (np.int8, np.int16, np.float32):
        with np.errstate(all="ignore"):
            tried = values.astype(kind)
        if np.array_equal(tried.astype(float), values):
            return tried
    return values
