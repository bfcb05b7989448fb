"""The winner as a folder, and the same in forms that other programs read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from unfreeze.halves import half_named

if TYPE_CHECKING:
    from unfreeze.commands.export import Exported


def export(
    bundle: str | Path,
    to: str = "onnx",
    out: str | Path | None = None,
    *,
    test: str | Path | None = None,
    int8: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> Exported:
    """Write a bundle in another form, see `unfreeze.commands.export.export`.

    Raises:
        InputError: the form cannot be exact for this model, something is missing or cannot be read or written.

    Example:
        >>> unfreeze.bundle.export("out/bundle", "onnx").folder  # doctest: +SKIP
        PosixPath('out/bundle-onnx')
    """
    made: Exported = half_named("unfreeze.commands.export:export")(bundle, to, out, test=test, int8=int8, tell=tell)
    return made
