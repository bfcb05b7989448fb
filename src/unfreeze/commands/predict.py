"""A bundle's predictions for a file, part by part in flat memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfreeze.bundle.load import Predictor, load
from unfreeze.data.examples import Example, Label
from unfreeze.data.unlabelled import Wanted, unlabelled_parts
from unfreeze.disk.files import new_file
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.methods.inputs import cut_at_limit, pair_reading, read_inputs, said_cut
from unfreeze.records.forecasts import Singles
from unfreeze.tasks.kinds import Task
from unfreeze.training.objectives import Decoded

FORMATS = (".tsv", ".jsonl")
PART = 8192
"""Texts that are predicted at a time."""
FORMULA = ("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}", "\N{FULLWIDTH HYPHEN-MINUS}",
           "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip
"""What spreadsheets take for the beginning of a formula; some take the wide forms too."""

Write = Callable[[str], object]


def predict_file(
    bundle: str | Path,
    file: Path,
    out: Path | None,
    *,
    text: str | None,
    text_b: str | None,
    device: str = "auto",
    escape_formulas: bool = False,
) -> int:
    """Predict every text of `file`; write to `out`, or print as tsv where it is None.

    Args:
        escape_formulas: put a `'` before cells of a tsv that a spreadsheet would run as a formula.

    Returns:
        The number of predictions.

    Raises:
        InputError: the bundle or file cannot be read, or `out` ends in neither of `FORMATS`; nothing is written then.
    """
    form = form_of(out, escape_formulas)
    predictor = load(bundle, device)
    wanted = wanted_of(predictor, text, text_b)
    check_texts(file, wanted)
    encoder, count, cut = predictor.model.encoder, 0, 0
    with _sink(out) as write:
        for part in _parts(file, wanted, whole=encoder.ordered is not None):
            said = predicted(predictor, form, part, first=count == 0)
            for line in said.lines:
                write(f"{line}\n")
            cut, count = cut + said.cut, count + said.texts
    if told := said_cut(cut, count, encoder.max_length):
        print(told, file=sys.stderr)
    return count


@dataclass(frozen=True)
class Form:
    """How predictions are written: as objects or as a table, in which cells may be escaped."""

    as_json: bool
    escape_formulas: bool


@dataclass(frozen=True)
class Predicted:
    """The lines of some texts.

    Attributes:
        texts: how many they are.
        cut: those that are not read to their end.
    """

    lines: tuple[str, ...]
    texts: int
    cut: int


def form_of(out: Path | None, escape_formulas: bool) -> Form:
    """What a file's name asks for. Raises `InputError` where it ends in none of `FORMATS`."""
    if out is not None and out.suffix not in FORMATS:
        raise InputError(
            say("ends in '{suffix}'; known: {formats}", suffix=out.suffix, formats=", ".join(FORMATS)), where=str(out)
        )
    return Form(out is not None and out.suffix == ".jsonl", escape_formulas)


def wanted_of(predictor: Predictor, text: str | None, text_b: str | None) -> Wanted:
    """What is read of a file: the columns that are named, else those that the bundle was trained on."""
    columns = predictor.about.get("columns", {})
    usual = columns.get("text"), columns.get("text_b")
    return Wanted(predictor.task, text, text_b, usual=usual, words=columns.get("words"))


def predicted(predictor: Predictor, form: Form, part: Sequence[Example], *, first: bool) -> Predicted:
    """The predictions of some texts of a file, in lines.

    Args:
        first: they are the first ones, above which a table has a line of names.
    """
    names = predictor.labels.names
    lines_of = (
        _JsonLines(predictor.task, names)
        if form.as_json
        else _Table(predictor.task, names, form.escape_formulas, first)
    )
    lines = tuple(lines_of(part, predictor.predict_examples(part)))
    return Predicted(lines, len(part), _cut(predictor, part))


def check_texts(file: Path, wanted: Wanted) -> int:
    """Read a file without keeping it, so that what is wrong with it is reported before anything is printed.

    Returns:
        The number of its texts.
    """
    count = 0
    for part in unlabelled_parts(file, wanted):
        count += len(part)
        empty = next((e.where for e in part if e.words == ()), None)
        if empty is not None:
            raise InputError("has no word to tag", where=empty)
    return count


