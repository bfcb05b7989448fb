"""`EncoderFeatures`: texts or pairs to vectors of an encoder's layers, as a transformer of scikit-learn."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from unfreeze.errors import nearest
from unfreeze.features.cache import cache_folder
from unfreeze.recipe import Pooling
from unfreeze.sklearn.tags import reads_texts
from unfreeze.sklearn.texts import Texts, as_value_error, checked_texts
from unfreeze.sklearn.vectors import Asked, Floats, Shelf, loaded, vectors

Layers = Literal["mean", "top", "concat"] | int | tuple[int, ...]
POOLED = ("mean", "max", "cls", "last")
NAMED = ("mean", "top", "concat")
OF_PAIRS = ("first", "second", "absdiff", "product")


class EncoderFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Vectors of chosen layers of a frozen encoder, one row a text or pair.

    A text is encoded once and its states of all layers are kept in the feature store, so that a grid over layers or
    over what comes after costs no encoder time. Objects contain settings, never an encoder's weights.

    A pair is read as two texts u and v; its row is [u, v, |u-v|, u*v] of their vectors at unit length (Conneau et al.
    2017), four times as wide.

    Args:
        encoder: name or folder, as for `unfreeze.compare`.
        layers: `mean` of all layer states, the `top` one, `concat` (all side by side), or numbers of layers side by
            side, where 0 is the embedding layer and -1 the top.
        pooling: pieces to one vector: `mean`, `max`, `cls` (the first piece) or `last`.
        max_length: cut texts to that many pieces; None takes the encoder's limit.
        prefix: put before every text, as some encoders expect; None takes the encoder's own.
        cache: folder of the feature store; None takes the usual one (`$UNFREEZE_CACHE`).
        device: `auto`, `cpu` or `cuda`.

    Attributes:
        n_features_in_: texts a row: 1, or 2 for pairs.
        n_layers_, width_: of the encoder's layer states.
        fingerprint_: of the encoder, which must be the same at `transform`.

    Example:
        >>> from sklearn.linear_model import LogisticRegression
        >>> from sklearn.pipeline import make_pipeline
        >>> from unfreeze.sklearn import EncoderFeatures
        >>> model = make_pipeline(EncoderFeatures("minilm"), LogisticRegression())
    """

    def __init__(
        self,
        encoder: str | os.PathLike[str] = "minilm",
        layers: Layers = "mean",
        pooling: Pooling = "mean",
        max_length: int | None = None,
        prefix: str | None = None,
        cache: str | os.PathLike[str] | None = None,
        device: str = "auto",
    ) -> None:
        self.encoder = encoder
        self.layers = layers
        self.pooling = pooling
        self.max_length = max_length
        self.prefix = prefix
        self.cache = cache
        self.device = device

    def fit(self, X: Any, y: object = None) -> EncoderFeatures:  # noqa: N803
        """Check texts and settings, and load the encoder unless this process has it; nothing is learned.

        Raises:
            ValueError: texts, a setting or the encoder are invalid.
        """
        texts = checked_texts(X)
        if self.pooling not in POOLED:
            raise ValueError(f"unknown pooling {self.pooling!r}{nearest(str(self.pooling), POOLED)}")
        with as_value_error():
            encoder, fingerprint = loaded(self._asked())
        _chosen_layers(self.layers, encoder.layers)
        self.n_features_in_ = len(texts.columns)
        self.n_layers_, self.width_, self.fingerprint_ = encoder.layers, encoder.width, fingerprint
        return self

    def transform(self, X: Any) -> Floats:  # noqa: N803
        """(n, width) float32.

        Raises:
            NotFittedError: before `fit`.
            ValueError: texts are invalid, pairs where texts were fitted, or the encoder is another one than at `fit`.
        """
        check_is_fitted(self)
        texts = checked_texts(X)
        if len(texts.columns) != self.n_features_in_:
            problem = f"X has {len(texts.columns)} features, but {type(self).__name__} is expecting"
            raise ValueError(f"{problem} {self.n_features_in_} features as input: texts a row")
        with as_value_error():
            return self._rows(texts)

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray[Any, Any]:
        """Names of the columns: `mean_0`, `layer6_12`; of pairs `first_mean_0` and so on."""
        check_is_fitted(self)
        layers = _chosen_layers(self.layers, self.n_layers_)
        names = ["mean"] if self.layers == "mean" else [f"layer{layer}" for layer in layers]
        sides = [f"{side}_" for side in OF_PAIRS] if self.n_features_in_ == 2 else [""]
        return np.array([f"{s}{n}_{i}" for s in sides for n in names for i in range(self.width_)], dtype=object)

    def __sklearn_tags__(self) -> Any:
        return reads_texts(super().__sklearn_tags__())

    def _asked(self) -> Asked:
        return Asked(os.fspath(self.encoder), self.max_length, self.prefix, self.device)

    def _rows(self, texts: Texts) -> Floats:
        folder = cache_folder() if self.cache is None else Path(self.cache)
        shelf = Shelf(self._asked(), self.fingerprint_, self.pooling, folder)
        every = [text for column in texts.columns for text in column]
        rows = vectors(shelf, every, self._of_layers)
        return rows if len(texts.columns) == 1 else _pair_rows(rows[: len(texts)], rows[len(texts) :])

    def _of_layers(self, states: Any) -> Any:
        """States (layers, n, width) to rows (n, D)."""
        if self.layers == "mean":
            return states.mean(0)
        chosen = states[list(_chosen_layers(self.layers, len(states)))]
        return chosen.transpose(0, 1).flatten(1)


def _chosen_layers(layers: object, count: int) -> tuple[int, ...]:
    """Numbers of the layers that are read, from 0. Raises `ValueError` where there are none such."""
    if isinstance(layers, str):
        if layers not in NAMED:
            raise ValueError(f"unknown layers {layers!r}{nearest(layers, NAMED)}, or numbers of layers")
        return (count - 1,) if layers == "top" else tuple(range(count))
    asked = list(layers) if isinstance(layers, tuple | list | range | np.ndarray) else [layers]
    numbers = [int(n) for n in asked if isinstance(n, int | np.integer) and not isinstance(n, bool)]
    if not asked or len(numbers) < len(asked) or not all(-count <= n < count for n in numbers):
        raise ValueError(
            f"layers must be 'mean', 'top', 'concat' or numbers from {-count} to {count - 1}; got {layers!r}"
        )
    return tuple(n % count for n in numbers)


def _pair_rows(u: Floats, v: Floats) -> Floats:
    """(n, 4 D) of the vectors (n, D) of first and second texts."""
    import torch
    import torch.nn.functional as F

    from unfreeze.heads.linear import pair_features

    first, second = (F.normalize(torch.from_numpy(side), dim=1) for side in (u, v))
    rows: Floats = pair_features(first, second, "full").numpy()
    return rows
