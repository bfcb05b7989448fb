"""Made comparisons of many arms: a third method between the two, and several encoders in one folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from made_comparison import make_comparison
from made_layer_scores import make_layer_scores

from unfreeze.methods import table
from unfreeze.methods.method import Method, Shape
from unfreeze.methods.names import Words
from unfreeze.recipe import Head, MethodName, Recipe, Traits
from unfreeze.records.encoders import encoders_of, folder_of, write_encoders
from unfreeze.records.layer_scores import write_layer_scores
from unfreeze.tasks.kinds import Task

FROZEN, PATCHED, TUNED = METHODS = ("feature-extraction", "patching", "fine-tuning")
WORK = {FROZEN: 2 * 10**11, PATCHED: 9 * 10**12, TUNED: 10**13}
RATES = {FROZEN: 0.2, PATCHED: 0.14, TUNED: 0.1}


@dataclass(frozen=True)
class PatchRecipe(Recipe):
    """A recipe of the made method."""

    method: MethodName = field(default="patching", init=False)


class Patching(Method[PatchRecipe]):
    """A method that no other room has heard of: reports must take it from the table alone."""

    name = "patching"
    words = Words("patching", "patched", "Patch {encoder}", "Patch {encoder}", ("#5b35a0", "#b79af0"), "#8a5cd6",
                  "triangle-up")  # fmt: skip
    recipe = PatchRecipe
    trainer = ""

    def heads(self, shape: Shape) -> tuple[Head, ...]:
        """The simplest one."""
        return ("linear",)

    def table(self, task: Task, traits: Traits) -> list[PatchRecipe]:
        """None: it is made as if it had run."""
        return []


def add_patching(patch: pytest.MonkeyPatch) -> None:
    """Put the made method between the others of the table."""
    first, *others = table.METHODS
    patch.setattr(table, "METHODS", (first, Patching(), *others))


def make_encoders(
    out: Path,
    kind: str,
    harder: Mapping[str, float],
    *,
    methods: Sequence[MethodName] = METHODS,
    dropped: Mapping[str, str] | None = None,
    **options: Any,
) -> Path:
    """Write a finished comparison of several encoders; see `conftest.make_comparison` for options.

    Args:
        harder: encoder to what multiplies its methods' error rates; each costs three times as much as the one before.
        dropped: encoders of these that were not trained, to the reason.
    """
    encoders = encoders_of(list(harder))
    for place, (name, factor) in enumerate(harder.items()):
        folder = folder_of(out, encoders, name)
        folder.mkdir(parents=True)
        rates = {method: RATES[method] * factor for method in methods}
        make_comparison(folder, kind, methods=methods, rates=rates, **{"floor": 0.4, **options})
        change(folder / "comparison.json", lambda values: values["encoder"].update(name=name))  # noqa: B023
        change(folder / "comparison.json", lambda values: values["encoder"].update(piece_work=10**6 * 3**place))  # noqa: B023
        change(folder / "comparison.json", lambda values: values["plan"].update(encoder=name))  # noqa: B023
        count_work(folder, 3**place)
        write_layer_scores(folder, make_layer_scores(kind))
        if name in (dropped or {}):
            (folder / "choice.json").unlink()
    write_encoders(out, type(encoders)(encoders.folders, dropped or {}))
    return out


def count_work(folder: Path, times: int = 1) -> None:
    """Give every record of a comparison counted work, by its method."""
    for path in folder.glob("runs/*/record.json"):
        change(path, lambda values: values.update(work=times * WORK[values["method"]]))


def change(path: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    """Edit a JSON file."""
    values = json.loads(path.read_text(encoding="utf-8"))
    edit(values)
    path.write_text(json.dumps(values), encoding="utf-8")
