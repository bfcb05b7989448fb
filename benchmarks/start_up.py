"""How long a command takes that computes nothing: `unfreeze --help`, and `unfreeze check` on 100,000 rows.

    python benchmarks/start_up.py --data shared/data/sst2/train_phrases.tsv

Whole processes, start of Python included, the median of several; seconds by the clock and of processor time.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from growth import write_texts
from results import Findings, Ratio, Run, add_json_option

LIMITS = {"--help": 0.3, "check": 3.0}


def process(arguments: list[str]) -> tuple[float, float]:
    """Seconds by the clock and of processor time of one call of the command line."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "unfreeze", *arguments], stdout=subprocess.DEVNULL, check=True)
    clock, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print and keep a ratio a command: the seconds wanted to those taken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="tab-separated: a header, then texts with labels")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=5)
    add_json_option(parser)
    arguments = parser.parse_args()
    from measuring import this_machine

    run = Run(this_machine(), arguments.json)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.csv"
        write_texts(arguments.data, arguments.rows, file)
        for command, given in (("--help", ["--help"]), ("check", ["check", str(file)])):
            limit = LIMITS[command]
            seen = [process(given) for _ in range(arguments.turns)]
            clock, processor = (statistics.median(side) for side in zip(*seen, strict=True))
            rows = f" on {arguments.rows:,} rows" if command == "check" else ""
            name = f"unfreeze {command}{rows}, against {limit:g} s"
            ratios = sorted(limit / one for one, _ in seen)
            shares = limit / clock, ratios[0], ratios[-1], limit / processor
            run.add(Findings(ratios=(Ratio(name, clock, limit, "s", *shares),)))
    run.close()


if __name__ == "__main__":
    main()
