"""The words that a skip-thoughts model knows and their vectors, which stay on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from mmap import mmap
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Part = Literal["uni", "bi"]
Table = npt.NDArray[np.floating[Any]]
UNKNOWN, END = "UNK", "<eos>"
_SAMPLE = 4096  # rows of a table that its digest looks at


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Words, and for each part of a model one vector per word. Nothing changes it, so a deep copy is the object itself.

    Attributes:
        words: (V,); word k has row k. Of a word that is there twice the later row counts, as in the reference.
        tables: (V, width) a part, as a rule memory-mapped.
        rows: word to row.

    Raises:
        KeyError: `UNK` or `<eos>` is not among the words.
    """

    words: Sequence[str]
    tables: Mapping[Part, Table]
    rows: Mapping[str, int] = field(init=False, repr=False)
    unknown: int = field(init=False)
    end: int = field(init=False)

    def __post_init__(self) -> None:
        rows = {word: row for row, word in enumerate(self.words)}
        for name, value in (("rows", rows), ("unknown", rows[UNKNOWN]), ("end", rows[END])):
            object.__setattr__(self, name, value)

    def __deepcopy__(self, memo: object) -> Vocabulary:
        return self

    def ids(self, words: Iterable[str]) -> list[int]:
        """Rows of words; unknown ones have that of `UNK`."""
        return [self.rows.get(word, self.unknown) for word in words]

    def digest(self) -> bytes:
        """16 bytes that distinguish vocabularies: all words, and of each table shape, dtype and 4,096 rows spread over
        it (all of a smaller one). To read gigabytes each time would take minutes.
        """
        digest = blake2b("\n".join(self.words).encode(), digest_size=16)
        for part, table in sorted(self.tables.items()):
            digest.update(f"{part} {table.shape} {table.dtype}".encode())
            for row in _spread_rows(table):
                digest.update(row)
        return digest.digest()


def _spread_rows(table: Table) -> Iterator[bytes]:
    """Rows spread evenly. Of a mapped file they are read plainly: each touched page would bring its neighbours in."""
    places = np.linspace(0, len(table) - 1, min(_SAMPLE, len(table))).astype(np.int64)
    path = mapped_file(table)
    if path is None or not table.flags.c_contiguous:
        yield from (table[place].tobytes() for place in places)
        return
    size = table.shape[1] * table.dtype.itemsize
    with path.open("rb", buffering=0) as file:
        header = path.stat().st_size - table.nbytes
        for place in places.tolist():
            file.seek(header + place * size)
            yield file.read(size)


def mapped_file(table: Table) -> Path | None:
    """The `.npy` file that a table is the whole of, mapped; None for all other tables."""
    if not isinstance(table, np.memmap) or not isinstance(table.base, mmap) or not table.filename:
        return None
    path = Path(table.filename)
    whole = path.exists() and 0 < table.offset == path.stat().st_size - table.nbytes
    return path if whole else None
