"""Skip-thoughts as it is published: a folder with a dictionary, a table of word vectors and a GRU for each part.

dictionary.txt       one word per line; line k is row k of the tables
utable.npy           (words, 620), read by the one-directional model; btable.npy by the two-directional one
uni_skip.npz         encoder_W, encoder_U, ...; bi_skip.npz has encoder_r_W, ... for the backward direction too
uni_skip.npz.pkl     options of its training, of which `dim_word` and `dim` are looked at
"""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from unfreeze.disk.arrays import save_array
from unfreeze.disk.json_files import in_words
from unfreeze.encoders.options import as_text, options_from, saved_options
from unfreeze.encoders.skip_thoughts.gru import Arrays, arrays_of, gru_from, shapes
from unfreeze.encoders.skip_thoughts.plain_pickle import read_plain_pickle
from unfreeze.encoders.skip_thoughts.reading import Kind, Options
from unfreeze.encoders.skip_thoughts.vocabulary import END, UNKNOWN, Part, Table, Vocabulary, mapped_file
from unfreeze.errors import InputError
from unfreeze.language.message import say

DICTIONARY, SAVED_OPTIONS = "dictionary.txt", "unfreeze.json"
PARTS: dict[Kind, tuple[Part, ...]] = {"uni": ("uni",), "bi": ("bi",), "combine": ("uni", "bi")}
_TABLES: dict[Part, str] = {"uni": "utable.npy", "bi": "btable.npy"}
_PREFIXES: dict[Part, tuple[str, ...]] = {"uni": ("encoder_",), "bi": ("encoder_", "encoder_r_")}


def is_published(folder: Path) -> bool:
    """Whether a folder looks like published skip-thoughts, whole or not."""
    return any(folder.glob("*_skip.npz")) or (folder / "utable.npy").exists() or (folder / "btable.npy").exists()


def read_published(folder: Path, given: Mapping[str, str]) -> tuple[dict[Part, nn.GRU], Vocabulary, Options]:
    """Read a published folder, or one that `write_published` wrote. Tables are mapped, not read.

    Args:
        given: fields of `Options` as text; they go over those that were saved.

    Returns:
        A GRU a part, the words with their tables, and the options with `kind` settled.

    Raises:
        InputError: an unknown option; a file that is missing, torn or does not fit the others, named with array and
            shape; a pickle of options that is more than plain data.
    """
    options = options_from(Options, {**saved_options(folder / SAVED_OPTIONS), **given})
    kind = options.kind or _kind_there(folder)
    grus = {part: _read_gru(folder, part) for part in PARTS[kind]}
    words = _read_words(folder / DICTIONARY)
    tables = {part: _map_table(folder / _TABLES[part], len(words), gru.input_size) for part, gru in grus.items()}
    return grus, Vocabulary(words, tables), replace(options, kind=kind)


