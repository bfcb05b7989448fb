"""Pickles of plain data, read so that nothing in them can run."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

from unfreeze.disk.json_files import in_words
from unfreeze.errors import InputError
from unfreeze.language.message import say

_MOST = 1 << 20  # bytes; options are some hundred


class _PlainUnpickler(pickle._Unpickler):
    """Numbers, strings, lists and dictionaries only: a pickle runs code by way of a name that it looks up here.

    The one in Python and not the one in C, which a torn file can bring to faults that no `except` catches.
    """

    def find_class(self, module: str, name: str) -> Any:
        """Refuse every name."""
        raise pickle.UnpicklingError(
            say("it asks for {module}.{name}, and only plain data is read", module=module, name=name)
        )


def read_plain_pickle(path: Path) -> Any:
    """Read a pickle of plain data, of Python 2 too (its strings as Latin-1).

    Raises:
        InputError: it asks for anything that is not plain data, is torn, or is larger than options are.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except OSError as error:
        raise InputError(say("cannot be read: {strerror}", strerror=error.strerror), where=str(path)) from None
    if len(data) > _MOST:
        raise InputError("is larger than 1 MB, which options never are", where=str(path))
    try:
        return _PlainUnpickler(io.BytesIO(data), encoding="latin1").load()
    except Exception as error:  # a torn pickle can raise nearly anything
        raise InputError(
            say("is not a pickle of plain options: {error}", error=in_words(error)), where=str(path)
        ) from None
