"""Cuts and subsets: sizes, strata, duplicates on one side, the same for the same seed."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.data.examples import Example
from unfreeze.data.splits import cut, duplicate_key, quotas, spread_out, stratified_subset
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import TASKS

CLASSES = TASKS["classification"]


def examples(labels: list[str], texts: list[str] | None = None) -> tuple[Example, ...]:
    texts = texts or [f"text {i}" for i in range(len(labels))]
    return tuple(Example(f"a:{i}", t, label=label) for i, (t, label) in enumerate(zip(texts, labels, strict=True)))


def test_keys_forget_case_and_white_space_but_not_sides() -> None:
    assert duplicate_key(Example("", " A\u00a0b\t")) == duplicate_key(Example("", "a  B"))
    assert duplicate_key(Example("", "a", "b")) != duplicate_key(Example("", "b", "a"))
    assert duplicate_key(Example("", "a b", "c")) != duplicate_key(Example("", "a", "b c"))


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.integers(0, 400), st.integers(0, 1))
def test_quotas_add_up_and_stay_in_bounds(counts: list[int], total: int, at_least: int) -> None:
    found = quotas(counts, total, at_least)
    assert all(at_least <= share <= n for share, n in zip(found, counts, strict=True))
    assert sum(found) == max(min(total, sum(counts)), at_least * len(counts))


def test_quotas_by_largest_remainder() -> None:
    assert quotas([50, 30, 20], 10) == [5, 3, 2]
    assert quotas([4, 4, 4, 4, 4], 4) == [1, 1, 1, 1, 0]
    assert quotas([97, 2, 1], 10, at_least=1) == [8, 1, 1]


def test_a_cut_keeps_the_classes_in_proportion() -> None:
    data = examples(["a"] * 60 + ["b"] * 30 + ["c"] * 10)
    kept, out = cut(data, CLASSES, 0.2, seed=1)
    assert Counter(e.label for e in out) == {"a": 12, "b": 6, "c": 2}
    assert sorted((*kept, *out), key=data.index) == list(data)
    assert list(kept) == sorted(kept, key=data.index)


@given(
    st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("xyz")), min_size=12, max_size=40), st.integers(0, 9)
)
def test_equal_texts_stay_together_and_no_class_is_lost(rows: list[tuple[str, str]], seed: int) -> None:
    rows += [(f"only {label} {i}", label) for label in "xyz" for i in range(4)]
    data = examples([label for _, label in rows], [text for text, _ in rows])
    kept, out = cut(data, CLASSES, 0.3, seed)
    assert not {duplicate_key(e) for e in kept} & {duplicate_key(e) for e in out}
    assert {e.label for e in kept} == {e.label for e in data}
    assert len(kept) + len(out) == len(data)
    assert 0 < len(out) <= round(0.3 * len(data))


def test_the_seed_decides() -> None:
    data = examples(["a", "b"] * 50)
    assert cut(data, CLASSES, 0.2, 3) == cut(data, CLASSES, 0.2, 3)
    assert cut(data, CLASSES, 0.2, 3) != cut(data, CLASSES, 0.2, 4)


def test_a_single_example_of_a_class_stays() -> None:
    kept, out = cut(examples(["a"] * 9 + ["b"]), CLASSES, 0.4, 0)
    assert "b" in {e.label for e in kept}
    assert len(out) == 4


def test_scores_and_tags_are_cut_evenly() -> None:
    data = tuple(Example(f"a:{i}", f"t{i}", label=float(i)) for i in range(50))
    kept, out = cut(data, TASKS["regression"], 0.2, 0)
    assert (len(kept), len(out)) == (40, 10)


def test_too_few_texts_to_cut() -> None:
    with pytest.raises(InputError, match="a:0: 3 examples with 1 different texts are too few"):
        cut(examples(["a", "a", "a"], ["same", "same", "same"]), CLASSES, 0.5, 0)


@pytest.mark.parametrize("size", [3, 10, 25, 99])
def test_a_subset_is_stratified_and_in_order(size: int) -> None:
    data = examples(["a"] * 70 + ["b"] * 27 + ["c"] * 3)
    subset = stratified_subset(data, CLASSES, size, seed=0)
    assert len(subset) == size
    assert list(subset) == sorted(subset, key=data.index)
    assert {e.label for e in subset} == {"a", "b", "c"}
    assert abs(sum(e.label == "a" for e in subset) - 0.7 * size) <= 1.2
    assert subset == stratified_subset(data, CLASSES, size, seed=0)
    assert size == 99 or subset != stratified_subset(data, CLASSES, size, seed=1)


def test_subset_of_all_and_of_scores() -> None:
    data = tuple(Example(f"a:{i}", f"t{i}", label=float(i)) for i in range(50))
    assert stratified_subset(data, TASKS["regression"], 50, 0) is data
    assert len(stratified_subset(data, TASKS["regression"], 7, 0)) == 7


def test_what_is_within_bounds_is_taken_whole() -> None:
    rows = examples(["a"] * 5)
    assert spread_out(rows, TASKS["classification"], 5, 1).tolist() == [0, 1, 2, 3, 4]


def test_examples_are_taken_evenly_and_no_class_is_lost() -> None:
    rows = examples(["a", "rare", *["b"] * 8])
    assert spread_out(rows, TASKS["classification"], 4, 1).tolist() == [0, 3, 6, 9, 1]
    scores = examples(["1", "2", *["3"] * 8])
    assert spread_out(scores, TASKS["regression"], 4, 1).tolist() == [0, 3, 6, 9]


def test_tagging_is_bounded_by_words() -> None:
    rows = tuple(Example("x", "a b", words=("a", "b"), label=("O", "O")) for _ in range(10))
    assert spread_out(rows, TASKS["tagging"], 1, 20).tolist() == list(range(10))
    assert spread_out(rows, TASKS["tagging"], 1, 8).tolist() == [0, 3, 6, 9]
    assert spread_out(rows, TASKS["tagging"], 1, 1).tolist() == [0]
