"""Each check passes estimators that keep the contract, and fails one that breaks the rule it is about."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.exceptions import NotFittedError

from unfreeze.sklearn import check_text_estimator
from unfreeze.sklearn.checks import TEXT_CHECKS
from unfreeze.sklearn.tags import reads_texts
from unfreeze.sklearn.texts import checked_texts


class Lengths(TransformerMixin, BaseEstimator):
    """A transformer that keeps the contract: how long texts are, and how long those at `fit` were."""

    def __init__(self, power: int = 1, names: Any = ("length", "most")) -> None:
        self.power = power
        self.names = names

    def fit(self, X: Any, y: Any = None) -> Lengths:  # noqa: N803
        self.most_ = max(map(len, checked_texts(X).columns[0]))
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        if not hasattr(self, "most_"):
            raise NotFittedError
        return np.array([[len(text) ** self.power, self.most_] for text in checked_texts(X).columns[0]], float)

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        return np.array(self.names, dtype=object)

    def __sklearn_tags__(self) -> Any:
        return reads_texts(super().__sklearn_tags__())


class WordOfClass(ClassifierMixin, BaseEstimator):
    """A classifier that keeps the contract: the class whose texts at `fit` share more words with a text."""

    def fit(self, X: Any, y: Any) -> WordOfClass:  # noqa: N803
        texts, labels = checked_texts(X).columns[0], np.asarray(y)
        if len(texts) != len(labels):
            raise ValueError
        self.classes_ = np.unique(labels)
        self.words_ = [
            {w for t, own in zip(texts, labels, strict=True) if own == c for w in t.split()} for c in self.classes_
        ]
        return self

    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        if not hasattr(self, "classes_"):
            raise NotFittedError
        shared = [[1 + len(words & {*text.split()}) for words in self.words_] for text in checked_texts(X).columns[0]]
        return np.array(shared) / np.sum(shared, axis=1, keepdims=True)

    def predict(self, X: Any) -> Any:  # noqa: N803
        best = self.predict_proba(X).argmax(1)
        return self.classes_[best]

    def __sklearn_tags__(self) -> Any:
        return reads_texts(super().__sklearn_tags__())


def _as_array(X: Any) -> Any:  # noqa: N803
    return np.asarray([str(x) for x in X])


class Works(Lengths):
    def __init__(self, power: int = 1, names: Any = ("length", "most")) -> None:
        super().__init__(power, list(names))


class TakesAnyParameter(Lengths):
    def set_params(self, **params: Any) -> Any:
        vars(self).update(params)
        return self


class StaysFitted(Lengths):
    def __sklearn_clone__(self) -> Any:
        made = type(self)(**self.get_params())
        made.__dict__.update(self.__dict__)
        return made


class UsualTags(Lengths):
    def __sklearn_tags__(self) -> Any:
        return BaseEstimator.__sklearn_tags__(self)


class ReadyBeforeFit(Lengths):
    def transform(self, X: Any) -> Any:  # noqa: N803
        return np.array([[len(text), 0] for text in checked_texts(X).columns[0]], float)


class FitChanges(Lengths):
    def fit(self, X: Any, y: Any = None) -> Lengths:  # noqa: N803
        self.power = 2
        return super().fit(X)


class FitGivesNothing(Lengths):
    def fit(self, X: Any, y: Any = None) -> Any:  # noqa: N803
        super().fit(X)


class OtherNames(Lengths):
    def fit(self, X: Any, y: Any = None) -> Lengths:  # noqa: N803
        self.size = len(X)
        return super().fit(X)


class TakesAString(Lengths):
    def fit(self, X: Any, y: Any = None) -> Lengths:  # noqa: N803
        return super().fit(list(X) if isinstance(X, str) else X)


class TakesNone(Lengths):
    def fit(self, X: Any, y: Any = None) -> Lengths:  # noqa: N803
        return super().fit([x or "" for x in X] if isinstance(X, list) else X)


class TakesNumbers(Lengths):
    def fit(self, X: Any, y: Any = None) -> Lengths:  # noqa: N803
        return super().fit(_as_array(X) if isinstance(X, np.ndarray) and X.dtype.kind == "i" else X)


class TakesNothing(Lengths):
    def fit(self, X: Any, y: Any = None) -> Lengths:  # noqa: N803
        return super().fit(["none"] if len(X) == 0 else X)


class ListsAlone(Lengths):
    def transform(self, X: Any) -> Any:  # noqa: N803
        if isinstance(X, np.ndarray) and X.dtype.kind == "U":
            raise TypeError("lists only")
        return super().transform(X)


class LooksAtTheBatch(Lengths):
    def transform(self, X: Any) -> Any:  # noqa: N803
        return super().transform(X) * len(X)


class Counts(Lengths):
    def transform(self, X: Any) -> Any:  # noqa: N803
        self.calls_ = getattr(self, "calls_", 0) + 1
        return super().transform(X)


class Random(Lengths):
    def fit(self, X: Any, y: Any = None) -> Lengths:  # noqa: N803
        super().fit(X)
        self.most_ += np.random.default_rng().normal()
        return self


class HoldsAFunction(Lengths):
    def fit(self, X: Any, y: Any = None) -> Lengths:  # noqa: N803
        self.function_ = lambda x: x
        return super().fit(X)


class OneName(Lengths):
    def get_feature_names_out(self, input_features: Any = None) -> Any:
        return np.array(["length"], dtype=object)


class AnyLength(WordOfClass):
    def fit(self, X: Any, y: Any) -> WordOfClass:  # noqa: N803
        return super().fit(list(X)[: len(y)] if isinstance(X, list) and len(y) else X, y)


class Unsorted(WordOfClass):
    def fit(self, X: Any, y: Any) -> WordOfClass:  # noqa: N803
        super().fit(X, y)
        self.classes_, self.words_ = self.classes_[::-1], self.words_[::-1]
        return self


class OddProbabilities(WordOfClass):
    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        return super().predict_proba(X) * 2


class SaysTheOther(WordOfClass):
    def predict(self, X: Any) -> Any:  # noqa: N803
        worst = self.predict_proba(X).argmin(1)
        return self.classes_[worst]


class AllText(WordOfClass):
    def fit(self, X: Any, y: Any) -> WordOfClass:  # noqa: N803
        return super().fit(X, y if len(y) and isinstance(y[0], str) else np.asarray(y).astype(str))


BAD = {
    Works: "check_init_only_stores", TakesAnyParameter: "check_params", StaysFitted: "check_clone",
    UsualTags: "check_tags", ReadyBeforeFit: "check_not_fitted", FitChanges: "check_fit",
    FitGivesNothing: "check_fit", OtherNames: "check_fit", TakesAString: "check_refuses_one_string",
    TakesNone: "check_refuses_missing", TakesNumbers: "check_refuses_numbers", TakesNothing: "check_refuses_nothing",
    AnyLength: "check_refuses_other_lengths", ListsAlone: "check_containers",
    LooksAtTheBatch: "check_alone_as_in_a_batch", Counts: "check_repeatable", Random: "check_repeatable",
    HoldsAFunction: "check_pickle", OneName: "check_transformer", Unsorted: "check_classifier",
    OddProbabilities: "check_classifier", SaysTheOther: "check_classifier", AllText: "check_label_types",
}  # fmt: skip


@pytest.mark.parametrize("kind", [Lengths, WordOfClass])
def test_good_estimators_pass(kind: Any) -> None:
    check_text_estimator(kind())
    check_text_estimator(kind(), ["a b", "b c", "d", "e a"], ["x", "y", "x", "y"])


@pytest.mark.parametrize("kind", BAD, ids=lambda kind: kind.__name__)
def test_a_bad_estimator_fails_the_check_of_its_rule(kind: Any) -> None:
    with pytest.raises(AssertionError, match=rf"^{BAD[kind]}: "):
        check_text_estimator(kind())


def test_there_is_a_bad_estimator_for_each_check() -> None:
    assert {check.__name__ for check in TEXT_CHECKS} == set(BAD.values())


def test_an_estimator_stays_as_it_is() -> None:
    estimator = Lengths()
    check_text_estimator(estimator)
    assert set(vars(estimator)) == {"power", "names"}
