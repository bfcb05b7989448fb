"""Every recipe of every method as a line of text; run this file to write `recipes.txt` again after a change on purpose.

PYTHONPATH=src python tests/methods/recipe_lines.py
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from unfreeze.methods.table import METHODS
from unfreeze.recipe import Recipe, Traits
from unfreeze.tasks.kinds import TASKS

WRITTEN = Path(__file__).with_name("recipes.txt")
ENCODERS = {
    "small transformer": Traits(7, 384),
    "large transformer": Traits(13, 768),
    "decoder": Traits(7, 768, causal=True, pairs=False, wordless="it looks back only"),
    "elmo": Traits(3, 1024, family="elmo", pairs=False),
    "word vectors": Traits(1, 50, family="word-vectors", pairs=False),
    "sentence vectors": Traits(1, 4800, family="sentence-vectors", pairs=False),
}


def recipe_lines() -> Iterator[str]:
    """A heading for each table, then its recipes; tables that are equal stand once, under all their headings."""
    tables: dict[tuple[str, ...], list[str]] = {}
    for method in METHODS:
        for encoder, traits in ENCODERS.items():
            for kind, task in TASKS.items():
                rows = tuple(line(recipe) for recipe in method.table(task, traits))
                tables.setdefault(rows, []).append(f"# {method.name}, {encoder}, {kind}")
    for rows, headings in tables.items():
        if rows:
            yield from (*headings, *rows, "")


def line(recipe: Recipe) -> str:
    """Name and settings of a recipe, without those that have their default."""
    set_ = {f.name: getattr(recipe, f.name) for f in fields(recipe) if f.name not in ("method", "name", "source")}
    defaults = {f.name: f.default for f in fields(recipe)}
    return " ".join([recipe.name, *(f"{name}={value}" for name, value in set_.items() if value != defaults[name])])


if __name__ == "__main__":
    WRITTEN.write_text("\n".join(recipe_lines()), encoding="utf-8")
