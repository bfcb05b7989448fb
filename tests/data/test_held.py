"""Data that a program holds are the same as in a file: texts, pairs, words, classes by name, splits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import unfreeze
from unfreeze.data.examples import Dataset
from unfreeze.data.held import is_held, kept
from unfreeze.data.read import read_dataset
from unfreeze.errors import InputError

TEXTS = [f"a {word} film number {n}" for n in range(12) for word in ("good", "bad")]
LABELS = ["good", "bad"] * 12
COLUMNS: dict[str, Any] = {"review": TEXTS, "mood": LABELS}
ROWS = [{"review": text, "mood": label} for text, label in zip(TEXTS, LABELS, strict=True)]


def read(data: object, folder: Path, **columns: str) -> Dataset:
    return read_dataset(kept(data, folder), **columns)  # type: ignore[arg-type]


def everything(dataset: Dataset) -> list[tuple[str, object]]:
    return sorted((e.text, e.label) for split in ("train", "dev", "test") for e in dataset.split(split))  # type: ignore[arg-type]


def pandas_frame() -> Any:
    return pytest.importorskip("pandas").DataFrame(COLUMNS, index=range(100, 124))


def polars_frame() -> Any:
    return pytest.importorskip("polars").DataFrame(COLUMNS)


def lazy_frame() -> Any:
    return pytest.importorskip("polars").LazyFrame(COLUMNS)


def hub_dataset() -> Any:
    return pytest.importorskip("datasets").Dataset.from_dict(COLUMNS)


HELD: dict[str, Callable[[], Any]] = {
    "columns": lambda: COLUMNS,
    "arrays": lambda: {name: np.array(values, object) for name, values in COLUMNS.items()},
    "rows": lambda: ROWS,
    "arrow": lambda: pa.table(COLUMNS),
    "pandas": pandas_frame,
    "polars": polars_frame,
    "lazy": lazy_frame,
    "datasets": hub_dataset,
}


@pytest.mark.parametrize("form", HELD)
def test_every_form_gives_the_same_examples(form: str, tmp_path: Path) -> None:
    dataset = read(HELD[form](), tmp_path, text="review", label="mood")
    assert everything(dataset) == sorted(zip(TEXTS, LABELS, strict=True))
    assert set(dataset.columns.values()) == {"review", "mood"}, "an index is not a column"


def test_texts_and_labels_need_no_names(tmp_path: Path) -> None:
    dataset = read((np.array(TEXTS), np.array(LABELS)), tmp_path)
    assert everything(dataset) == sorted(zip(TEXTS, LABELS, strict=True))
    pairs = read(([(text, "a film") for text in TEXTS], LABELS), tmp_path)
    assert pairs.task.kind == "pair-classification"
    assert {e.text_b for e in pairs.train} == {"a film"}
    words = read(([text.split() for text in TEXTS], [["B-X", "O", "O", "O", "O"]] * 24), tmp_path)
    assert words.task.kind == "tagging"
    assert words.train[0].words is not None
    scores = read((TEXTS, [n / 7 for n in range(24)]), tmp_path, task="regression")
    assert all(isinstance(e.label, float) for e in scores.train)


@pytest.mark.parametrize("form", [form for form in HELD if form not in ("columns", "arrays")])
def test_splits_by_name(form: str, tmp_path: Path) -> None:
    def part(begin: int, end: int) -> Any:
        whole = HELD[form]()
        if form == "datasets":
            return whole.select(range(begin, end))
        return whole[begin:end] if form != "arrow" else whole.slice(begin, end - begin)

    if form == "lazy":
        pytest.skip("a lazy frame is not cut by positions")
    dataset = read({"train": part(0, 12), "validation": part(12, 18), "test": part(18, 24)}, tmp_path)
    assert [e.text for e in dataset.train] == TEXTS[:12]
    assert [e.text for e in dataset.dev] == TEXTS[12:18]
    assert [e.text for e in dataset.test] == TEXTS[18:]


def test_classes_keep_their_names(tmp_path: Path) -> None:
    """And rows keep their order after a shuffle, which a `Dataset` only writes down."""
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    rows = datasets.Dataset.from_dict({"text": TEXTS, "label": [0, 1] * 12}, features=features)
    dataset = read(datasets.DatasetDict({"train": rows.shuffle(seed=1), "test": rows.select([1, 2, 3, 4])}), tmp_path)
    assert dataset.labels.names == ("no", "yes")
    assert [(e.text, e.label) for e in dataset.test] == [(TEXTS[i], ["no", "yes"][i % 2]) for i in (1, 2, 3, 4)]
    assert {(e.text, e.label) for e in (*dataset.train, *dataset.dev)} == {
        (text, ["no", "yes"][i % 2]) for i, text in enumerate(TEXTS)
    }


def test_the_same_data_are_the_same_file(tmp_path: Path) -> None:
    """By which a comparison of them is resumed."""
    first = kept(COLUMNS, tmp_path)
    before = first.stat().st_mtime_ns
    assert kept({name: list(values) for name, values in COLUMNS.items()}, tmp_path) == first
    assert first.stat().st_mtime_ns == before
    other = kept({**COLUMNS, "mood": ["bad", *LABELS[1:]]}, tmp_path)
    assert other != first
    assert kept({"train": COLUMNS, "test": COLUMNS}, tmp_path) not in (first, other)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (7, "is of type int, which is not read; known: a file"),
        ([], "is of type list, which is not read"),
        ({"train": ROWS, "extra": ROWS}, "'extra' is not a split; known: train, dev, test"),
        ({"train": 7}, r"data\['train'\]: is of type int"),
        ((TEXTS, LABELS[1:]), "there are 24 texts and 23 labels"),
        ({"text": TEXTS, "label": LABELS[1:]}, "cannot be read as a table"),
        ({"text": [], "label": []}, "has no rows"),
    ],
)
def test_what_cannot_be_read_is_one_line(data: object, problem: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=problem):
        kept(data, tmp_path)
    assert not list(tmp_path.iterdir())


def test_names_are_not_held() -> None:
    assert not any(map(is_held, (None, "a.csv", Path("a.csv"))))
    assert all(map(is_held, (ROWS, COLUMNS, (TEXTS, LABELS))))


def test_a_probe_of_held_data_is_that_of_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFREEZE_CACHE", str(tmp_path / "cache"))
    held = unfreeze.probe((TEXTS, LABELS), encoder="bert-mini", seeds=2)
    (file,) = (tmp_path / "cache" / "given").glob("*/data.parquet")
    named = unfreeze.probe(file, encoder="bert-mini", seeds=2)
    assert [layer.test for layer in held.layers] == [layer.test for layer in named.layers]
    apart = unfreeze.probe(train=ROWS, test=ROWS[:6], encoder="bert-mini", seeds=2, text="review", label="mood")
    assert len(apart.layers) == len(held.layers)
