"""Runs on machines of Ray: a grid on two of one core each, the time to the first run, and what Ray adds to a run.

    .venv-bench/bin/python benchmarks/scale.py --data shared/data

* The grid: 4 recipes, half of them frozen, with 6 seeds. One process of one thread makes it, and two machines of one
  core each that share no folder, both of them on this machine, which needs two cores for that and does nothing else.
  Both sides begin with no layer states and end with the last run's record in the folder of the process that asked.
* The first run: seconds from the start of the process that asks to the moment at which a run begins; where nothing is
  there (`--engine ray` starts a Ray), on machines that are there, and in one process.
* What Ray adds: many brief runs of a tiny encoder, on one machine of one core and in one process of one thread; the
  difference for each run after the first.

Every side is a process of its own with one thread (`scale_side.py`); machines are started from scratch for each turn,
before the clock. Where processors are alike, scores are the same on both sides to the bit, which is checked.
"""

from __future__ import annotations

import os

os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_sets import required
from growth import TINY, random_encoder
from measuring import Spread, in_own_process, this_machine
from results import Cell, Findings, Ratio, Run, Table, add_json_option

SIDE = str(Path(__file__).with_name("scale_side.py"))
TO_FIRST, ADDED = 15.0, 0.5  # seconds wanted at most
LIMIT = 128  # pieces that the tiny encoder reads


@dataclass(frozen=True)
class Asked:
    """What a side gets but where its runs are made.

    Attributes:
        kind: of the grid, see `scale_side.RECIPES`.
    """

    data: Path
    name: str
    encoder: str
    kind: str
    train_size: int
    seeds: int

    def at(self, engine: str) -> dict[str, Any]:
        """The times of a side, with `to_first`: seconds from the start of its process to the first run."""
        with tempfile.TemporaryDirectory() as cache:
            os.environ["UNFREEZE_CACHE"] = cache
            began = time.time()
            words = (self.data, self.name, self.encoder, engine, self.kind, self.train_size, self.seeds)
            times = in_own_process(SIDE, *words)
        return {**times, "to_first": times["begun_at"] - began}


@contextmanager
def machines(count: int) -> Iterator[str]:
    """The address of `count` machines of one core, each with its own folder for layer states."""
    from ray.cluster_utils import Cluster

    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        try:
            for number in range(count):
                cluster.add_node(num_cpus=1, env_vars={"UNFREEZE_CACHE": f"{folder}/{number}"})
            yield str(cluster.address)
        finally:
            cluster.shutdown()


def grid(asked: Asked, turns: int) -> Findings:
    """Two machines against one process, in turns."""
    here, there = [], []
    for _ in range(turns):
        here.append(asked.at("here"))
        with machines(2) as address:
            there.append(asked.at(address))
    same = all(one["scores"] == other["scores"] for one, other in zip(here, there, strict=True))
    spread = Spread.of([one["seconds"] / other["seconds"] for one, other in zip(here, there, strict=True)])
    one, two = (statistics.median(side["seconds"] for side in sides) for sides in (here, there))
    runs = len(here[0]["scores"])
    rows = (("one process of one core", runs, one), ("two machines of one core", runs, two))
    note = f"Dev scores are {'the same to the bit' if same else 'NOT THE SAME'} on both sides."
    name = f"a grid of {runs} runs on {asked.name}, two machines of one core against one process"
    return Findings(
        (Table(f"A grid on {asked.name}, {asked.train_size} examples", ("side", "runs", "s"), rows, note),),
        (Ratio(name, two, one, "s", spread.median, spread.low, spread.high),),
    )


def first_run(asked: Asked, turns: int) -> Findings:
    """Seconds from nothing to the first run."""
    seen: dict[str, list[float]] = {"in one process": [], "on machines that are there": [], "with a Ray started": []}
    for _ in range(turns):
        with machines(1) as address:
            seen["on machines that are there"].append(asked.at(address)["to_first"])
        seen["in one process"].append(asked.at("here")["to_first"])
        seen["with a Ray started"].append(asked.at("ray")["to_first"])
    rows = tuple((where, statistics.median(seconds)) for where, seconds in seen.items())
    ratios = [_at_most(f"the first run {where}", seconds, TO_FIRST) for where, seconds in list(seen.items())[1:]]
    return Findings((Table("From nothing to the first run", ("where", "s"), rows),), tuple(ratios))


def added(asked: Asked, turns: int) -> Findings:
    """What Ray adds to each run."""
    rows: list[tuple[Cell, ...]] = []
    for turn in range(turns):
        here = asked.at("here")["each"]
        with machines(1) as address:
            there = asked.at(address)["each"]
        rows.append((f"turn {turn + 1}", asked.seeds, here, there, there - here))
    difference = [float(row[-1] or 0.0) for row in rows]
    columns = ("", "runs", "s a run in one process", "s a run on Ray", "added")
    return Findings(
        (Table("What Ray adds to a brief run", columns, tuple(rows)),),
        (_at_most("what Ray adds to a run", difference, ADDED),),
    )


def _at_most(name: str, seconds: list[float], most: float) -> Ratio:
    """Seconds against what they may be; what is below a millisecond counts as that."""
    spread = Spread.of([most / max(one, 1e-3) for one in seconds])
    return Ratio(
        f"{name}, against {most:g} s", statistics.median(seconds), most, "s", spread.median, spread.low, spread.high
    )


def main() -> None:
    """Print machine, date, versions, and the three parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds sst2, ewt_genre or another set")
    parser.add_argument("--train-size", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=6, help="of each of the 4 recipes of the grid")
    parser.add_argument("--brief", type=int, default=60, help="runs, to see what Ray adds to each")
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--parts", nargs="+", default=["grid", "first", "added"], choices=["grid", "first", "added"])
    add_json_option(parser)
    arguments = parser.parse_args()
    run, name = Run(this_machine("ray"), arguments.json), required(arguments.data, "texts")
    data, turns = arguments.data.absolute(), arguments.turns
    if "grid" in arguments.parts:
        run.add(grid(Asked(data, name, "minilm", "grid", arguments.train_size, arguments.seeds), turns))
    if "first" in arguments.parts:
        run.add(first_run(Asked(data, name, "minilm", "brief", 60, 1), turns))
    if "added" in arguments.parts:
        with tempfile.TemporaryDirectory() as folder:
            encoder = random_encoder(Path(folder), TINY, LIMIT)
            run.add(added(Asked(data, name, encoder, "brief", 60, arguments.brief), turns))
    run.close()


if __name__ == "__main__":
    main()
