"""Encoder folders of every family that are damaged: states against transformers, numpy and plain readers of vectors."""

from __future__ import annotations

import io
import json
import math
import re
import struct
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import skip_folder
import tiny
from fuzz import Target, UndecidedError, WrongError

ELMO: dict[str, Any] = {
    "lstm": {
        "cell_clip": 3, "use_skip_connections": True, "n_layers": 2, "proj_clip": 3, "projection_dim": 6, "dim": 9,
    },
    "char_cnn": {
        "embedding": {"dim": 4}, "filters": [[1, 3], [2, 4], [3, 5]], "n_highway": 2, "n_characters": 262,
        "max_characters_per_token": 50, "activation": "relu",
    },
}  # fmt: skip
SENTENCES = (("The", "film", "was", "good", "."), ("anna", "naïve", "x" * 60), ("awful",))
TEXTS = ("The film was good.", "anna really 中文 unheardof", "a awful story with some music and its end")
SKIP = ("--encoder-option", "kind=combine", "--encoder-option", "use_eos=false", "--encoder-option",
        "tokenizer=whitespace")  # fmt: skip
VECTOR_WORDS = (*tiny.WORDS, "naïve", "中文", "don't", "1,000")
WIDTH = 6


def encode(folder: Path, encoder: Path, texts: Sequence[str], *options: str) -> dict[str, Any]:
    """`unfreeze encode` from the command line: states (layers, pieces, width) of each text, and its pieces."""
    from safetensors import safe_open

    from unfreeze.terminal.cli import app

    data, out = folder / "texts.jsonl", folder / "states.safetensors"
    data.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    arguments = ("encode", data, "--encoder", encoder, "--out", out, "--device", "cpu", *options)
    with redirect_stdout(io.StringIO()):
        app([str(argument) for argument in arguments], standalone_mode=False)
    with safe_open(out, "numpy") as file:
        states, offsets = file.get_tensor("states"), file.get_tensor("offsets")
        tokens = json.loads(file.metadata()["tokens"])
    return {"states": [states[:, a:b] for a, b in pairwise(offsets)], "tokens": tokens}


def encode_words(folder: Path, encoder: Path) -> dict[str, Any]:
    """The same of sentences in words."""
    return encode(folder, encoder, [" ".join(words) for words in SENTENCES], "--task", "tagging")


def _finite(value: Any) -> None:
    if not all(np.isfinite(np.array(one)).all() for one in value["states"]):
        raise WrongError("states that are not numbers were given silently")


def _close(found: Any, expected: Any, what: str) -> None:
    found, expected = np.array(found), np.array(expected)
    if found.shape != expected.shape:
        raise WrongError(f"{what}: shape {found.shape}, expected {expected.shape}")
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    if not np.allclose(found, expected, atol=2e-4 * scale, rtol=1e-3):
        raise WrongError(f"{what}: states are off by {np.abs(found - expected).max():.3g} of {scale:.3g}")


