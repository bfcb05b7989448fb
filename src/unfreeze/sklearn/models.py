"""`UnfreezeClassifier`, `UnfreezeRegressor`, `UnfreezeTagger`: models of the product as estimators of scikit-learn."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from unfreeze.data.examples import Dataset, Example, Label
from unfreeze.data.grouped import cut_out
from unfreeze.data.measurable import check_parts
from unfreeze.data.splits import parted
from unfreeze.errors import InputError
from unfreeze.plan import Plan, merged
from unfreeze.recipe import Recipe
from unfreeze.sklearn.kept import KeptBundle
from unfreeze.sklearn.labels import (
    as_came,
    checked_classes,
    checked_indicator,
    checked_scores,
    checked_tags,
    is_indicator,
)
from unfreeze.sklearn.tags import reads_texts
from unfreeze.sklearn.texts import Texts, as_value_error, checked_texts, checked_words
from unfreeze.tasks.kinds import task
from unfreeze.tasks.metrics import main_metric, score

if TYPE_CHECKING:
    from unfreeze.training.objectives import Decoded


SEVERAL = "multilabel-classification"


class UnfreezeModel(BaseEstimator):  # type: ignore[misc]
    """What the three estimators share: settings, learning, and a bundle that predicts.

    All texts are learned from; a part of them is held out to choose method, recipe, epochs and the best of the seeds.
    Nothing is tested: for a verdict with intervals use `unfreeze.compare`, for a score `cross_val_score`.

    Args:
        encoder: name or folder, as for `unfreeze.compare`.
        method: `feature-extraction`, `fine-tuning`, `lora`; `auto` takes the better one of those that are compared by
            default.
        budget: how many recipes are tried: `quick`, `standard` or `thorough`.
        seeds: final runs of the chosen recipe, of which the best on the part held out is kept; None takes the budget's.
        recipe: one recipe in place of the budget's; it says the method.
        validation_fraction: of the texts, the part that is held out; equal texts stay together.
        random_state: which part that is.
        device: `auto`, `cpu` or `cuda`.
        out: folder for runs and bundle, in which finished runs are not made again; None takes a temporary one, which
            lasts as long as the object.
        engine: where runs are made, as for `unfreeze.compare`.

    Attributes:
        result_: method, recipe, metric, and of each method the scores on the part held out (`Learned`).
        bundle_: the bundle's folder, which `unfreeze.load` takes.
        n_features_in_: texts a row: 1, or 2 for pairs.
    """

    def __init__(
        self,
        encoder: str | os.PathLike[str] = "minilm",
        method: str = "auto",
        budget: str = "quick",
        seeds: int | None = None,
        recipe: Recipe | None = None,
        validation_fraction: float = 0.1,
        random_state: Any = 0,
        device: Literal["auto", "cpu", "cuda"] = "auto",
        out: str | os.PathLike[str] | None = None,
        engine: str = "here",
    ) -> None:
        self.encoder = encoder
        self.method = method
        self.budget = budget
        self.seeds = seeds
        self.recipe = recipe
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.device = device
        self.out = out
        self.engine = engine

    def __sklearn_tags__(self) -> Any:
        return reads_texts(super().__sklearn_tags__())

    def _learn(self, kind: str, examples: tuple[Example, ...], scheme: str | None = None) -> None:
        """Train on examples with labels. Raises `ValueError`."""
        from unfreeze.commands.train import train

        temporary = TemporaryDirectory(prefix="unfreeze-") if self.out is None else None
        out = Path(temporary.name) / "out" if temporary is not None else Path(self.out or "")
        with as_value_error():
            learned = train(self._plan(out), self._dataset(kind, examples, scheme), out)
        self.result_ = learned
        self.bundle_ = KeptBundle(out / "bundle", learned.run, temporary)

    def _plan(self, out: Path) -> Plan:
        given: dict[str, Any] = {
            "encoder": os.fspath(self.encoder), "budget": self.budget, "seeds": self.seeds, "device": self.device,
            "out": str(out), "engine": self.engine,
        }  # fmt: skip
        if self.recipe is not None:
            if self.method not in ("auto", self.recipe.method):
                raise ValueError(f"method is {self.method!r}, and recipe is one of {self.recipe.method!r}")
            given |= {"recipes": (self.recipe,), "methods": (self.recipe.method,)}
        elif self.method != "auto":
            given["methods"] = (self.method,)
        return merged(Plan(), given, type(self).__name__)

    def _dataset(self, kind: str, examples: tuple[Example, ...], scheme: str | None) -> Dataset:
        """Train and dev, nothing to test."""
        share = self.validation_fraction
        if not isinstance(share, float) or not 0 < share < 1:
            raise ValueError(f"validation_fraction must be between 0 and 1; got {share!r}")
        fixed = isinstance(self.random_state, int | np.integer)
        seed = int(self.random_state if fixed else check_random_state(self.random_state).randint(1 << 31))
        asked = task(kind)
        labels = asked.target.space(examples, scheme)
        try:
            train, dev = parted(examples, cut_out(examples, asked, share, seed))
        except InputError:
            problem = f"{len(examples)} texts, or the different ones among them, are too few to hold a part of them out"
            raise ValueError(problem) from None
        return check_parts(Dataset("texts", asked, labels, train, dev, ()), "validation_fraction")

    def _decoded(self, examples: Sequence[Example]) -> Decoded:
        with as_value_error():
            return self.bundle_.predictor(self.device).predict_examples(examples)

    def _texts(self, X: Any) -> Texts:  # noqa: N803
        """Texts to predict for, as many a row as at `fit`."""
        check_is_fitted(self, "bundle_")
        texts = checked_texts(X)
        if len(texts.columns) != self.n_features_in_:
            problem = f"X has {len(texts.columns)} features, but {type(self).__name__} is expecting"
            raise ValueError(f"{problem} {self.n_features_in_} features as input: texts a row")
        return texts


class UnfreezeClassifier(ClassifierMixin, UnfreezeModel):  # type: ignore[misc]
    __doc__ = f"""A classifier of texts or pairs.

    {(UnfreezeModel.__doc__ or "").partition(chr(10))[2].strip()}
        classes_: sorted, in their own type; the numbers of the columns where `y` is an indicator matrix.
        multilabel_: whether it was one.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def fit(self, X: Any, y: Any) -> UnfreezeClassifier:  # noqa: N803
        """Learn from texts and their classes, or an indicator matrix (n, labels) of 0 and 1, dense or sparse.

        Raises:
            ValueError: texts or labels are of another form, or nothing can be learned from them.
        """
        texts = checked_texts(X)
        if is_indicator(y):
            if len(texts.columns) > 1:
                raise ValueError("several labels are learned for single texts, not for pairs")
            several, sets = checked_indicator(y, len(texts))
            self._learn(SEVERAL, _examples(texts, sets))
            self.classes_, self.names_, self.multilabel_ = several.values, several.names, True
        else:
            classes, names = checked_classes(y, len(texts))
            self._learn(_kind("classification", texts), _examples(texts, names))
            self.classes_, self.names_, self.multilabel_ = classes.values, classes.names, False
        self.n_features_in_ = len(texts.columns)
        return self

    def predict(self, X: Any) -> npt.NDArray[Any]:  # noqa: N803
        """(n,) the most probable class of each; (n, labels) of 0 and 1 where `y` was an indicator matrix.

        Raises:
            NotFittedError, ValueError: as in scikit-learn.
        """
        decoded = self._decoded(_examples(self._texts(X)))
        if self.multilabel_:
            own = [set(label) if isinstance(label, tuple) else set() for label in decoded.labels]
            return np.array([[int(name in names) for name in self.names_] for names in own])
        place = {name: place for place, name in enumerate(self.names_)}
        said: npt.NDArray[Any] = self.classes_[[place[str(label)] for label in decoded.labels]]
        return said

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:  # noqa: N803
        """(n, classes) in the order of `classes_`; of several labels, each column is that label's own probability.

        Raises:
            NotFittedError, ValueError: as in scikit-learn.
        """
        decoded = self._decoded(_examples(self._texts(X)))
        known = self.bundle_.predictor(self.device).labels.index()
        if decoded.probabilities is None:
            raise ValueError("this model gives no probabilities")
        likely = np.zeros((len(decoded.labels), len(self.names_)))
        for column, name in enumerate(self.names_):
            if name in known:  # a label that no training text had is in no model
                likely[:, column] = decoded.probabilities[:, known[name]]
        if self.multilabel_:
            return likely
        shares: npt.NDArray[np.float64] = likely / likely.sum(1, keepdims=True)
        return shares


