"""From a plan to signals: the data read, a bench opened over a part of it, probes fitted. Nothing is fine-tuned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from unfreeze.advice.signals import Signals, probed_data, signals_of
from unfreeze.data.examples import Dataset
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.protocol import Encoder
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.methods.checks import check_recipes
from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.plan import Plan
from unfreeze.runs.opening import workbench
from unfreeze.runs.place import own_device, precision_for
from unfreeze.runs.watching import Watcher
from unfreeze.training.usable_precision import usable_precision


def gathered(
    plan: Plan, dataset: Dataset, watcher: Watcher | None = None, tell: Callable[[str], None] = lambda line: None
) -> Signals:
    """The signals of a data set and a plan's encoder.

    Raises:
        InputError: the encoder cannot be loaded or fine-tuned, or does not fit the task.
    """
    encoder: Encoder = load_encoder(plan.only_encoder, plan.max_length, plan.all_options).to(own_device(plan))
    for line in (*encoder.notes, *(encoder.notes_on_pairs if dataset.task.pair else ())):
        tell(line)
    check_recipes((), dataset.task, encoder.traits)
    unfit = FINE_TUNING.unfit(encoder.traits)
    if unfit is not None:
        raise InputError(say("nothing is to be foretold: {unfit}", unfit=unfit), where=f"--encoder {encoder.name}")
    precision, instead = usable_precision(encoder, precision_for(plan, None))
    if instead is not None:
        tell(instead)
    with workbench(plan, probed_data(dataset), encoder, Path(), watcher, precision) as bench:
        return signals_of(bench, len(dataset.train))
