"""Vocabulary expansion against scikit-learn's linear regression."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from unfreeze.encoders.skip_thoughts.expansion import expand_vocabulary
from unfreeze.errors import InputError

DRAW = np.random.default_rng(0)
OWN = ["<eos>", "UNK", *(f"w{i}" for i in range(30)), "own"]
OTHER = [*(f"w{i}" for i in range(10, 60)), "new_york", "w50", "naïve"]
TABLE = DRAW.standard_normal((len(OWN), 7)).astype(np.float32)
VECTORS = DRAW.standard_normal((len(OTHER), 4)).astype(np.float32)


@pytest.mark.parametrize("width", [4, 40], ids=["more words than numbers", "fewer"])
def test_other_words_go_where_the_regression_puts_them(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unfreeze.encoders.skip_thoughts.expansion._CHUNK", 8)
    vectors = DRAW.standard_normal((len(OTHER), width)).astype(np.float32)
    words, table = expand_vocabulary(OWN, TABLE, OTHER, vectors)
    assert words == [*OWN, *(f"w{i}" for i in range(30, 60)), "naïve"]
    assert table.dtype == np.float32
    np.testing.assert_array_equal(table[: len(OWN)], TABLE)
    shared = [f"w{i}" for i in range(10, 30)]
    regression = LinearRegression().fit(
        vectors[[OTHER.index(w) for w in shared]].astype(np.float64), TABLE[[OWN.index(w) for w in shared]]
    )
    expected = regression.predict(vectors[[OTHER.index(w) for w in words[len(OWN) :]]])
    np.testing.assert_allclose(table[len(OWN) :], expected, atol=1e-5)


def test_a_linear_map_is_found() -> None:
    matrix, intercept = DRAW.standard_normal((4, 7)), DRAW.standard_normal(7)
    words, table = expand_vocabulary(OTHER[:20], VECTORS[:20] @ matrix + intercept, OTHER, VECTORS)
    assert len(words) == len(OTHER) - 2  # "new_york", and the second "w50"
    np.testing.assert_allclose(table[-1], VECTORS[-1] @ matrix + intercept, atol=1e-5)


def test_words_with_underscores_of_the_model_stay() -> None:
    words, _ = expand_vocabulary(["a_b", "c"], TABLE[:2], ["c", "d_e"], VECTORS[:2])
    assert words == ["a_b", "c"]


def test_what_does_not_fit() -> None:
    with pytest.raises(InputError, match="no word is among both"):
        expand_vocabulary(OWN, TABLE, ["x", "y"], VECTORS[:2])
    with pytest.raises(ValueError, match="2 words and 3 rows"):
        expand_vocabulary(OWN, TABLE, ["x", "y"], VECTORS[:3])
