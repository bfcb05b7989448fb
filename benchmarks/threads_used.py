"""How much of the processor a comparison asks for, and what bounds runs side by side in one process.

    python benchmarks/threads_used.py --data shared/data/sst2 --threads 2

Demand is the number of threads that run or wait for a core, on average over the whole comparison: what it would use on
a machine that does nothing else, known on a busy one too (Linux alone tells it, /proc/self/task/*/schedstat). The
comparison has a head with an LSTM, which needs one thread, and fine-tuning, whose steps have two halves.

Outside of torch's operations a thread holds Python's lock, which only one has at a time. The share of a step's
processor time that is not in operations, between two bounds (the profiler makes both parts longer), says how many runs
one process can have at work: about 1 over that share, whatever the number of cores.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from measuring import this_machine
from torch.profiler import ProfilerActivity, profile

from unfreeze.commands.compare import compare
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.trainer import Given, trainer_of
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.plan import plain, plan_from
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
    """Progress of a run that is measured from step `FIRST` to `LAST`, and ends there."""

    def __init__(self, profiled: bool) -> None:
        self.profiled, self.at = profiled, dict[int, float]()
        self.profile: Any = profile(activities=[ProfilerActivity.CPU])

    def __call__(self, step: int, total: int, best: float | None) -> None:
        """See `training.loop.Progress`."""
        if step in (FIRST, LAST):
            self.at[step] = time.thread_time()
            if self.profiled:
                (self.profile.start if step == FIRST else self.profile.stop)()
        if step == LAST:
            raise _MeasuredError


def outside(recipe: Recipe, bench: Workbench) -> tuple[float, float]:
    """Bounds of the share of a thread's time that is not in torch's operations, over some steps of a run."""
    seconds = {}
    for profiled in (False, True):
        watched = _Watched(profiled)
        data = bench.dataset
        states = {form: training.of_both(bench, recipe, form) for form in training.forms_of(bench, recipe)}
        given = Given(bench.encoder, bench.objective, data.train, data.dev, bench.precision, states, watched)
        try:
            trainer_of(recipe).train(recipe, given, [0])
        except _MeasuredError:
            seconds[profiled] = watched.at[LAST] - watched.at[FIRST]
    inside = sum(event.self_cpu_time_total for event in watched.profile.key_averages()) / 1e6
    shares = sorted(max(0.0, 1 - inside / seconds[profiled]) for profiled in (False, True))
    return shares[0], shares[1]


def main() -> None:
    """Print machine, demand, and the shares."""
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
        torch.set_num_threads(1)
        with opened(plan, read_data(plan), Path(folder) / "again") as question:
            for recipe in (BCN, TUNED):
                training.prepare(question.bench, recipe)
                low, high = outside(recipe, question.bench)
                print(f"{recipe.name}: {100 * low:.1f} to {100 * high:.1f} % of a step outside of operations")


if __name__ == "__main__":
    main()
