"""The floor against scikit-learn on the same features, task kind by task kind; its bounds, and that it repeats."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.stats import pearsonr
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, average_precision_score

from unfreeze.data.examples import Dataset, Example, LabelSpace
from unfreeze.data.read import read_dataset
from unfreeze.floor import bag_of_words as module
from unfreeze.floor.bag_of_words import bag_of_words, most_frequent, overlap
from unfreeze.floor.words import words_of
from unfreeze.records.comparison import read_floor, write_floor
from unfreeze.tasks.kinds import TASKS
from unfreeze.tasks.metrics import asking, score
from unfreeze.tasks.targets import scores, tags, target


def data_of(kind: str, folder: Path) -> Dataset:
    return read_dataset(tiny.write_data(folder / kind, kind, (60, 40, 40)))


def _tokens(text: str) -> list[str]:
    words = text.split()  # the tiny texts are plain words
    return [*words, *(f"{a} {b}" for a, b in pairwise(words))]


def test_classes_are_those_of_scikit_learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "C", (1.0,))
    data = data_of("classification", tmp_path)
    texts, labels = ([getattr(e, name) for e in data.train] for name in ("text", "label"))
    vectors = TfidfVectorizer(tokenizer=str.split, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True)
    model = LogisticRegression(C=1, max_iter=1000)
    model.fit(vectors.fit_transform(texts), labels)
    found = bag_of_words(data, "q")
    wanted = model.predict(vectors.transform([e.text for e in data.test])).tolist()
    assert list(found.predictions) == wanted
    assert found.test["accuracy"] == accuracy_score([e.label for e in data.test], wanted)
    assert found.dev == score(
        data.task, [e.label for e in data.dev],
        model.predict(vectors.transform([e.text for e in data.dev])).tolist(), data.labels.names,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["pair-regression", "pair-classification"])
def test_pairs_are_those_of_scikit_learn(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "ALPHA", (0.5,))
    monkeypatch.setattr(target, "C", (2.0,))
    data = data_of(kind, tmp_path)
    vectors = TfidfVectorizer(analyzer=_tokens, sublinear_tf=True)
    vectors.fit([text for e in data.train for text in (e.text, e.text_b)])

    def rows(examples: tuple[Example, ...]) -> sparse.csr_matrix:
        u, v = (vectors.transform([getattr(e, name) for e in examples]) for name in ("text", "text_b"))
        both = [abs(u - v), u.multiply(v), overlap([(e.text, e.text_b or "") for e in examples])]
        return sparse.hstack([*both, *([u, v] if kind == "pair-classification" else [])]).tocsr()

    model = Ridge(alpha=0.5) if kind == "pair-regression" else LogisticRegression(C=2, max_iter=100, tol=1e-3)
    model.fit(rows(data.train), [e.label for e in data.train])
    found = bag_of_words(data, "q")
    wanted = model.predict(rows(data.test))
    if kind == "pair-regression":
        np.testing.assert_allclose(found.predictions, wanted, atol=1e-6)
        assert found.test["pearson"] == pytest.approx(pearsonr([e.label for e in data.test], wanted)[0])
        assert found.chosen == {"alpha": 0.5}
    else:
        assert list(found.predictions) == wanted.tolist()
        assert found.chosen == {"C": 2.0}


def test_tags_are_those_of_scikit_learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tags, "C", (1.0,))
    data = data_of("tagging-BIO", tmp_path)
    monkeypatch.setattr(module, "word_features", lambda words: [[w] for w in words])
    found = bag_of_words(data, "q")
    counts = CountVectorizer(analyzer=lambda word: [word])
    flat = counts.fit_transform([w for e in data.train for w in e.words or ()])
    model = LogisticRegression(C=1, max_iter=1000).fit(flat, [t for e in data.train for t in e.label])
    wanted = [tuple(model.predict(counts.transform(e.words)).tolist()) for e in data.test]
    assert list(found.predictions) == wanted
    assert found.test == score(data.task, [e.label for e in data.test], wanted, data.labels.names, "BIO")


def test_overlap_by_hand() -> None:
    found = overlap([("a good film", "A film, good"), ("a a b", "c"), ("", "")])
    np.testing.assert_allclose(found, [[3 / 4, 1, 3 / 4, 1 / 4], [0, 0, 0, 2 / 3], [0, 0, 0, 0]])


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_every_kind_learns_repeats_and_is_kept(kind: str, tmp_path: Path) -> None:
    data = data_of(kind, tmp_path)
    found = bag_of_words(data, "q")
    again = bag_of_words(data, "q")
    assert replace(again, train_s=0.0) == replace(found, train_s=0.0)
    metric = data.task.metric
    least = 0.45 if kind == "pair-classification" else 0.1 if kind == "pair-regression" else 0.75
    assert found.dev[metric] > least
    assert found.test[metric] > least
    assert found.trained_on == 60
    assert len(found.predictions) == 40
    assert found.train_s > 0
    assert read_floor(tmp_path) is None
    write_floor(tmp_path, found)
    assert read_floor(tmp_path) == found


def test_the_penalty_is_the_best_on_dev_and_the_strongest_of_equals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = data_of("classification", tmp_path)
    reached = {}
    for c in (1e-4, 1e-3, 1.0):
        monkeypatch.setattr(target, "C", (c,))
        reached[c] = bag_of_words(data, "q").dev["accuracy"]
    monkeypatch.setattr(target, "C", tuple(reached))
    assert bag_of_words(data, "q").chosen == {"C": max(reached, key=lambda c: (reached[c], -c))}


def test_other_test_items_change_no_prediction(tmp_path: Path) -> None:
    data = data_of("classification", tmp_path)
    fewer = replace(data, test=data.test[:3])
    assert bag_of_words(fewer, "q").predictions == bag_of_words(data, "q").predictions[:3]


def test_work_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = data_of("classification", tmp_path)
    rare = Example("x", "odd one", label="odd")
    data = replace(data, train=(*data.train[:1], rare, *data.train[1:]), labels=LabelSpace(("False", "True", "odd")))
    monkeypatch.setattr(module, "MOST_TEXTS", 20)
    assert bag_of_words(data, "q").trained_on == 21  # and the class that the spread left out
    tags = data_of("tagging-BIO", tmp_path)
    monkeypatch.setattr(module, "MOST_WORDS", 100)
    used = bag_of_words(tags, "q").trained_on
    assert used == 60 * 100 // sum(len(e.words or ()) for e in tags.train)


def test_words_that_all_have_one_tag_give_that_tag(tmp_path: Path) -> None:
    data = data_of("tagging-BIO", tmp_path)
    plain = tuple(replace(e, label=("O",) * len(e.words or ())) for e in data.train)
    found = bag_of_words(replace(data, train=plain), "q")
    assert found.predictions == tuple(("O",) * len(e.words or ()) for e in data.test)
    assert found.test["span_f1"] == 0


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=8), max_size=8), st.integers(1, 7))
def test_the_most_frequent_features(lists: list[list[str]], most: int) -> None:
    every = [feature for features in lists for feature in features]
    by_count = sorted(set(every), key=lambda feature: (-every.count(feature), feature))
    found = most_frequent(lists, most)
    assert list(found) == sorted(by_count[:most])
    assert list(found.values()) == list(range(len(found)))


def test_rare_features_are_forgotten_while_they_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_COUNTED", 200)
    held: list[int] = []

    class Watched(Counter):  # type: ignore[type-arg]
        def update(self, *given: Any) -> None:
            super().update(*given)
            held.append(len(self))

    monkeypatch.setattr(module, "Counter", Watched)
    lists = [[f"once {i} {k}" for k in range(5)] + ["often", f"ten {i % 10}"] for i in range(100)]
    assert list(most_frequent(lists, 11)) == sorted(["often", *(f"ten {k}" for k in range(10))])
    assert max(held) <= 200 + 7
    assert len(most_frequent([[f"twice {i}"] * 2 for i in range(500)], 100)) == 100


def test_empty_and_odd_texts() -> None:
    draw = random.Random(0)
    texts = ("", "  ", "🙂", "猫很好", "\x00", "a" * 5000, "!!!")
    examples = tuple(Example(str(i), draw.choice(texts), label=draw.choice("ab")) for i in range(40))
    data = Dataset("odd", TASKS["classification"], LabelSpace(("a", "b")), examples, examples, examples)
    assert set(bag_of_words(data, "q").predictions) <= {"a", "b"}
    nothing = tuple(replace(e, text="") for e in examples)
    blank = Dataset("blank", TASKS["classification"], LabelSpace(("a", "b")), nothing, nothing, nothing)
    assert len(set(bag_of_words(blank, "q").predictions)) == 1
    pairs = tuple(replace(e, text_b="", label=float(i % 3)) for i, e in enumerate(nothing))
    scores = Dataset("pairs", TASKS["pair-regression"], LabelSpace(low=0, high=2), pairs, pairs, pairs)
    assert bag_of_words(scores, "q").test["pearson"] == 0
    assert words_of("") == []


def test_unseen_characters_of_chinese_are_no_trouble() -> None:
    good, bad = ("这家店很好吃", "味道很好", "服务好"), ("这家店不好吃", "味道太差", "服务差")
    train = tuple(Example("x", t, label=str(t in good)) for t in (*good, *bad))
    test = (Example("x", "老板服务很好", label="True"), Example("x", "味道差", label="False"))
    data = Dataset("zh", TASKS["classification"], LabelSpace(("False", "True")), train, train, test)
    assert bag_of_words(data, "q").predictions == ("True", "False")


@pytest.mark.parametrize("kind", ["classification", "multilabel-classification"])
def test_a_floor_may_be_chosen_and_measured_by_probabilities(kind: str, tmp_path: Path) -> None:
    data = data_of(kind, tmp_path)
    usual = bag_of_words(data, "q")
    ranked = bag_of_words(replace(data, task=asking(data.task, data.labels, "average_precision")), "q")
    assert usual.forecasts is None
    assert ranked.forecasts is not None
    likely = ranked.forecasts.likely
    assert likely is not None
    gold = [(e.label if isinstance(e.label, tuple) else (e.label,)) for e in data.test]
    names = data.labels.names if kind.startswith("multi") else ["True"]
    places = [data.labels.names.index(name) for name in names]
    each = [average_precision_score([n in g for g in gold], likely[:, i]) for n, i in zip(names, places, strict=True)]
    assert ranked.test["average_precision"] == pytest.approx(np.mean(each))
    assert next(iter(ranked.dev)) == "average_precision"
    write_floor(tmp_path, ranked)
    back = read_floor(tmp_path)
    assert back == ranked
    assert back is not None
    assert back.forecasts is not None
    np.testing.assert_array_equal(back.forecasts.likely, likely)
