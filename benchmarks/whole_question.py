"""A whole comparison against its fine-tuning runs alone: what it costs to ask the question at all.

    python benchmarks/whole_question.py --data shared/data --train-size 1000 --seeds 5

`unfreeze compare` with both methods, the `quick` budget, an empty feature store, and everything that belongs to it:
reading, audit, extraction, heads, probes, floor, the test set, judging, report and bundle. Fine-tuning's share is the
time inside its training loops; the rest of the run is what the answer costs beyond that.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import tempfile
import time
from pathlib import Path

from data_sets import SETS, required
from measuring import this_machine
from results import Findings, Ratio, Run, Table, add_json_option

from unfreeze.commands.compare import compare
from unfreeze.plan import Plan
from unfreeze.runs.watching import Quiet

COLUMNS = ("set", "training examples", "all, s", "fine-tuning, s", "frozen heads, s", "all by fine-tuning")


class Timer(Quiet):
    """A watcher that adds up the seconds of each sort of work."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._began: dict[str, float] = {}

    def begin(self, what: str, left: int) -> None:
        """Work begins."""
        self._began[what] = time.perf_counter()

    def end(self, what: str, score: float | None, of: str | None = None) -> None:
        """It has ended."""
        sort = what.split()[0] if score is not None else what.split(",")[0]
        now, began = time.perf_counter(), of or what
        self.seconds[sort] = self.seconds.get(sort, 0.0) + now - self._began[began]
        self._began[began] = now


def measure(data: Path, name: str, train_size: int, seeds: int) -> Findings:
    """One set's comparison."""
    timer, began = Timer(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["UNFREEZE_CACHE"] = f"{folder}/store"
        about = SETS[name]
        result = compare(
            Plan(
                data=str(data / name), label=about.label, text=about.text, train_size=train_size, seeds=seeds,
                out=f"{folder}/out",
            ),
            timer,
        )  # fmt: skip
    whole = time.perf_counter() - began
    tuned, frozen = (result.methods[m].cost.all_runs_s for m in ("fine-tuning", "feature-extraction"))
    size = result.data.sizes["train"]
    parts = sorted(timer.seconds.items(), key=lambda part: -part[1])
    note = (
        f"Seconds of its parts, some at the same time: {', '.join(f'{sort} {seconds:.1f}' for sort, seconds in parts)}."
    )
    row = (name, size, whole, tuned, frozen, f"{whole / tuned:.2f}")
    title = f"The whole question on {name}, {seeds} seeds"
    ratio = Ratio(f"fine-tuning runs to the whole comparison on {name}", tuned, whole, "s", tuned / whole)
    return Findings((Table(title, COLUMNS, (row,), note),), (ratio,))


def main() -> None:
    """Print machine, date, versions, and a table a set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds sst2, sick and wnut17, or others")
    parser.add_argument("--train-size", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--kinds", nargs="+", default=["texts", "tags"], choices=["texts", "pairs", "tags"])
    add_json_option(parser)
    arguments = parser.parse_args()
    run = Run(this_machine(), arguments.json)
    for kind in arguments.kinds:
        run.add(measure(arguments.data, required(arguments.data, kind), arguments.train_size, arguments.seeds))
    run.close()


if __name__ == "__main__":
    main()