def _parts(file: Path, wanted: Wanted, whole: bool) -> Iterator[Sequence[Example]]:
    """The texts of a file, `PART` at a time, or all together where an encoder's states continue from text to text."""
    if whole:
        yield [example for part in unlabelled_parts(file, wanted) for example in part]
    else:
        yield from texts_of(file, wanted, PART)


def texts_of(file: Path, wanted: Wanted, most: int) -> Iterator[Sequence[Example]]:
    """The texts of a file, at most `most` at a time."""
    for part in unlabelled_parts(file, wanted):
        for start in range(0, len(part), most):
            yield part[start : start + most]


@contextmanager
def _sink(out: Path | None) -> Iterator[Write]:
    """Where lines go: a file that is there once it is whole, or standard output."""
    if out is None:
        yield sys.stdout.write
        return
    with new_file(out) as temporary, temporary.open("w", encoding="utf-8") as opened:
        yield opened.write


def _cut(predictor: Predictor, part: Sequence[Example]) -> int:
    pair = pair_reading(predictor.model.recipe, predictor.task)
    return cut_at_limit(read_inputs(predictor.model.encoder, predictor.task, pair, part))


class _JsonLines:
    """An object for each text, with the probability of every label where they are decided one by one."""

    def __init__(self, task: Task, names: Sequence[str]) -> None:
        self._task, self._names = task, names

    def __call__(self, part: Sequence[Example], said: Decoded) -> Iterator[str]:
        """The lines of some texts."""
        likely = _one_by_one(self._task, said)
        rows = [None] * len(part) if likely is None else likely.tolist()
        for (example, label, sure), each in zip(_rows(part, said), rows, strict=True):
            found: dict[str, object] = {"text": example.text, "text_b": example.text_b, "words": example.words}
            found["confidence"] = sure
            found["probabilities"] = None if each is None else dict(zip(self._names, each, strict=True))
            yield json.dumps({**{k: v for k, v in found.items() if v is not None}, "label": label}, ensure_ascii=False)


def _one_by_one(task: Task, said: Decoded) -> Singles | None:
    """(texts, C) probabilities of labels that are decided one by one; None where the confidence says it all."""
    return said.probabilities if task.target.many else None


def _rows(part: Sequence[Example], said: Decoded) -> Iterator[tuple[Example, Label, float | None]]:
    return zip(part, said.labels, said.confidence or [None] * len(part), strict=True)


class _Table:
    """Rows of `label, confidence, text`, with the probabilities of several labels.

    For tagging `word, tag` rows with an empty line after each sentence.

    Args:
        first: a line of names is above the rows, but for tagging.
    """

    def __init__(self, task: Task, names: Sequence[str], escape_formulas: bool, first: bool = True) -> None:
        self._task, self._written, self._names = task, task.target.cell, names
        self._cell: Callable[[str], str] = _escaped if escape_formulas else str
        self._first = first

    def __call__(self, part: Sequence[Example], said: Decoded) -> Iterator[str]:
        """The lines of some texts."""
        if part[0].words is not None:
            for example, tags, _ in _rows(part, said):
                words = map(self._cell, example.words or ())
                yield from (f"{word}\t{self._cell(tag)}" for word, tag in zip(words, tags, strict=True))  # type: ignore[arg-type]
                yield ""
            return
        likely = _one_by_one(self._task, said)
        if self._first:
            each = [] if likely is None else ["probabilities"]
            yield "\t".join(["label", "confidence", *each, "text", *(["text_b"] if part[0].text_b is not None else [])])
        for row, (example, label, sure) in enumerate(_rows(part, said)):
            shown = self._written(label) if isinstance(label, float) else self._cell(self._written(label))
            texts = [self._cell(" ".join(t.split())) for t in (example.text, example.text_b) if t is not None]
            each = [] if likely is None else [self._of_labels(label, likely[row].tolist())]
            yield "\t".join([shown, "" if sure is None else f"{sure:.4f}", *each, *texts])

    def _of_labels(self, label: Any, likely: Sequence[float]) -> str:
        """Probabilities of the predicted labels, in their order."""
        return ";".join(f"{p:.4f}" for name, p in zip(self._names, likely, strict=True) if name in label)


def _escaped(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
