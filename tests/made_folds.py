"""A made comparison in folds, each fold a made comparison of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from made_comparison import make_comparison

from unfreeze.records.folds import FoldsRecord, fold_folder, write_folds

SIZES = (60, 48, 72)
RATES = ({"feature-extraction": 0.3, "fine-tuning": 0.1}, {"feature-extraction": 0.2, "fine-tuning": 0.15},
         {"feature-extraction": 0.1, "fine-tuning": 0.2})  # fmt: skip


def make_folds(
    out: Path,
    kind: str,
    sizes: Sequence[int] = SIZES,
    rates: Sequence[dict[str, float]] = RATES,
    group: str | None = None,
    **options: Any,
) -> Path:
    """Write a finished comparison in folds; see `made_comparison.make_comparison` for options.

    Args:
        sizes: items of each fold.
        rates: methods' error rates in each fold.
    """
    for fold, size in enumerate(sizes, start=1):
        folder = fold_folder(out, fold)
        folder.mkdir(parents=True)
        make_comparison(folder, kind, items=size, rates=rates[(fold - 1) % len(rates)], **{"seeds": 2, **options})
    write_folds(out, FoldsRecord(len(sizes), group))
    return out
