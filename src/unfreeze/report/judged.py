"""The result of a comparison as the report shows it: read from `result.json`, and about this very comparison."""

from __future__ import annotations

from pathlib import Path

from unfreeze.errors import InputError
from unfreeze.judging import result_json
from unfreeze.judging.read import Comparison
from unfreeze.judging.result import Result


def read_result(folder: Path, comparison: Comparison) -> Result:
    """The result of a folder whose runs were read.

    Raises:
        InputError: it is missing, torn, of other types, or not about this comparison.
    """
    result = result_json.read_result(folder)
    methods = set(result.methods)
    of_both = (result.difference is not None) == (len(methods) == 2)
    floor = result.floor is None or set(result.floor.gains) >= methods
    if methods != set(comparison.choices) or result.verdict.use not in methods or not of_both or not floor:
        problem = f"is about other methods than those that were run; {result_json.AGAIN}"
        raise InputError(problem, where=str(folder / result_json.FILE))
    return result
