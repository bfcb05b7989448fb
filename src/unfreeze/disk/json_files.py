"""JSON and YAML files read strictly: invalid files, and repeated keys, are reported in one line."""

from __future__ import annotations

import json
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from unfreeze.errors import InputError, shown
from unfreeze.language.message import say

if TYPE_CHECKING:
    import yaml

_SAID = 200  # characters of a library's message
_MOST, _DIGITS = 1e150, 150  # numbers; the square of a larger one overflows


def read_json(path: Path, missing: str = say("not found")) -> Any:
    """The values of a JSON file.

    Args:
        missing: the message where there is no file.

    Raises:
        InputError: it cannot be read, is not JSON or not UTF-8, names a key twice in one object, is nested deeper than
            Python can follow, or contains NaN or a number that is infinite or absurdly large.
    """
    return parsed(read_bytes(path, missing), str(path))


def read_bytes(path: Path, missing: str = say("not found")) -> bytes:
    """A file's content. Raises `InputError` where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(missing, where=str(path)) from None
    except OSError as error:
        raise InputError(say("cannot be read: {value}", value=error.strerror or error), where=str(path)) from None


def parsed(data: bytes, where: str) -> Any:
    """The values of JSON as bytes. Raises `InputError` as `read_json` does."""
    try:
        text = as_text(data)
        values = _DECODER.decode(text)
        if "\\ud" in text.lower():  # may be half of a character, which no file can be written with
            json.dumps(values, ensure_ascii=False).encode()
    except RecursionError:
        raise InputError("cannot be read: it is nested too deeply", where=where) from None
    except UnicodeEncodeError:
        raise InputError("cannot be read: it contains half of a character (\\ud800 to \\udfff)", where=where) from None
    except ValueError as error:
        raise InputError(say("cannot be read: {error}", error=in_words(error)), where=where) from None
    return values


def as_text(data: bytes) -> str:
    """Bytes as text, without a byte order mark. Raises `ValueError` naming the first byte that is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ValueError(f"byte 0x{data[error.start]:02x} in line {line} is not UTF-8 text") from None


def in_words(error: BaseException) -> str:
    """A library's message, as part of one line of bearable length."""
    return shown(" ".join(str(error).split()), _SAID) or type(error).__name__


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"'{shown(twice)}' appears twice in one object; keep one")
    return values


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"it contains {name}, which JSON does not have")


def _float(text: str) -> float:
    if abs(value := float(text)) > _MOST:
        raise ValueError(f"it contains the number {shown(text)}, which is too large")
    return value


def _int(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError(f"it contains the number {shown(text)}, which is too large")
    return int(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number, parse_float=_float, parse_int=_int)


def read_yaml(path: Path) -> Any:
    """The values of a YAML file, of plain kinds only: a tag runs nothing.

    Raises:
        InputError: it cannot be read, is not YAML or not UTF-8, or names a key twice.
    """
    import yaml

    data = read_bytes(path, say("cannot be read: No such file or directory"))
    try:
        return yaml.load(as_text(data), Loader=_loader())
    except RecursionError:
        raise InputError("is not YAML: it is nested too deeply", where=str(path)) from None
    except (yaml.YAMLError, ValueError, OverflowError, TypeError, AttributeError, KeyError) as error:
        place = in_words(error).replace(' in "<unicode string>", ', " in ")
        raise InputError(say("is not YAML: {place}", place=place), where=str(path)) from None


def _loader() -> type[yaml.SafeLoader]:
    import yaml

    class Loader(yaml.SafeLoader):
        """A SafeLoader that does not let a repeated key silently win."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
            written = [self.construct_object(key, deep=True) for key, _ in node.value if key.tag != _MERGE]
            known = [key for key in written if isinstance(key, Hashable)]
            if len(set(known)) < len(known):
                twice = next(key for key in known if known.count(key) > 1)
                raise yaml.constructor.ConstructorError(
                    None, None, say("'{twice}' appears twice", twice=twice), node.start_mark
                )
            return super().construct_mapping(node, deep)

    return Loader


_MERGE = "tag:yaml.org,2002:merge"
