"""A folder of ELMoForManyLangs (Che et al. 2018): dictionaries, a configuration, and weights as torch saves them.

    config.json             names the configuration of the network, or contains it
    char.dic, word.dic      a character or word and its id a line
    token_embedder.pkl      character CNN, word vectors, projection
    encoder.pkl             the language model, in AllenNLP's layout

A folder that `write_folder` wrote has `weights.safetensors` in place of the pickles.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from unfreeze.disk.json_files import read_json
from unfreeze.disk.tensors import read_tensors
from unfreeze.disk.typed import typed
from unfreeze.encoders.elmo.bilm import LstmSize
from unfreeze.encoders.elmo.characters import Lexicon
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.elmo.published import WEIGHTS, Options, sized, write_safetensors
from unfreeze.encoders.elmo.token_cnn import ACTIVATIONS, CnnSize
from unfreeze.encoders.options import Written, plain_options
from unfreeze.errors import InputError
from unfreeze.language.message import say

# What the names of the network's tensors begin with; others that a file may contain are ignored.
_NETWORK = ("char_emb_layer.", "word_emb_layer.", "convolutions.", "highways.", "projection.", "forward_", "backward_")
_WRONG = say("is not as ELMoForManyLangs' configuration is written")
_MARKS = ("<bow>", "<eow>", "<bos>", "<eos>", "<oov>", "<pad>")


def is_many_langs(folder: Path) -> bool:
    """Whether a folder looks like ELMoForManyLangs."""
    return (folder / "char.dic").exists() and (folder / "config.json").exists()


def read_lexicon(folder: Path) -> Lexicon:
    """Read `char.dic` and, where it is, `word.dic`.

    Raises:
        InputError: a line without an id, or a mark such as `<oov>` is missing.
    """
    words = folder / "word.dic"
    characters = _dictionary(folder / "char.dic", _MARKS)
    return Lexicon(characters, _dictionary(words, ("<oov>", "<pad>")) if words.exists() else None)


def _dictionary(path: Path, marks: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(say("cannot be read: {error}", error=error), where=str(path)) from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        name, _, written = line.rstrip("\r").rpartition("\t")
        try:
            found[name or "\u3000"] = _id(written)  # the authors' writer loses the ideographic space, as white space
        except ValueError:
            raise InputError("is not a name and an id with a tab between them", where=f"{path}:{number}") from None
    missing = [mark for mark in marks if mark not in found]
    if missing:
        raise InputError(say("has no {missing}", missing=missing[0]), where=str(path))
    return found


def _id(written: str) -> int:
    if (number := int(written)) < 0:
        raise ValueError(written)
    return number


def read_options(folder: Path, lexicon: Lexicon) -> Options:
    """Sizes from `config.json`, or from the file that it names (by its path, or by its name in the same folder).

    Raises:
        InputError: the configuration cannot be read, or is of another kind of network than characters below a biLM.
    """
    path = folder / "config.json"
    values = _json(path)
    if "token_embedder" not in values and isinstance(values.get("config_path"), str):
        named = Path(values["config_path"])
        places = [folder / named, folder / named.name]
        path = next((place for place in places if place.exists()), places[-1])
        if not path.exists():
            raise InputError(
                say("not found; config.json says that it contains the network's sizes ({named})", named=named),
                where=str(path),
            )
        values = _json(path)
    written = typed(values, _Written, str(path), loose=True, wrong=_WRONG)
    cnn, lm = written.token_embedder, written.encoder
    kinds, embedding, width = (cnn.name.lower(), lm.name.lower()), cnn.char_dim, cnn.word_dim
    longest, activation = cnn.max_characters_per_token, cnn.activation
    with sized(path, _WRONG):
        size = LstmSize(lm.dim, lm.projection_dim, lm.n_layers, lm.cell_clip or None, lm.proj_clip or None, skip=True)
        words = max(lexicon.words.values()) + 1 if lexicon.words else 0
        characters = max(lexicon.characters.values()) + 1
        cnn_size = CnnSize(
            characters, embedding, cnn.filters, cnn.n_highway, size.projection, activation, lexicon.padding, words,
            width,
        )  # fmt: skip
    if kinds != ("cnn", "elmo") or embedding < 1 or activation not in ACTIVATIONS:
        problem = say(
            "token_embedder '{kinds}' of {embedding}, {activation}, below '{kinds2}'",
            kinds=kinds[0],
            embedding=embedding,
            activation=activation,
            kinds2=kinds[1],
        )
        raise InputError(
            say("{problem}; a character CNN (cnn, relu or tanh) below elmo is read", problem=problem), where=str(path)
        )
    if longest != lexicon.longest:
        raise InputError(
            say("max_characters_per_token is {longest}; {longest2} is read", longest=longest, longest2=lexicon.longest),
            where=str(path),
        )
    if (width > 0) != (lexicon.words is not None):
        raise InputError(
            say(
                "word_dim is {width}, and word.dic is {words}",
                width=width,
                words="there" if lexicon.words else "missing",
            ),
            where=str(path),
        )
    return Options(cnn_size, size, plain_options(written.unfreeze))


def _json(path: Path) -> dict[str, Any]:
    values = read_json(path)
    if not isinstance(values, dict):
        raise InputError("contains no JSON object", where=str(path))
    return values


@dataclass(frozen=True)
class _Cnn:
    name: str
    activation: str
    filters: tuple[tuple[int, int], ...]
    n_highway: int
    word_dim: int
    char_dim: int
    max_characters_per_token: int


@dataclass(frozen=True)
class _Lm:
    name: str
    dim: int
    projection_dim: int
    n_layers: int
    cell_clip: float | None
    proj_clip: float | None


@dataclass(frozen=True)
class _Written:
    """The configuration, as far as it is read; `unfreeze` has the options of reading, in a file that we wrote."""

    token_embedder: _Cnn
    encoder: _Lm
    unfreeze: Written = field(default_factory=dict)


def read_weights(folder: Path, options: Options) -> dict[str, Tensor]:
    """Weights under the names of `ElmoModel`'s parameters.

    Pickles are read by torch's reader of plain tensors, which runs no code.

    Raises:
        InputError: a file is missing, torn, or contains anything but tensors; a tensor is missing, of another shape
            than the configuration and the dictionaries ask for, or not asked for.
    """
    if (folder / WEIGHTS).exists():
        return read_tensors(folder / WEIGHTS)
    token, model = _Tensors(folder / "token_embedder.pkl"), _Tensors(folder / "encoder.pkl")
    weights = {**_token_weights(token, options.cnn), **_language_model(model, options)}
    for read in (token, model):
        read.done()
    return weights


class _Tensors:
    """Tensors of a pickle, their shapes checked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: set[str] = set()
        try:
            self.found = torch.load(path, map_location="cpu", weights_only=True)
        except FileNotFoundError:
            raise InputError("not found", where=str(path)) from None
        except Exception as error:  # a torn file can raise nearly anything
            first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise InputError(
                say("is not a file of plain tensors, or is torn: {first}", first=first[:200]), where=str(path)
            ) from None

    def done(self) -> None:
        """Raise `InputError` where a tensor of the network was not asked for: it is of a smaller one."""
        left = [name for name in self.found if str(name).startswith(_NETWORK) and name not in self.names]
        if left:
            raise InputError(
                say("has a tensor {left}, which the configuration does not ask for", left=left[0]), where=str(self.path)
            )

    def __call__(self, name: str, *shape: int) -> Tensor:
        tensor = self.found.get(name) if isinstance(self.found, Mapping) else None
        if not isinstance(tensor, Tensor) or not tensor.is_floating_point():
            raise InputError(
                say("has no tensor {name}, which the configuration asks for", name=name), where=str(self.path)
            )
        if tuple(tensor.shape) != shape:
            problem = say(
                "{name} has the shape {shape}, the configuration asks for {shape2}",
                name=name,
                shape=tuple(tensor.shape),
                shape2=shape,
            )
            raise InputError(problem, where=str(self.path))
        self.names.add(name)
        return tensor.detach().to(torch.float32)


