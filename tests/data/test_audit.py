"""Counts of leaks, duplicates, clashes and the rest on small data whose answers are known."""

import json
from dataclasses import asdict

import pytest

from unfreeze.data.audit import Audit, Clash, Lengths, Overlap, audit, read_by
from unfreeze.data.audit_lines import audit_lines
from unfreeze.data.examples import Dataset, Example, Label, LabelSpace, SplitName
from unfreeze.data.unread import Unread
from unfreeze.tasks.kinds import TASKS

Rows = list[tuple[str, Label]]


def dataset(kind: str, labels: LabelSpace, train: Rows, dev: Rows, test: Rows) -> Dataset:
    def split(name: SplitName, rows: Rows) -> tuple[Example, ...]:
        words = [tuple(text.split()) if TASKS[kind].target.per_word else None for text, _ in rows]
        return tuple(
            Example(f"{name}:{i}", text, words=w, label=label)
            for i, ((text, label), w) in enumerate(zip(rows, words, strict=True), 1)
        )

    return Dataset("d", TASKS[kind], labels, split("train", train), split("dev", dev), split("test", test))


@pytest.fixture
def found() -> Audit:
    train: Rows = [*((f"good film {i}", "pos") for i in range(12)), ("bad", "neg"), ("Bad ", "neg"), ("odd", "neg")]
    dev: Rows = [("new", "pos"), ("", "neg"), ("BAD", "pos")]
    test: Rows = [("new", "pos"), ("good  film 3", "neg"), ("Odd", "neg"), ("fresh one", "pos")]
    return audit(dataset("classification", LabelSpace(("neg", "pos")), train, dev, test))


def test_counts_and_shares(found: Audit) -> None:
    train = found.splits["train"]
    assert (train.examples, train.labels, train.majority) == (15, {"pos": 12, "neg": 3}, 12 / 15)
    assert (train.duplicates, found.splits["dev"].empty, found.splits["test"].empty) == (1, 1, 0)
    assert found.rare == {"neg": 3}
    assert train.words == Lengths(3, 3, 3, 3)
    assert found.splits["test"].characters == Lengths(9, 12, 12, 12)


def test_overlaps_between_each_two_splits(found: Audit) -> None:
    assert found.overlaps == (
        Overlap("train", "dev", 1, 1 / 3, (("dev:3", "train:13"),)),
        Overlap("train", "test", 2, 0.5, (("test:2", "train:4"), ("test:3", "train:15"))),
        Overlap("dev", "test", 1, 0.25, (("test:1", "dev:1"),)),
    )


def test_clashing_labels(found: Audit) -> None:
    assert found.clashing == 2
    assert set(found.clashes) == {
        Clash(("train:13", "dev:3"), ("neg", "pos")),
        Clash(("train:4", "test:2"), ("pos", "neg")),
    }


def test_plain_values_for_json(found: Audit) -> None:
    unread = Unread("words", 9, 3)
    limited = json.loads(json.dumps(asdict(read_by(found, {"train": 0, "dev": 2, "test": 0}, {"dev": unread}))))
    assert limited["over_limit"] == {"train": 0, "dev": 2, "test": 0}
    assert {split: Unread(**part) for split, part in limited["unread"].items()} == {"dev": unread}
    assert (found.over_limit, found.unread) == (None, None)
    assert read_by(found, {}, {}).unread is None


def test_pairs_are_compared_as_pairs() -> None:
    def pair(where: str, a: str, b: str) -> Example:
        return Example(where, a, b, label="x")

    task, labels = TASKS["pair-classification"], LabelSpace(("x", "y"))
    train, dev, test = pair("train:1", "a", "b"), pair("dev:1", "b", "a"), pair("test:1", "A", "b ")
    found = audit(Dataset("d", task, labels, (train,), (dev,), (test,)))
    assert [(o.earlier, o.later) for o in found.overlaps] == [("train", "test")]