def judge_transformer(folder: Path, sound: Path, value: dict[str, Any]) -> None:
    """Ids and states are those of transformers, which leaves no weight to chance."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    _finite(value)
    try:
        model, told = AutoModel.from_pretrained(folder / "bert", output_loading_info=True)
        tokenizer = AutoTokenizer.from_pretrained(folder / "bert")
    except Exception as error:
        raise UndecidedError(f"transformers: {type(error).__name__}") from None
    drawn = [name for name in told["missing_keys"] if not name.startswith("pooler")]
    if drawn or told["mismatched_keys"]:
        raise WrongError(f"weights left to chance: {drawn[:3]} {list(told['mismatched_keys'])[:3]}")
    model = model.eval().float()
    for text, found, tokens in zip(TEXTS, value["states"], value["tokens"], strict=True):
        try:
            ids = tokenizer(text)["input_ids"]
            theirs = tokenizer.convert_ids_to_tokens(ids)
            with torch.no_grad():
                hidden = model(torch.tensor([ids]), output_hidden_states=True).hidden_states
        except Exception as error:
            raise UndecidedError(f"transformers: {type(error).__name__}") from None
        if tokens != theirs:
            raise WrongError(f"pieces {tokens}, transformers has {theirs}")
        _close(found, torch.stack(hidden)[:, 0].numpy(), text)


def make_elmo(folder: Path) -> None:
    """A folder as ELMo is published."""
    import h5py
    from oracle import random_tensors

    (folder / "elmo").mkdir()
    (folder / "elmo" / "options.json").write_text(json.dumps(ELMO), encoding="utf-8")
    with h5py.File(folder / "elmo" / "weights.hdf5", "w") as file:
        for name, tensor in random_tensors(ELMO).items():
            file[name] = tensor


def judge_elmo(folder: Path, sound: Path, value: dict[str, Any]) -> None:
    """States are those of a forward pass in numpy over what h5py reads."""
    import h5py
    from oracle import Oracle

    _finite(value)
    tensors: dict[str, Any] = {}
    try:
        options = json.loads((folder / "elmo" / "options.json").read_text(encoding="utf-8"))
        with h5py.File(folder / "elmo" / "weights.hdf5") as file:
            file.visititems(lambda name, item: tensors.update({name: item[()]}) if hasattr(item, "shape") else None)
        expected = [Oracle(options, tensors).layers(words) for words in SENTENCES]
    except Exception as error:
        raise UndecidedError(f"the plain pass: {type(error).__name__}: {error}") from None
    for words, found, one in zip(SENTENCES, value["states"], expected, strict=True):
        _close(found, one, " ".join(words)[:40])


def make_many_langs(folder: Path) -> None:
    """A folder as ELMoForManyLangs is published."""
    import torch

    draw, place = torch.Generator().manual_seed(0), folder / "many"
    place.mkdir()
    filters = [[1, 3], [2, 4]]
    config = {
        "encoder": {"name": "elmo", "projection_dim": 6, "cell_clip": 3, "proj_clip": 3, "dim": 9, "n_layers": 2},
        "token_embedder": {
            "name": "cnn", "activation": "relu", "filters": filters, "n_highway": 1, "word_dim": 4, "char_dim": 5,
            "max_characters_per_token": 50,
        },
        "dropout": 0.1,
    }  # fmt: skip
    (place / "config.json").write_text(json.dumps({"config_path": "sizes.json", "seed": 1}))
    (place / "sizes.json").write_text(json.dumps(config))
    characters = ["<oov>", "<pad>", "<bow>", "<eow>", "<bos>", "<eos>", *"abcdefgilmnorstwy"]
    words = ["<oov>", "<pad>", "<bos>", "<eos>", "film", "good"]
    for name, keys in (("char.dic", characters), ("word.dic", words)):
        (place / name).write_text("".join(f"{key}\t{i}\n" for i, key in enumerate(keys)), encoding="utf-8")

    def random(*shape: int) -> Any:
        return torch.randn(*shape, generator=draw) * 0.5

    token = {"char_emb_layer.embedding.weight": random(len(characters), 5),
             "word_emb_layer.embedding.weight": random(len(words), 4)}  # fmt: skip
    for k, (width, count) in enumerate(filters):
        token |= {f"convolutions.{k}.weight": random(count, 5, width), f"convolutions.{k}.bias": random(count)}
    token |= {"highways._layers.0.weight": random(14, 7), "highways._layers.0.bias": random(14)}
    token |= {"projection.weight": random(6, 11), "projection.bias": random(6)}
    model = {}
    for at in (f"{way}_layer_{layer}" for way in ("forward", "backward") for layer in range(2)):
        model |= {
            f"{at}.input_linearity.weight": random(36, 6), f"{at}.state_linearity.weight": random(36, 6),
            f"{at}.state_linearity.bias": random(36), f"{at}.state_projection.weight": random(6, 9),
        }  # fmt: skip
    torch.save(token, place / "token_embedder.pkl")
    torch.save(model, place / "encoder.pkl")


def judge_same_numbers(folder: Path, sound: Path, value: dict[str, Any]) -> None:
    """Numbers; and where only files changed that say nothing of the states, the same ones."""
    _finite(value)
    raise UndecidedError("no independent pass over this family")


def make_skip(folder: Path) -> None:
    """A folder as skip-thoughts is published."""
    skip_folder.write_folder(folder / "skip", ("<eos>", "UNK", *VECTOR_WORDS))


def judge_skip(folder: Path, sound: Path, value: dict[str, Any]) -> None:
    """Vectors are those of GRUs in numpy over what numpy reads."""
    from skip_oracle import sentence_vector

    _finite(value)
    place = folder / "skip"
    try:
        words = [word.strip() for word in (place / "dictionary.txt").read_bytes().decode("utf-8").split("\n")]
        tables = {part: np.load(place / name, allow_pickle=False) for part, name in skip_folder.TABLES.items()}
        weights = {}
        for part, prefixes in skip_folder.PREFIXES.items():
            with np.load(place / f"{part}_skip.npz", allow_pickle=False) as file:
                weights[part] = {key: file[key] for key in file if key.startswith(prefixes)}
        expected = [sentence_vector(sentence, words, tables, weights, "combine") for sentence in SENTENCES]
    except Exception as error:
        raise UndecidedError(f"the plain pass: {type(error).__name__}") from None
    for sentence, found, one in zip(SENTENCES, value["states"], expected, strict=True):
        _close(found[0][0], one, " ".join(sentence)[:40])


def _vectors() -> Any:
    return np.random.default_rng(3).normal(size=(len(VECTOR_WORDS), WIDTH)).astype(np.float32)


def make_text_vectors(folder: Path, head: bool) -> None:
    """GloVe's text, or word2vec's with its first line."""
    rows = [f"{word} {' '.join(f'{x:.4f}' for x in row)}" for word, row in zip(VECTOR_WORDS, _vectors(), strict=True)]
    first = [f"{len(rows)} {WIDTH}"] if head else []
    (folder / f"vectors.{'vec' if head else 'txt'}").write_text("\n".join([*first, *rows]) + "\n", encoding="utf-8")


def make_binary_vectors(folder: Path) -> None:
    """word2vec's binary file."""
    rows = b"".join(w.encode() + b" " + row.tobytes() + b"\n" for w, row in zip(VECTOR_WORDS, _vectors(), strict=True))
    (folder / "vectors.bin").write_bytes(f"{len(VECTOR_WORDS)} {WIDTH}\n".encode() + rows)


