"""The one exception that means "the input is at fault", told so that a person can mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(Exception):
    """Bad input: the command line prints it as one line and exits with 2, without a traceback.

    Args:
        problem: what was found and what is allowed or what to do.
        where: file, `file:line`, or field that is at fault.
    """

    def __init__(self, problem: str, *, where: str | None = None) -> None:
        self.problem, self.where = problem, where
        super().__init__(f"{where}: {problem}" if where else problem)


def nearest(name: str, known: Iterable[str]) -> str:
    """`" (did you mean 'x'? known: ...)"` for an unknown `name`, for the end of an error message."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f" ({hint}known: {', '.join(names)})"
