"""ELMo's forward pass in plain numpy, one sentence and one position at a time, from the published tensors' names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Tensors = Mapping[str, npt.NDArray[Any]]


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))  # type: ignore[no-any-return]


def random_tensors(options: Mapping[str, Any], seed: int = 0) -> dict[str, npt.NDArray[np.float32]]:
    """Random weights under the published names, large enough that clipping happens."""
    draw = np.random.default_rng(seed)
    cnn, lstm = options["char_cnn"], options["lstm"]
    dim, projection, hidden = cnn["embedding"]["dim"], lstm["projection_dim"], lstm["dim"]
    features = sum(count for _, count in cnn["filters"])
    shapes: dict[str, tuple[int, ...]] = {"char_embed": (261, dim)}
    for k, (width, count) in enumerate(cnn["filters"]):
        shapes |= {f"CNN/W_cnn_{k}": (1, width, dim, count), f"CNN/b_cnn_{k}": (count,)}
    for k in range(cnn["n_highway"]):
        for name in ("carry", "transform"):
            shapes |= {f"CNN_high_{k}/W_{name}": (features, features), f"CNN_high_{k}/b_{name}": (features,)}
    shapes |= {"CNN_proj/W_proj": (features, projection), "CNN_proj/b_proj": (projection,)}
    for direction in (0, 1):
        for layer in range(lstm["n_layers"]):
            cell = f"RNN_{direction}/RNN/MultiRNNCell/Cell{layer}/LSTMCell"
            shapes |= {
                f"{cell}/W_0": (2 * projection, 4 * hidden),
                f"{cell}/B": (4 * hidden,),
                f"{cell}/W_P_0": (hidden, projection),
            }
    return {name: draw.normal(0, 0.7, shape).astype(np.float32) for name, shape in shapes.items()}


def word_ids(word: str) -> list[int]:
    inner = list(word.encode()[:48])
    return [258, *inner, 259, *[260] * (48 - len(inner))]


def ids_of(words: Sequence[str]) -> list[list[int]]:
    """Character ids as in training (no shift), with the sentence's ends."""
    ends = [[258, mark, 259, *[260] * 47] for mark in (256, 257)]
    return [ends[0], *map(word_ids, words), ends[1]]


def token_vector(ids: Sequence[int], options: Mapping[str, Any], t: Tensors) -> Array:
    cnn = options["char_cnn"]
    chars = t["char_embed"].astype(np.float64)[list(ids)]  # (50, dim)
    parts = []
    for k, (width, _) in enumerate(cnn["filters"]):
        weight = t[f"CNN/W_cnn_{k}"][0].astype(np.float64)
        windows = [
            np.tensordot(chars[p : p + width], weight, axes=([0, 1], [0, 1])) for p in range(len(chars) - width + 1)
        ]
        top = np.max(windows, axis=0) + t[f"CNN/b_cnn_{k}"]
        parts.append(np.maximum(top, 0) if cnn["activation"] == "relu" else np.tanh(top))
    x = np.concatenate(parts)
    for k in range(cnn["n_highway"]):
        carry = sigmoid(x @ t[f"CNN_high_{k}/W_carry"] + t[f"CNN_high_{k}/b_carry"])
        moved = np.maximum(x @ t[f"CNN_high_{k}/W_transform"] + t[f"CNN_high_{k}/b_transform"], 0)
        x = carry * moved + (1 - carry) * x
    return x @ t["CNN_proj/W_proj"] + t["CNN_proj/b_proj"]  # type: ignore[no-any-return]


class Oracle:
    """A biLM that keeps its states from sentence to sentence, or not."""

    def __init__(self, options: Mapping[str, Any], tensors: Tensors, stateful: bool = False) -> None:
        self.options, self.t, self.stateful = options, tensors, stateful
        self.states: dict[tuple[int, int], tuple[Array, Array]] = {}

    def layers(self, words: Sequence[str]) -> Array:
        """(layers + 1, words, 2 * projection)."""
        tokens = np.stack([token_vector(ids, self.options, self.t) for ids in ids_of(words)])
        ways = [self._direction(d, tokens if d == 0 else tokens[::-1]) for d in (0, 1)]
        both = [np.concatenate([f, b[::-1]], 1) for f, b in zip(*ways, strict=True)]
        return np.stack([np.concatenate([tokens, tokens], 1), *both])[:, 1:-1]

    def _direction(self, d: int, x: Array) -> list[Array]:
        lstm, out = self.options["lstm"], []
        for layer in range(lstm["n_layers"]):
            y = self._lstm(d, layer, x)
            if layer and lstm["use_skip_connections"]:
                y = y + x
            out.append(y)
            x = y
        return out

    def _lstm(self, d: int, layer: int, x: Array) -> Array:
        lstm = self.options["lstm"]
        cell = f"RNN_{d}/RNN/MultiRNNCell/Cell{layer}/LSTMCell"
        start = np.zeros(lstm["projection_dim"]), np.zeros(lstm["dim"])
        h, c = self.states.get((d, layer), start) if self.stateful else start
        out = []
        for row in x:
            i, j, f, o = np.split(np.concatenate([row, h]) @ self.t[f"{cell}/W_0"] + self.t[f"{cell}/B"], 4)
            c = sigmoid(f + 1) * c + sigmoid(i) * np.tanh(j)
            if lstm["cell_clip"]:
                c = np.clip(c, -lstm["cell_clip"], lstm["cell_clip"])
            h = (sigmoid(o) * np.tanh(c)) @ self.t[f"{cell}/W_P_0"]
            if lstm["proj_clip"]:
                h = np.clip(h, -lstm["proj_clip"], lstm["proj_clip"])
            out.append(h)
        self.states[d, layer] = h, c
        return np.stack(out)
