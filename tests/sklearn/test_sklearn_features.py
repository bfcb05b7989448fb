"""`EncoderFeatures`: what it gives, that a text is encoded once, and that it does what pipelines expect."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from tiny import make_encoder, rows

from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.sklearn import EncoderFeatures, check_text_estimator
from unfreeze.sklearn.vectors import FEW, _loaded

TEXTS, LABELS = (list(column) for column in zip(*rows("classification", 60, 0), strict=True))
TEXTS = list(dict.fromkeys(TEXTS))
LABELS = LABELS[: len(TEXTS)]
FIRST = TEXTS[:3]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture
def features(folder: Path, tmp_path: Path) -> EncoderFeatures:
    return EncoderFeatures(folder, cache=tmp_path / "cache", device="cpu")


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Inputs of each batch that the encoder reads."""
    counts: list[int] = []
    real = TransformerEncoder.encode

    def counted(self: TransformerEncoder, batch: Any, **options: Any) -> Any:
        counts.append(len(batch.lengths))
        return real(self, batch, **options)

    monkeypatch.setattr(TransformerEncoder, "encode", counted)
    return counts


def _oracle(folder: Path, text: str) -> torch.Tensor:
    """(layers, pieces, width) by transformers itself."""
    from transformers import AutoModel, AutoTokenizer

    model, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        return torch.stack(model(**tokenizer(text, return_tensors="pt"), output_hidden_states=True).hidden_states)[:, 0]


@pytest.mark.parametrize(
    ("layers", "pooling", "of"),
    [
        ("mean", "mean", lambda s: s.mean(1).mean(0)),
        ("top", "max", lambda s: s[-1].amax(0)),
        ("concat", "cls", lambda s: s[:, 0].flatten()),
        ((0, -1), "last", lambda s: torch.cat([s[0, -1], s[2, -1]])),
        (1, "mean", lambda s: s[1].mean(0)),
    ],
)
def test_vectors_are_those_of_transformers(folder: Path, tmp_path: Path, layers: Any, pooling: str, of: Any) -> None:
    made = EncoderFeatures(folder, layers, pooling, cache=tmp_path, device="cpu").fit_transform(TEXTS)
    assert made.dtype == np.float32
    for place in (0, 5):
        assert made[place] == pytest.approx(of(_oracle(folder, TEXTS[place])).numpy(), abs=2e-3)


def test_it_keeps_the_contract(features: EncoderFeatures) -> None:
    check_text_estimator(features)
    check_text_estimator(features, TEXTS)


def test_pairs_are_two_texts_side_by_side(features: EncoderFeatures) -> None:
    pairs = [*zip(TEXTS[:10], TEXTS[10:20], strict=True)]
    made = clone(features).fit(pairs)
    alone = clone(features).fit_transform(TEXTS[:20])
    u, v = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (alone[:10], alone[10:]))
    wanted = np.hstack([u, v, abs(u - v), u * v])
    for held in (pairs, [list(pair) for pair in pairs], np.array(pairs), np.array(pairs, dtype=object)):
        assert made.transform(held) == pytest.approx(wanted, abs=1e-5)
    assert list(made.get_feature_names_out()[[0, 16, 32, 63]]) == [
        "first_mean_0", "second_mean_0", "absdiff_mean_0", "product_mean_15",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="is expecting 2 features"):
        made.transform(TEXTS)
    with pytest.raises(ValueError, match="rows of 1, 2 columns"):
        made.transform([*pairs, "alone"])


def test_names_of_columns(features: EncoderFeatures) -> None:
    made = features.set_params(layers=(0, -1)).fit(TEXTS)
    assert list(made.get_feature_names_out()[[0, 15, 16, 31]]) == ["layer0_0", "layer0_15", "layer2_0", "layer2_15"]


def test_a_grid_asks_the_encoder_once_for_each_text(features: EncoderFeatures, encoded: list[int]) -> None:
    model = make_pipeline(features, LogisticRegression(max_iter=2000))
    grid = {
        "encoderfeatures__layers": ["mean", "top", (0, 2)],
        "logisticregression__C": [0.1, 1, 10],
    }
    search = GridSearchCV(model, grid, cv=3).fit(TEXTS, LABELS)
    assert sum(encoded) == len(TEXTS)
    assert len(search.predict(TEXTS)) == len(TEXTS)
    assert cross_val_score(model, TEXTS, LABELS, cv=3).shape == (3,)
    clone(features).fit_transform(TEXTS[::-1])
    assert sum(encoded) == len(TEXTS)
    features.set_params(pooling="max").fit_transform(TEXTS)
    assert sum(encoded) == 2 * len(TEXTS)


def test_a_text_in_two_places_is_encoded_once(features: EncoderFeatures, encoded: list[int]) -> None:
    texts = [*TEXTS[:FEW], *TEXTS[:FEW]]
    made = features.fit_transform(texts)
    assert sum(encoded) == FEW
    assert np.array_equal(made[:FEW], made[FEW:])


def test_few_texts_are_not_kept_and_have_the_same_vectors(
    features: EncoderFeatures, tmp_path: Path, encoded: list[int]
) -> None:
    alone = features.fit(TEXTS).transform(FIRST)
    assert not [*(tmp_path / "cache").rglob("states.bin")]
    assert np.array_equal(alone, features.transform(FIRST))
    assert sum(encoded) == 2 * len(FIRST)
    assert alone == pytest.approx(features.transform(TEXTS)[:3], rel=1e-3, abs=1e-3)
    assert [*(tmp_path / "cache").rglob("states.bin")]


