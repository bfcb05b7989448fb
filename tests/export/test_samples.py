"""Texts by which exports are checked and judged."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_bundles import items, made, save

from unfreeze.data.examples import Example
from unfreeze.errors import InputError
from unfreeze.export.samples import MOST, awkward, labelled_items, plainly_read, sample_of, texts_of
from unfreeze.records.comparison import write_items

FILES = {
    "tuned mean": ("t.tsv", "text\tlabel\ngood film\ta\nbad cat\tb\nthe dog\tc\n", ("a", "b", "c")),
    "tuned pair": ("p.tsv", "text\ttext_b\tlabel\ngood film\tx y\ta\nbad cat\tz\tb\n", ("a", "b")),
    "frozen scores": ("r.tsv", "text\tlabel\ngood film\t1.5\nbad cat\t2\nx\t3.5\n", (1.5, 2.0, 3.5)),
    "frozen label sets": (
        "m.jsonl", '{"text":"a b","labels":["a","c"]}\n{"text":"c","labels":[]}\n{"text":"d","labels":["b"]}\n',
        (("a", "c"), (), ("b",)),
    ),
    "crf": ("t.conll", "anna B-PER\nsat O\n\nthe O\nrome B-LOC\n", (("B-PER", "O"), ("O", "B-LOC"))),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_a_file_of_labelled_items_is_read_for_every_kind(case: str, tmp_path: Path) -> None:
    name, content, labels = FILES[case]
    (tmp_path / name).write_text(content, encoding="utf-8")
    predictor = made(case, num_hidden_layers=1)
    read = labelled_items(predictor, tmp_path / "bundle", tmp_path / name)
    assert tuple(item.label for item in read) == labels
    assert all((item.words is not None) == (case == "crf") for item in read)


def test_labels_that_the_bundle_does_not_know_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("text\tlabel\ngood\ta\nbad\tz\n", encoding="utf-8")
    with pytest.raises(InputError, match="'z'"):
        labelled_items(made("tuned mean", num_hidden_layers=1), tmp_path, tmp_path / "t.tsv")
    (tmp_path / "t.conll").write_text("rome S-LOC\nsat O\n\nnew B-LOC\nyork E-LOC\n", encoding="utf-8")
    with pytest.raises(InputError, match="tags of BIOES, the bundle's BIO"):
        labelled_items(made("crf", num_hidden_layers=1), tmp_path, tmp_path / "t.conll")


def test_a_file_wins_over_the_comparison_and_that_over_what_is_kept(tmp_path: Path) -> None:
    predictor = made("tuned mean", num_hidden_layers=1)
    bundle = save(tmp_path / "bundle", predictor, [Example("kept", "kept")])
    assert [item.text for item in sample_of(bundle)] == ["kept"]
    assert labelled_items(predictor, bundle, None) == ()
    many = [Example(f"t:{n}", f"text {n}", label="a") for n in range(2 * MOST + 10)]
    write_items(tmp_path, many)
    found = sample_of(bundle)
    assert MOST // 2 < len(found) <= MOST
    assert (found[0], found[1]) == (many[0], many[3])
    assert labelled_items(predictor, bundle, None) == tuple(many)
    (tmp_path / "given.txt").write_text("given\n", encoding="utf-8")
    assert [item.text for item in sample_of(bundle, texts_of(predictor, tmp_path / "given.txt"))] == ["given"]


@pytest.mark.parametrize("case", ["tuned mean", "tuned pair", "crf"])
def test_awkward_texts_are_longer_than_the_limit_and_not_ascii(case: str) -> None:
    predictor = made(case, num_hidden_layers=1)
    texts = awkward(predictor, items(predictor, 3))
    assert any(len(item.text.split()) > predictor.model.encoder.max_length for item in texts)
    assert any(not item.text.isascii() for item in texts)
    assert all((item.text_b is not None) == (case == "tuned pair") for item in texts)
    assert all(item.words is None or item.words for item in texts)


def test_only_sentences_that_are_read_plainly_are_left() -> None:
    predictor = made("plain tags", num_hidden_layers=1)
    fine, long, dropped = (Example("", "", words=words) for words in (("a", "cat"), ("cat",) * 90, ("a", "\u200b")))
    assert plainly_read(predictor, [fine, long, dropped]) == [fine]
    assert plainly_read(made("tuned mean", num_hidden_layers=1), [long]) == [long]
