"""A bundle as ONNX: the graph, what goes with it, and an example that predicts without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np

from unfreeze.bundle.load import Predictor
from unfreeze.data.examples import Example
from unfreeze.export.agreement import Answer, Answers
from unfreeze.export.description import describe, write_description
from unfreeze.export.example import ENCODING, loaded_example, write_example
from unfreeze.export.graph import Graph, exportable
from unfreeze.export.onnx_files import MODEL, check_installed, session_of, write_graph


def write_onnx(predictor: Predictor, folder: Path) -> Answer:
    """Write everything into `folder`; gives what predicts from there, which is the example itself.

    Raises:
        InputError: a package is missing, or this model has no exact form.
    """
    check_installed()
    told, tokenizer = describe(predictor, exportable(predictor))
    graph = Graph(predictor)
    own = {name: ENCODING[name] for name in graph.names if name in ENCODING}
    told = replace(told, inputs={} if told.reads == "words" else own)
    write_description(folder, told, tokenizer)
    write_example(folder, told, graph.names)
    write_graph(graph, folder)
    return answers_of(predictor, folder, MODEL)


def answers_of(predictor: Predictor, folder: Path, model: str) -> Answer:
    """What the example in a folder says with one of the models there."""
    example = loaded_example(folder)
    if model != MODEL:
        example.session = session_of(folder / model)  # type: ignore[attr-defined]
    return partial(_answers, example, predictor)


def _answers(example: ModuleType, predictor: Predictor, items: Sequence[Example]) -> Answers:
    if predictor.task.target.per_word:
        tags = example.predict([list(item.words or ()) for item in items])
        return Answers(tuple(map(tuple, tags)), None)
    said, out = example.predict([(i.text, i.text_b or "") if predictor.task.pair else i.text for i in items])
    labels = tuple(tuple(label) if isinstance(label, list) else label for label in said)
    return Answers(labels, np.asarray(out, np.float64).reshape(len(items), -1))
