"""ELMo against a plain numpy forward pass at random weights, and against the reference's own embeddings."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from oracle import Oracle, random_tensors

from unfreeze.encoders.elmo.characters import Bytes
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.elmo.published import read_options, read_weights

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures"
OPTIONS: dict[str, Any] = {
    "lstm": {
        "cell_clip": 3, "use_skip_connections": True, "n_layers": 2, "proj_clip": 3, "projection_dim": 6, "dim": 9,
    },
    "char_cnn": {
        "embedding": {"dim": 4}, "filters": [[1, 3], [2, 4], [3, 5]], "n_highway": 2, "n_characters": 262,
        "max_characters_per_token": 50, "activation": "relu",
    },
}  # fmt: skip
SENTENCES = [["The", "cat", "sat", "."], ["Ja"], ["naïve", "猫", "🙂", "x" * 80, "a" * 48, "", "b" * 43, "c" * 47]]


def written(folder: Path, options: dict[str, Any], tensors: dict[str, Any]) -> Path:
    """A folder as ELMo is published."""
    folder.mkdir(exist_ok=True)
    (folder / "options.json").write_text(json.dumps(options), encoding="utf-8")
    with h5py.File(folder / "weights.hdf5", "w") as file:
        for name, tensor in tensors.items():
            file[name] = tensor
    return folder


def load(folder: Path) -> ElmoModel:
    options = read_options(folder)
    model = ElmoModel(options.cnn, options.lstm)
    model.load_state_dict(read_weights(folder, options))
    return model.eval()


def run(model: ElmoModel, batch: list[list[str]], state: Any = None) -> tuple[list[torch.Tensor], Any]:
    with torch.no_grad():
        ends = model.cnn(torch.from_numpy(Bytes().ends()).long())
        words = model.cnn(torch.from_numpy(Bytes().table(word for words in batch for word in words)).long())
        lengths = [len(words) for words in batch]
        layers, after = model(words, lengths, ends, state)
    return list(layers.split(lengths, 1)), after


@pytest.mark.parametrize("change", [
    {}, {"use_skip_connections": False}, {"n_highway": 1}, {"n_highway": 0}, {"n_layers": 1}, {"n_layers": 3},
    {"cell_clip": None}, {"proj_clip": None}, {"cell_clip": 0.5, "proj_clip": 0.3}, {"activation": "tanh"},
], ids=str)  # fmt: skip
def test_every_layer_equals_the_plain_pass(change: dict[str, Any], tmp_path: Path) -> None:
    options = deepcopy(OPTIONS)
    for key, value in change.items():
        options["lstm" if key in options["lstm"] else "char_cnn"][key] = value
    tensors = random_tensors(options)
    got, _ = run(load(written(tmp_path / "elmo", options, tensors)), SENTENCES)
    for words, layers in zip(SENTENCES, got, strict=True):
        np.testing.assert_allclose(layers, Oracle(options, tensors).layers(words), atol=2e-5)


def test_states_go_on_from_batch_to_batch_row_by_row(tmp_path: Path) -> None:
    tensors = random_tensors(OPTIONS)
    model = load(written(tmp_path / "elmo", OPTIONS, tensors))
    oracles = [Oracle(OPTIONS, tensors, stateful=True) for _ in SENTENCES]
    state = model.lm.zeros(len(SENTENCES))
    for turn in range(3):
        batch = SENTENCES[turn:] + SENTENCES[:turn]  # the longest is in another row each time
        got, state = run(model, batch, state)
        for oracle, words, layers in zip(oracles, batch, got, strict=True):
            np.testing.assert_allclose(layers, oracle.layers(words), atol=2e-5)


@pytest.mark.parametrize(
    ("fixture", "sentences"),
    [("elmo_allennlp", "sentences.json"), ("elmo_bilm_tf", "lm_embeddings_sentences.json")],
)
def test_the_top_layer_equals_what_the_reference_computed(fixture: str, sentences: str) -> None:
    folder = FIXTURES / fixture
    if not folder.exists():
        pytest.skip(f"{fixture} is not beside the project")
    rows = json.loads((folder / sentences).read_text(encoding="utf-8"))
    model = load(folder)
    state = model.lm.zeros(len(rows))
    files = [h5py.File(folder / f"lm_embeddings_{row}.hdf5") for row in range(len(rows))]
    for number in range(len(rows[0])):
        got, state = run(model, [row[number].split() for row in rows], state)
        for file, layers in zip(files, got, strict=True):
            expected = np.concatenate(list(file[str(number)][...]), -1)  # forward, backward
            np.testing.assert_allclose(layers[-1], expected, atol=1e-5)
