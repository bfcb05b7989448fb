"""Options that a family of encoders has of its own: fields of a dataclass, given and told as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from unfreeze.errors import InputError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")


def options_from(kind: type[T], given: Mapping[str, str]) -> T:
    """A dataclass from fields given as text, such as `{"stateful": "true"}`.

    Raises:
        InputError: an unknown option, or a value that it cannot have.
    """
    try:
        made: T = TypeAdapter(kind).validate_python(dict(given), strict=False, extra="forbid")
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise InputError(f"{first['msg'].lower()}", where=f"--encoder-option {name}") from None
    return made


def as_text(options: DataclassInstance) -> dict[str, str]:
    """The fields as `options_from` takes them; those that are None are left out."""
    fields: dict[str, Any] = asdict(options)
    return {name: str(value).lower() for name, value in fields.items() if value is not None}
