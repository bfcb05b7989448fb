"""Tables with one word per row: sentences by a column or blank lines; where nothing marks them, that is an error."""

import json
from pathlib import Path

import pytest

from unfreeze.data import large_files
from unfreeze.data.read import read_dataset
from unfreeze.data.unlabelled import read_unlabelled
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import TASKS

SENTENCES = [
    [("EU", "NNP", "B-org"), ("rejects", "VB", "O"), ("calls", "NN", "O"), (".", ".", "O")],
    [("Bob", "NNP", "B-per"), ("Low", "NNP", "I-per")],
] * 3
WORDS = [tuple(word for word, _, _ in sentence) for sentence in SENTENCES]
TAGS = [tuple(tag for _, _, tag in sentence) for sentence in SENTENCES]


def rows(first: str, gap: str = "", parts: str = ",") -> str:
    """`first` is `"once"` (a number at a sentence's first word), `"always"` or `"never"`."""
    blocks = []
    for i, sentence in enumerate(SENTENCES):
        fronts = {"once": [f"Sentence: {i}"] + [""] * 9, "always": [str(i)] * 9, "never": []}[first]
        cells = [[*fronts[j : j + 1], *word] for j, word in enumerate(sentence)]
        blocks.append("".join(parts.join(row) + "\n" for row in cells))
    return gap.join(blocks)


FORMS = {
    "gmb.csv": (
        "Sentence #,Word,POS,Tag\n" + rows("once"),
        "words 'Word', tags 'Tag', one per row, sentences 'Sentence #'",
    ),
    "ids.csv": (
        "sentence_id,words,pos,labels\n" + rows("always"),
        "tags 'labels', one per row, sentences 'sentence_id'",
    ),
    "ids.tsv": ("doc_id\ttoken\tpos\tner\n" + rows("always", parts="\t"), "words 'token', tags 'ner', one per row"),
    "blank.csv": ("word,pos,tag\n" + rows("never", "\n"), "tags 'tag', one per row, sentences at blank lines"),
    "rows.jsonl": (
        "".join(
            json.dumps({"sentence_id": i, "word": w, "pos": p, "tag": t}) + "\n"
            for i, sentence in enumerate(SENTENCES)
            for w, p, t in sentence
        ),
        "words 'word', tags 'tag', one per row, sentences 'sentence_id'",
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_sentences(tmp_path: Path, name: str) -> None:
    content, columns = FORMS[name]
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    found = read_dataset(path, dev=path, test=path)
    assert [(e.words, e.label) for e in found.train] == list(zip(WORDS, TAGS, strict=True))
    assert any(columns in line for line in found.notes), found.notes
    assert [e.words for e in read_unlabelled(path, task=TASKS["tagging"])] == WORDS


def test_sentences_of_a_large_file_are_not_parted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_files, "LARGE", 1)
    monkeypatch.setattr(large_files, "ROWS", 7)
    for name in FORMS:
        path = tmp_path / name
        path.write_text(FORMS[name][0], encoding="utf-8")
        assert [e.words for e in read_unlabelled(path, task=TASKS["tagging"])] == WORDS


def test_parts_of_speech_by_their_column(tmp_path: Path) -> None:
    path = tmp_path / "gmb.csv"
    path.write_text(FORMS["gmb.csv"][0], encoding="utf-8")
    found = read_dataset(path, dev=path, test=path, label="POS")
    assert (found.labels.scheme, found.train[1].label) == (None, ("NNP", "NNP"))


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.csv", "text,pos,label\n" + rows("never"), "contains one word per row .*nothing shows where a sentence"),
        ("a.tsv", "EU\tB-org\nrejects\tO\n" * 9, "contains one word per row .*nothing shows where a sentence ends"),
        ("a.csv", "sentence_id,word,pos,tag\n" + rows("always") + "9,,x,O\n", r"a\.csv:20: the word is empty"),
        ("a.csv", "sentence_id,word,pos,tag\n" + rows("always") + "9,w,x,\n", r"a\.csv:20: the tag is empty"),
    ],
)  # fmt: skip
def test_faults(tmp_path: Path, name: str, content: str, problem: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=problem):
        read_dataset(path)


def test_words_with_classes_are_texts_with_classes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "id,word,label\n" + "".join(f"{i},good{i},pos\n{i},bad{i},neg\n" for i in range(9)), encoding="utf-8"
    )
    assert read_dataset(path).task.kind == "classification"
