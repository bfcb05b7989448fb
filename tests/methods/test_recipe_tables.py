"""A recipe is a decision with a source: none changes by the way."""

from __future__ import annotations

from recipe_lines import WRITTEN, recipe_lines


def test_recipes_are_those_that_are_written_down() -> None:
    """After a change on purpose `recipe_lines.py` writes the file again, and the diff shows what changed."""
    assert list(recipe_lines()) == WRITTEN.read_text(encoding="utf-8").split("\n")