def _token_weights(read: _Tensors, cnn: CnnSize) -> dict[str, Tensor]:
    weights = {"cnn.embedding": read("char_emb_layer.embedding.weight", cnn.characters, cnn.embedding)}
    if cnn.words:
        weights["cnn.words"] = read("word_emb_layer.embedding.weight", cnn.words, cnn.word_width)
    for k, (width, count) in enumerate(cnn.filters):
        weights[f"cnn.convolutions.{k}.weight"] = read(f"convolutions.{k}.weight", count, cnn.embedding, width)
        weights[f"cnn.convolutions.{k}.bias"] = read(f"convolutions.{k}.bias", count)
    n = cnn.features
    for k in range(cnn.highways):
        # The gate there lets the input through; ours lets the transformed side through.
        for kind, tensor in (("weight", read(f"highways._layers.{k}.weight", 2 * n, n)),
                             ("bias", read(f"highways._layers.{k}.bias", 2 * n))):  # fmt: skip
            weights[f"cnn.highways.{k}.transform.{kind}"] = tensor[:n]
            weights[f"cnn.highways.{k}.carry.{kind}"] = -tensor[n:]
    weights["cnn.projection.weight"] = read("projection.weight", cnn.projection, cnn.word_width + n)
    weights["cnn.projection.bias"] = read("projection.bias", cnn.projection)
    return weights


