"""Layers that fine-tuning keeps frozen: their states come from the store, which is part of its cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import tiny

from unfreeze.commands.compare import compare
from unfreeze.plan import plain


@dataclass
class Recorder:
    """A watcher that remembers what began."""

    begun: list[str] = field(default_factory=list)

    def begin(self, what: str, left: int) -> None:
        self.begun.append(what)

    def step(self, what: str, done: int, total: int, best: float | None) -> None: ...

    def end(self, what: str, score: float | None, of: str | None = None) -> None: ...

    def say(self, line: str) -> None: ...


def test_stages_of_gradual_unfreezing_read_the_store(
    tmp_path: Path, encoder: Path, data_of: Callable[[str], Path]
) -> None:
    kind = "classification"
    frozen, _, tuned, _ = tiny.recipes(kind)
    recipes = [plain(frozen), plain(replace(tuned, gradual_unfreezing=True, epochs=3))]
    watcher = Recorder()
    plan = tiny.tiny_plan(data_of(kind), encoder, tmp_path / "out", kind, recipes=recipes, seeds=1)
    result = compare(plan, watcher)
    assert any("tokens" in what for what in watcher.begun)
    assert result.methods["fine-tuning"].cost.extract_s > 0


def test_only_the_top_layers_learn(tmp_path: Path, encoder: Path, data_of: Callable[[str], Path]) -> None:
    """`--unfreeze-top` limits whatever recipe the budget has."""
    kind = "classification"
    frozen, _, tuned, _ = tiny.recipes(kind)
    sizes = []
    for top in (None, 1):
        recipes = [plain(frozen), plain(tuned)]
        out = tmp_path / f"out-{top}"
        plan = tiny.tiny_plan(data_of(kind), encoder, out, kind, recipes=recipes, seeds=1, unfreeze_top=top)
        sizes.append(compare(plan).methods["fine-tuning"].cost.trained_parameters)
    one_layer = 4 * (16 * 16 + 16) + 2 * 16 * 32 + 32 + 16 + 4 * 16
    assert sizes[1] == one_layer + 16 * 2 + 2
    assert sizes[0] > 2 * one_layer
