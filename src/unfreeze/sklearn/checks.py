"""scikit-learn's contract for estimators of texts, where its own `check_estimator` makes one check."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

OUTPUTS = ("transform", "predict_proba", "decision_function", "predict")
TOLERANCE = 1e-4
"""How far numbers may differ between a text alone and in a batch."""


@dataclass(frozen=True)
class Case:
    """What is checked.

    Attributes:
        estimator: not fitted, and left so.
        texts: to fit on.
        targets: one for each text; None where none is needed.
    """

    estimator: Any
    texts: Sequence[Any]
    targets: Sequence[Any] | None

    @cached_property
    def fitted(self) -> Any:
        """A clone, fitted once for all checks that do not change it."""
        return self.fit()

    def fit(self, texts: Any = None, targets: Any = None) -> Any:
        """A clone, fitted on these texts or all."""
        given = self.targets if targets is None else targets
        return clone(self.estimator).fit(self.texts if texts is None else texts, given)

    def outputs(self, estimator: Any) -> list[str]:
        """Methods that give a row or an answer for each text."""
        return [name for name in OUTPUTS if hasattr(estimator, name)]


def check_init_only_stores(case: Case) -> None:
    """The constructor keeps its arguments as they are, and does nothing else."""
    given = case.estimator.get_params(deep=False)
    made = type(case.estimator)(**given)
    assert set(vars(made)) == set(given), f"attributes of a new object are {sorted(vars(made))}"
    assert all(getattr(made, name) is value for name, value in given.items()), "an argument is changed"


def check_params(case: Case) -> None:
    """`set_params` takes what `get_params` gives, and refuses other names."""
    made = clone(case.estimator)
    assert made.set_params(**made.get_params()) is made, "set_params does not return self"
    _refuses(lambda: made.set_params(no_such_parameter=1), "an unknown parameter")


def check_clone(case: Case) -> None:
    """A clone has the same parameters, and nothing that was learned."""
    made = clone(case.fitted)
    assert repr(made.get_params()) == repr(case.estimator.get_params()), "a clone has other parameters"
    assert not [name for name in vars(made) if name.endswith("_")], "a clone is fitted"


def check_tags(case: Case) -> None:
    """Its tags say: strings, in one dimension, and it checks them on its own."""
    tags = get_tags(case.estimator)
    said = (tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array, tags.no_validation)
    assert said == (True, True, False, True), f"(string, one_d_array, two_d_array, no_validation) are {said}"


def check_not_fitted(case: Case) -> None:
    """Before `fit` there is a `NotFittedError`."""
    made = clone(case.estimator)
    for name in ("transform", "predict"):
        if hasattr(made, name):
            _refuses(lambda name=name: getattr(made, name)(case.texts), f"{name} before fit", NotFittedError)  # type: ignore[misc]


def check_fit(case: Case) -> None:
    """`fit` returns the object and leaves parameters and texts alone; names of what it learns end in _."""
    made, texts = clone(case.estimator), copy.deepcopy(case.texts)
    before = dict(made.get_params(deep=False))
    assert made.fit(texts, case.targets) is made, "fit does not return self"
    assert all(getattr(made, name) is value for name, value in before.items()), "fit changes a parameter"
    assert list(texts) == list(case.texts), "fit changes the texts"
    learned = set(vars(made)) - set(before)
    wrong = sorted(name for name in learned if not name.endswith("_") and not name.startswith("_"))
    assert learned, "fit keeps nothing"
    assert not wrong, f"names of what was learned do not end in _: {wrong}"


def check_refuses_one_string(case: Case) -> None:
    """One string is not a list of texts."""
    _refuses_texts(case, "a fine film", "one string")


def check_refuses_missing(case: Case) -> None:
    """None and NaN are not texts."""
    for missing in (None, float("nan")):
        _refuses_texts(case, [*case.texts[:-1], missing], f"{missing} among the texts")


def check_refuses_numbers(case: Case) -> None:
    """Numbers are not texts, and texts have no three columns."""
    _refuses_texts(case, np.arange(len(case.texts)), "numbers")
    if all(isinstance(text, str) for text in case.texts):
        _refuses_texts(case, np.full((len(case.texts), 3), "a", dtype=object), "a 2-D array")


def check_refuses_nothing(case: Case) -> None:
    """No texts are too few."""
    _refuses(lambda: clone(case.estimator).fit([], None if case.targets is None else []), "fit on no texts")


def check_refuses_other_lengths(case: Case) -> None:
    """There is a target for each text."""
    if case.targets is not None and not hasattr(case.estimator, "transform"):
        _refuses(lambda: clone(case.estimator).fit(case.texts, case.targets[:-1]), "fewer targets than texts")  # type: ignore[index]


def check_containers(case: Case) -> None:
    """Lists, tuples, arrays and columns of the same texts give the same."""
    held = [tuple(case.texts), _objects(case.texts)]
    if all(isinstance(text, str) for text in case.texts):
        held.append(np.array(case.texts))
    for package in ("pandas", "polars"):
        try:
            held.append(import_module(package).Series(list(case.texts)))
        except ImportError:
            continue
    for name in case.outputs(case.fitted):
        wanted = getattr(case.fitted, name)(case.texts)
        for texts in held:
            _same(getattr(case.fitted, name)(texts), wanted, f"{name} of a {type(texts).__name__}")
    _same_outputs(case, case.fit(held[1]), case.fitted, "fitted on an object array")


def check_alone_as_in_a_batch(case: Case) -> None:
    """What a text gives does not depend on the texts beside it."""
    for name in case.outputs(case.fitted):
        together = getattr(case.fitted, name)(case.texts)
        for place in range(0, len(case.texts), max(1, len(case.texts) // 3)):
            alone = getattr(case.fitted, name)(case.texts[place : place + 1])
            _same(alone, together[place : place + 1], f"{name} of text {place} alone")


def check_repeatable(case: Case) -> None:
    """Asked twice, and fitted twice, it gives the same; asking changes nothing."""
    made = case.fit()
    before = set(vars(made))
    for _ in range(2):
        _same_outputs(case, made, case.fitted, "asked twice, or fitted twice")
    assert set(vars(made)) == before, "asking adds attributes"


def check_pickle(case: Case) -> None:
    """It comes back from pickle and gives the same."""
    _same_outputs(case, pickle.loads(pickle.dumps(case.fitted)), case.fitted, "after pickle")


def check_transformer(case: Case) -> None:
    """A row for each text, a name for each column, `fit_transform` as both one after the other."""
    if not hasattr(case.fitted, "transform"):
        return
    rows = case.fitted.transform(case.texts)
    names = case.fitted.get_feature_names_out()
    assert rows.shape == (len(case.texts), len(names)), f"{rows.shape} rows and columns, {len(names)} names"
    assert len(set(names)) == len(names), "two columns have one name"
    _same(clone(case.estimator).fit_transform(case.texts, case.targets), rows, "fit_transform")


def check_classifier(case: Case) -> None:
    """Sorted `classes_`, answers among them in their type, probabilities that sum to one and fit the answers."""
    if not is_classifier(case.estimator) or case.targets is None:
        return
    classes = case.fitted.classes_
    assert list(classes) == sorted(set(case.targets)), f"classes_ are {list(classes)}"
    said = np.asarray(case.fitted.predict(case.texts))
    assert said.dtype == classes.dtype, f"predict gives {said.dtype}, classes_ are {classes.dtype}"
    assert set(said.tolist()) <= set(classes.tolist()), "predict gives a label that is not among classes_"
    if hasattr(case.fitted, "predict_proba"):
        likely = case.fitted.predict_proba(case.texts)
        assert likely.shape == (len(case.texts), len(classes)), f"predict_proba has the shape {likely.shape}"
        assert np.allclose(likely.sum(1), 1, atol=TOLERANCE), "probabilities do not sum to one"
        assert (classes[likely.argmax(1)] == said).all(), "predict is not the most probable class"


def check_label_types(case: Case) -> None:
    """Labels come back as they were: text, numbers, truth values."""
    if not is_classifier(case.estimator) or case.targets is None:
        return
    classes = sorted(set(case.targets))
    numbers = np.array([classes.index(label) for label in case.targets])
    for targets in (numbers, numbers == 0, numbers.astype(str), numbers.astype(str).astype(object)):
        said = np.asarray(case.fit(targets=targets).predict(case.texts))
        assert said.dtype == targets.dtype, f"{targets.dtype} labels come back as {said.dtype}"
        assert set(said.tolist()) <= set(targets.tolist()), f"{targets.dtype} labels come back as others"


TEXT_CHECKS: tuple[Callable[[Case], None], ...] = (
    check_init_only_stores, check_params, check_tags, check_not_fitted, check_fit, check_clone, check_repeatable,
    check_refuses_one_string, check_refuses_missing, check_refuses_numbers, check_refuses_nothing,
    check_refuses_other_lengths, check_containers, check_alone_as_in_a_batch, check_pickle, check_transformer,
    check_classifier, check_label_types,
)  # fmt: skip
"""All checks, in the order in which they are made."""


def check_text_estimator(
    estimator: Any, texts: Sequence[Any] | None = None, targets: Sequence[Any] | None = None
) -> None:
    """Check that an estimator of texts keeps scikit-learn's contract (`TEXT_CHECKS`).

    Args:
        estimator: an object that is not fitted; it is cloned, and stays as it is.
        texts: to fit on, at least two; None takes forty short texts in two classes.
        targets: of these texts, where the estimator needs some.

    Raises:
        AssertionError: a check fails; its name stands at the beginning of the message.
    """
    if texts is None:
        texts, targets = _forty_texts()
    case = Case(estimator, list(texts), targets)
    for check in TEXT_CHECKS:
        try:
            check(case)
        except Exception as error:
            raise AssertionError(f"{check.__name__}: {error}") from error


def _forty_texts() -> tuple[list[str], list[str]]:
    moods = {"good": ("a good film", "great music"), "bad": ("an awful film", "bad music")}
    ends = ("with a story", "and its end", "really", "with some music", "was the story")
    starts = ("the film was", "and")
    made = [(f"{a} {text} {b}", mood) for a in starts for b in ends for mood, some in moods.items() for text in some]
    return [text for text, _ in made], [mood for _, mood in made]


def _objects(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    array = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        array[place] = value
    return array


def _refuses(call: Callable[[], object], what: str, kind: type[Exception] = ValueError) -> None:
    try:
        call()
    except kind:
        return
    except Exception as error:
        raise AssertionError(f"{what}: {type(error).__name__} instead of {kind.__name__}: {error}") from error
    raise AssertionError(f"{what}: no {kind.__name__} is raised")


def _refuses_texts(case: Case, texts: Any, what: str) -> None:
    _refuses(lambda: clone(case.estimator).fit(texts, case.targets), f"fit on {what}")
    for name in case.outputs(case.fitted):
        _refuses(lambda name=name: getattr(case.fitted, name)(texts), f"{name} of {what}")  # type: ignore[misc]


def _same_outputs(case: Case, estimator: Any, other: Any, when: str) -> None:
    for name in case.outputs(other):
        _same(getattr(estimator, name)(case.texts), getattr(other, name)(case.texts), f"{name} {when}")


def _same(found: Any, wanted: Any, what: str) -> None:
    """Equal, or as good as equal where they are numbers."""
    assert len(found) == len(wanted), f"{what}: {len(found)} answers in place of {len(wanted)}"
    if np.asarray(wanted[0]).dtype.kind == "f":
        found, wanted = np.asarray(found, dtype=float), np.asarray(wanted, dtype=float)
        assert found.shape == wanted.shape, f"{what}: the shape is {found.shape} in place of {wanted.shape}"
        assert np.allclose(found, wanted, atol=TOLERANCE, rtol=TOLERANCE), f"{what}: off by {abs(found - wanted).max()}"
        return
    assert list(map(_plain, found)) == list(map(_plain, wanted)), f"{what}: other answers"


def _plain(answer: Any) -> Any:
    return tuple(answer) if isinstance(answer, list | tuple | np.ndarray) else answer
