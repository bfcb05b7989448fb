"""Names of class numbers in every form that `datasets` has written them in."""

import json
from typing import Any

import pytest

from unfreeze.data.class_names import names_in_schema

CLASSES = {"names": ["neg", "pos"], "_type": "ClassLabel"}
TEXT = {"dtype": "string", "_type": "Value"}


def named(features: Any) -> dict[str, tuple[str, ...]]:
    return names_in_schema({b"huggingface": json.dumps({"info": {"features": features}}).encode()})


@pytest.mark.parametrize(
    "feature",
    [
        CLASSES,
        {"num_classes": 2, **CLASSES},
        {"feature": CLASSES, "_type": "Sequence"},
        {"feature": CLASSES, "length": -1, "_type": "Sequence"},
        {"feature": CLASSES, "_type": "List"},
        {"feature": CLASSES, "_type": "LargeList"},
        {"feature": {"feature": CLASSES, "_type": "List"}, "_type": "List"},
        [CLASSES],
    ],
)
def test_names_of_classes_and_of_lists_of_classes(feature: Any) -> None:
    assert named({"text": TEXT, "label": feature}) == {"label": ("neg", "pos")}


@pytest.mark.parametrize(
    "feature", [TEXT, [TEXT], {"names": None, "_type": "ClassLabel"}, {"a": CLASSES}, [], "int64", None, {"feature": 3}]
)
def test_what_names_no_classes(feature: Any) -> None:
    assert named({"label": feature}) == {}


@pytest.mark.parametrize("metadata", [None, {}, {b"pandas": b"{}"}, {b"huggingface": b"no JSON"}])
def test_schemas_of_others(metadata: dict[bytes, bytes] | None) -> None:
    assert names_in_schema(metadata) == {}


@pytest.mark.parametrize("content", [b"[]", b'{"info": 1}', b'{"info": {"features": []}}', b"[" * 100_000, b"\xff"])
def test_damaged_metadata_names_nothing(content: bytes) -> None:
    assert names_in_schema({b"huggingface": content}) == {}
