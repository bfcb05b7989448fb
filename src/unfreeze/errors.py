"""The one exception that means "the input is invalid", worded so that a person can fix it."""

from __future__ import annotations

import difflib
import errno
import os
import re
import sysconfig
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import Any

from unfreeze.language.message import in_language, joined, say

LISTED, SHOWN = 20, 60
"""At most that many names of a list, and characters of a name, are written out in a message."""
LONGEST, PLACE = 500, 160
"""At most that many characters of a whole message, and of the place at its beginning."""
_MACHINE = frozenset((
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.ESTALE, errno.ENOMEM, errno.EMFILE,
    errno.ENFILE,
))  # fmt: skip
"""What a disk or a machine runs out of or refuses, whatever the file."""
_BREAKS = re.compile(r"\s*[\n\r\v\f\x85\u2028\u2029]\s*")


class InputError(Exception):
    """Bad input: the command line prints it as one line and exits with 2, without a traceback.

    Args:
        problem: what was found and what is allowed or what to do.
        where: file, `file:line`, or field that is invalid.
    """

    def __init__(self, problem: str, *, where: str | None = None) -> None:
        self.message, self.problem, self.where = problem, _bearable(problem), where
        super().__init__(_placed(self.problem, where))

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.message, self.where)

    def in_language(self, language: str) -> str:
        """The whole line in a language; words of other libraries stay as they are."""
        where = None if self.where is None else in_language(say(self.where), language)
        return _placed(_bearable(in_language(say(self.message), language)), where)


def _again(message: str, where: str | None) -> InputError:
    return InputError(message, where=where)


def _placed(problem: str, where: str | None) -> str:
    return _bearable(f"{_bearable(where, PLACE)}: {problem}") if where else problem


def _bearable(text: str, most: int = LONGEST) -> str:
    """One line that a terminal only shows, without its middle where it is long.

    Other libraries' words, names of files, and cells of a file may be anything.
    """
    line = _BREAKS.sub(" ", text).strip()
    if not line.isprintable():
        line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    return line if len(line) <= most else f"{line[: most * 2 // 3]} ... {line[-(most // 3 - 5) :]}"


def user_fault(error: Exception) -> InputError | None:
    """An error of the operating system as bad input: a file of the user's, or a disk that is full or fails.

    Returns:
        None for every other error, among them a missing file of this package or of a package that it uses: those are
        faults of the program.
    """
    if not isinstance(error, OSError):
        return None
    name = error.filename
    if not isinstance(name, str | bytes):
        return InputError(os.strerror(error.errno), where="input/output") if error.errno in _MACHINE else None
    path = os.path.realpath(os.fsdecode(name))
    installed = (os.path.dirname(__file__), *map(sysconfig.get_path, ("purelib", "platlib", "stdlib")))
    if error.errno not in _MACHINE and any(_inside(path, os.path.realpath(folder)) for folder in installed):
        return None
    return InputError(error.strerror or str(error), where=os.fsdecode(name))


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)


def nearest(name: str, known: Iterable[str]) -> str:
    """`" (did you mean 'x'? known: ...)"` for an unknown `name`, for the end of an error message."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if not close:
        return say(" (known: {names})", names=listed(names))
    return say(" (did you mean '{nearest}'? known: {names})", nearest=shown(close[0]), names=listed(names))


def shown(text: str, most: int = SHOWN) -> str:
    """A name or cell for a message of one bearable line: cut where it is long, line ends and the like as escapes."""
    cut = text if len(text) <= most else f"{text[: most - 3]}..."
    return cut if cut.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in cut)


def listed(names: Sequence[str], most: int = LISTED) -> str:
    """Names for a message: the first ones, and how many there are if that is not all."""
    told = joined(shown(name) for name in names[:most])
    return say("{names}, ... ({number:,} in all)", names=told, number=len(names)) if len(names) > most else told


def check_packages(names: Iterable[str], extra: str, where: str) -> None:
    """Raise `InputError` where a package of an extra is missing: what to install."""
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        problem = say("needs {missing}: pip install 'unfreeze[{extra}]'", missing=", ".join(missing), extra=extra)
        raise InputError(problem, where=where)
