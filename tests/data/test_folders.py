"""Which file of a folder is which split."""

from pathlib import Path

import pytest

from unfreeze.data.folders import find_splits
from unfreeze.data.sources import Source
from unfreeze.data.split_names import split_of
from unfreeze.errors import InputError


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.tsv", "train"),
        ("valid.csv", "dev"),
        ("validation.jsonl", "dev"),
        ("dev_matched.tsv", "dev"),
        ("eng.train", "train"),
        ("eng.testa", "dev"),
        ("eng.testb", "test"),
        ("emerging.dev.conll", "dev"),
        ("train.char.bmes", "train"),
        ("weiboNER_2nd_conll.dev", "dev"),
        ("en_ewt-ud-train.conllu", "train"),
        ("train.10k.jsonl", "train"),
        ("in_domain_train.tsv", "train"),
        ("wnut17train.conll", "train"),
        ("train-00000-of-00001.parquet", "train"),
        ("latest.csv", None),
        ("contest.csv", None),
        ("trainer.csv", None),
        ("train_and_test.csv", None),
    ],
)
def test_split_by_name(name: str, split: str | None) -> None:
    assert split_of(name) == split


def folder(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).write_text("x")
    return root


def test_the_plainest_name_wins_and_the_others_are_said(tmp_path: Path) -> None:
    names = ["train_phrases.tsv", "train.tsv", "dev_mismatched.tsv", "dev_matched.tsv", "test.tsv", "genres.tsv"]
    found, said = find_splits(folder(tmp_path, *names, "README.md", ".hidden", "LICENSE"), {})
    assert {split: source.paths[0].name for split, source in found.items()} == {
        "train": "train.tsv",
        "dev": "dev_matched.tsv",
        "test": "test.tsv",
    }
    assert said == [
        "train: train.tsv was taken, not train_phrases.tsv; --train FILE chooses.",
        "dev: dev_matched.tsv was taken, not dev_mismatched.tsv; --dev FILE chooses.",
        "Not used, as their names tell no split: genres.tsv.",
    ]


def test_named_files_win(tmp_path: Path) -> None:
    other = tmp_path / "other.tsv"
    found, said = find_splits(folder(tmp_path, "train.tsv", "dev.tsv"), {"dev": [other]})
    assert (found["dev"], found["train"].shown.name, said) == (Source((other,)), "train.tsv", [])
    assert find_splits(None, {"train": [other]}) == ({"train": Source((other,))}, [])
    found, _ = find_splits(tmp_path / "train.tsv", {"test": [other]})
    assert found == {"train": Source((tmp_path / "train.tsv",)), "test": Source((other,))}


def test_the_only_file_of_a_folder_is_train(tmp_path: Path) -> None:
    found, said = find_splits(folder(tmp_path, "wikigold.conll", "README"), {})
    assert (list(found), found["train"].shown.name) == (["train"], "wikigold.conll")
    assert "wikigold.conll" in said[0]


def test_no_training_file_names_what_was_found(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"no training file in the folder, found dev\.tsv, test\.tsv; name one with --train"
    ):
        find_splits(folder(tmp_path, "test.tsv", "dev.tsv"), {})


def test_nothing_and_nowhere(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no training data"):
        find_splits(None, {"dev": [tmp_path / "dev.tsv"]})
    with pytest.raises(InputError, match="no such file or folder"):
        find_splits(tmp_path / "nowhere", {})
    with pytest.raises(InputError, match="found no files"):
        find_splits(tmp_path, {})
