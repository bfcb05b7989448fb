"""What the runs of a method took in multiply-adds: counted in their records, estimated for older ones. No torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from unfreeze.methods.table import method_of
from unfreeze.methods.work import Past, Read, layers_like_bert, read_like_english
from unfreeze.records.comparison import RunRecord
from unfreeze.records.setting import Setting

WORDS = 20  # of a text of which nothing is known


@dataclass(frozen=True)
class MethodWork:
    """Counted work, see `unfreeze.methods.work`.

    Attributes:
        total: multiply-adds of all runs, and of the layer states that they read, each kind of states once.
        piece: multiply-adds to predict with the chosen recipe, for a piece.
        estimated: some records are of a version that did not count; epochs, sizes and parameters gave the number.
    """

    total: int
    piece: int
    estimated: bool


def method_work(runs: Iterable[RunRecord], chosen: RunRecord, setting: Setting) -> MethodWork:
    """The work of a method's runs, recipes tried and seeds, each once.

    Args:
        chosen: one of those with the chosen recipe.
    """
    total, estimated = 0, False
    states: dict[str, int] = {}
    for run in {run.id: run for run in runs}.values():
        work, read = (run.work, run.states) if run.work is not None else _estimate(run, setting)
        estimated |= run.work is None
        total += work
        states |= read
    known = setting.encoder.piece_work
    encoder = sum(_layers(setting)) if known is None else known
    head = method_of(chosen.recipe).head_work(chosen.recipe, setting.task, chosen.trained_parameters)
    return MethodWork(total + sum(states.values()), encoder + head, estimated)


def _layers(setting: Setting) -> tuple[int, ...]:
    return layers_like_bert(setting.encoder.layers, setting.encoder.width, setting.encoder.parameters)


def _estimate(run: RunRecord, setting: Setting) -> tuple[int, dict[str, int]]:
    """The work of a run and of its states, from its epochs and parameters and from sizes of splits and encoder."""
    train, dev = (_read(setting, split) for split in ("train", "dev"))
    epochs, readings = (run.curve[-1].epoch, len(run.curve)) if run.curve else (run.recipe.epochs, 1)
    sizes = setting.data.sizes.get("train", 0), setting.data.sizes.get("dev", 0)
    past = Past(_layers(setting), run.trained_parameters, epochs, readings, train, dev, sizes)
    return method_of(run.recipe).estimate(run.recipe, setting.task, past)


def _read(setting: Setting, split: str) -> Read:
    audited = setting.audit.splits.get(split)
    return read_like_english(setting.data.sizes.get(split, 0), WORDS if audited is None else audited.words.median)