@pytest.mark.parametrize("harm", ["gone", "torn"])
def test_a_store_that_is_gone_or_torn_is_made_again(
    features: EncoderFeatures, tmp_path: Path, encoded: list[int], harm: str
) -> None:
    wanted = features.fit_transform(TEXTS)
    (states,) = (tmp_path / "cache").rglob("states.bin")
    if harm == "gone":
        for file in states.parent.iterdir():
            file.unlink()
        states.parent.rmdir()
    else:
        states.write_bytes(b"x" * states.stat().st_size)
    assert np.array_equal(features.transform(TEXTS), wanted)
    assert sum(encoded) == 2 * len(TEXTS)


def test_another_prefix_or_length_has_other_vectors(features: EncoderFeatures) -> None:
    plain = features.fit_transform(TEXTS)
    assert abs(clone(features).set_params(prefix="bad ").fit_transform(TEXTS) - plain).max() > 0.1
    assert abs(clone(features).set_params(max_length=4).fit_transform(TEXTS) - plain).max() > 0.1
    assert np.array_equal(clone(features).fit_transform(TEXTS), plain)


def test_an_encoder_is_loaded_once(features: EncoderFeatures, monkeypatch: pytest.MonkeyPatch) -> None:
    _loaded.cache_clear()
    names: list[str] = []

    def counted(name: str, *arguments: Any) -> Any:
        names.append(name)
        return load_encoder(name, *arguments)

    monkeypatch.setattr("unfreeze.encoders.load.load_encoder", counted)
    for layers in ("mean", "top"):
        clone(features).set_params(layers=layers).fit(TEXTS).transform(TEXTS)
    assert len(names) == 1


def test_another_encoder_under_the_same_name_is_an_error(tmp_path: Path) -> None:
    folder = make_encoder(tmp_path / "encoder")
    made = EncoderFeatures(folder, cache=tmp_path / "cache", device="cpu").fit(TEXTS)
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    changed = {name: tensor + 0.1 for name, tensor in weights.items()}
    save_file(changed, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match="another encoder than at fit"):
        made.transform(TEXTS)


def test_pickles_contain_no_weights(features: EncoderFeatures, tmp_path: Path) -> None:
    wanted = features.fit_transform(TEXTS)
    data = pickle.dumps(features)
    assert len(data) < 2000
    assert np.array_equal(pickle.loads(data).transform(TEXTS), wanted)
    joblib.dump(features, tmp_path / "features.joblib")
    assert np.array_equal(joblib.load(tmp_path / "features.joblib").transform(TEXTS), wanted)


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_frames_in_and_out(features: EncoderFeatures, package: str) -> None:
    frames = pytest.importorskip(package)
    frame = frames.DataFrame({"text": TEXTS, "other": TEXTS[::-1], "n": list(range(len(TEXTS)))})
    wanted = features.fit_transform(TEXTS)
    for column in (frame["text"], frame[["text"]]):
        assert np.array_equal(clone(features).fit_transform(column), wanted)
    pairs = clone(features).fit_transform(frame[["text", "other"]])
    assert np.array_equal(pairs, clone(features).fit_transform([*zip(TEXTS, TEXTS[::-1], strict=True)]))
    for column in ("text", ["text"]):
        parts = ColumnTransformer([("words", clone(features), column), ("rest", "passthrough", ["n"])])
        out = parts.set_output(transform=package).fit_transform(frame)
        assert type(out).__module__.startswith(package)
        assert next(iter(out.columns)) == "words__mean_0"
        assert out.shape == (len(TEXTS), 17)
        assert np.allclose(np.asarray(out)[:, :16], wanted)
    with pytest.raises(ValueError, match="rows of 3 columns"):
        features.fit(frame)
    missing = frames.Series([*TEXTS[:-1], None])
    with pytest.raises(ValueError, match=f"missing value .* in row {len(TEXTS) - 1};"):
        features.fit(missing)


def test_a_pandas_index_stays(features: EncoderFeatures) -> None:
    pandas = pytest.importorskip("pandas")
    column = pandas.Series(FIRST, index=["a", "b", "c"])
    assert list(features.set_output(transform="pandas").fit_transform(column).index) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"encoder": "no/such/folder"}, "no/such/folder"),
        ({"layers": "tops"}, "did you mean 'top'"),
        ({"layers": 3}, "from -3 to 2; got 3"),
        ({"layers": (-4,)}, "from -3 to 2"),
        ({"layers": ()}, "from -3 to 2"),
        ({"layers": (0.5,)}, "from -3 to 2"),
        ({"layers": True}, "from -3 to 2"),
        ({"pooling": "maen"}, "did you mean 'mean'"),
        ({"device": "gpu"}, "unknown device 'gpu'"),
        ({"max_length": 0}, "max_length|length"),
    ],
)
def test_bad_settings_are_value_errors_at_fit(
    features: EncoderFeatures, settings: dict[str, Any], message: str
) -> None:
    made = clone(features).set_params(**settings)
    with pytest.raises(ValueError, match=message):
        made.fit(TEXTS)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"a": 1}, "got dict"),
        (b"bytes", "one string"),
        (None, "NoneType"),
        (3, "got int"),
        ([b"bytes"], "type bytes in row 0"),
        (np.array([[["a"]]]), "got 3D array"),
        ([["a", "b", "c"]], "rows of 3 columns"),
        ([("a", None)], "missing value"),
    ],
)
def test_what_is_no_text_is_a_value_error(features: EncoderFeatures, texts: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        features.fit(texts)


def test_a_column_of_an_array_is_taken(features: EncoderFeatures) -> None:
    column = np.array(TEXTS, dtype=object)[:, None]
    assert np.array_equal(clone(features).fit_transform(column), features.fit_transform(TEXTS))
