"""What a request may ask: texts, pairs or words as JSON has them, checked, as the model reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from unfreeze.bundle.load import Predictor
from unfreeze.data.examples import Example
from unfreeze.disk.typed import briefly
from unfreeze.errors import InputError, nearest, shown
from unfreeze.language.message import say
from unfreeze.serving.limits import Limits, RefusedError
from unfreeze.tasks.kinds import Task

FIRST, SECOND = "text", "text_pair"
"""What the two texts of a pair are called."""
Checked = TypeVar("Checked", bound=BaseModel)
STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)


@dataclass(frozen=True)
class Question:
    """A text to be answered.

    Attributes:
        text: as it was sent; words that came as a list are joined by spaces.
        spans: where its words are in it, for tagging.
    """

    example: Example
    text: str
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Reads:
    """How the texts of a kind of task may be written.

    Attributes:
        one: what one of them is, in words.
        question: a value of JSON with the place where it stood as a question; raises `InputError`.
    """

    one: str
    question: Callable[[Predictor, str, Any], Question]


def body_of(body: bytes, kind: type[Checked]) -> Checked:
    """The body of a request as what it should be.

    Raises:
        RefusedError: it is not JSON, or has other fields or values.
    """
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        problems: list[Any] = error.errors(include_url=False)
    # A field that is not known explains one that is missing.
    first: Mapping[str, Any] = min(problems, key=lambda problem: problem["type"] != "extra_forbidden")
    if first["type"] == "json_invalid":
        raise RefusedError(400, f"the body is not JSON: {first['ctx']['error']}")
    place = shown(".".join(map(str, first["loc"])))
    if first["type"] == "extra_forbidden":
        raise RefusedError(422, f"unknown field '{place}'{_known(kind, first['loc'])}")
    if first["type"] == "missing":
        raise RefusedError(422, f"'{place}' is missing")
    told = first["msg"][:1].lower() + first["msg"][1:]
    raise RefusedError(422, f"{place or 'the body'}: {told}, found {briefly(first['input'])}")


def _known(kind: type[BaseModel], place: Sequence[str | int]) -> str:
    """The fields that stand where a field is not known, for the end of a message; nothing inside of lists."""
    *outer, name = place
    inside: Any = kind
    for step in outer:
        field = getattr(inside, "model_fields", {}).get(step)
        inside = None if field is None else field.annotation
    fields = getattr(inside, "model_fields", None)
    return nearest(str(name), fields) if fields else ""


def reads(task: Task) -> Reads:
    """How the texts of a task may be written."""
    return WORDS if task.target.per_word else PAIRS if task.pair else TEXTS


def questions_of(predictor: Predictor, values: Sequence[Any], limits: Limits, where: str = "inputs") -> list[Question]:
    """Values of JSON as questions.

    Raises:
        RefusedError: there are none or too many, one is something else or too long.
    """
    if not values:
        raise RefusedError(422, f"'{where}' has no text")
    if len(values) > limits.texts:
        raise RefusedError(413, f"'{where}' has {len(values):,} texts; at most {limits.texts:,} are answered at a time")
    question = reads(predictor.task).question
    try:
        asked = [question(predictor, f"{where}[{i}]", value) for i, value in enumerate(values)]
    except InputError as error:
        raise RefusedError(422, str(error)) from None
    for one in asked:
        size = len(one.text) + len(one.example.text_b or "")
        if size > limits.characters:
            raise RefusedError(413, f"{one.example.where} has {size:,} characters; {limits.characters:,} are read")
    return asked


def _text(predictor: Predictor, where: str, value: Any) -> Question:
    if not isinstance(value, str):
        raise InputError(say("must be {one}, found {value}", one=TEXTS.one, value=briefly(value)), where=where)
    return Question(predictor.example(where, value), value)


def _pair(predictor: Predictor, where: str, value: Any) -> Question:
    if isinstance(value, Mapping):
        for name in value.keys() - {FIRST, SECOND}:
            raise InputError(
                say("has an unknown field '{name}'{name2}", name=shown(name), name2=nearest(name, (FIRST, SECOND))),
                where=where,
            )
        value = [value.get(FIRST), value.get(SECOND)]
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(text, str) for text in value):
        raise InputError(say("must be {one}, found {value}", one=PAIRS.one, value=briefly(value)), where=where)
    return Question(predictor.example(where, (value[0], value[1])), value[0])


def _words(predictor: Predictor, where: str, value: Any) -> Question:
    if isinstance(value, str):
        spans = tuple(predictor.words_in(value))
        if not spans:
            raise InputError("has no word to tag", where=where)
        return Question(predictor.example(where, [value[a:b] for a, b in spans]), value, spans)
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        raise InputError(say("must be {one}, found {value}", one=WORDS.one, value=briefly(value)), where=where)
    ends = list(accumulate(len(word) + 1 for word in value))
    places = tuple((end - 1 - len(word), end - 1) for word, end in zip(value, ends, strict=True))
    return Question(predictor.example(where, value), " ".join(value), places)


TEXTS = Reads("a text", _text)
PAIRS = Reads(f'a pair of texts, as {{"{FIRST}": ..., "{SECOND}": ...}} or [..., ...]', _pair)
WORDS = Reads("a text, or a list of its words", _words)
