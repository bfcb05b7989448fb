"""Sets are found by what they are of, and read with the columns that they need."""

from __future__ import annotations

from pathlib import Path

import pytest
from data_sets import SETS, present, read_set, required

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_set_counts_only_with_a_training_split(tmp_path: Path) -> None:
    (tmp_path / "snli").mkdir()
    (tmp_path / "snli" / "dev.tsv").touch()
    assert present(tmp_path, "pairs") is None
    with pytest.raises(SystemExit, match="sick, snli"):
        required(tmp_path, "pairs")
    (tmp_path / "snli" / "train.tsv").touch()
    assert required(tmp_path, "pairs") == "snli"


@pytest.mark.parametrize("name", [n for n in SETS if (EXAMPLES / n).exists()])
def test_examples_are_of_the_kind_that_is_said(name: str) -> None:
    task = read_set(EXAMPLES, name).task
    kind = "pairs" if task.pair else "tags" if task.target.per_word else "texts"
    assert kind == SETS[name].kind
    assert len(read_set(EXAMPLES, name, 50).train) == 50


def test_other_folders_are_read_with_columns_guessed(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    rows = [f"text {i}\t{'ab'[i % 2]}" for i in range(60)]
    (folder / "train.tsv").write_text("\n".join(["text\tlabel", *rows]) + "\n", encoding="utf-8")
    assert read_set(tmp_path, "mine").labels.names == ("a", "b")