def test_spans_that_train_cannot_teach() -> None:
    labels = LabelSpace(("O", "B-PER"), "BIO")
    train: Rows = [("Ann ran", ("B-PER", "O"))]
    dev: Rows = [("Ann Lee ran", ("B-PER", "I-PER", "O")), ("Rome", ("B-LOC",)), ("Oslo Bo", ("B-LOC", "B-PER"))]
    found = audit(dataset("tagging", labels, train, dev, [("Bo", ("B-PER",))]))
    assert found.unseen == {"dev": {"LOC": 2, "PER": 1}, "test": {}}
    assert found.splits["dev"].labels == {"LOC": 2, "PER": 2}
    assert (found.rare, found.splits["train"].majority) == ({"PER": 1}, None)
    assert found.splits["dev"].words.longest == 3


def test_plain_tags_count_words() -> None:
    labels = LabelSpace(("DET", "NOUN"))
    found = audit(dataset("tagging", labels, [("the cat", ("DET", "NOUN"))], [("hm", ("INTJ",))], [("a", ("DET",))]))
    assert (found.splits["train"].labels, found.unseen["dev"]) == ({"DET": 1, "NOUN": 1}, {"INTJ": 1})


def test_scores_have_no_labels_but_may_clash() -> None:
    found = audit(
        dataset("regression", LabelSpace(low=0, high=5), [("a", 1.0), ("A", 1.5)], [("b", 2.0)], [("c", 3.0)])
    )
    assert (found.splits["train"].labels, found.splits["train"].majority, found.rare) == ({}, None, {})
    assert found.clashes == (Clash(("train:1", "train:2"), ("1", "1.5")),)


def test_sentences_put_warnings_first(found: Audit) -> None:
    lines = audit_lines(read_by(found, {"train": 2, "dev": 0, "test": 0}, {"dev": Unread("pieces", 10, 9)}))
    flags = [line.startswith("Warning: ") for line in lines]
    assert flags == sorted(flags, reverse=True)
    assert lines[1] == "Warning: also in train: 2 of 4 test texts (50.0 %), such as test:2 = train:4."
    for expected in (
        "Warning: texts that occur with different labels: 2, such as train:13 (neg) and dev:3 (pos).",
        "Warning: empty texts: 1 of 3 in dev.",
        "Warning: labels with fewer than 10 training examples: neg 3.",
        "Warning: longer than the encoder reads at once: 2 of 15 train examples.",
        "Warning: 90.0 % of the pieces of dev are the unknown piece: this encoder does not know this script or "
        "language. Try --encoder with one that was pretrained on such text, as a multilingual one may be.",
        "Warning: test is small (4 examples); differences between methods will be hard to see.",
        "Examples: train 15, dev 3, test 4.",
        "Labels in train: pos 80.0 %, neg 20.0 %.",
        "Repeated texts in train: 1 of 15 (6.7 %).",
        "Length of train texts: half have up to 3 words, nine in ten up to 3, the longest 3.",
    ):
        assert expected in lines


def test_sentences_for_lopsided_classes_unseen_tags_and_text_without_spaces() -> None:
    train: Rows = [(f"没有空格的很长的一句中文文本第{i}句", "a") for i in range(19)] + [("x", "b")]
    lines = audit_lines(audit(dataset("classification", LabelSpace(("a", "b")), train, train[:1], train[-1:])))
    assert "Warning: 95.0 % of train has the label a; compare macro-F1, not accuracy." in lines
    assert any("characters, nine in ten" in line for line in lines)
    tagged = dataset("tagging", LabelSpace(("O", "B-X"), "BIO"), [("a b", ("B-X", "O"))], [("c", ("B-Y",))], [])
    expected = "Warning: spans or words of dev with tags that train lacks, which count as missed: 1 (Y 1)."
    assert expected in audit_lines(audit(tagged))


def test_clean_large_data_has_no_warning() -> None:
    rows: Rows = [(f"text {i}", "ab"[i % 2]) for i in range(400)]
    lines = audit_lines(audit(dataset("classification", LabelSpace(("a", "b")), rows[:200], rows[200:300], rows[300:])))
    assert not [line for line in lines if line.startswith("Warning")]
