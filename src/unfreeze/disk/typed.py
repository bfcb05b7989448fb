"""Values from a file, of the types that they are declared with: the one place where the content of a file is checked.

A dataclass defines what a file may contain: fields, their types, and by its defaults which of them older files lack.
pydantic checks it, strictly: a number is not taken for a text, nor true for 1.
"""

from __future__ import annotations

import json
import reprlib
from collections.abc import Hashable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from unfreeze.disk.json_files import as_text, parsed, read_bytes
from unfreeze.errors import InputError, shown
from unfreeze.language.message import say

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")
OURS = say("is not as this version of unfreeze writes it")
_MOST = 250  # characters of a problem
TOLD = "told"  # of an error of our own, whose message says all
_UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")
_MISSING = ("missing", "missing_argument", "missing_keyword_only_argument")


def read_typed(
    path: Path,
    kind: type[T],
    missing: str = say("not found"),
    remedy: str = "",
    *,
    loose: bool = False,
    wrong: str = OURS,
) -> T:
    """A JSON file as a dataclass, or whatever else pydantic knows.

    Args:
        missing: the message where there is no file.
        remedy: what to do where it contains something else.
        loose: fields that `kind` does not have are ignored; else they are an error.
        wrong: the beginning of the message where it contains something else, before the field.

    Raises:
        InputError: it cannot be read (see `read_json`), or contains something else: which field, what was found.
    """
    data = read_bytes(path, missing)
    parsed(data, str(path))  # more strictly than pydantic would
    return _validated(f"[{as_text(data)}]", kind, str(path), (wrong, remedy), loose)


def typed(values: Any, kind: type[T], where: str, remedy: str = "", *, loose: bool = False, wrong: str = OURS) -> T:
    """As `read_typed`, for plain values that were read from `where`; lists may be tuples in them."""
    try:
        whole = json.dumps([values], allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:  # not values of JSON
        raise InputError(_problem(str(error), (wrong, remedy)), where=where) from None
    return _validated(whole, kind, where, (wrong, remedy), loose)


def _validated(whole: str, kind: type[T], where: str, around: tuple[str, str], loose: bool) -> T:
    from pydantic import ValidationError  # takes longer to import than all that `--help` needs

    try:
        return cast(T, _adapter(cast(Hashable, kind), loose).validate_json(whole)[0])
    except ValidationError as error:
        raise InputError(_told(error.errors(include_url=False)[0], around), where=where) from None


@cache
def _adapter(kind: Any, loose: bool) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, TypeAdapter

    config = ConfigDict(strict=True, allow_inf_nan=False, extra="ignore" if loose else "forbid")
    return TypeAdapter(tuple[kind], config=config)  # a dataclass takes the settings of what it is in


def _told(error: Mapping[str, Any], around: tuple[str, str]) -> str:
    place = shown(".".join(str(part) for part in error["loc"][1:]))
    if error["type"] in _UNKNOWN:
        return say(
            "'{place}' is not known to this version of unfreeze; if a newer one wrote it, use that one", place=place
        )
    if error["type"] == "json_invalid":
        return say("cannot be read: it is nested too deeply")  # all else was seen before
    if error["type"] == TOLD:
        return _problem(f"{place}: {error['msg']}", around)
    what = (
        say("is missing")
        if error["type"] in _MISSING
        else say("{error}, found {error2}", error=_lower(error["msg"]), error2=briefly(error["input"]))
    )
    return _problem(f"{place}: {what}" if place else what, around)


def _problem(what: str, around: tuple[str, str]) -> str:
    wrong, remedy = around
    then = f"; {remedy}" if remedy else ""
    return f"{wrong}: {shown(what, _MOST)}{then}"


def _lower(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].lower() + text[1:]


def briefly(value: Any) -> str:
    """A value for a message, however large it is and even if it contains itself."""
    short = reprlib.Repr()
    short.maxlevel, short.maxlist, short.maxdict, short.maxstring, short.maxother, short.maxlong = 2, 3, 3, 40, 40, 20
    return " ".join(short.repr(value).split())
