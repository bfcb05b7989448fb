"""Frozen layer states of people's texts, for their own use, in memory that grows with their pieces' numbers alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import TextIO

import numpy as np
import torch
from torch import Tensor

from unfreeze.commands.encode_away import Reader, Sheet, in_shards, reader_of, row_begins, write_away
from unfreeze.data.examples import SPLITS, Example
from unfreeze.data.read import read_dataset
from unfreeze.data.unlabelled import Wanted, unlabelled_parts
from unfreeze.data.unread import Unread, unread_lines
from unfreeze.disk.files import new_file
from unfreeze.disk.tensor_file import Room, TensorFile, new_tensors
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import pick_device
from unfreeze.encoders.protocol import Encoder, Inputs, Ints
from unfreeze.errors import InputError, nearest, shown
from unfreeze.features.extract import encoded
from unfreeze.features.layout import Form
from unfreeze.features.store import spans
from unfreeze.language.message import say
from unfreeze.methods.inputs import cut_at_limit, read_inputs, said_cut
from unfreeze.plan import Plan, check_length
from unfreeze.runs.place import check_parted, place_at
from unfreeze.runs.sending import packed_encoder, sent_encoder
from unfreeze.runs.watching import Progress, Watcher
from unfreeze.tasks.kinds import task

PART = 8192
"""Texts that are read at a time."""
POOLED: tuple[Form, ...] = ("mean", "max", "cls", "last")
IN_HEADER = 1 << 24
"""Bytes of tokens that are kept inside the file: safetensors reads no header over 100 MB."""


@dataclass(frozen=True)
class Asked:
    """What is written of the texts.

    Attributes:
        encoder, options: see `load_encoder`.
        max_length: of an input, in pieces; None takes the encoder's limit.
        form: `tokens`, or one vector an input: their `mean`, `max`, the `cls` or the `last` one.
        columns: of the file, by what they are.
    """

    encoder: str
    options: Mapping[str, str]
    columns: Mapping[str, str | None]
    max_length: int | None = None
    form: Form = "tokens"


def form_of(pooling: str | None) -> Form:
    """What `--pooling` asks for. Raises `InputError` for a name that is none."""
    if pooling is None:
        return "tokens"
    if pooling not in POOLED:
        raise InputError(
            say("unknown pooling '{pooling}'{pooling2}", pooling=shown(pooling), pooling2=nearest(pooling, POOLED)),
            where="--pooling",
        )
    return pooling


def encode_file(
    data: str, asked: Asked, out: Path, *, device: str, watcher: Watcher, elsewhere: Plan | None = None
) -> tuple[int, ...]:
    """Write `states` (layers, rows, width) in fp32, `offsets` (texts + 1) and the tokens to a safetensors file.

    A row is a token, or with a pooled form an input of the encoder; `offsets` says where each text's rows begin, and at
    last where the last one's end. `inputs`, in form `tokens`, says the same of each input: as `offsets`, unless a pair
    is read separately (two inputs) or a tagged sentence longer than the encoder's limit in windows.

    One file is written in its own order; a folder with splits is written train first, then dev, then test; a pair is
    one text, read jointly where the encoder can. Tokens are in the file's metadata, as JSON under `"tokens"` (one list
    a text), with `"where"` (file and line of each text). Of many texts both are in a file beside it, whose name is in
    the metadata under `"texts"`: a line of JSON for each text, with its tokens and where it is from.

    Args:
        elsewhere: whose engine computes the states on other machines, in parts, of which no finished one is computed
            again; None computes them in this process, on `device`.

    Returns:
        The shape of `states`.
    """
    if out.suffix != ".safetensors":
        raise InputError(say("ends in '{suffix}'; .safetensors is written", suffix=out.suffix), where=str(out))
    check_length(asked.max_length)
    examples = _parts(data, asked)
    encoder = load_encoder(asked.encoder, asked.max_length, asked.options)
    if elsewhere is not None:
        check_parted(encoder, elsewhere)
        examples = in_shards(examples, encoder)
    place = None if elsewhere is None else place_at(elsewhere)
    for line in encoder.notes:
        watcher.say(line)
    with ExitStack() as stack:
        told = _Told(out, stack)
        read = _read(encoder, examples, told, watcher)
        for line in read.warnings(encoder):
            watcher.say(f"Warning: {line}")
        shape = encoder.layers, read.rows(asked.form), encoder.width
        tensors = {"offsets": read.offsets(asked.form)}
        if asked.form == "tokens":
            tensors["inputs"] = read.inputs()
        rooms = {"states": Room("F32", shape), **{name: Room("I64", array.shape) for name, array in tensors.items()}}
        sheet = Sheet(out, rooms, tensors, told.metadata())
        if place is None:
            _write_here(sheet, encoder.to(pick_device(device)), read, asked.form, watcher)
        else:
            progress = Progress(watcher, say("layer states of {texts:,} texts", texts=read.texts), read.texts)
            write_away(sheet, read.parts, _sent(encoder, asked, device), place, progress)
    return shape


def _parts(data: str, asked: Asked) -> Iterator[Sequence[Example]]:
    """The texts, some thousand at a time; those of one file in its order, labelled or not."""
    columns = asked.columns
    if not Path(data).is_file():
        dataset = read_dataset(Path(data), **columns)  # type: ignore[arg-type]
        wholes: Iterator[Sequence[Example]] = (dataset.split(split) for split in SPLITS)
    else:
        kind = columns["task"]
        wanted = Wanted(task(kind) if kind else None, columns["text"], columns["text_b"], columns["label"])
        wholes = unlabelled_parts(Path(data), wanted)
    parts = (whole[start : start + PART] for whole in wholes for start in range(0, len(whole), PART))
    first = next(parts, ())  # what is wrong with the file is reported before the encoder is loaded
    if asked.options.get("prefix") and first and first[0].words is not None:
        raise InputError(
            "is put before texts; tagged sentences are read word by word, so leave it out", where="--prefix"
        )
    return chain([first], parts)


@dataclass
class _Read:
    """The texts as the encoder reads them.

    Attributes:
        parts: their inputs.
        cut: texts that are not read to their end.
        unread: what of them says nothing to the encoder.
    """

    parts: list[Inputs] = field(default_factory=list)
    cut: int = 0
    unread: Unread | None = None

    @property
    def texts(self) -> int:
        """How many there are."""
        return sum(len(part.examples) - 1 for part in self.parts)

    def rows(self, form: Form) -> int:
        """Of the states."""
        return sum(len(part.ids) if form == "tokens" else len(part.truncated) for part in self.parts)

    def offsets(self, form: Form) -> Ints:
        """(texts + 1,) where the rows of each text begin."""
        return _joined([p.offsets[p.examples] if form == "tokens" else p.examples for p in self.parts])

    def inputs(self) -> Ints:
        """(inputs + 1,) where the pieces of each input begin."""
        return _joined([part.offsets for part in self.parts])

    def warnings(self, encoder: Encoder) -> Iterator[str]:
        """What a person should know about how these texts are read."""
        if cut := said_cut(self.cut, self.texts, encoder.max_length):
            yield cut
        yield from unread_lines({say("the texts"): self.unread} if self.unread else {})


def _joined(offsets: Sequence[Ints]) -> Ints:
    """Offsets of parts, each from 0 on, as those of all of them."""
    begins = accumulate((int(part[-1]) for part in offsets), initial=0)
    return np.concatenate([[0], *(part[1:] + begin for part, begin in zip(offsets, begins, strict=False))])


def _read(encoder: Encoder, parts: Iterator[Sequence[Example]], told: _Told, watcher: Watcher) -> _Read:
    """Tokenise part by part, or all at once where states continue from text to text."""
    read = _Read()
    if encoder.ordered is not None:
        parts = iter([[example for part in parts for example in part]])
    for number, examples in enumerate(parts):
        pairs = any(example.text_b is not None for example in examples)
        for line in encoder.notes_on_pairs if pairs and not number else ():
            watcher.say(line)
        inputs = _inputs(encoder, examples, pairs)
        read.parts.append(inputs)
        read.cut += cut_at_limit(inputs)
        unread = encoder.unread(inputs)
        read.unread = read.unread + unread if read.unread and unread else unread or read.unread
        told.add(_tokens(encoder, inputs), examples)
    return read


def _inputs(encoder: Encoder, examples: Sequence[Example], pairs: bool) -> Inputs:
    if examples and examples[0].words is not None:
        return encoder.read_words([e.words or () for e in examples])
    if pairs:
        how = "joint" if encoder.reads_pairs else "separate"
        return read_inputs(encoder, task("pair-classification"), how, examples)
    return encoder.read_texts([e.text for e in examples])


def _tokens(encoder: Encoder, inputs: Inputs) -> list[list[str]]:
    names = encoder.pieces(inputs)
    ends = inputs.offsets[inputs.examples].tolist()
    return [names[a:b] for a, b in pairwise(ends)]


def _sent(encoder: Encoder, asked: Asked, device: str) -> Reader:
    """The encoder as other machines load it."""
    sent = sent_encoder(asked.encoder, encoder.fingerprint(), asked.max_length, asked.options, device)
    return reader_of(sent, None if sent.packaged else packed_encoder(encoder), asked.form)


def _write_here(sheet: Sheet, encoder: Encoder, read: _Read, form: Form, watcher: Watcher) -> None:
    """Compute everything in this process."""
    with new_tensors(sheet.out, sheet.rooms, sheet.metadata) as file:
        for name, array in sheet.tensors.items():
            file.write(name, 0, array)
        _write_states(file, encoder, read, form, watcher)


def _write_states(file: TensorFile, encoder: Encoder, read: _Read, form: Form, watcher: Watcher) -> None:
    """Compute the states of every part and write them to their places."""
    rows, pieces = read.rows(form), sum(len(part.ids) for part in read.parts)
    name = say("layer states of {texts:,} texts", texts=read.texts)
    watcher.begin(name, 0)
    row, done = 0, 0
    with frozen(encoder) as reader:
        for part in read.parts:
            everything = np.arange(len(part.truncated))
            begins = row_begins(part, form)
            steps = _Steps(watcher, name, done, pieces)
            for batch, states in encoded(reader, part, everything, form, encoder.batch_pieces, steps):
                _write_batch(file, states, row + begins[batch], row + begins[batch + 1], rows)
            row, done = row + int(begins[-1]), done + len(part.ids)
    watcher.end(name, None)


def _write_batch(file: TensorFile, states: Tensor, starts: Ints, ends: Ints, rows: int) -> None:
    """States (layers, rows of the batch, width) of inputs whose rows are `starts[i]:ends[i]` of all `rows`."""
    width = states.shape[2]
    for layer, values in enumerate(states.to("cpu", torch.float32).numpy()):
        numbers = values.reshape(-1)
        for there, here in spans(starts, ends, width):
            file.write("states", layer * rows * width + there, numbers[here])


@dataclass(frozen=True)
class _Steps:
    """Tells a watcher how many of all pieces are done, given how many of a part are."""

    watcher: Watcher
    name: str
    before: int
    all: int

    def __call__(self, done: int, of_part: int) -> None:
        self.watcher.step(self.name, self.before + done, self.all, None)


class _Told:
    """Tokens of each text and where it is from: inside the file of the states, or beside it where they are many.

    Args:
        out: the file of the states.
        stack: closes the file beside it.
    """

    def __init__(self, out: Path, stack: ExitStack) -> None:
        self._beside, self._stack = out.with_suffix(".texts.jsonl"), stack
        self._tokens: list[list[str]] = []
        self._where: list[str] = []
        self._bytes = 0
        self._file: TextIO | None = None

    def add(self, tokens: Sequence[list[str]], examples: Sequence[Example]) -> None:
        """Of the texts that come next."""
        self._tokens.extend(tokens)
        self._where.extend(example.where for example in examples)
        self._bytes += sum(len(word.encode(errors="replace")) + 4 for text in tokens for word in text)
        self._bytes += sum(len(example.where.encode(errors="replace")) + 4 for example in examples)
        if self._bytes > IN_HEADER:
            self._spill()

    def _spill(self) -> None:
        if self._file is None:
            file = self._stack.enter_context(new_file(self._beside))
            self._file = self._stack.enter_context(file.open("w", encoding="utf-8", errors="replace"))
        for tokens, where in zip(self._tokens, self._where, strict=True):
            self._file.write(json.dumps({"where": where, "tokens": tokens}, ensure_ascii=False) + "\n")
        self._tokens.clear()
        self._where.clear()

    def metadata(self) -> dict[str, str]:
        """What the file of the states tells along."""
        if self._file is not None:
            return {"texts": self._beside.name}
        told = {"tokens": self._tokens, "where": self._where}
        return {name: json.dumps(values, ensure_ascii=False) for name, values in told.items()}
