"""The one exception that means "the input is at fault", told so that a person can mend it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

LISTED, SHOWN = 20, 60
"""So many names of a list, and so many characters of a name, are written out in a message."""
LONGEST = 500
"""Characters of a whole message, without where it is."""
_BREAKS = re.compile(r"\s*[\n\r\v\f\x85\u2028\u2029]\s*")


class InputError(Exception):
    """Bad input: the command line prints it as one line and exits with 2, without a traceback.

    Args:
        problem: what was found and what is allowed or what to do.
        where: file, `file:line`, or field that is at fault.
    """

    def __init__(self, problem: str, *, where: str | None = None) -> None:
        self.problem, self.where = _bearable(problem), where
        super().__init__(f"{where}: {self.problem}" if where else self.problem)


def _bearable(problem: str) -> str:
    """One line that a terminal only shows, without its middle where it is long.

    Other libraries' words, and cells of a file, may be anything.
    """
    line = _BREAKS.sub(" ", problem).strip()
    if not line.isprintable():
        line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    return line if len(line) <= LONGEST else f"{line[: LONGEST * 2 // 3]} ... {line[-LONGEST // 3 :]}"


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
