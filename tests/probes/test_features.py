"""What a probe reads is what the frozen linear head reads of that layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from families import WORDS, make_encoder

from unfreeze.data.examples import Example, LabelSpace
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.methods.inputs import read_inputs
from unfreeze.methods.split_features import SplitFeatures, split_features
from unfreeze.probes import features
from unfreeze.probes.features import form_of, layer_features
from unfreeze.tasks.kinds import CLASSES, SCORES, TASKS, Task
from unfreeze.training.objectives import objective_for

Split = Callable[[str], SplitFeatures]


@pytest.fixture(scope="module")
def encoder() -> Iterator[TransformerEncoder]:
    with frozen(make_encoder()) as reader:
        yield reader


@pytest.fixture
def split(encoder: TransformerEncoder, tmp_path: Path) -> Split:
    """`split(kind)`: stored states of seven examples, one of them longer than the encoder reads."""

    def make(kind: str) -> SplitFeatures:
        task = TASKS[kind]
        examples = []
        for i in range(7):
            words = tuple(WORDS[(3 * i + k) % len(WORDS)] for k in range(70 if i == 2 else 1 + i))
            label = tuple("x" for _ in words) if task.target.per_word else 1.0 if task.target is SCORES else "a"
            second = " ".join(words[::-1]) + " the" if task.pair else None
            examples.append(Example(str(i), " ".join(words), second, words, label))
        space = LabelSpace(("a", "b") if task.target is CLASSES else ("x", "y") if task.target.per_word else ())
        how, form = form_of(task)
        inputs, objective = read_inputs(encoder, task, how, examples), objective_for(task, space, examples)
        return split_features(
            encoder, inputs, form, objective, examples, cache=(tmp_path, 10**9), precision="fp32"
        )  # fmt: skip

    return make


def wanted(encoder: TransformerEncoder, task: Task, split: SplitFeatures, examples: list[int], layer: int):
    """The same features, one input after another."""
    rows = []
    for e in examples:
        vectors = []
        for i in range(split.inputs.examples[e], split.inputs.examples[e + 1]):
            states = encoder.encode(split.inputs.batch([i]))
            vectors.append(states.states[layer, states.words >= 0] if task.target.per_word else states.states[layer])
        if task.target.per_word:
            rows += [*torch.cat(vectors)]
        elif task.pair:
            u, v = (F.normalize(v.mean(0), dim=0) for v in vectors)
            both = [(u - v).abs(), u * v]
            rows.append(torch.cat(both if task.target is SCORES else [u, v, *both]))
        else:
            rows.append(vectors[0].mean(0))
    return torch.stack(rows)


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("held", [1 << 29, 1])
def test_rows_of_each_layer(
    kind: str, held: int, encoder: TransformerEncoder, split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "_HELD", held)
    monkeypatch.setattr(features, "_AT_ONCE", 2)
    task, whole = TASKS[kind], split(kind)
    chosen = [[5, 0, 2, 3], [1]]
    seen = []
    for layer, (many, one) in layer_features([whole, whole], [np.array(c) for c in chosen], task):
        seen.append(layer)
        for found, examples in ((many, chosen[0]), (one, chosen[1])):
            torch.testing.assert_close(found, wanted(encoder, task, whole, examples, layer), atol=2e-3, rtol=2e-3)
    assert seen == list(range(encoder.layers))


def test_layers_are_read_together_as_memory_allows(split: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = split("classification")
    read: list[int] = []
    plain = features._read
    monkeypatch.setattr(features, "_read", lambda *given: (read.append(len(given[2])), plain(*given))[1])
    row = 4 * 7 * whole.features.width
    monkeypatch.setattr(features, "_HELD", 2 * row)
    everything = np.arange(7)
    layers = [layer for layer, _ in layer_features([whole], [everything], TASKS["classification"])]
    assert layers == list(range(whole.features.layers))
    assert read == [2] * (len(layers) // 2) + [1] * (len(layers) % 2)


@pytest.mark.parametrize("kind", ["classification", "pair-regression", "tagging"])
@pytest.mark.parametrize("held", [1 << 29, 1])
def test_means_of_adjacent_layers(kind: str, held: int, split: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of states, before pairs become features."""
    monkeypatch.setattr(features, "_HELD", held)
    task, whole = TASKS[kind], split(kind)
    some = np.arange(len(whole.examples))
    states = features._read(whole, some, range(whole.features.layers), features._state_rows(whole, some, task))
    found = dict(layer_features([whole], [some], task, adjacent=True))
    assert list(found) == list(range(whole.features.layers - 1))
    for layer, (got,) in found.items():
        assert torch.equal(got, features._features((states[layer] + states[layer + 1]) / 2, task))
