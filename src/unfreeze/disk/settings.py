"""Settings that a person wrote, of the types that they are declared with."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from unfreeze.disk.typed import briefly
from unfreeze.errors import InputError, nearest, shown
from unfreeze.language.message import say

T = TypeVar("T")


def settings_from(cls: type[T], values: Any, where: str) -> T:
    """A dataclass from plain values, as YAML gives them.

    Raises:
        InputError: an unknown key, with the nearest known one; or the first wrong value, with its field.
    """
    from pydantic import TypeAdapter, ValidationError  # takes longer to import than all that `--help` needs

    known = {f.name for f in fields(cls) if f.init}  # type: ignore[arg-type]
    if not isinstance(values, dict):
        raise InputError(say("expected a mapping of settings, found {name}", name=type(values).__name__), where=where)
    for key in values:
        if key not in known:
            raise InputError(
                say("unknown key '{key}'{key2}", key=shown(str(key)), key2=nearest(str(key), known)), where=where
            )
    try:
        made: T = TypeAdapter(cls).validate_python(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = shown(".".join(str(part) for part in first["loc"]))
        raise InputError(
            say("{field}: {first}, found {first2}", field=field, first=first["msg"], first2=briefly(first["input"])),
            where=where,
        ) from None
    switched = [key for key, value in values.items() if isinstance(value, bool) and getattr(made, key) is not value]
    if switched:
        found = str(values[switched[0]]).lower()
        raise InputError(
            say(
                "{switched}: is {found}, which is for switches; a number is expected", switched=switched[0], found=found
            ),
            where=where,
        )
    return made
