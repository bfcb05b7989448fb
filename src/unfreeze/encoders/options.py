"""Options that a family of encoders has of its own: fields of a dataclass, given and stored as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from unfreeze.disk.typed import read_typed
from unfreeze.errors import InputError, nearest
from unfreeze.language.message import say

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
Written = dict[str, str | bool | int | float]


def options_from(kind: type[T], given: Mapping[str, str]) -> T:
    """A dataclass from fields given as text, such as `{"stateful": "true"}`.

    Raises:
        InputError: an unknown option, or a value that it cannot have.
    """
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for name in given:
        if name not in known:
            raise InputError(
                say("is not an option of this encoder{name}", name=nearest(name, known)),
                where=say("--encoder-option {name}", name=name),
            )
    try:
        made: T = TypeAdapter(kind).validate_python(dict(given), strict=False)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise InputError(
            say("{lower}", lower=first["msg"].lower()), where=say("--encoder-option {name}", name=name)
        ) from None
    return made


def as_text(options: DataclassInstance) -> dict[str, str]:
    """The fields as `options_from` takes them; those that are None are left out."""
    written: dict[str, Any] = asdict(options)
    return {name: str(value).lower() for name, value in written.items() if value is not None}


def saved_options(path: Path) -> dict[str, str]:
    """Options that an encoder's `save` wrote as JSON; none where there is no such file.

    Raises:
        InputError: the file cannot be read, or contains anything but names with a text, number or switch each.
    """
    if not path.exists():
        return {}
    return plain_options(
        read_typed(path, Written, remedy=say("delete it for the usual options"), wrong=say("cannot be read"))
    )


def plain_options(written: Written) -> dict[str, str]:
    """Options from a file, which may be written by hand, in the form that the command line has them."""
    return {name: str(value) for name, value in written.items()}
