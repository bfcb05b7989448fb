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

LIMITS = {"--help": 0.3, "check": 3.0}


def process(arguments: list[str]) -> tuple[float, float]:
    """Seconds by the clock and of processor time of one call of the command line."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "unfreeze", *arguments], stdout=subprocess.DEVNULL, check=True)
    clock, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print a line a command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="tab-separated: a header, then texts with labels")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=5)
    arguments = parser.parse_args()
    from measuring import machine_line

    print(machine_line())
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.csv"
        write_texts(arguments.data, arguments.rows, file)
        for name, given in (("--help", ["--help"]), ("check", ["check", str(file)])):
            seen = [process(given) for _ in range(arguments.turns)]
            clock, processor = (statistics.median(side) for side in zip(*seen, strict=True))
            rows = f"{arguments.rows:,} rows" if name == "check" else ""
            print(f"unfreeze {name:6} {rows:>12}  {clock:6.2f} s  {processor:6.2f} s of processor  ", end="")
            print(f"(at most {LIMITS[name]} s wanted)", flush=True)


if __name__ == "__main__":
    main()
