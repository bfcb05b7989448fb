"""Names of class numbers, as the library `datasets` writes them into an Arrow schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

METADATA = b"huggingface"
"""Key of the schema's metadata whose value is JSON: `{"info": {"features": {column: feature}}}`."""


def names_in_schema(metadata: Mapping[bytes, bytes] | None) -> dict[str, tuple[str, ...]]:
    """Columns whose numbers, or lists of numbers, stand for classes: name to the names of the classes in order.

    A schema without that metadata, or with other content under its key, names no classes.
    """
    try:
        found = json.loads((metadata or {})[METADATA])
        return names_of_features(found["info"]["features"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return {}


def names_of_features(features: Any) -> dict[str, tuple[str, ...]]:
    """The same from the features themselves, by column, as they stand in `dataset_info.json` too."""
    if not isinstance(features, dict):
        return {}
    named = {str(column): _names(feature) for column, feature in features.items()}
    return {column: names for column, names in named.items() if names}


def _names(feature: Any) -> tuple[str, ...] | None:
    """Names of a `ClassLabel`, also inside lists: `{"_type": "Sequence", "feature": ...}`, `"List"`, or `[...]`."""
    if isinstance(feature, list):
        return _names(feature[0]) if len(feature) == 1 else None
    if not isinstance(feature, dict):
        return None
    if feature.get("_type") == "ClassLabel":
        names = feature.get("names")
        whole = isinstance(names, list) and all(isinstance(name, str) for name in names)
        return tuple(names) if whole else None  # type: ignore[arg-type]
    inner = feature.get("feature")
    return _names(inner) if inner is not None else None
