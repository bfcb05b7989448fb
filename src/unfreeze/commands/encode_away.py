"""Layer states of many texts, computed in parts on other machines and written to their places as they come."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from unfreeze.data.examples import Example
from unfreeze.disk.files import moved, writing
from unfreeze.disk.in_parts import Parts, parts_of
from unfreeze.disk.tensor_file import Room, TensorFile, kept_tensors
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.protocol import Encoder, Inputs, Ints, ranges
from unfreeze.features.extract import encoded
from unfreeze.features.layout import Form, store_key
from unfreeze.runs.opening import versions
from unfreeze.runs.parcels import Parcel
from unfreeze.runs.place import Place
from unfreeze.runs.sending import Last, SentEncoder, check_version
from unfreeze.runs.watching import Progress

SHARD = 1024
"""Texts of a part at most, whatever machines there are, so that other machines can resume."""
SHARD_BYTES = 1 << 27
"""Bytes of states that a part has, about, at most."""
OF_A_PIECE = 4  # bytes of text (UTF-8), in most languages and vocabularies
_STATES = "states.safetensors"


def in_shards(parts: Iterable[Sequence[Example]], encoder: Encoder) -> Iterator[Sequence[Example]]:
    """The same texts in parts that are small enough to be computed elsewhere and sent home."""
    most = SHARD_BYTES // (4 * encoder.layers * encoder.width) * OF_A_PIECE
    for part in parts:
        start, size = 0, 0
        for end, example in enumerate(part):
            more = sum(len(text.encode(errors="replace")) for text in (example.text, example.text_b or ""))
            if end > start and (size + more > most or end - start == SHARD):
                yield part[start:end]
                start, size = end, 0
            size += more
        yield part[start:]


def row_begins(inputs: Inputs, form: Form) -> Ints:
    """(N + 1,) where the rows of each input begin: its pieces, or with a pooled form one."""
    return inputs.offsets if form == "tokens" else np.arange(len(inputs.offsets))


_encoder = Last[SentEncoder, Encoder]()


@dataclass(frozen=True)
class Reader:
    """An encoder that computes states on any machine: sent there once, and loaded once by each process.

    Attributes:
        files: of the encoder, where it is not a packaged one.
    """

    encoder: SentEncoder
    files: Parcel | None
    form: Form
    version: str

    def __call__(self, inputs: Inputs) -> npt.NDArray[np.float32]:
        """The states (layers, rows, width) of some inputs, in their order."""
        check_version(self.version)
        encoder = _encoder.get(self.encoder, lambda: self.encoder.loaded(lambda: self.files or {}))
        begins = row_begins(inputs, self.form)
        states = np.empty((encoder.layers, int(begins[-1]), encoder.width), np.float32)
        every = np.arange(len(begins) - 1)
        with frozen(encoder) as reader:
            for batch, part in encoded(reader, inputs, every, self.form, encoder.batch_pieces):
                rows = ranges(begins[batch], begins[batch + 1] - begins[batch])
                states[:, rows] = part.to("cpu", torch.float32).numpy()
        return states


@dataclass(frozen=True)
class Sheet:
    """A file of states that is to be.

    Attributes:
        rooms: of its tensors, `states` among them.
        tensors: the others.
        metadata: what it tells along.
    """

    out: Path
    rooms: Mapping[str, Room]
    tensors: Mapping[str, Ints]
    metadata: Mapping[str, str]


def reader_of(encoder: SentEncoder, files: Parcel | None, form: Form) -> Reader:
    """For machines with this version of the package."""
    return Reader(encoder, files, form, versions()["unfreeze"])


def write_away(sheet: Sheet, read: Sequence[Inputs], reader: Reader, place: Place, progress: Progress) -> None:
    """Have a place's machines compute the states of all parts that are `read`, and write each to its place at once.

    The file is filled in the folder of its parts (`disk.in_parts`), each of which is an empty file there, made once its
    states are on the disk.
    """
    with parts_of(sheet.out, _told(sheet, read, reader)) as parts:
        growing = parts.folder / _STATES
        if not growing.exists():
            parts.clear()
        with kept_tensors(growing, sheet.rooms, sheet.metadata) as file:
            for name, array in sheet.tensors.items():
                file.write(name, 0, array)
            _compute(parts, file, read, reader, place, progress)
        moved(growing, sheet.out)


def _told(sheet: Sheet, read: Sequence[Inputs], reader: Reader) -> dict[str, str]:
    """All that the parts depend on; the metadata decide where the states begin in the file."""
    digest = hashlib.blake2b(json.dumps(dict(sheet.metadata)).encode(), digest_size=16)
    for inputs in read:
        digest.update(store_key(reader.encoder.fingerprint, inputs, reader.form, "fp32").encode())
    return {"states": digest.hexdigest(), "version": reader.version}


def _compute(
    parts: Parts, file: TensorFile, read: Sequence[Inputs], reader: Reader, place: Place, progress: Progress
) -> None:
    begins = [0, *accumulate(int(row_begins(inputs, reader.form)[-1]) for inputs in read)]
    texts = [len(inputs.examples) - 1 for inputs in read]
    finished = set(parts.finished())
    progress.begin(sum(texts[number] for number in finished))
    missing = ((number, inputs) for number, inputs in enumerate(read) if number not in finished)
    for number, states in place.mapped(reader, missing):
        layers, _, width = states.shape
        with writing(parts.folder):
            for layer in range(layers):
                file.write("states", (layer * begins[-1] + begins[number]) * width, states[layer])
            file.flush()
        parts.put(number)
        progress.add(texts[number])
    progress.end()
