"""ELMoForManyLangs: the network of its folder against a plain numpy pass, and what is wrong with a folder is said."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from oracle import sigmoid
from torch import Tensor

from unfreeze.encoders.elmo.encoder import ElmoEncoder
from unfreeze.encoders.load import load_encoder
from unfreeze.errors import InputError

FILTERS = [[1, 3], [2, 4], [3, 5]]
CONFIG: dict[str, Any] = {
    "encoder": {"name": "elmo", "projection_dim": 6, "cell_clip": 3, "proj_clip": 3, "dim": 9, "n_layers": 2},
    "token_embedder": {
        "name": "cnn", "activation": "relu", "filters": FILTERS, "n_highway": 2, "word_dim": 4, "char_dim": 5,
        "max_characters_per_token": 50,
    },
    "dropout": 0.1,
}  # fmt: skip
CHARACTERS = ["<oov>", "<pad>", "<bow>", "<eow>", "<bos>", "<eos>", "\u3000", *"abct猫"]
WORDS = ["<oov>", "<pad>", "<bos>", "<eos>", "cat", "猫"]
SENTENCES = [["cat", "猫", "tac"], ["xyz"], ["a" * 70, "\u3000", "🙂", "b"]]


def tensors(words: bool) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """State dicts of `token_embedder.pkl` and `encoder.pkl`."""
    draw = torch.Generator().manual_seed(0)

    def random(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=draw) * 0.7

    token = {"char_emb_layer.embedding.weight": random(len(CHARACTERS), 5)}
    if words:
        token["word_emb_layer.embedding.weight"] = random(len(WORDS), 4)
    for k, (width, count) in enumerate(FILTERS):
        token |= {f"convolutions.{k}.weight": random(count, 5, width), f"convolutions.{k}.bias": random(count)}
    for k in range(2):
        token |= {f"highways._layers.{k}.weight": random(24, 12), f"highways._layers.{k}.bias": random(24)}
    token |= {"projection.weight": random(6, 12 + 4 * words), "projection.bias": random(6)}
    model = {}
    for way in ("forward", "backward"):
        for layer in range(2):
            at = f"{way}_layer_{layer}"
            model |= {
                f"{at}.input_linearity.weight": random(36, 6), f"{at}.state_linearity.weight": random(36, 6),
                f"{at}.state_linearity.bias": random(36), f"{at}.state_projection.weight": random(6, 9),
            }  # fmt: skip
    return token, model


def written(folder: Path, words: bool = True, config: dict[str, Any] | None = None) -> Path:
    """A folder as published; the configuration is in a file that `config.json` names by a path of another machine."""
    folder.mkdir()
    config = config or {**CONFIG, "token_embedder": {**CONFIG["token_embedder"], "word_dim": 4 * words}}
    (folder / "config.json").write_text(json.dumps({"config_path": "/elsewhere/sizes.json", "seed": 1}))
    (folder / "sizes.json").write_text(json.dumps(config))
    for name, keys in (("char.dic", CHARACTERS), ("word.dic", WORDS if words else None)):
        if keys is not None:  # the published writer loses the ideographic space
            rows = [f"{i}" if key == "\u3000" else f"{key}\t{i}" for i, key in enumerate(keys)]
            (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    for name, values in zip(("token_embedder.pkl", "encoder.pkl"), tensors(words), strict=True):
        torch.save(values, folder / name)
    return folder


def plain_layers(sentence: list[str], words: bool) -> np.ndarray:
    """(3, words, 12) as the published code computes them, statelessly."""
    token, model = ({k: v.double().numpy() for k, v in part.items()} for part in tensors(words))
    vectors = []
    for word in ["<bos>", *sentence, "<eos>"]:
        inner = [word] if word in ("<bos>", "<eos>") else list(word)[:48]
        spelt = ["<eow>", *inner, "<bow>"]
        ids = [CHARACTERS.index(c) if c in CHARACTERS else 0 for c in spelt] + [1] * (50 - len(spelt))
        chars, parts = token["char_emb_layer.embedding.weight"][ids], []
        for k, (width, _) in enumerate(FILTERS):
            weight, bias = token[f"convolutions.{k}.weight"], token[f"convolutions.{k}.bias"]
            values = [np.einsum("wd,ndw->n", chars[p : p + width], weight) + bias for p in range(51 - width)]
            parts.append(np.maximum(np.max(values, 0), 0))
        x = np.concatenate(parts)
        for k in range(2):
            moved, gate = np.split(token[f"highways._layers.{k}.weight"] @ x + token[f"highways._layers.{k}.bias"], 2)
            x = sigmoid(gate) * x + (1 - sigmoid(gate)) * np.maximum(moved, 0)
        if words:
            x = np.concatenate([token["word_emb_layer.embedding.weight"][WORDS.index(word) if word in WORDS else 0], x])
        vectors.append(token["projection.weight"] @ x + token["projection.bias"])
    tokens = np.stack(vectors)
    ways = []
    for way in ("forward", "backward"):
        x, outs = tokens if way == "forward" else tokens[::-1], []
        for layer in range(2):
            w = {
                name.split(".", 1)[1]: value
                for name, value in model.items()
                if name.startswith(f"{way}_layer_{layer}.")
            }
            h, c, y = np.zeros(6), np.zeros(9), []
            for row in x:
                pre = w["input_linearity.weight"] @ row + w["state_linearity.weight"] @ h + w["state_linearity.bias"]
                i, f, g, o = np.split(pre, 4)
                c = np.clip(sigmoid(i) * np.tanh(g) + sigmoid(f) * c, -3, 3)
                h = np.clip(w["state_projection.weight"] @ (sigmoid(o) * np.tanh(c)), -3, 3)
                y.append(h)
            x = np.stack(y) + (x if layer else 0)
            outs.append(x)
        ways.append(outs if way == "forward" else [out[::-1] for out in outs])
    both = [np.concatenate(pair, 1) for pair in zip(*ways, strict=True)]
    return np.stack([np.concatenate([tokens, tokens], 1), *both])[:, 1:-1]


@pytest.mark.parametrize("words", [True, False])
def test_every_layer_equals_the_plain_pass(words: bool, tmp_path: Path) -> None:
    encoder = load_encoder(str(written(tmp_path / "cat", words)))
    assert isinstance(encoder, ElmoEncoder)
    inputs = encoder.read_words(SENTENCES)
    with torch.no_grad():
        got = encoder.encode(inputs.batch(range(3))).states.split([len(s) for s in SENTENCES], 1)
    for sentence, layers in zip(SENTENCES, got, strict=True):
        np.testing.assert_allclose(layers, plain_layers(sentence, words), atol=2e-5)


def test_what_a_training_left_beside_the_network_is_not_looked_at(tmp_path: Path) -> None:
    folder = written(tmp_path / "cat")
    torch.save({**tensors(True)[1], "classifier.weight": torch.zeros(3)}, folder / "encoder.pkl")
    assert load_encoder(str(folder)).layers == 3


def test_saved_and_loaded_it_is_the_same(tmp_path: Path) -> None:
    encoder = load_encoder(str(written(tmp_path / "cat")), options={"tokenizer": "whitespace"})
    encoder.save(tmp_path / "kept")
    assert not list((tmp_path / "kept").glob("*.pkl"))
    again = load_encoder(str(tmp_path / "kept"))
    assert again.fingerprint() == encoder.fingerprint()
    inputs = again.read_texts(["cat 猫 \u3000"])
    with torch.no_grad():
        assert torch.equal(again.encode(inputs.batch([0])).states, encoder.encode(inputs.batch([0])).states)


class _Code:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self.target,)


def test_a_pickle_with_code_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    folder, target = written(tmp_path / "cat"), tmp_path / "harm"
    for save in (
        lambda path: torch.save(_Code(target), path),
        lambda path: path.write_bytes(pickle.dumps(_Code(target), protocol=2)),
    ):
        save(folder / "encoder.pkl")
        with pytest.raises(InputError, match=r"encoder\.pkl: is not a file of plain tensors"):
            load_encoder(str(folder))
        assert not target.exists()


def _cut(folder: Path) -> None:
    whole = (folder / "encoder.pkl").read_bytes()
    (folder / "encoder.pkl").write_bytes(whole[: len(whole) // 2])


def _legacy(folder: Path) -> int:
    """`encoder.pkl` as torch wrote it before zip files; its length."""
    torch.save(tensors(True)[1], folder / "encoder.pkl", _use_new_zipfile_serialization=False)
    return len((folder / "encoder.pkl").read_bytes())


def test_pickles_of_old_are_read_whole_and_refused_wherever_they_are_cut(tmp_path: Path) -> None:
    folder = written(tmp_path / "cat")
    length = _legacy(folder)
    whole = (folder / "encoder.pkl").read_bytes()
    assert load_encoder(str(folder)).layers == 3
    for end in (*range(0, 700, 23), *range(700, length, 997), length - 1):
        (folder / "encoder.pkl").write_bytes(whole[:end])
        with pytest.raises(InputError, match=r"encoder\.pkl: (is not a file of plain tensors|has no tensor)"):
            load_encoder(str(folder))


def _rewrite(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(("damage", "expected"), [
    (lambda f: (f / "sizes.json").unlink(), "sizes.json: not found; config.json says that it contains"),
    (lambda f: (f / "encoder.pkl").unlink(), "encoder.pkl: not found"),
    (_cut, "encoder.pkl: is not a file of plain tensors, or is torn"),
    (lambda f: torch.save([1], f / "encoder.pkl"), "encoder.pkl: has no tensor forward_layer_0.input_linearity.weight"),
    (lambda f: _rewrite(f, "sizes.json", '"dim": 9', '"dim": 8'),
     "encoder.pkl: forward_layer_0.input_linearity.weight has the shape (36, 6), the configuration asks for (32, 6)"),
    (lambda f: _rewrite(f, "word.dic", "cat\t4", "cat\t40"), "word_emb_layer.embedding.weight has the shape (6, 4)"),
    (lambda f: _rewrite(f, "char.dic", "<bow>", "bow"), "char.dic: has no <bow>"),
    (lambda f: _rewrite(f, "char.dic", "a\t7", "a 7"), "char.dic:8: is not a name and an id with a tab between them"),
    (lambda f: _rewrite(f, "sizes.json", '"cnn"', '"lstm"'), "a character CNN (cnn, relu or tanh) below elmo is read"),
    (lambda f: _rewrite(f, "sizes.json", '"n_highway"', '"highways"'), "is not as ELMoForManyLangs' configuration"),
    (lambda f: (f / "word.dic").unlink(), "word_dim is 4, and word.dic is missing"),
    (lambda f: _rewrite(f, "sizes.json", '"n_layers": 2', '"n_layers": 1'),
     "encoder.pkl: has a tensor forward_layer_1.input_linearity.weight, which the configuration does not ask for"),
    (lambda f: _rewrite(f, "sizes.json", '"n_highway": 2', '"n_highway": 1'),
     "token_embedder.pkl: has a tensor highways._layers.1.weight, which the configuration does not ask for"),
    (lambda f: _rewrite(f, "sizes.json", '"dropout": 0.1', '"unfreeze": 3'), "unfreeze: input should be an object"),
    (lambda f: _rewrite(f, "char.dic", "a\t7", "a\t-7"), "char.dic:8: is not a name and an id with a tab between them"),
], ids=range(15))  # fmt: skip
def test_what_is_wrong_with_a_folder(damage: Callable[[Path], object], expected: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "cat")
    damage(folder)
    with pytest.raises(InputError) as raised:
        load_encoder(str(folder))
    assert expected in str(raised.value)
    assert "\n" not in str(raised.value)
