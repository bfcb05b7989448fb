"""Lists of words and tags, as hubs give them: strings or class numbers, in JSON, parquet, Arrow, or cells of csv."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from unfreeze.data.examples import Dataset
from unfreeze.data.read import read_dataset
from unfreeze.data.unlabelled import read_unlabelled
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import TASKS

NAMES = ("O", "B-PER", "I-PER", "B-LOC")
ROWS = [
    (["Al", "Gore", "ran", "."], [1, 2, 0, 0]),
    (["Paris", "is", "at dawn"], [3, 0, 0]),
    (["nothing"], [0]),
]
LABELS = [("B-PER", "I-PER", "O", "O"), ("B-LOC", "O", "O"), ("O",)]


def lines(rows: Sequence[Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def named(tags: Sequence[int]) -> list[str]:
    return [NAMES[tag] for tag in tags]


def schema(**columns: str) -> dict[str, str]:
    """The metadata that `datasets` writes; each column is `"text"` or `"classes"`."""
    text = {"dtype": "string", "_type": "Value"}
    of = {"text": text, "classes": {"names": list(NAMES), "_type": "ClassLabel"}}
    features = {name: {"feature": of[kind], "_type": "List"} for name, kind in columns.items()}
    return {"huggingface": json.dumps({"info": {"features": features}})}


def table(rows: Sequence[tuple[Any, Any]], names: bool = True) -> pyarrow.Table:
    found = pyarrow.table({"id": [str(i) for i in range(len(rows))], "tokens": [w for w, _ in rows],
                           "ner_tags": [t for _, t in rows]})  # fmt: skip
    return found.replace_schema_metadata(schema(tokens="text", ner_tags="classes") if names else {})


def write(folder: Path, name: str, content: str | pyarrow.Table) -> Path:
    path = folder / name
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    elif path.suffix == ".parquet":
        pyarrow.parquet.write_table(content, path)
    else:
        with pyarrow.OSFile(str(path), "wb") as sink, pyarrow.ipc.new_file(sink, content.schema) as writer:
            writer.write_table(content)
    return path


def read(folder: Path, name: str, content: str | pyarrow.Table, **told: str) -> Dataset:
    path = write(folder, name, content)
    return read_dataset(path, dev=path, test=path, **told)  # type: ignore[arg-type]


def expect(found: Dataset, columns: str) -> None:
    assert (found.task.kind, found.labels.scheme) == ("tagging", "BIO")
    assert [(list(e.words or ()), e.label) for e in found.train] == [
        (w, t) for (w, _), t in zip(ROWS, LABELS, strict=True)
    ]
    assert any(line.startswith(f"Columns: {columns}") for line in found.notes), found.notes


FORMS: dict[str, tuple[Any, str]] = {
    "a.jsonl": (lines([{"id": 1, "tokens": w, "tags": named(t)} for w, t in ROWS]), "words 'tokens', tags 'tags';"),
    "a.json": (json.dumps([{"words": w, "labels": named(t)} for w, t in ROWS]), "words 'words', tags 'labels';"),
    "data.json": (json.dumps({"data": [{"words": w, "ner": named(t)} for w, t in ROWS]}), "words 'words', tags 'ner';"),
    "x.jsonl": (lines([{"x": named(t), "y": w} for w, t in ROWS]), "words 'y', tags 'x';"),
    "a.parquet": (table(ROWS), "words 'tokens', tags 'ner_tags';"),
    "a.arrow": (table(ROWS), "words 'tokens', tags 'ner_tags';"),
    "behind.jsonl": (lines([{"tokens": w, "ner": [t[2:] + "_" + t[0] if t != "O" else t for t in named(tags)]}
                            for w, tags in ROWS]), "words 'tokens', tags 'ner';"),
    "several.jsonl": (lines([{"tokens": w, "pos_tags": ["N"] * len(w), "ner_tags": t, "ner": named(t)}
                             for w, t in ROWS]),
                      "words 'tokens', tags 'ner' (pos_tags, ner_tags are as long);"),
    "topics.jsonl": (lines([{"tokens": w, "labels": ["news", "x", "y", "z", "u"], "tags": named(t)} for w, t in ROWS]),
                     "words 'tokens', tags 'tags'"),
    "lists.csv": ("tokens,ner_tags\n" + "".join(f'"{w}","{named(t)}"\n' for w, t in ROWS),
                  "words 'tokens', tags 'ner_tags';"),
    "json.tsv": ("words\tlabels\n" + "".join(f"{json.dumps(w)}\t{json.dumps(named(t))}\n" for w, t in ROWS),
                 "words 'words', tags 'labels';"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_sentences(tmp_path: Path, name: str) -> None:
    content, columns = FORMS[name]
    expect(read(tmp_path, name, content), columns)


def test_words_and_tags_parted_by_spaces(tmp_path: Path) -> None:
    rows = [(" ".join(w).replace("at dawn", "now"), " ".join(named(t))) for w, t in ROWS]
    found = read(tmp_path, "a.csv", "sentence,word_labels\n" + "".join(f'"{w}","{t}"\n' for w, t in rows))
    assert [e.label for e in found.train] == LABELS
    assert found.train[1].words == ("Paris", "is", "now")
    with pytest.raises(
        InputError, match=r"b\.csv:5: 2 words in 'text', but 1 tags in 'labels'; every word needs a tag"
    ):
        read(tmp_path, "b.csv", "text,labels\n" + "".join(f'"{w}","{t}"\n' for w, t in rows) + "two words,O\n")


def test_other_tags_are_reported_by_their_column(tmp_path: Path) -> None:
    rows = lines([{"tokens": w, "pos": ["N", "V", "N", "."][: len(w)], "ner_tags": named(t)} for w, t in ROWS])
    found = read(tmp_path, "a.jsonl", rows, label="pos")
    assert (found.labels.scheme, found.train[0].label) == (None, ("N", "V", "N", "."))
    assert read(tmp_path, "a.jsonl", rows, text="ner_tags", label="pos").train[1].words == ("B-LOC", "O", "O")


def test_names_of_the_training_file_serve_files_without(tmp_path: Path) -> None:
    train, dev = write(tmp_path, "a.parquet", table(ROWS)), write(tmp_path, "b.arrow", table(ROWS, names=False))
    test = write(tmp_path, "c.jsonl", lines([{"tokens": w, "ner_tags": t} for w, t in ROWS]))
    found = read_dataset(train, dev=dev, test=test)
    assert [e.label for e in found.dev] == [e.label for e in found.test] == LABELS


def test_rows_without_tags_or_words_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [*ROWS, (["a", "b"], [-1, -1]), (["a", "b"], None), ([], []), (["", " ", "x"], [0, 0, 0])]
    found = read(tmp_path, "a.parquet", table(rows))
    assert [e.words for e in found.train[3:]] == [("x",)]
    for line in (
        "Rows without a word, which were left out: 1 in train, 1 in dev, 1 in test, such as ",
        "Rows without tags (no list, or -1 or nothing for every word), which were left out: 2 in train",
        "Words that show nothing (empty, or white space), which were left out with their tags: 2 in train",
    ):
        assert any(said.startswith(line) for said in found.notes), line
    hidden = write(tmp_path, "hidden.parquet", table([(w, [-1] * len(w)) for w, _ in ROWS]))
    with pytest.raises(InputError, match=r"hidden\.parquet: no row of test has words with tags; leave the file out"):
        read_dataset(tmp_path / "a.parquet", test=hidden)


def json_rows(*more: dict[str, Any]) -> str:
    return lines([*({"tokens": w, "tags": named(t)} for w, t in ROWS), *more])


FAULTS: list[tuple[str, Any, str]] = [
    ("a.jsonl", json_rows({"tokens": ["a", "b"], "tags": ["O"]}), ":4: 2 words in 'tokens', but 1 tags in 'tags'"),
    ("a.jsonl", json_rows({"tokens": ["a", None], "tags": ["O", "O"]}), ":4: 'tokens' contains no text among its"),
    ("a.jsonl", json_rows({"tokens": ["a", 1.5], "tags": ["O", "O"]}), ":4: 'tokens' contains 1.5 (float) among"),
    ("a.jsonl", json_rows({"tokens": ["a", "b"], "tags": ["O", None]}), ":4: 'tags' contains None for some words"),
    ("a.jsonl", json_rows({"tokens": ["a", "b"], "tags": ["O", " "]}), ":4: 'tags' contains ' ' for some words"),
    ("a.jsonl", json_rows({"tokens": ["a", "b"], "tags": ["O", 3]}), ":4: 'tags' contains 3 for some words"),
    ("a.jsonl", json_rows(*[{"tokens": ["a"], "tags": ["B-PER"]}] * 9, {"tokens": ["a"], "tags": ["FOO"]}),
     ":13: tag 'FOO' is not a tag of the scheme BIO"),
    ("a.jsonl", lines([{"tokens": w, "ner_tags": t} for w, t in ROWS]), "a.jsonl:1: 'ner_tags' contains class numbers"),
    ("a.jsonl", lines([{"tokens": w, "ner_tags": list(map(str, t))} for w, t in ROWS]), "class numbers without names"),
    ("a.jsonl", lines([{"tokens": ["Wash", "##ing"], "ner_tags": [3, -100]}]), "a.jsonl:1: 'ner_tags' contains -100"),
    ("a.parquet", table([*ROWS, (["a"], [7])]), ":4: 7 in 'ner_tags' is not a class: the file names 4 classes"),
    ("a.parquet", table([*ROWS, (["a", "b"], [0, -1])]), ":4: 'ner_tags' contains -1 for some words"),
    ("a.csv", "tokens,tags\n" + "\"['a' 'b']\",\"['O' 'B-X']\"\n" * 3, ":2: 'tokens' contains arrays as numpy"),
    ("a.csv", "tokens,tags\n" + "\"['a', 'b']\",\"['O', 'B-X']\"\n" * 300 + "oh,oh\n", ":302: 'tokens' contains no"),
    ("a.jsonl", lines([{"x": w, "y": w} for w, _ in ROWS]), "which lists are words and which tags is not safe"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "problem"), FAULTS)
def test_faults_are_reported_with_their_row(tmp_path: Path, name: str, content: Any, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, name, content)
    assert problem in str(caught.value)


def test_lists_are_words_for_texts_to_be_tagged_too(tmp_path: Path) -> None:
    for name in ("a.jsonl", "a.parquet", "lists.csv", "topics.jsonl"):
        path = write(tmp_path, name, FORMS[name][0])
        for task in (TASKS["tagging"], None):
            found = read_unlabelled(path, task=task)
            assert [list(e.words or ()) for e in found] == [w for w, _ in ROWS], (name, task)
    path = write(tmp_path, "own.jsonl", lines([{"pieces": w, "n": 1} for w, _ in ROWS]))
    found = read_unlabelled(path, task=TASKS["tagging"], usual=("pieces", None))
    assert found[2].words == ("nothing",)
