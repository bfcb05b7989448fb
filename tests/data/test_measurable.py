"""Dev and test sets that measure nothing are refused, with what to do; those that we cut measure something."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.data.examples import Example
from unfreeze.data.measurable import one_answer
from unfreeze.data.read import read_dataset
from unfreeze.data.splits import cut
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import TASKS

COUNT = 30
Label = Callable[[int], str]


def table(root: Path, split: str, label: Label, count: int = COUNT, header: bool = True) -> None:
    rows = [f"film {i} of {split}\t{label(i)}" for i in range(count)]
    (root / f"{split}.tsv").write_text("\n".join(["text\tlabel"] * header + rows) + "\n", encoding="utf-8")


def columns(root: Path, split: str, tag: Label, count: int = COUNT) -> None:
    blocks = [f"anna{i}\t{tag(i)}\nsleeps\t{'V' if tag(1) in 'NV' else 'O'}\n" for i in range(count)]
    (root / f"{split}.conll").write_text("\n".join(blocks), encoding="utf-8")


def class_of(i: int) -> str:
    return str(i % 2)


def score_of(i: int) -> str:
    return f"{i / 7:.3f}"


def hidden(label: str) -> Label:
    return lambda i: label


@pytest.mark.parametrize("split", ["dev", "test"])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize(
    ("label", "placeholder", "told"),
    [
        (class_of, "-1", "every row has the label '-1'"),
        (class_of, "0", "every row has the label '0'"),
        (class_of, "unknown", "every row has the label 'unknown'"),
        (score_of, "-1.0", "every score is -1|every row has the label '-1.0'"),
        (score_of, "1.143", "every score is|every row has the label '1.143'"),
        (score_of, "nan", "every row has the label 'nan'"),
    ],
)
def test_hidden_labels_are_reported(
    tmp_path: Path, split: str, header: bool, label: Label, placeholder: str, told: str
) -> None:
    for name in ("train", "dev", "test"):
        table(tmp_path, name, hidden(placeholder) if name == split else label, header=header)
    found = {} if header else {"text": "0", "label": "1"}
    with pytest.raises(InputError, match=rf"{split}.tsv: has one answer only \(({told})\)") as error:
        read_dataset(tmp_path, **found)
    assert f"leave the file out, and a {split} set is cut from train" in str(error.value)


def test_equal_scores_are_reported_however_they_are_written(tmp_path: Path) -> None:
    for name in ("train", "dev"):
        table(tmp_path, name, score_of)
    table(tmp_path, "test", lambda i: "1" if i % 2 else "1.0")
    with pytest.raises(InputError, match=r"test.tsv: has one answer only \(every score is 1\)"):
        read_dataset(tmp_path)


@pytest.mark.parametrize("tag", ["_", "-", "-X-", "*", "UNK"])
def test_a_placeholder_for_tags_is_reported_as_one(tmp_path: Path, tag: str) -> None:
    for name in ("train", "dev", "test"):
        columns(tmp_path, name, lambda i: "B-PER" if i % 3 else "O")
    words = "\n".join(f"anna{i}\t{tag}\nsleeps\t{tag}\n" for i in range(9))
    (tmp_path / "test.conll").write_text(words, encoding="utf-8")
    with pytest.raises(InputError, match=r"test\.conll: has one answer only .*leave the file out"):
        read_dataset(tmp_path)
    (tmp_path / "test.conll").write_text("anna\nsleeps\n\nbob\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"test\.conll: has words and no tags; leave the file out"):
        read_dataset(tmp_path)


@pytest.mark.parametrize("split", ["dev", "test"])
def test_tags_without_a_span_are_reported(tmp_path: Path, split: str) -> None:
    for name in ("train", "dev", "test"):
        columns(tmp_path, name, hidden("O") if name == split else lambda i: "B-PER" if i % 3 else "O")
    with pytest.raises(InputError, match=rf"{split}.conll: has one answer only \(no word is in a span\)"):
        read_dataset(tmp_path)


def test_plain_tags_that_are_all_the_same_are_reported(tmp_path: Path) -> None:
    for name in ("train", "dev"):
        columns(tmp_path, name, lambda i: "N" if i % 3 else "V")
    (tmp_path / "test.conll").write_text("anna\tN\nbob\tN\n\ncarla\tN\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"test.conll: has one answer only \(every word has the tag 'N'\)"):
        read_dataset(tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("text\nfilm 1\nfilm 2\n", r"no column 'label' for --label.*; if its labels are hidden, leave the file out"),
        ("text\tlabel\nfilm 1\t\nfilm 2\t\n", r"no row has a label \(column 'label'\); leave the file out"),
        ("text\tlabel\nfilm 1\t-\nfilm 2\t-\n", r"every row of test has the label '-', which .*; leave the file out"),
    ],
)
def test_labels_that_are_not_there_are_reported(tmp_path: Path, content: str, told: str) -> None:
    for name in ("train", "dev"):
        table(tmp_path, name, class_of)
    (tmp_path / "test.tsv").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        read_dataset(tmp_path)


def test_without_the_hidden_file_a_test_set_is_cut(tmp_path: Path) -> None:
    for name in ("train", "dev"):
        table(tmp_path, name, class_of)
    found = read_dataset(None, train=tmp_path / "train.tsv", dev=tmp_path / "dev.tsv")
    assert len(found.test) == COUNT // 5


@pytest.mark.parametrize(
    ("split", "label", "refused"),
    [("dev", class_of, False), ("dev", score_of, True), ("test", class_of, True), ("test", score_of, True)],
)
def test_a_single_item(tmp_path: Path, split: str, label: Label, refused: bool) -> None:
    for name in ("train", "dev", "test"):
        table(tmp_path, name, label, 1 if name == split else COUNT)
    if refused:
        with pytest.raises(InputError, match=rf"{split}.tsv: has 1 item"):
            read_dataset(tmp_path)
    else:
        assert len(read_dataset(tmp_path).split(split)) == 1  # type: ignore[arg-type]


def test_train_is_reported_first(tmp_path: Path) -> None:
    for name in ("train", "dev", "test"):
        table(tmp_path, name, hidden("a"))
    with pytest.raises(InputError, match="every training row has the label 'a'"):
        read_dataset(tmp_path)


def test_a_cut_that_cannot_have_two_classes_is_reported(tmp_path: Path) -> None:
    table(tmp_path, "train", lambda i: "rare" if i == 3 else "b")
    with pytest.raises(InputError, match=r"train.tsv: what was cut out of train as dev has one answer only"):
        read_dataset(tmp_path)


def test_a_train_split_that_loses_its_other_labels_is_reported(tmp_path: Path) -> None:
    table(tmp_path, "train", lambda i: "1.5" if i in (3, 4) else "0.0")
    with pytest.raises(
        InputError, match=r"after dev was cut out of train, every row has the label '0.0' there; add rows"
    ):
        read_dataset(tmp_path, task="regression")


def examples(labels: list[object]) -> tuple[Example, ...]:
    return tuple(Example(f"a:{i}", f"text {i}", label=label) for i, label in enumerate(labels))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        ("classification", ["a"] * 97 + ["b"] * 3),
        ("classification", ["a"] * 3 + ["b"] * 3),
        ("classification", ["a"] * 20 + ["b"] * 3 + ["c"]),
        ("regression", ["0"] * 60 + ["0.0"] * 10 + ["1.5"] * 2 + ["2.5"]),
        ("regression", ["0.5", "1.5"] * 3),
        ("regression", ["0"] * 7 + ["0.5"] * 5),
        ("tagging", [("O", "O")] * 90 + [("B-X", "O")] * 3),
    ],
)
def test_cuts_measure_something_where_they_can(kind: str, labels: list[object], seed: int) -> None:
    whole = examples(labels)
    rest, test = cut(whole, TASKS[kind], 0.2, seed)
    train, dev = cut(rest, TASKS[kind], 0.125, seed)
    assert sorted((*train, *dev, *test), key=whole.index) == list(whole)
    for part in (train, dev, test):
        if kind == "tagging":
            assert any(e.label == ("B-X", "O") for e in part)
        else:
            assert len({float(e.label) if kind == "regression" else e.label for e in part}) > 1  # type: ignore[arg-type]
    assert abs(len(test) - max(2, round(0.2 * len(whole)))) <= 1


@given(st.lists(st.sampled_from(["a", "b"]), min_size=6, max_size=40), st.integers(0, 3))
def test_a_cut_measures_wherever_each_side_can_have_both(labels: list[str], seed: int) -> None:
    kept, out = cut(examples(list(labels)), TASKS["classification"], 0.2, seed)
    assert {e.label for e in kept} == set(labels)
    if min(labels.count("a"), labels.count("b")) > 1:
        assert {e.label for e in out} == {"a", "b"}


def test_what_all_labels_say() -> None:
    classes, scores, tags = TASKS["classification"], TASKS["regression"], TASKS["tagging"]
    assert one_answer(examples([1.0, 1.0]), scores, None) == "every score is 1"
    assert one_answer(examples(["a", "b"]), classes, None) is None
    assert one_answer(examples([("B-X", "B-X")]), tags, "BIO") is None
    assert one_answer(examples([("O",), ("O", "O")]), tags, "BIO") == "no word is in a span"
    assert one_answer(examples([("N",), ("N",)]), tags, None) == "every word has the tag 'N'"
    assert all(one_answer((), task, None) is None for task in TASKS.values())


@pytest.mark.parametrize("placeholder", ["0", "false", "0.0"])
def test_a_label_of_nothing_is_a_label(tmp_path: Path, placeholder: str) -> None:
    truth = "true", "false"
    labels = {"0": lambda i: str(i % 2), "false": lambda i: truth[i % 2], "0.0": lambda i: f"{i % 2}.0"}[placeholder]
    for name in ("train", "dev", "test"):
        rows = [
            f'{{"text": "film {i} {name}", "label": {placeholder if name == "test" else labels(i)}}}' for i in range(9)
        ]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(
        InputError, match=rf"has one answer only \(every row has the label '{placeholder.removesuffix('.0')}'"
    ):
        read_dataset(tmp_path)
