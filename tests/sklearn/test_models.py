"""The three estimators: they learn, keep scikit-learn's contract, and give labels back as they came."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from tiny import label_sets, make_encoder, recipes, rows, sentences

import unfreeze
from unfreeze.data.examples import Example
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.sklearn import UnfreezeClassifier, UnfreezeRegressor, UnfreezeTagger, check_text_estimator
from unfreeze.sklearn.labels import checked_indicator, is_indicator

TEXTS, LABELS = (list(column) for column in zip(*rows("classification", 60, 0), strict=True))
RATED, SCORES = zip(*((text, float(score)) for text, score in rows("regression", 60, 0)), strict=True)
SENTENCES = [[word for word, _ in own] for own in sentences(60, 0, "BIO")]
TAGS = [[tag for _, tag in own] for own in sentences(60, 0, "BIO")]
FROZEN = recipes("classification")[0]
TUNED = replace(recipes("classification")[2], learning_rate=1e-2, epochs=12)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = make_encoder(tmp_path_factory.mktemp("encoder"))
    return {"encoder": folder, "seeds": 1, "device": "cpu", "validation_fraction": 0.25, "recipe": FROZEN}


@pytest.fixture(scope="module")
def fitted(settings: dict[str, Any]) -> UnfreezeClassifier:
    return UnfreezeClassifier(**settings).fit(TEXTS, LABELS)


def pandas_frame(marked: np.ndarray) -> Any:
    return pytest.importorskip("pandas").DataFrame(marked, columns=list(SET_NAMES))


def test_the_classifier_keeps_the_contract(settings: dict[str, Any]) -> None:
    check_text_estimator(UnfreezeClassifier(**settings), TEXTS, LABELS)


def test_the_regressor_keeps_the_contract(settings: dict[str, Any]) -> None:
    check_text_estimator(UnfreezeRegressor(**settings), RATED, SCORES)


def test_the_tagger_keeps_the_contract(settings: dict[str, Any]) -> None:
    recipe = recipes("tagging-BIO")[0]
    check_text_estimator(UnfreezeTagger(**{**settings, "recipe": recipe}), SENTENCES, TAGS)


def test_they_learn(settings: dict[str, Any], fitted: UnfreezeClassifier) -> None:
    new, gold = zip(*rows("classification", 40, 7), strict=True)
    assert fitted.score(new, gold) > 0.9
    new, levels = zip(*rows("regression", 40, 7), strict=True)
    assert UnfreezeRegressor(**settings).fit(RATED, SCORES).score(new, np.array(levels, float)) > 0.5
    tagger = UnfreezeTagger(**{**settings, "recipe": recipes("tagging-BIO")[0]}).fit(SENTENCES, TAGS)
    held = [*sentences(40, 7, "BIO")]
    words, tags = [[w for w, _ in own] for own in held], [[t for _, t in own] for own in held]
    assert tagger.score(words, tags) > 0.6
    assert list(tagger.classes_) == sorted({tag for own in TAGS for tag in own})


SETS = list(label_sets(80, 0))
SET_NAMES = ("bad", "good", "nobody", "person")
MARKED = np.array([[int(name in row["labels"]) for name in SET_NAMES] for row in SETS])
SET_TEXTS = [row["text"] for row in SETS]


@pytest.fixture(scope="module")
def several(settings: dict[str, Any]) -> UnfreezeClassifier:
    return UnfreezeClassifier(**settings).fit(SET_TEXTS, MARKED)


def test_several_labels_are_learned_from_an_indicator_matrix(several: UnfreezeClassifier) -> None:
    new = [row["text"] for row in label_sets(60, 7)]
    said, likely = several.predict(new), several.predict_proba(new)
    bundle = unfreeze.load(several.bundle_)
    decoded = bundle.predict_examples([Example("", text) for text in new])
    assert said.dtype.kind == "i"
    assert [{str(i) for i in np.flatnonzero(row)} for row in said] == [set(own) for own in decoded.labels]
    assert bundle.labels.names == ("0", "1", "3")  # no training text has the label of the column between
    np.testing.assert_array_equal(likely[:, [0, 1, 3]], decoded.probabilities)
    assert not likely[:, 2].any()
    assert list(several.classes_) == [0, 1, 2, 3]
    fitted = several.predict(SET_TEXTS)
    for column in (0, 1, 3):  # with two columns exchanged they would agree no better than chance
        assert balanced_accuracy_score(MARKED[:, column], fitted[:, column]) > 0.7
    assert several.score(SET_TEXTS, MARKED) == accuracy_score(MARKED, fitted)


@pytest.mark.parametrize("form", [csr_matrix, pandas_frame, lambda marked: marked.tolist(), lambda m: m.astype(bool)])
def test_indicators_in_every_form_are_the_same(form: Any, several: UnfreezeClassifier) -> None:
    assert is_indicator(form(MARKED))
    classes, sets = checked_indicator(form(MARKED), len(MARKED))
    assert sets == [tuple(str(i) for i in range(4) if row[i]) for row in MARKED]
    assert list(classes.values) == [0, 1, 2, 3]


def test_several_labels_are_not_for_pairs(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not for pairs"):
        UnfreezeClassifier(**settings).fit([(text, text) for text in SET_TEXTS], MARKED)


@pytest.mark.parametrize("better", ["feature-extraction", "fine-tuning"])
def test_auto_takes_the_method_that_is_better_on_the_part_held_out(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, better: str
) -> None:
    table = {
        recipe.method: (recipe if recipe.method == better else replace(recipe, learning_rate=1e-9, epochs=1),)
        for recipe in (FROZEN, TUNED)
    }
    monkeypatch.setattr("unfreeze.commands.steps.recipes", lambda budget, method, task, traits: table[method.name])
    made = UnfreezeClassifier(**{**settings, "recipe": None, "method": "auto", "seeds": 2}).fit(TEXTS, LABELS)
    dev = {name: (len(scores), np.mean(scores)) for name, scores in made.result_.dev.items()}
    (worse,) = dev.keys() - {better}
    assert dev[better][0] == dev[worse][0] == 2
    assert dev[better][1] > dev[worse][1]
    assert (made.result_.method, made.result_.recipe.method, made.result_.metric) == (better, better, "accuracy")
    assert unfreeze.load(made.bundle_).about["method"] == better


@pytest.mark.parametrize("method", ["feature-extraction", "fine-tuning"])
def test_one_method_is_trained_where_it_is_named(settings: dict[str, Any], method: str) -> None:
    recipe = FROZEN if method == "feature-extraction" else TUNED
    made = UnfreezeClassifier(**{**settings, "recipe": recipe, "method": method}).fit(TEXTS, LABELS)
    assert (made.result_.method, list(made.result_.dev)) == (method, [method])


def test_probabilities_stand_in_the_order_of_the_classes(settings: dict[str, Any]) -> None:
    """Classes 2 and 10 have names in another order."""
    targets = np.where(np.array(LABELS) == "True", 10, 2)
    made = UnfreezeClassifier(**settings).fit(TEXTS, targets)
    assert list(made.classes_) == [2, 10]
    likely = made.predict_proba(TEXTS)
    assert (made.classes_[likely.argmax(1)] == made.predict(TEXTS)).all()
    assert ((likely[:, 1] > 0.5) == (targets == 10)).mean() > 0.9


def test_classes_that_are_written_alike_stay_apart(settings: dict[str, Any]) -> None:
    targets = np.where(np.array(LABELS) == "True", " ", "")
    made = UnfreezeClassifier(**settings).fit(TEXTS, targets)
    assert (made.predict(TEXTS) == targets).mean() > 0.9


def test_pairs(settings: dict[str, Any]) -> None:
    pairs = [(a, b) for a, b, _ in rows("pair-classification", 60, 0)]
    labels = [label for *_, label in rows("pair-classification", 60, 0)]
    recipe = recipes("pair-classification")[0]
    made = UnfreezeClassifier(**{**settings, "recipe": recipe}).fit(np.array(pairs, dtype=object), labels)
    assert made.n_features_in_ == 2
    assert (made.predict(pairs) == made.predict(np.array(pairs))).all()
    with pytest.raises(ValueError, match="expecting 2 features"):
        made.predict(TEXTS)


def test_the_bundle_is_one_of_the_product(fitted: UnfreezeClassifier) -> None:
    assert unfreeze.load(fitted.bundle_).predict(TEXTS) == list(fitted.predict(TEXTS))


def test_a_pickle_is_whole_without_the_folder(
    fitted: UnfreezeClassifier, settings: dict[str, Any], tmp_path: Path
) -> None:
    joblib.dump(fitted, tmp_path / "model.joblib")
    back = joblib.load(tmp_path / "model.joblib")
    assert (back.predict_proba(TEXTS) == fitted.predict_proba(TEXTS)).all()
    assert str(back.bundle_) != str(fitted.bundle_)
    again = pickle.loads(pickle.dumps(back))
    folder = Path(back.bundle_)
    del back
    assert not folder.exists()
    assert (again.predict(TEXTS) == fitted.predict(TEXTS)).all()


def test_a_folder_keeps_runs_and_refuses_another_model(settings: dict[str, Any], tmp_path: Path) -> None:
    made = UnfreezeClassifier(**settings, out=tmp_path / "out").fit(TEXTS, LABELS)
    assert Path(made.bundle_) == tmp_path / "out" / "bundle"
    runs = sorted(path.name for path in (tmp_path / "out" / "runs").iterdir())
    wanted = made.predict(TEXTS)
    assert (clone(made).fit(TEXTS, LABELS).predict(TEXTS) == wanted).all()
    assert sorted(path.name for path in (tmp_path / "out" / "runs").iterdir()) == runs
    clone(made).set_params(random_state=3).fit(TEXTS, LABELS)
    assert (made.predict(TEXTS) == wanted).all()
    with pytest.raises(ValueError, match="fitted later"):
        pickle.dumps(made)


def test_in_searches_and_pipelines(settings: dict[str, Any]) -> None:
    model = make_pipeline(FunctionTransformer(), UnfreezeClassifier(**settings))
    assert cross_val_score(model, TEXTS, LABELS, cv=2).mean() > 0.8
    other = FrozenRecipe("linear", "mix", learning_rate=1e-5, epochs=1, batch_size=16, dropout=0.0)
    search = GridSearchCV(UnfreezeClassifier(**settings), {"recipe": [other, FROZEN]}, cv=2).fit(TEXTS, LABELS)
    assert search.best_params_["recipe"] is FROZEN


@pytest.mark.parametrize("scheme", ["BIO", "BIOES", "BILOU", "BMES", "BMEWO", "IO", "IOB1", "plain"])
def test_tags_come_back_in_their_scheme(scheme: str) -> None:
    from unfreeze.sklearn.labels import as_came, checked_tags

    own = {
        "BIO": "B-A B-A I-A O B-B", "BIOES": "S-A B-A E-A O S-B", "BILOU": "U-A B-A I-A L-A O U-B",
        "BMES": "S-A B-A M-A E-A O S-B", "BMEWO": "W-A B-A M-A E-A O W-B", "IO": "I-A I-A O I-B I-A",
        "IOB1": "I-A I-A B-A O I-B I-A", "plain": "DET NOUN VERB",
    }[scheme].split()  # fmt: skip
    tags = checked_tags([own, own], [["w"] * len(own)] * 2)
    assert tags.scheme == scheme
    assert [as_came(one, tags.scheme) for one in tags.sequences] == [own, own]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encoder": "no/such/folder"}, "no/such/folder"),
        ({"recipe": None, "method": "fine-tunning"}, "fine-tuning"),
        ({"method": "fine-tuning"}, "recipe is one of 'feature-extraction'"),
        ({"budget": "fast"}, "budget"),
        ({"validation_fraction": 0.0}, "validation_fraction must be between 0 and 1"),
        ({"validation_fraction": 1.5}, "validation_fraction must be between 0 and 1"),
        ({"seeds": 0}, "seeds"),
        ({"device": "gpu"}, "device"),
    ],
)
def test_bad_settings_are_value_errors(settings: dict[str, Any], change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        UnfreezeClassifier(**{**settings, **change}).fit(TEXTS, LABELS)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (None, "target y is None"),
        (["a"] * 60, "two classes are needed"),
        ([*LABELS[:-1], None], "NaN or None"),
        (np.linspace(0, 1, 60), "Unknown label type: continuous"),
        (np.arange(120).reshape(60, 2), "or an indicator matrix"),
        (np.eye(59)[:, :3].astype(int), "inconsistent numbers of samples"),
    ],
)
def test_bad_classes_are_value_errors(settings: dict[str, Any], targets: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        UnfreezeClassifier(**settings).fit(TEXTS, targets)


def test_bad_scores_and_tags_are_value_errors(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="NaN or infinity"):
        UnfreezeRegressor(**settings).fit(TEXTS, [*SCORES[:-1], float("nan")])
    with pytest.raises(ValueError, match="must be numbers"):
        UnfreezeRegressor(**settings).fit(TEXTS, ["high"] * 60)
    with pytest.raises(ValueError, match="sentence 59 has"):
        UnfreezeTagger(**settings).fit(SENTENCES, [*TAGS[:-1], ["O"]])
    with pytest.raises(ValueError, match="row 0 is str"):
        UnfreezeTagger(**settings).fit(TEXTS, TAGS)


def test_texts_that_are_too_few_are_a_value_error(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="too few to hold a part"):
        UnfreezeClassifier(**settings).fit(["a", "b"] * 10, ["x", "y"] * 10)


def test_what_failed_to_fit_is_not_fitted(settings: dict[str, Any]) -> None:
    made = UnfreezeClassifier(**settings)
    with pytest.raises(ValueError, match="two classes"):
        made.fit(TEXTS, ["a"] * 60)
    with pytest.raises(NotFittedError):
        made.predict(TEXTS)


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_frames(fitted: UnfreezeClassifier, settings: dict[str, Any], package: str) -> None:
    frames = pytest.importorskip(package)
    frame = frames.DataFrame({"text": TEXTS, "label": LABELS})
    made = UnfreezeClassifier(**settings).fit(frame["text"], frame["label"])
    assert (made.predict(frame[["text"]]) == fitted.predict(TEXTS)).all()
