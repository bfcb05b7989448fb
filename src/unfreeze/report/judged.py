"""The result of a comparison as the report shows it: read from `result.json`, and about this very comparison."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

from unfreeze.errors import InputError
from unfreeze.judging import result_json
from unfreeze.judging.read import Compared
from unfreeze.judging.result import Result
from unfreeze.language.message import say


def read_result(folder: Path, compared: Compared) -> Result:
    """The result of a folder whose runs were read.

    Raises:
        InputError: it is missing, torn, of other types, or not about these arms and runs.
    """
    result = result_json.read_result(folder)
    there = {arm.id: (arm.encoder, arm.method, arm.choice.judged) for arm in compared.arms}
    told = {arm.id: (arm.encoder, arm.method, tuple(run.id for run in arm.runs)) for arm in result.arms}
    pairs = {frozenset((pair.first, pair.second)) for pair in result.differences}
    wanted = {frozenset(pair) for pair in combinations(there, 2)}
    advised = {result.verdict.use, result.verdict.leader} <= set(there)
    floor = result.floor is None or set(result.floor.gains) >= set(there)
    folds = result.folds is None or set(result.folds.scores) == set(result.folds.recipes) == set(there)
    if not folds or there != told or len(told) != len(result.arms) or pairs != wanted or not advised or not floor:
        problem = say("is about other methods than those that were run; {again}", again=result_json.AGAIN)
        raise InputError(problem, where=str(folder / result_json.FILE))
    return result
