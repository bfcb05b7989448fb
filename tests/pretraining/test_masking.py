"""Which pieces are chosen and what becomes of them, by counting."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from unfreeze.pretraining.masking import Masker, continuations

MASK, VOCABULARY = 4, 60
ROWS = (400, 50)


def ids() -> np.ndarray:
    found = np.random.default_rng(1).integers(5, VOCABULARY, ROWS)
    found[:, 0], found[:, -1] = 2, 3
    found[::7, 20] = 3
    return found


def masker(exchange: bool = True, continues: np.ndarray | None = None) -> Masker:
    return Masker(0.15, MASK, np.arange(5, VOCABULARY), exchange, continues)


def likely(count: int, of: int, share: float) -> bool:
    return binomtest(int(count), int(of), share).pvalue > 1e-4


def test_shares_are_those_of_bert() -> None:
    given, rng = ids(), np.random.default_rng(0)
    ordinary = given > MASK
    chosen = masker().choose(given, ordinary, rng)
    assert not chosen[~ordinary].any()
    assert likely(chosen.sum(), ordinary.sum(), 0.15)
    out = masker().masked(given, chosen, rng)
    assert (out == given)[~chosen].all()
    kept, count = out[chosen] == given[chosen], chosen.sum()
    assert likely((out[chosen] == MASK).sum(), count, 0.8)
    # Of the exchanged tenth, one in 55 is exchanged for itself.
    assert likely(kept.sum(), count, 0.1 + 0.1 / (VOCABULARY - 5))
    assert (out[chosen][(out[chosen] != MASK)] > MASK).all()


def test_all_may_be_masked() -> None:
    given, rng = ids(), np.random.default_rng(0)
    chosen = masker().choose(given, given > MASK, rng)
    assert (masker(exchange=False).masked(given, chosen, rng)[chosen] == MASK).all()


def test_a_whole_word_is_chosen_or_none_of_it() -> None:
    given, rng = ids(), np.random.default_rng(0)
    ordinary = given > MASK
    continues = np.arange(VOCABULARY) >= 40  # pieces that continue a word
    chosen = masker(continues=continues).choose(given, ordinary, rng)
    both = ordinary[:, 1:] & ordinary[:, :-1] & continues[given[:, 1:]]
    assert both.sum() > 1000
    assert (chosen[:, 1:] == chosen[:, :-1])[both].all()
    assert not chosen[~ordinary].any()
    assert 0.12 < chosen.sum() / ordinary.sum() < 0.18
    other = ordinary[:, 1:] & ordinary[:, :-1] & ~both
    assert (chosen[:, 1:] != chosen[:, :-1])[other].mean() > 0.2  # words independently


class Named:
    def __init__(self, *names: str) -> None:
        self.names = names

    def __len__(self) -> int:
        return len(self.names)

    def convert_ids_to_tokens(self, ids: range) -> list[str]:
        return [self.names[i] for i in ids]


@pytest.mark.parametrize(("names", "expected"), [
    (("[CLS]", "the", "##re", "a"), [False, False, True, False]),
    (("<s>", "Ġthe", "re", "Ġa"), [True, False, True, False]),
    (("<s>", "▁the", "re", "▁a"), [True, False, True, False]),
])  # fmt: skip
def test_what_continues_a_word_is_seen_by_its_mark(names: tuple[str, ...], expected: list[bool]) -> None:
    assert continuations(Named(*names)).tolist() == expected