def make_array_vectors(folder: Path) -> None:
    """An array beside its words."""
    (folder / "vectors").mkdir()
    np.save(folder / "vectors" / "vectors.npy", _vectors())
    (folder / "vectors" / "vocab.txt").write_text("\n".join(VECTOR_WORDS) + "\n", encoding="utf-8")


def judge_vectors(folder: Path, sound: Path, value: dict[str, Any], reader: Callable[[Path], dict[str, Any]]) -> None:
    """Each word that a plain reader finds once has the vector that it finds; the rest may stand for unknown words."""
    _finite(value)
    try:
        known = reader(folder)
    except Exception as error:
        raise UndecidedError(f"the plain reader: {type(error).__name__}") from None
    checked = 0
    for word, state in zip(VECTOR_WORDS, value["states"], strict=True):
        if word in known:
            _close(state[0][0], known[word], word)
            checked += 1
    if not checked:
        raise UndecidedError("the plain reader knows none of the words")


def plain_text_vectors(path: Path) -> dict[str, Any]:
    """Words that one line has, with its numbers."""
    found: dict[str, Any] = {}
    seen: list[str] = []
    for line in path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").split("\n"):
        word, _, rest = line.rstrip(" ").partition(" ")
        numbers = re.split(" +", rest)
        if word in VECTOR_WORDS:
            seen.append(word)
            found[word] = [float(number) for number in numbers]
    return {word: row for word, row in found.items() if seen.count(word) == 1 and all(map(math.isfinite, row))}


def plain_binary_vectors(path: Path) -> dict[str, Any]:
    """Words that occur once, with the numbers behind them."""
    data = path.read_bytes()
    head, _, rest = data.partition(b"\n")
    count, width = map(int, head.split())
    found: dict[str, Any] = {}
    seen: list[str] = []
    for _ in range(count):
        word, _, rest = rest.lstrip(b"\n").partition(b" ")
        row = struct.unpack(f"<{width}f", rest[: 4 * width])
        rest = rest[4 * width :]
        seen.append(word.decode())
        found[seen[-1]] = row
    return {word: row for word, row in found.items() if seen.count(word) == 1}


def plain_array_vectors(folder: Path) -> dict[str, Any]:
    """Rows of an array by the words beside it."""
    rows = np.load(folder / "vectors.npy", allow_pickle=False).astype(np.float64)
    text = (folder / "vocab.txt").read_bytes().decode("utf-8-sig").removesuffix("\n")
    words = text.split("\r\n" if text.count("\r\n") == text.count("\n") else "\n")
    if len(words) != len(rows):
        raise WrongError(f"{len(words)} words have {len(rows)} rows")
    return {word: row for word, row in zip(words, rows, strict=True) if words.count(word) == 1}


def _vector_target(name: str, path: str, files: Sequence[str], make: Any, reader: Any, share: float = 0.6) -> Target:
    def judge(folder: Path, sound: Path, value: dict[str, Any]) -> None:
        judge_vectors(folder, sound, value, lambda place: reader(place / path))

    def read(folder: Path) -> dict[str, Any]:
        return encode(folder, folder / path, VECTOR_WORDS, "--task", "tagging")

    return Target(name, make, files, read, judge, share)


def targets() -> list[Target]:
    """Every family."""
    return [
        Target("bert", lambda folder: tiny.make_encoder(folder / "bert"), ("bert/*",),
               lambda folder: encode(folder, folder / "bert", TEXTS), judge_transformer, 1.5),
        Target("elmo", make_elmo, ("elmo/*",), lambda folder: encode_words(folder, folder / "elmo"), judge_elmo),
        Target("many langs", make_many_langs, ("many/*",), lambda folder: encode_words(folder, folder / "many"),
               judge_same_numbers),
        Target("skip-thoughts", make_skip, ("skip/*",),
               lambda folder: encode(folder, folder / "skip", [" ".join(words) for words in SENTENCES], *SKIP),
               judge_skip),
        _vector_target("glove", "vectors.txt", ("vectors.txt",), lambda f: make_text_vectors(f, False),
                       plain_text_vectors),
        _vector_target("word2vec text", "vectors.vec", ("vectors.vec",), lambda f: make_text_vectors(f, True),
                       plain_text_vectors),
        _vector_target("word2vec binary", "vectors.bin", ("vectors.bin",), make_binary_vectors, plain_binary_vectors),
        _vector_target("vector array", "vectors", ("vectors/*",), make_array_vectors, plain_array_vectors),
    ]  # fmt: skip
