"""The floor of a comparison is computed once, kept, and shown; what is gone or of another make is computed again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import tiny

from unfreeze.commands import steps
from unfreeze.commands.compare import compare
from unfreeze.floor import bag_of_words
from unfreeze.records.comparison import read_floor, write_floor


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_it_is_scored_from_the_predictions_that_are_kept(kind: str, answered: Callable[[str], Path]) -> None:
    out = answered(kind)
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    floor, record = result["floor"], read_floor(out)
    assert record is not None
    assert floor["test"] == record.test[result["metric"]]
    assert floor["ci95"][0] <= floor["test"] <= floor["ci95"][1]
    assert floor["gains"].keys() == tiny.methods(result).keys()
    gold = pq.read_table(out / "items.parquet")["gold"].to_pylist()
    assert len(record.predictions) == len(gold)
    if kind in ("classification", "pair-classification"):
        right = sum(g == p for g, p in zip(gold, record.predictions, strict=True))
        assert floor["test"] == right / len(gold)


def test_it_is_not_computed_again_for_the_same_question(
    answered: Callable[[str], Path],
    data_of: Callable[[str], Path],
    encoder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    shutil.copytree(answered("classification"), out)
    plan = tiny.tiny_plan(data_of("classification"), encoder, out, "classification")
    made: list[str] = []
    plain = steps.bag_of_words
    monkeypatch.setattr(steps, "bag_of_words", lambda data, question: (made.append(question), plain(data, question))[1])
    first = compare(plan).floor
    assert made == []
    record = read_floor(out)
    assert record is not None
    for stale in (replace(record, question="another"), replace(record, version=0), None):
        if stale is None:
            (out / "floor.json").unlink()
        else:
            write_floor(out, stale)
        again = compare(plan).floor
        assert again is not None
        assert first is not None
        assert replace(again, train_s=0) == replace(first, train_s=0)
    assert made == [record.question] * 3


def test_training_words_of_one_tag_are_no_end_of_a_comparison(
    data_of: Callable[[str], Path], encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, rare = data_of("tagging-BIO"), tmp_path / "rare"
    shutil.copytree(data, rare)
    train = (data / "train.conll").read_text(encoding="utf-8")
    plain = "the O\nfilm O\n\n"
    one = train.partition("\n\n")[0] + "\n\n"
    (rare / "train.conll").write_text(plain * 40 + one + plain, encoding="utf-8")
    monkeypatch.setattr(bag_of_words, "MOST_WORDS", 6)  # first, middle and last sentence
    plan = tiny.tiny_plan(rare, encoder, tmp_path / "out", "tagging-BIO")
    floor = compare(plan).floor
    assert floor is not None
    record = read_floor(tmp_path / "out")
    assert record is not None
    assert {tag for tags in record.predictions for tag in tags} == {"O"}  # type: ignore[union-attr]
    assert floor.test == 0
