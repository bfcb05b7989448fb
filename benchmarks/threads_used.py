"""How much of the processor a comparison asks for, and what bounds runs side by side in one process.

    python benchmarks/threads_used.py --data shared/data/sst2 --threads 2

Demand is the number of threads that run or wait for a core, on average over the whole comparison: what it would use on
a machine that does nothing else, known on a busy one too (Linux alone tells it, /proc/self/task/*/schedstat). The
comparison has a head with an LSTM, which needs one thread, and fine-tuning, whose steps have two halves.

Outside of torch's operations a thread holds Python's lock, which only one has at a time. How long is bounded from
above: by the processor time of the same step of a model with the same layers and almost no width, where operations take
hardly any time, without what `torch.autograd.grad` takes, which gives the lock back. One process can have 1 over that
share of the real step at work, or more.
"""

from __future__ import annotations

import argparse
import copy
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from measuring import this_machine

from unfreeze.commands.compare import compare
from unfreeze.encoders.freezing import frozen
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.trainer import Given, trainer_of
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.plan import Plan, plain, plan_from
from unfreeze.recipe import Recipe
from unfreeze.runs import training
from unfreeze.runs.bench import Workbench
from unfreeze.runs.opening import opened
from unfreeze.runs.question import read_data

LINEAR = FrozenRecipe("linear", "mix", learning_rate=1e-2, epochs=10, min_steps=0)
BCN = FrozenRecipe("bcn", "bcn", learning_rate=3e-3, epochs=8, hidden=300, min_steps=0)
TUNED = TunedRecipe("linear", "low", learning_rate=3e-5, epochs=3, min_steps=0)
RECIPES: tuple[Recipe, ...] = (LINEAR, BCN, TUNED, replace(TUNED, name="high", learning_rate=1e-4))
EVERY = 0.25  # seconds between two looks at the threads
FIRST, LAST = 3, 8  # steps between which a run is measured


class Demand:
    """Adds up how long this process' threads have run or waited for a core."""

    def __init__(self) -> None:
        self.seconds, self._seen, self._ended = 0.0, dict[str, int](), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Demand:
        self._look()
        self._began, self.seconds = time.perf_counter(), 0.0
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._look()
        self.threads = self.seconds / (time.perf_counter() - self._began)

    def _watch(self) -> None:
        while not self._ended.wait(EVERY):
            self._look()

    def _look(self) -> None:
        for task in os.listdir("/proc/self/task"):
            try:
                ran, waited, _ = Path(f"/proc/self/task/{task}/schedstat").read_text(encoding="ascii").split()
            except OSError:  # it has ended
                continue
            now = int(ran) + int(waited)
            self.seconds += (now - self._seen.get(task, 0)) / 1e9
            self._seen[task] = now


class _MeasuredError(Exception):
    """Enough steps were taken."""


class _Watched:
    """Progress of a run whose processor time is measured from step `FIRST` to `LAST`, where it ends.

    Attributes:
        back: seconds in `torch.autograd.grad` since the run began.
        at: of these steps, seconds until then, and of them those in `torch.autograd.grad`.
    """

    def __init__(self) -> None:
        self.back, self.at = 0.0, dict[int, tuple[float, float]]()
        self._plain = torch.autograd.grad

    def grad(self, *given: Any, **settings: Any) -> Any:
        """`torch.autograd.grad`, measured."""
        began = time.thread_time()
        found = self._plain(*given, **settings)
        self.back += time.thread_time() - began
        return found

    def __call__(self, step: int, total: int, best: float | None) -> None:
        """See `training.loop.Progress`."""
        if step in (FIRST, LAST):
            self.at[step] = time.thread_time(), self.back
        if step == LAST:
            raise _MeasuredError

    def seconds(self) -> tuple[float, float]:
        """Of a step, and of it without `torch.autograd.grad`."""
        whole, back = ((self.at[LAST][i] - self.at[FIRST][i]) / (LAST - FIRST) for i in (0, 1))
        return whole, whole - back


def step_seconds(recipe: Recipe, bench: Workbench) -> tuple[float, float]:
    """Processor seconds of a step of a run in this thread alone, with and without `torch.autograd.grad`."""
    watched, data = _Watched(), bench.dataset
    training.prepare(bench, recipe)
    states = {form: training.of_both(bench, recipe, form) for form in training.forms_of(bench, recipe)}
    given = Given(bench.encoder, bench.objective, data.train, data.dev, bench.precision, states, watched)
    with suppress(_MeasuredError), patch.object(torch.autograd, "grad", watched.grad):
        trainer_of(recipe).train(recipe, given, [0])
    return watched.seconds()


@contextmanager
def narrow(bench: Workbench, folder: Path) -> Iterator[Workbench]:
    """The bench with an encoder of the same layers and almost no width."""
    encoder: Any = bench.encoder
    config = copy.deepcopy(encoder.model.config)
    config.hidden_size, config.intermediate_size = 2 * config.num_attention_heads, 4
    small = encoder.over(type(encoder.model)._from_config(config)).eval()
    small.width = config.hidden_size
    with frozen(small, bench.precision) as reader:
        cache = folder / "narrow", bench.cache[1]
        yield replace(bench, encoder=small, reader=reader, features={}, inputs={}, fingerprint=None, cache=cache)


def show_bounds(plan: Plan, folder: Path) -> None:
    """Print what of a step may hold the lock."""
    torch.set_num_threads(1)
    with opened(plan, read_data(plan), folder / "again") as question:
        real = [step_seconds(recipe, question.bench)[0] for recipe in (BCN, TUNED)]
        with narrow(question.bench, folder) as bench:
            least = [step_seconds(recipe, bench)[1] for recipe in (replace(BCN, hidden=4), TUNED)]
    for recipe, whole, rest in zip((BCN, TUNED), real, least, strict=True):
        print(f"{recipe.name}: {1e3 * whole:.1f} ms a step, {1e3 * rest:.1f} with almost no width: {rest / whole:.1%}")


def main() -> None:
    """Print machine, demand, and what of a step may hold the lock."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of a set of labelled texts")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--train-size", type=int, default=300)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(this_machine())
    with tempfile.TemporaryDirectory() as folder:
        os.environ["UNFREEZE_CACHE"] = f"{folder}/store"
        settings = {"data": str(arguments.data), "encoder": "minilm", "device": "cpu", "folds": 0, "seeds": 1}
        recipes = [plain(recipe) for recipe in RECIPES]
        plan = plan_from({**settings, "out": f"{folder}/out", "train_size": arguments.train_size, "recipes": recipes})
        with Demand() as demand:
            compare(plan)
        print(f"demand: {demand.threads:.2f} of {arguments.threads} threads")
        show_bounds(plan, Path(folder))


if __name__ == "__main__":
    main()