def write_published(folder: Path, grus: Mapping[Part, nn.GRU], vocabulary: Vocabulary, options: Options) -> None:
    """Write the published files of the parts that there are, and the options as JSON; `read_published` reads them.

    A table that is mapped from a file becomes a hard link to it where the disk allows that, else a copy. `Wemb`, the
    training's own words, which encoding does not need, is not written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DICTIONARY).write_bytes("".join(f"{word}\n" for word in vocabulary.words).encode())
    for part, gru in grus.items():
        directions = zip(_PREFIXES[part], arrays_of(gru), strict=True)
        arrays: dict[str, Any] = {f"{prefix}{name}": a for prefix, named in directions for name, a in named.items()}
        np.savez(folder / f"{part}_skip.npz", **arrays)
        sizes = {"dim_word": gru.input_size, "dim": gru.hidden_size, "encoder": "gru"}
        (folder / f"{part}_skip.npz.pkl").write_bytes(pickle.dumps(sizes, protocol=2))
        _write_table(folder / _TABLES[part], vocabulary.tables[part])
    (folder / SAVED_OPTIONS).write_text(json.dumps(as_text(options), indent=1) + "\n", encoding="utf-8")


def _kind_there(folder: Path) -> Kind:
    there = [kind for kind in PARTS if all((folder / f"{part}_skip.npz").exists() for part in PARTS[kind])]
    if not there:
        raise InputError("has neither uni_skip.npz nor bi_skip.npz", where=str(folder))
    return there[-1]


def _read_words(path: Path) -> list[str]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise InputError(_missing(error), where=str(path)) from None
    words = []
    for number, line in enumerate(lines if lines[-1] else lines[:-1], start=1):
        try:
            words.append(line.decode().strip())
        except UnicodeDecodeError:
            raise InputError("is not UTF-8", where=f"{path}:{number}") from None
    known = set(words)
    for word, what in ((UNKNOWN, say("unknown words")), (END, say("the end of a text"))):
        if word not in known:
            raise InputError(
                say("has no line '{word}', which stands for {what}", word=word, what=what), where=str(path)
            )
    return words


def _map_table(path: Path, rows: int, width: int) -> Table:
    try:
        table = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise InputError(_missing(error), where=str(path)) from None
    except Exception as error:  # numpy reads the header as Python, and a torn one raises nearly anything
        raise InputError(
            say("is not an array of numbers, or is torn: {error}", error=in_words(error)), where=str(path)
        ) from None
    if not isinstance(table, np.memmap) or table.dtype.kind != "f" or table.ndim != 2:
        raise InputError("is not a table of floating-point numbers", where=str(path))
    if len(table) != rows:
        raise InputError(
            say(
                "has {table:,} rows, {dictionary} has {rows:,} words",
                table=len(table),
                dictionary=DICTIONARY,
                rows=rows,
            ),
            where=str(path),
        )
    if table.shape[1] != width:
        raise InputError(
            say("has vectors of {shape} numbers, the GRU reads {width}", shape=table.shape[1], width=width),
            where=str(path),
        )
    return table


def _read_gru(folder: Path, part: Part) -> nn.GRU:
    path = folder / f"{part}_skip.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise ValueError("a single array")
            directions = [_direction(file, prefix, path) for prefix in _PREFIXES[part]]
    except OSError as error:
        raise InputError(_missing(error), where=str(path)) from None
    except InputError:
        raise
    except Exception as error:  # as with tables, and what a torn zip file raises besides
        raise InputError(
            say("is not an .npz file of weights, or is torn: {error}", error=in_words(error)), where=str(path)
        ) from None
    width, hidden, source = _sizes(path, directions[0])
    for prefix, arrays in zip(_PREFIXES[part], directions, strict=True):
        for name, shape in shapes(width, hidden).items():
            if arrays[name].shape != shape:
                found = say(
                    "{prefix}{name} has the shape {shape}, {source} asks for {shape2}",
                    prefix=prefix,
                    name=name,
                    shape=arrays[name].shape,
                    source=source,
                    shape2=shape,
                )
                raise InputError(found, where=str(path))
    return gru_from(directions)


def _direction(file: Any, prefix: str, path: Path) -> Arrays:
    arrays = {}
    for name in shapes(0, 0):
        if prefix + name not in file:
            raise InputError(say("has no array {prefix}{name}", prefix=prefix, name=name), where=str(path))
        array = file[prefix + name]
        if array.dtype.kind != "f" or not array.ndim:
            raise InputError(
                say("{prefix}{name} is not an array of floating-point numbers", prefix=prefix, name=name),
                where=str(path),
            )
        arrays[name] = array.astype(np.float32)
    return arrays


def _sizes(path: Path, arrays: Arrays) -> tuple[int, int, str]:
    """Width of word vectors, hidden width, and what says so: the options beside the weights, else the weights."""
    beside = path.with_name(f"{path.name}.pkl")
    if not beside.exists():
        return len(arrays["W"]), len(arrays["U"]), "the first length of encoder_W and encoder_U"
    options = read_plain_pickle(beside)
    width, hidden = (options.get(name) if isinstance(options, dict) else None for name in ("dim_word", "dim"))
    if not (isinstance(width, int) and isinstance(hidden, int) and min(width, hidden) > 0):
        raise InputError("must have dim_word and dim, as whole numbers above 0", where=str(beside))
    return width, hidden, beside.name


def _write_table(path: Path, table: Table) -> None:
    source = mapped_file(table)
    if source is not None:
        if path.exists() and path.samefile(source):
            return
        path.unlink(missing_ok=True)
        with suppress(OSError):  # another disk, or a file that may not be linked
            os.link(source.resolve(), path)
            return
    save_array(path, table)


def _missing(error: OSError) -> str:
    return (
        say("not found")
        if isinstance(error, FileNotFoundError)
        else say("cannot be read: {error}", error=in_words(error))
    )
