"""Skip-thoughts in plain numpy, a sentence at a time, after the reference's Theano code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

Array = np.ndarray


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def last_state(vectors: Array, weights: Mapping[str, Array], prefix: str) -> Array:
    """(hidden,) state of a GRU after the vectors (words, width)."""
    w, u, b, wx, ux, bx = (weights[prefix + name].astype(np.float64) for name in ("W", "U", "b", "Wx", "Ux", "bx"))
    h = np.zeros(len(ux))
    for x in vectors.astype(np.float64):
        gates = sigmoid(x @ w + b + h @ u)
        r, z = gates[: len(h)], gates[len(h) :]
        new = np.tanh(x @ wx + bx + r * (h @ ux))
        h = z * h + (1 - z) * new
    return h


def sentence_vector(
    words: Sequence[str],
    dictionary: Sequence[str],
    tables: Mapping[str, Array],
    weights: Mapping[str, Mapping[str, Array]],
    kind: str,
    use_eos: bool = False,
) -> Array:
    """The vector of a sentence in words: parts of length 1 one after the other."""
    rows = [dictionary.index(word if word in dictionary else "UNK") for word in words]
    if use_eos:
        rows.append(dictionary.index("<eos>"))
    out = []
    for part in ("uni", "bi") if kind == "combine" else (kind,):
        vectors = tables[part][rows]
        state = last_state(vectors, weights[part], "encoder_")
        if part == "bi":
            state = np.concatenate([state, last_state(vectors[::-1], weights[part], "encoder_r_")])
        out.append(state / np.linalg.norm(state))
    return np.concatenate(out)