class UnfreezeRegressor(RegressorMixin, UnfreezeModel):  # type: ignore[misc]
    __doc__ = f"""A regressor of texts or pairs.

    {(UnfreezeModel.__doc__ or "").partition(chr(10))[2].strip()}
    """

    def fit(self, X: Any, y: Any) -> UnfreezeRegressor:  # noqa: N803
        """Learn from texts and their scores. Raises `ValueError` for what cannot be learned from."""
        texts = checked_texts(X)
        self._learn(_kind("regression", texts), _examples(texts, checked_scores(y, len(texts))))
        self.n_features_in_ = len(texts.columns)
        return self

    def predict(self, X: Any) -> npt.NDArray[np.float64]:  # noqa: N803
        """(n,) a score for each. Raises `NotFittedError`, `ValueError`."""
        return np.array(self._decoded(_examples(self._texts(X))).labels, dtype=np.float64)


class UnfreezeTagger(UnfreezeModel):
    __doc__ = f"""A tagger of sentences, which are lists of words, with a list of tags each.

    {(UnfreezeModel.__doc__ or "").partition(chr(10))[2].strip()}
        classes_: the tags, sorted.
    """

    def fit(self, X: Any, y: Any) -> UnfreezeTagger:  # noqa: N803
        """Learn from sentences and their tags. Raises `ValueError` for what cannot be learned from."""
        sentences = checked_words(X)
        tags = checked_tags(y, sentences)
        self._learn("tagging", _sentences(sentences, tags.sequences), tags.canonical)
        self.scheme_ = tags.scheme
        self.classes_ = np.unique([tag for own in tags.sequences for tag in as_came(own, tags.scheme)])
        return self

    def predict(self, X: Any) -> list[list[str]]:  # noqa: N803
        """A list of tags for each sentence, in the scheme of those at `fit`. Raises `NotFittedError`, `ValueError`."""
        check_is_fitted(self, "bundle_")
        decoded = self._decoded(_sentences(checked_words(X)))
        return [as_came(tuple(label), self.scheme_) for label in decoded.labels if isinstance(label, tuple)]

    def score(self, X: Any, y: Any) -> float:  # noqa: N803
        """F1 of spans by conlleval's rules, or accuracy of words where the tags are in no span scheme."""
        said, sentences = self.predict(X), checked_words(X)
        gold = [as_came(own, tags.scheme) for tags in (checked_tags(y, sentences),) for own in tags.sequences]
        asked, scheme = task("tagging"), self.bundle_.predictor(self.device).labels.scheme
        names = tuple(map(str, self.classes_))
        scores = score(asked, [tuple(own) for own in gold], [tuple(own) for own in said], names, scheme)
        return scores[main_metric(asked, scheme)]


def _kind(kind: str, texts: Texts) -> str:
    return kind if len(texts.columns) == 1 else f"pair-{kind}"


def _examples(texts: Texts, labels: Sequence[Label] | None = None) -> tuple[Example, ...]:
    own: Sequence[Label | None] = labels if labels is not None else [None] * len(texts)
    rows = zip(zip(*texts.columns, strict=True), own, strict=True)
    return tuple(Example(f"texts[{i}]", *row, label=label) for i, (row, label) in enumerate(rows))  # type: ignore[misc]


def _sentences(
    sentences: Sequence[tuple[str, ...]], tags: Sequence[tuple[str, ...]] | None = None
) -> tuple[Example, ...]:
    own: Sequence[tuple[str, ...] | None] = tags if tags is not None else [None] * len(sentences)
    rows = enumerate(zip(sentences, own, strict=True))
    return tuple(Example(f"sentences[{i}]", " ".join(words), words=words, label=label) for i, (words, label) in rows)
