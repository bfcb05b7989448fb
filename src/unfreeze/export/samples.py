"""Texts on which an export is run against the bundle: stored ones, and some made to be awkward."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from unfreeze.bundle.load import Predictor
from unfreeze.bundle.sample import read_sample
from unfreeze.data.examples import Example
from unfreeze.data.read import read_dataset
from unfreeze.data.unlabelled import read_unlabelled
from unfreeze.encoders.word_pieces import encode_words
from unfreeze.errors import InputError
from unfreeze.export.graph import exportable
from unfreeze.language.message import say
from unfreeze.records.comparison import read_items

MOST = 512
"""Stored items that are run, spread evenly over those that there are."""
AWKWARD = (
    " ", "a", ".", "Ångström naïve ÇA VA", "你好，世界。", "😀 \u200b e\u0301", "x" * 40, "It's 3.14 (or so)… \"ok\"?"
)  # fmt: skip
_LONG = 400


def sample_of(bundle: Path, test: Sequence[Example] = ()) -> list[Example]:
    """Items to check an export by: a test file's, those of the comparison beside the bundle, or those kept in it.

    Raises:
        InputError: there are none.
    """
    found = list(test)
    if not found and (bundle.parent / "items.parquet").exists():
        found = list(read_items(bundle.parent))
    found = found or list(read_sample(bundle))
    if not found:
        problem = "has no texts to check an export by, and no comparison beside it; give some with --test FILE"
        raise InputError(problem, where=str(bundle))
    step = max(1, -(-len(found) // MOST))
    return found[::step]


def texts_of(predictor: Predictor, file: Path) -> Sequence[Example]:
    """Texts of a file, read as `predict` reads them."""
    columns = predictor.about.get("columns", {})
    usual = columns.get("text"), columns.get("text_b")
    return read_unlabelled(file, task=predictor.task, usual=usual, words=columns.get("words"))


def labelled_items(predictor: Predictor, bundle: Path, test: str | Path | None) -> Sequence[Example]:
    """Test items with their labels: of a file, or of the comparison beside the bundle; none where there is neither.

    Raises:
        InputError: the file has no labels, or others than the bundle knows.
    """
    if test is None:
        return read_items(bundle.parent) if (bundle.parent / "items.parquet").exists() else ()
    columns, file = predictor.about.get("columns", {}), Path(test)
    named = {name: columns.get(name) for name in ("text", "text_b", "label")}
    read = read_dataset(None, train=file, dev=file, test=file, task=predictor.task.kind, **named)
    if read.labels.scheme != predictor.labels.scheme:
        schemes = f"{read.labels.scheme or 'no scheme'}, the bundle's {predictor.labels.scheme or 'no scheme'}"
        raise InputError(say("has tags of {schemes}; write them alike", schemes=schemes), where=str(file))
    predictor.task.target.check_known("test", read.test, predictor.labels)
    return read.test


def plainly_read(predictor: Predictor, items: Sequence[Example]) -> list[Example]:
    """Of sentences to be tagged those that are read in one window and whose every word has a piece; else all items."""
    if not predictor.task.target.per_word:
        return list(items)
    encoder, words = exportable(predictor), [item.words or () for item in items]
    windows = np.diff(encoder.read_words(words).examples)
    seen = [len(set(e.word_ids)) for e in encode_words(encoder.tokenizer, words)]
    rows = zip(items, windows, seen, strict=True)
    return [item for item, count, known in rows if count == 1 and known == len(item.words or ())]


def awkward(predictor: Predictor, items: Sequence[Example]) -> list[Example]:
    """Examples that are nearly empty, not ASCII, or longer than the limit."""
    words = " ".join(item.text for item in items[:20]).split() or ["a"]
    long = " ".join((words * (_LONG * 4 // len(words) + 1))[: max(_LONG, 2 * predictor.model.encoder.max_length)])
    texts = [*AWKWARD, long]
    if predictor.task.target.per_word:
        return [Example("made", t, words=tuple(t.split()) or ("\u200b",)) for t in texts]
    if not predictor.task.pair:
        return [Example("made", text) for text in texts]
    return [Example("made", a, b) for a, b in zip([*texts, long], [*texts[1:], texts[0], long], strict=True)]
