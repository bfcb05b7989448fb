"""Steps of pretraining a new encoder by whichever build of the package is on the path: a line of JSON with their rate.

    PYTHONPATH=src python benchmarks/pretraining_steps.py --objective bilm --size mini --corpus text.txt --steps 8

`pretraining.py` runs it for two builds, so it uses only what both have. The first steps are not counted.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import inspect
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from unfreeze.encoders.precision import fast_precision
from unfreeze.pretraining.begin import objective_for
from unfreeze.pretraining.budget import Budget
from unfreeze.pretraining.loop import Checkpoints, pretrain
from unfreeze.pretraining.settings import pretraining_from

CPU = torch.device("cpu")
WARM = 2  # steps


def ends_of_steps(arguments: argparse.Namespace, folder: Path) -> tuple[list[tuple[float, float]], int]:
    """Seconds by the clock and of processor time at the end of each step, and the tokens of a step."""
    given = {"corpus": (str(arguments.corpus),), "out": str(folder), "objective": arguments.objective,
             "size": arguments.size, "batch": arguments.batch}  # fmt: skip
    objective = objective_for(pretraining_from(given), folder / "work", CPU, lambda line: None)
    ends: list[tuple[float, float]] = []

    def tick(progress: object) -> None:
        ends.append((time.perf_counter(), time.process_time()))

    name = "after_step" if "after_step" in inspect.signature(pretrain).parameters else "told"  # of the earlier build
    tell: dict[str, Callable[[object], None]] = {name: tick}
    budget, checkpoints = Budget(arguments.steps * objective.step_tokens, None), Checkpoints(folder / "last.pt", 1e9)
    pretrain(objective, budget, checkpoints, seed=0, precision=fast_precision(CPU), device=CPU, **tell)
    return ends, objective.step_tokens


def main() -> None:
    """Print {"clock": tokens a second, "processor": tokens a second of processor time}."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objective", required=True)
    parser.add_argument("--size", default="mini")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--batch", type=int, help="tokens a step; the size's own if left out")
    parser.add_argument("--steps", type=int, default=8)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ends, tokens = ends_of_steps(arguments, Path(folder))
    counted = ends[WARM - 1 :]
    seconds = (last - first for first, last in zip(counted[0], counted[-1], strict=True))
    clock, processor = (tokens * (len(counted) - 1) / each for each in seconds)
    print(json.dumps({"clock": clock, "processor": processor}))


if __name__ == "__main__":
    main()
