"""Requests and replies as Hugging Face's endpoints have them: `{"inputs": ...}`, labels with scores, entities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, Field

from unfreeze.bundle.load import Predictor
from unfreeze.serving.limits import Limits, RefusedError
from unfreeze.serving.model import Answer
from unfreeze.serving.questions import PAIRS, STRICT, Question, questions_of, reads

Json = Any
Strategy = Literal["none", "simple", "first", "average", "max"]
"""Words are tagged whole, so that all but the first come to the same."""


class Parameters(BaseModel):
    """What a reply should have.

    Attributes:
        top_k: labels of a text, the most probable first; all where it is None.
        truncation: false refuses texts that are longer than the model reads.
        aggregation_strategy: `none` gives words, all others spans; None gives spans where tags are in a scheme.
        ignore_labels: tags or span types that are left out.
    """

    model_config = STRICT
    top_k: int | None = Field(default=None, ge=1)
    truncation: bool | None = None
    aggregation_strategy: Strategy | None = None
    ignore_labels: tuple[str, ...] = ("O",)


class Request(BaseModel):
    """A request; `options` is accepted for clients that send it, and has no effect."""

    model_config = STRICT
    inputs: Any
    parameters: Parameters = Parameters()
    options: dict[str, Any] | None = None


@dataclass(frozen=True)
class Asked:
    """A request that was read; `alone` where it has one text that is not in a list."""

    questions: list[Question]
    parameters: Parameters
    alone: bool


def asked_of(request: Request, predictor: Predictor, limits: Limits) -> Asked:
    """The texts of a request. Raises `RefusedError`."""
    inputs = request.inputs
    alone = isinstance(inputs, dict if reads(predictor.task) is PAIRS else str)
    if not alone and not isinstance(inputs, list):
        raise RefusedError(422, f"'inputs' must be {reads(predictor.task).one}, or a list of such")
    return Asked(questions_of(predictor, [inputs] if alone else inputs, limits), request.parameters, alone)


def reply_of(asked: Asked, answers: Sequence[Answer], predictor: Predictor) -> Json:
    """A list for a text alone, else a list of lists. Raises `RefusedError` where a text was cut that must not be."""
    if asked.parameters.truncation is False:
        for question, answer in zip(asked.questions, answers, strict=True):
            if answer.cut:
                most = predictor.model.encoder.max_length
                raise RefusedError(413, f"{question.example.where} has over {most:,} pieces and truncation is false")
    said = _SAID[predictor.model.objective.output]
    pairs = zip(asked.questions, answers, strict=True)
    lists = [said(predictor, question, answer, asked.parameters) for question, answer in pairs]
    return lists[0] if asked.alone else lists


def _labels(predictor: Predictor, question: Question, answer: Answer, wanted: Parameters) -> list[Json]:
    """Labels by falling probability; where each is decided on its own, `predicted` says how."""
    many, names = predictor.task.target.many, predictor.labels.names
    said = frozenset(answer.label) if many and isinstance(answer.label, tuple) else {answer.label}
    rows = zip(names, answer.likely or (), strict=True)
    found = sorted(rows, key=lambda row: (-row[1], row[0] not in said))[: wanted.top_k]
    return [{"label": name, "score": p} | ({"predicted": name in said} if many else {}) for name, p in found]


def _score(predictor: Predictor, question: Question, answer: Answer, wanted: Parameters) -> list[Json]:
    return [{"label": "score", "score": answer.label}]


def _entities(predictor: Predictor, question: Question, answer: Answer, wanted: Parameters) -> list[Json]:
    """Spans of words, or words, with their places in the text. Taggers give no probability, so `score` is null."""
    scheme, tags = predictor.labels.scheme, answer.label
    assert isinstance(tags, tuple)
    usual = "none" if scheme is None else "simple"
    found: list[Json] = []
    if (wanted.aggregation_strategy or usual) == "none" or scheme is None:
        for index, (tag, (start, end)) in enumerate(zip(tags, question.spans, strict=True), 1):
            found.append({"entity": tag, "score": None, "index": index, **_place(question, start, end)})
    else:
        marked = predictor.task.target.marks(tags, scheme) or set()
        for kind, first, last in sorted(marked, key=lambda span: span[1:]):
            place = _place(question, question.spans[first][0], question.spans[last - 1][1])
            found.append({"entity_group": kind, "score": None, **place})
    return [one for one in found if one.get("entity", one.get("entity_group")) not in wanted.ignore_labels]


def _place(question: Question, start: int, end: int) -> Mapping[str, Json]:
    return {"word": question.text[start:end], "start": start, "end": end}


_SAID: Mapping[str, Callable[[Predictor, Question, Answer, Parameters], list[Json]]] = {
    "probabilities": _labels, "scores": _score, "tags": _entities,
}  # fmt: skip
"""What a model gives, to its form in a reply."""
