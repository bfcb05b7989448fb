"""The winner as a folder: an encoder folder, the head's weights, and what is needed to read both.

bundle.json          task, labels, recipe, scores, versions
encoder/             the encoder (tuned or as it was), as its `save` writes it
adapter/             low-rank adapters for it, as peft writes them, where they are what was trained
head.safetensors     the head
sample.json          a few test texts without labels, see `sample`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unfreeze.disk.json_files import read_json
from unfreeze.disk.typed import typed
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.recipe import Recipe

SCHEMA = 1
REMEDY = say("remove the folder of the bundle and start the comparison's command again")


@dataclass(frozen=True)
class About:
    """`bundle.json`, as far as anything depends on it; it tells more."""

    task: str
    labels: Mapping[str, Any]
    score_mean: float
    score_spread: float
    recipe: Recipe
    max_length: int
    fingerprint: str
    columns: Mapping[str, str] = field(default_factory=dict)
    run: str | None = None


def read_about(folder: Path) -> tuple[About, dict[str, Any]]:
    """What `bundle.json` says, and all that it tells along."""
    path = folder / "bundle.json"
    if not path.exists():
        found = say("contains no bundle.json; give the bundle folder in the --out of a comparison")
        raise InputError(found, where=str(folder))
    values = read_json(path)
    schema = values.get("schema") if isinstance(values, dict) else None
    if isinstance(schema, int) and schema != SCHEMA:
        found = say(
            "has schema {schema}, this unfreeze reads {schema2}; use the version that wrote it",
            schema=schema,
            schema2=SCHEMA,
        )
        raise InputError(found, where=str(path))
    return typed(values, About, str(path), REMEDY, loose=True), values
