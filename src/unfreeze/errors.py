"""The one exception that means "the input is invalid", worded so that a person can fix it."""

from __future__ import annotations

import difflib
import errno
import os
import re
import sysconfig
from collections.abc import Iterable, Sequence

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
        self.problem, self.where = _bearable(problem), where
        super().__init__(_bearable(f"{_bearable(where, PLACE)}: {self.problem}") if where else self.problem)


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
    hint = f"did you mean '{shown(close[0])}'? " if close else ""
    return f" ({hint}known: {listed(names)})"


def shown(text: str, most: int = SHOWN) -> str:
    """A name or cell for a message of one bearable line: cut where it is long, line ends and the like as escapes."""
    cut = text if len(text) <= most else f"{text[: most - 3]}..."
    return cut if cut.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in cut)


def listed(names: Sequence[str], most: int = LISTED) -> str:
    """Names for a message: the first ones, and how many there are if that is not all."""
    more = f", ... ({len(names):,} in all)" if len(names) > most else ""
    return ", ".join(shown(name) for name in names[:most]) + more
