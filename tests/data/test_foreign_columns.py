"""Column files of other tools: identities before words, offsets, languages, wrapped tags, hidden tags."""

from collections.abc import Callable
from pathlib import Path

import pytest

from unfreeze.data.examples import Dataset
from unfreeze.data.read import read_dataset
from unfreeze.data.unlabelled import read_unlabelled
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import TASKS

Line = Callable[[int, int, str, str], tuple[object, ...]]


def write(path: Path, line: Line) -> None:
    blocks = []
    for i in range(30):
        words = ["Anna", f"Smith{i}", "was", "in", ["Paris", "Rome"][i % 2]]
        tags = ["B-PER", "I-PER", "O", "O", "B-LOC"]
        rows = [line(i, j, w, t) for j, (w, t) in enumerate(zip(words, tags, strict=True))]
        blocks.append("".join("\t".join(map(str, row)) + "\n" for row in rows))
    path.write_text("\n".join(blocks))


def read(folder: Path, line: Line, test: Line | None = None) -> Dataset:
    write(folder / "train.conll", line)
    if test:
        write(folder / "test.conll", test)
    return read_dataset(folder)


LINES: list[Line] = [
    lambda i, j, w, t: (f"{i + 1}-{j + 1}", w, t),
    lambda i, j, w, t: (f"{i + 1}.{j + 1}", w, t),
    lambda i, j, w, t: (f"{i}:{j}", w, t),
    lambda i, j, w, t: (f"doc.s{i}.w{j}", w, t),
    lambda i, j, w, t: (t, 100 * i + 9 * j, 100 * i + 9 * j + 8, w),
    lambda i, j, w, t: (f"en:{w}", t),
    lambda i, j, w, t: (f"zh-classical:{w}", t),
    lambda i, j, w, t: (j + 1, w, t, "B-LOCderiv" if j == 3 and i % 5 == 0 else "O"),
]


@pytest.mark.parametrize("line", LINES)
def test_words_and_tags_are_found(tmp_path: Path, line: Line) -> None:
    found = read(tmp_path, line)
    assert found.labels.names == ("O", "B-LOC", "B-PER", "I-PER")
    words = {e.words for split in ("train", "dev", "test") for e in found.split(split) if e.words}
    assert ("Anna", "Smith0", "was", "in", "Paris") in words


@pytest.mark.parametrize("around", ["<{}>", "[{}]", "__label__{}"])
def test_wrapped_span_tags_are_reported(tmp_path: Path, around: str) -> None:
    found = read(tmp_path, lambda i, j, w, t: (w, around.format(t)))
    assert found.labels.scheme is None
    assert [line for line in found.notes if line.startswith("Warning: the tags look like span tags")]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (lambda i, j, w, t: (w,), "has words and no tags; leave the file out"),
        (lambda i, j, w, t: (w, "_"), "has one answer only (every word"),
        (lambda i, j, w, t: (w, "?"), "perhaps its labels are hidden"),
    ],
)
def test_hidden_tags_are_reported(tmp_path: Path, line: Line, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, lambda i, j, w, t: (w, t), line)
    assert problem in str(caught.value)
    assert "leave the file out" in str(caught.value)


def test_languages_are_taken_off_where_predictions_are_wanted_too(tmp_path: Path) -> None:
    path = tmp_path / "more.conll"
    path.write_text("en:Anna\tO\nen:was\tO\n\nen:here\tO\n")
    examples = read_unlabelled(path, task=TASKS["tagging"])
    assert [e.words for e in examples] == [("Anna", "was"), ("here",)]
