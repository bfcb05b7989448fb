"""KServe's V2, the Open Inference Protocol: tensors of texts in, tensors out, and what a model has, described."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from unfreeze.bundle.load import Predictor
from unfreeze.errors import nearest, shown
from unfreeze.serving.limits import Limits, RefusedError
from unfreeze.serving.model import Answer, Model
from unfreeze.serving.questions import FIRST, SECOND, STRICT, Question, questions_of

Json = Any
VERSION = "1"
"""Of the one model that a server has."""


class Tensor(BaseModel):
    """An input; `data` may be flat or nested as its shape says."""

    model_config = STRICT
    name: str
    shape: list[int]
    datatype: str
    data: list[Any]
    parameters: dict[str, Any] | None = None


class Output(BaseModel):
    """An output that is asked for."""

    model_config = STRICT
    name: str
    parameters: dict[str, Any] | None = None


class Request(BaseModel):
    """An inference request."""

    model_config = STRICT
    inputs: list[Tensor]
    id: str | None = None
    parameters: dict[str, Any] | None = None
    outputs: list[Output] | None = None


@dataclass(frozen=True)
class Asked:
    """A request that was read: which outputs it wants, None for all."""

    questions: list[Question]
    outputs: list[str] | None
    id: str | None


@dataclass(frozen=True)
class Named:
    """A tensor of a model's description or reply; in a description -1 is any number."""

    name: str
    datatype: str
    shape: list[int]
    data: list[Any]

    def json(self, data: bool = True) -> Json:
        """As the protocol has it."""
        told = {"name": self.name, "datatype": self.datatype, "shape": self.shape}
        return told | ({"data": self.data} if data else {})


def described(model: Model) -> Json:
    """The metadata of a model."""
    outputs = _OUTPUTS[model.predictor.model.objective.output](model.predictor, [], [])
    inputs = [Named(name, "BYTES", [-1], []) for name in _inputs(model.predictor)]
    return {
        "name": model.name, "versions": [VERSION], "platform": "unfreeze",
        "inputs": [one.json(data=False) for one in inputs],
        "outputs": [{**one.json(data=False), "shape": [n or -1 for n in one.shape]} for one in outputs],
    }  # fmt: skip


def asked_of(request: Request, predictor: Predictor, limits: Limits) -> Asked:
    """The texts of a request.

    Raises:
        RefusedError: its tensors are not those of the model, or their data does not fit their shape.
    """
    names = _inputs(predictor)
    given = {tensor.name: tensor for tensor in request.inputs}
    for name in given:
        if name not in names:
            raise RefusedError(422, f"unknown input '{shown(name)}'{nearest(name, names)}")
    for name in names:
        if name not in given:
            raise RefusedError(422, f"'inputs' has no tensor '{name}'")
    if len(given) < len(request.inputs):
        raise RefusedError(422, "'inputs' has two tensors of one name")
    columns = [_column(given[name]) for name in names]
    if len({len(column) for column in columns}) > 1:
        raise RefusedError(422, f"'{FIRST}' and '{SECOND}' have different numbers of texts")
    values = [list(row) if len(row) > 1 else row[0] for row in zip(*columns, strict=True)]
    wanted = None if request.outputs is None else [output.name for output in request.outputs]
    known = [one.name for one in _OUTPUTS[predictor.model.objective.output](predictor, [], [])]
    for name in wanted or ():
        if name not in known:
            raise RefusedError(422, f"unknown output '{shown(name)}'{nearest(name, known)}")
    return Asked(questions_of(predictor, values, limits), wanted, request.id)


def reply_of(asked: Asked, answers: Sequence[Answer], model: Model) -> Json:
    """The answers as tensors."""
    outputs = _OUTPUTS[model.predictor.model.objective.output](model.predictor, asked.questions, answers)
    told: dict[str, Json] = {"model_name": model.name, "model_version": VERSION}
    if asked.id is not None:
        told["id"] = asked.id
    return told | {"outputs": [one.json() for one in outputs if asked.outputs is None or one.name in asked.outputs]}


def _inputs(predictor: Predictor) -> tuple[str, ...]:
    return (FIRST, SECOND) if predictor.task.pair else (FIRST,)


def _column(tensor: Tensor) -> list[Any]:
    """The texts of a tensor of shape [N] or [N, 1]."""
    if tensor.datatype != "BYTES":
        raise RefusedError(422, f"'{tensor.name}' has datatype {shown(tensor.datatype)}; texts are BYTES")
    shape, data = tensor.shape, tensor.data
    if len(shape) not in (1, 2) or any(n < 0 for n in shape) or (len(shape) == 2 and shape[1] != 1):
        raise RefusedError(422, f"'{tensor.name}' has shape {shape}; [N] or [N, 1] is expected")
    if len(shape) == 2 and data and all(isinstance(row, list) and len(row) == 1 for row in data):
        data = [row[0] for row in data]
    if len(data) != math.prod(shape):
        raise RefusedError(422, f"'{tensor.name}' has shape {shape} and {len(data):,} elements")
    return data


def _probabilities(predictor: Predictor, questions: Sequence[Question], answers: Sequence[Answer]) -> list[Named]:
    names, count = predictor.labels.names, len(answers)
    likely = [p for answer in answers for p in answer.likely or ()]
    label = Named("label", "BYTES", [count], [answer.label for answer in answers])
    if predictor.task.target.many:
        said = [name in answer.label for answer in answers for name in names]  # type: ignore[operator]
        label = Named("predicted", "BOOL", [count, len(names)], said)
    every = Named("probabilities", "FP32", [count, len(names)], likely)
    return [label, every, Named("labels", "BYTES", [len(names)], list(names))]


def _scores(predictor: Predictor, questions: Sequence[Question], answers: Sequence[Answer]) -> list[Named]:
    return [Named("score", "FP32", [len(answers)], [answer.label for answer in answers])]


def _tags(predictor: Predictor, questions: Sequence[Question], answers: Sequence[Answer]) -> list[Named]:
    """All words of all texts in a row, and how many each text has."""
    tags = [tag for answer in answers for tag in answer.label]  # type: ignore[union-attr]
    spans = [span for question in questions for span in question.spans]
    words = [word for question in questions for word in question.example.words or ()]
    counts = [len(question.spans) for question in questions]
    return [
        Named("tag", "BYTES", [len(tags)], tags),
        Named("word", "BYTES", [len(words)], words),
        Named("start", "INT64", [len(spans)], [start for start, _ in spans]),
        Named("end", "INT64", [len(spans)], [end for _, end in spans]),
        Named("words", "INT64", [len(counts)], counts),
    ]


_OUTPUTS: Mapping[str, Callable[[Predictor, Sequence[Question], Sequence[Answer]], list[Named]]] = {
    "probabilities": _probabilities, "scores": _scores, "tags": _tags,
}  # fmt: skip
"""What a model gives, to its tensors."""
