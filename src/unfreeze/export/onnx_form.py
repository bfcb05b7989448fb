"""A bundle as ONNX: the graph, what goes with it, and an example that predicts without torch."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np

from unfreeze.bundle.load import Predictor
from unfreeze.data.examples import Example
from unfreeze.export.agreement import Answer, Answers
from unfreeze.export.description import describe, write_description
from unfreeze.export.graph import Graph, exportable
from unfreeze.export.onnx_files import MODEL, check_installed, write_graph

EXAMPLE = "predict.py"
_TEMPLATES = Path(__file__).with_name("templates")


def write_onnx(predictor: Predictor, folder: Path) -> Answer:
    """Write everything into `folder`; gives what predicts from there, which is the example itself.

    Raises:
        InputError: a package is missing, or this model has no exact form.
    """
    check_installed()
    told, tokenizer = describe(predictor, exportable(predictor))
    write_description(folder, told, tokenizer)
    words = predictor.task.target.per_word
    shutil.copyfile(_TEMPLATES / f"predict_{'words' if words else 'texts'}.py", folder / EXAMPLE)
    write_graph(Graph(predictor), folder)
    return answers_of(predictor, folder, MODEL)


def answers_of(predictor: Predictor, folder: Path, model: str) -> Answer:
    """What the example in a folder says with one of the models there."""
    return partial(_answers, _loaded(folder / EXAMPLE), predictor, model)


def _answers(example: ModuleType, predictor: Predictor, model: str, items: Sequence[Example]) -> Answers:
    if predictor.task.target.per_word:
        tags = example.predict([list(item.words or ()) for item in items], model)
        return Answers(tuple(map(tuple, tags)), None)
    out = example.predict([(i.text, i.text_b or "") if predictor.task.pair else i.text for i in items], model)
    labels = tuple(tuple(label) if isinstance(label, list) else label for label in example.labels(out))
    return Answers(labels, np.asarray(out, np.float64).reshape(len(items), -1))


def _loaded(file: Path) -> ModuleType:
    spec = spec_from_file_location("unfreeze_exported_example", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