def _language_model(read: _Tensors, options: Options) -> dict[str, Tensor]:
    size, weights = options.lstm, {}
    for layer in range(size.layers):
        width = options.cnn.projection if layer == 0 else size.projection
        both = [_direction(read, f"{way}_layer_{layer}", width, size) for way in ("forward", "backward")]
        for name in both[0]:
            weights[f"lm.layers.{layer}.{name}"] = torch.stack([direction[name] for direction in both])
    return weights


def _direction(read: _Tensors, where: str, width: int, size: LstmSize) -> dict[str, Tensor]:
    hidden, projection = size.hidden, size.projection
    return {
        "input": _reordered(read(f"{where}.input_linearity.weight", 4 * hidden, width)).T.contiguous(),
        "recurrent": _reordered(read(f"{where}.state_linearity.weight", 4 * hidden, projection)).T.contiguous(),
        "bias": _reordered(read(f"{where}.state_linearity.bias", 4 * hidden)),
        "project": read(f"{where}.state_projection.weight", projection, hidden).T.contiguous(),
    }


def _reordered(gates: Tensor) -> Tensor:
    """Blocks of the first dimension from i, f, candidate, o to ours: i, f, o, candidate."""
    i, f, candidate, o = gates.chunk(4)
    return torch.cat([i, f, o, candidate])


def write_folder(folder: Path, model: ElmoModel, lexicon: Lexicon, reading: Mapping[str, str]) -> None:
    """Write configuration and dictionaries as published, and the weights as safetensors.

    Args:
        reading: stored alongside in the configuration.
    """
    cnn, lm = model.cnn.size, model.lm.size
    values = {
        "encoder": {
            "name": "elmo", "dim": lm.hidden, "projection_dim": lm.projection, "n_layers": lm.layers,
            "cell_clip": lm.cell_clip or 0, "proj_clip": lm.projection_clip or 0,
        },
        "token_embedder": {
            "name": "cnn", "activation": cnn.activation, "filters": [list(f) for f in cnn.filters],
            "n_highway": cnn.highways, "word_dim": cnn.word_width, "char_dim": cnn.embedding,
            "max_characters_per_token": lexicon.longest,
        },
        "unfreeze": dict(reading),
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    for name, ids in (("char.dic", lexicon.characters), ("word.dic", lexicon.words)):
        if ids is not None:
            rows = "".join(f"{key}\t{value}\n" for key, value in sorted(ids.items(), key=lambda item: item[1]))
            (folder / name).write_text(rows, encoding="utf-8", newline="\n")
    write_safetensors(folder / WEIGHTS, model)
