"""Single test items worth reading: the worst mistakes of a run, and where two runs disagree."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from unfreeze.data.examples import Example, Label, LabelSpace
from unfreeze.records.comparison import TestRecord
from unfreeze.tasks.kinds import Task
from unfreeze.tasks.schemes import Span

LONGEST = 700  # characters of a text, and of what stands between two spans
MOST_PIECES = 60
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True)
class Piece:
    """A stretch of words: `kind` is the type of a span, None outside; `right` says whether gold has the same span."""

    text: str
    kind: str | None = None
    right: bool = True


@dataclass(frozen=True)
class Answer:
    """What one run said. `label` is empty for tagging, `pieces` is empty otherwise."""

    method: str
    label: str
    right: bool
    confidence: float | None
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class Case:
    """One test item with gold and the answers of one or two runs."""

    where: str
    text: str
    text_b: str | None
    gold: str
    pieces: tuple[Piece, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Run:
    """A method's run as cases need it; `wrong` is `errors` of its predictions."""

    method: str
    test: TestRecord
    wrong: tuple[float, ...]

    def doubt(self, item: int) -> float:
        """Confidence of the prediction, 0 where the head gives none."""
        return self.test.confidence[item] if self.test.confidence else 0.0


def errors(task: Task, labels: LabelSpace, items: Sequence[Example], predictions: Sequence[Label]) -> tuple[float, ...]:
    """How wrong each prediction is: 0 or 1 for a class, the distance for a score, missed plus false spans for tags."""
    pairs = zip(items, predictions, strict=True)
    return tuple(task.target.item_error(item.label, prediction, labels.scheme) for item, prediction in pairs)


def mistakes(task: Task, labels: LabelSpace, items: Sequence[Example], run: Run, limit: int = 8) -> list[Case]:
    """The worst mistakes first: the most wrong, then the most confident, then in test order."""
    wrong = [i for i, error in enumerate(run.wrong) if error > 0]
    wrong.sort(key=lambda i: (-run.wrong[i], -run.doubt(i), i))
    return [_case(task, labels, items[i], i, (run,)) for i in wrong[:limit]]


def won_by(
    task: Task, labels: LabelSpace, items: Sequence[Example], winner: Run, loser: Run, limit: int = 5
) -> list[Case]:
    """Items where `winner` is nearer to gold than `loser`: the widest gap first, then the loser's confidence."""
    gap = [lose - win for win, lose in zip(winner.wrong, loser.wrong, strict=True)]
    nearer = [i for i, value in enumerate(gap) if value > 0]
    nearer.sort(key=lambda i: (-gap[i], -loser.doubt(i), i))
    return [_case(task, labels, items[i], i, (winner, loser)) for i in nearer[:limit]]


def pieces(words: Sequence[str], found: Iterable[Span], other: Iterable[Span]) -> tuple[Piece, ...]:
    """The words cut at the spans found; a span is right when `other` has it too. Ends are exclusive."""
    known, result, at = set(other), [], 0
    for kind, start, end in sorted(found, key=lambda span: span[1]):
        if start > at:
            result.append(Piece(join(words[at:start])))
        result.append(Piece(join(words[start:end]), kind, (kind, start, end) in known))
        at = end
    if at < len(words):
        result.append(Piece(join(words[at:])))
    return tuple(result)


def shortened(whole: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Pieces with the middle of long stretches left out, and after `MOST_PIECES` the rest."""
    kept = [replace(piece, text=_without_middle(piece.text)) for piece in whole[:MOST_PIECES]]
    return (*kept, Piece(ELLIPSIS)) if whole[MOST_PIECES:] else tuple(kept)


def _without_middle(text: str) -> str:
    half = LONGEST // 2
    return text if len(text) <= LONGEST else f"{text[:half].rstrip()} {ELLIPSIS} {text[-half:].lstrip()}"


def join(words: Sequence[str]) -> str:
    """Words as running text: a space between them, save between two that are written without (Chinese, Japanese)."""
    parts: list[str] = []
    for word in words:
        glued = not parts or (_wide(parts[-1][-1:]) and _wide(word[:1]))
        parts.append(word if glued else f" {word}")
    return "".join(parts)


def _wide(character: str) -> bool:
    return bool(character) and unicodedata.east_asian_width(character) in "WF"


def _case(task: Task, labels: LabelSpace, item: Example, index: int, runs: Sequence[Run]) -> Case:
    gold = task.target.marks(item.label, labels.scheme)
    words = item.words or ()
    answers = []
    for run in runs:
        label = run.test.predictions[index]
        marks = task.target.marks(label, labels.scheme)
        found = () if gold is None or marks is None else shortened(pieces(words, marks, gold))
        confidence = run.test.confidence[index] if run.test.confidence else None
        said = task.target.shown(label) if marks is None else ""
        answers.append(Answer(run.method, said, run.wrong[index] == 0, confidence, found))
    text = _cut(item.text if gold is None else join(words))
    text_b = None if item.text_b is None else _cut(item.text_b)
    if gold is None:
        return Case(item.where, text, text_b, task.target.shown(item.label), (), tuple(answers))
    return Case(item.where, text, text_b, "", shortened(pieces(words, gold, gold)), tuple(answers))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()} {ELLIPSIS}"
