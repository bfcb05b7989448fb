"""The example beside an exported model: a short program that has what this model needs and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from unfreeze.disk.files import write_text
from unfreeze.export.description import Description

EXAMPLE = "predict.py"
_TEMPLATES = Path(__file__).with_name("templates")
ENCODING = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
"""Inputs of a graph, to the attributes of an encoding of `tokenizers` that they are."""


def write_example(folder: Path, told: Description, names: Sequence[str]) -> None:
    """Write `predict.py`.

    Args:
        names: of the graph's inputs.
    """
    if told.reads == "words":
        shutil.copyfile(_TEMPLATES / "predict_words.py", folder / EXAMPLE)
        return
    write_text(folder / EXAMPLE, _rendered(told, names))


def _rendered(told: Description, names: Sequence[str]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    sets, scores, each = told.thresholds is not None, not told.labels, "pair" if told.pairs else "text"
    values: dict[str, Any] = {
        "pairs": told.pairs,
        "apart": told.reads == "each text of a pair on its own",
        "joint": told.reads == "both texts of a pair together",
        "segment": "segment" in names,
        "prefix": bool(told.prefix),
        "sets": sets,
        "scores": scores,
        "returns": f"The score of each {each}, as a list and as an array." if scores
        else f"The label{'s' if sets else ''} of each {each}, and probabilities ({each}s, labels).",
        "columns": ["label", "confidence", *["probabilities"][:sets], "text", *["text_b"][: told.pairs]],
    }  # fmt: skip
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True, autoescape=False,
    )  # fmt: skip
    return made.get_template("predict_texts.j2").render(values)


def loaded_example(folder: Path) -> ModuleType:
    """The example of a folder as a module."""
    spec = spec_from_file_location("unfreeze_exported_example", folder / EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
