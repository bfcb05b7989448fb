"""Frozen layer states of people's texts, for their own use."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import torch
from safetensors.torch import save_file

from unfreeze.data.examples import SPLITS, Example
from unfreeze.data.read import read_dataset
from unfreeze.data.unlabelled import read_unlabelled
from unfreeze.data.unread import unread_lines
from unfreeze.disk.files import new_file
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import pick_device
from unfreeze.encoders.protocol import Encoder, Inputs, Ints
from unfreeze.errors import InputError
from unfreeze.features.extract import encoded
from unfreeze.methods.inputs import cut_at_limit, read_inputs, said_cut
from unfreeze.plan import check_length
from unfreeze.runs.runner import Watcher
from unfreeze.tasks.kinds import task


def encode_file(
    data: str,
    encoder: str,
    out: Path,
    *,
    options: Mapping[str, str],
    columns: Mapping[str, str | None],
    max_length: int | None,
    device: str,
    watcher: Watcher,
) -> tuple[int, int, int]:
    """Write `states` (layers, tokens, width) in fp32, `offsets` (texts + 1) and the tokens to a safetensors file.

    `inputs` says where each input of the encoder begins, and at last where the last one ends: as `offsets`, unless a
    pair is read separately (two inputs) or a tagged sentence longer than the encoder's limit in windows.

    One file is written in its own order; a folder with splits is written train first, then dev, then test; a pair is
    one text, read jointly where the encoder can. Tokens are in the file's metadata, as JSON under `"tokens"` (one list
    a text), with `"where"` (file and line of each text).

    Args:
        max_length: of an input, in pieces; None takes the encoder's limit.

    Returns:
        The shape of `states`.
    """
    if out.suffix != ".safetensors":
        raise InputError(f"ends in '{out.suffix}'; .safetensors is written", where=str(out))
    check_length(max_length)
    examples = _examples(data, columns)
    if options.get("prefix") and examples and examples[0].words is not None:
        raise InputError(
            "is put before texts; tagged sentences are read word by word, so leave it out", where="--prefix"
        )
    loaded = load_encoder(encoder, max_length, options).to(pick_device(device))
    pairs = loaded.notes_on_pairs if any(example.text_b is not None for example in examples) else ()
    for line in (*loaded.notes, *pairs):
        watcher.say(line)
    inputs = _inputs(loaded, examples)
    cut = said_cut(cut_at_limit(inputs), len(examples), loaded.max_length)
    unread = loaded.unread(inputs)
    for line in (*([cut] if cut else ()), *unread_lines({"the texts": unread} if unread else {})):
        watcher.say(f"Warning: {line}")
    states = torch.empty(loaded.layers, len(inputs.ids), loaded.width)
    watcher.begin(f"layer states of {len(examples):,} texts", 0)
    with frozen(loaded) as reader:
        everything = torch.arange(len(inputs.truncated)).numpy()
        budget = loaded.batch_pieces
        for batch, part in encoded(reader, inputs, everything, "tokens", budget, lambda d, n: watcher.step(d, n, None)):
            start = 0
            for i in batch:
                a, b = int(inputs.offsets[i]), int(inputs.offsets[i + 1])
                states[:, a:b] = part[:, start : start + b - a]
                start += b - a
    watcher.end("layer states", None)
    begins = {"offsets": inputs.offsets[inputs.examples], "inputs": inputs.offsets}
    _save(out, states, begins, _tokens(loaded, inputs), [e.where for e in examples])
    return (loaded.layers, len(inputs.ids), loaded.width)


def _examples(data: str, columns: Mapping[str, str | None]) -> Sequence[Example]:
    if Path(data).is_file():  # in its order, labelled or not
        kind = columns["task"]
        return read_unlabelled(
            Path(data), task=task(kind) if kind else None, text=columns["text"], text_b=columns["text_b"],
            label=columns["label"],
        )  # fmt: skip
    dataset = read_dataset(Path(data), **columns)  # type: ignore[arg-type]
    return [example for split in SPLITS for example in dataset.split(split)]


def _inputs(encoder: Encoder, examples: Sequence[Example]) -> Inputs:
    if examples and examples[0].words is not None:
        return encoder.read_words([e.words or () for e in examples])
    first = [e.text for e in examples]
    if any(e.text_b is not None for e in examples):
        return read_inputs(
            encoder, task("pair-classification"), "joint" if encoder.reads_pairs else "separate", examples
        )
    return encoder.read_texts(first)


def _tokens(encoder: Encoder, inputs: Inputs) -> list[list[str]]:
    names = encoder.pieces(inputs)
    ends = inputs.offsets[inputs.examples].tolist()
    return [names[a:b] for a, b in pairwise(ends)]


def _save(
    out: Path, states: torch.Tensor, begins: Mapping[str, Ints], tokens: list[list[str]], where: list[str]
) -> None:
    told = {"tokens": json.dumps(tokens, ensure_ascii=False), "where": json.dumps(where, ensure_ascii=False)}
    with new_file(out) as temporary:
        # Copies: two names of one array are refused.
        places = {name: torch.from_numpy(array.copy()) for name, array in begins.items()}
        save_file({"states": states, **places}, temporary, metadata=told)
        temporary.chmod(0o666 & ~_umask())  # safetensors makes files that only their owner can read


def _umask() -> int:
    """The process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
