"""Frozen features or fine-tuning? Answers it for labelled text.

    import unfreeze
    result = unfreeze.compare("reviews/", encoder="minilm")
    unfreeze.load("unfreeze-out/reviews-minilm/bundle").predict(["a fine film"])

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unfreeze.errors import InputError
from unfreeze.plan import Plan
from unfreeze.recipe import Recipe

if TYPE_CHECKING:
    from pathlib import Path

    from unfreeze.bundle.load import Predictor
    from unfreeze.judging.result import Result
    from unfreeze.records.layer_scores import LayerScores

__all__ = ["InputError", "Plan", "Recipe", "compare", "load", "probe"]


def compare(data: object = None, *, plan: str | Path | Plan | None = None, **settings: Any) -> Result:
    """Train both ways on `data`, judge on its test set, and say which to use.

    Args:
        data: file or folder, as for the command line, or `hf://datasets/OWNER/NAME[/CONFIG][@REVISION]`; or what a
            program holds: a pandas or polars frame, a pyarrow table, a `datasets.Dataset` or `DatasetDict`,
            `(texts, labels)`, rows or columns as dictionaries, or a dictionary of these by split.
        plan: a `Plan`, or a plan file; `settings` win over it.
        settings: fields of `Plan`, such as `encoder="minilm"`, `budget="quick"`, `seeds=3`, `out="folder"`.

    Returns:
        The result: `.verdict`, `.arms`, `.differences` (of one encoder also `.methods`), `.to_dict()`; the output
        folder contains report and bundle.

    Raises:
        InputError: data, settings, encoder or output folder are invalid; the message says where and what to do.
    """
    from unfreeze.commands.compare import compare as answer

    return answer(_plan(data, plan, settings, "compare"))


def probe(data: object = None, *, plan: str | Path | Plan | None = None, **settings: Any) -> LayerScores:
    """Score a linear probe on every layer of the frozen encoder, with its 95 % interval.

    Args:
        data: file or folder, as for the command line, or `hf://datasets/OWNER/NAME[/CONFIG][@REVISION]`; or what a
            program holds: a pandas or polars frame, a pyarrow table, a `datasets.Dataset` or `DatasetDict`,
            `(texts, labels)`, rows or columns as dictionaries, or a dictionary of these by split.
        plan: a `Plan`, or a plan file; `settings` win over it. Methods, budget and recipes play no part, and `seeds`
            are resamples of the training rows.
        settings: fields of `Plan`, such as `encoder="minilm"`, `seeds=5`, `out="folder"` (for `probes.json`).

    Returns:
        The scores: `.layers` from the bottom (each `.dev`, `.test`, `.ci95`, ...), `.chosen`, `.finding`.

    Raises:
        InputError: data, settings, encoder or output folder are invalid; the message says where and what to do.
    """
    from unfreeze.commands.probe import probe as answer

    return answer(_plan(data, plan, settings, "probe"))


def _plan(data: object, plan: str | Path | Plan | None, settings: dict[str, Any], where: str) -> Plan:
    """A plan with `data` and `settings` over it."""
    import os
    from pathlib import Path

    from unfreeze.data.held import GIVEN, is_held, kept
    from unfreeze.plan import merged, read_plan

    base = plan if isinstance(plan, Plan) else Plan() if plan is None else read_plan(Path(plan))
    named = settings if data is None else {**settings, "data": data}
    for key in ("data", "train", "dev", "test"):
        if is_held(named.get(key)) and not _names(named[key]):
            from unfreeze.features.cache import cache_folder

            named = {**named, key: kept(named[key], cache_folder() / GIVEN, key)}
    given = {k: os.fspath(v) if isinstance(v, os.PathLike) else v for k, v in named.items()}
    return merged(base, given, where)


def _names(value: object) -> bool:
    """Whether it is a list of names of files."""
    import os

    return isinstance(value, list | tuple) and all(isinstance(one, str | os.PathLike) for one in value)


def load(bundle: str | Path, device: str = "auto") -> Predictor:
    """Load the model that a comparison handed over. Raises `InputError` where the folder is not a bundle.

    Example:
        >>> import unfreeze
        >>> unfreeze.load("demo-out/bundle").predict([("A man sleeps.", "A man is awake.")])  # doctest: +SKIP
        ['contradiction']
    """
    from unfreeze.bundle.load import load as load_bundle

    return load_bundle(bundle, device)
