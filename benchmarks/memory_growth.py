"""Does memory grow with the number of texts? Peak resident memory of extraction, and of an epoch read from the store.

    python benchmarks/memory_growth.py --data shared/data/sst2/train_phrases.tsv

Each figure is of a process of its own: the peak while it works, less what it held just before. What is held before
(the encoder, and the piece ids of all texts) is printed too, since the latter does grow, by some bytes a piece.
Extraction rises over its first thirty batches or so and then levels off, which the middle count shows.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from measuring import in_own_process, this_machine
from results import Cell, Chart, Findings, Run, Table, add_json_option

from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import fast_precision
from unfreeze.features.extract import extract
from unfreeze.features.layout import Form

STEPS = ("extract", "read")
FORMS: tuple[Form, ...] = ("mean", "tokens")
READ_BATCH = 32


def texts_from(path: Path, count: int) -> list[str]:
    """The first `count` distinct texts of a tab-separated file's first column; past its end, pairs of them joined."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    distinct = list(dict.fromkeys(line.split("\t")[0] for line in lines))
    draw = random.Random(0)
    while len(distinct) < count:
        more = [f"{draw.choice(distinct)} ; {draw.choice(distinct)}" for _ in range(count - len(distinct))]
        distinct = list(dict.fromkeys([*distinct, *more]))
    return draw.sample(distinct, len(distinct))[:count]


@contextmanager
def peak_growth(found: dict[str, Any], name: str) -> Iterator[None]:
    """Put into `found[name]` the highest resident memory in the block, less that at its start, in MB; and seconds."""
    process, done = psutil.Process(), threading.Event()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)  # memory freed before must not hide what is taken now
    start = peak = process.memory_info().rss

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.perf_counter()
    try:
        yield
    finally:
        found[f"{name} s"] = time.perf_counter() - began
        done.set()
        watcher.join()
        found[f"{name} before MB"], found[f"{name} MB"] = start / 1e6, (peak - start) / 1e6


def measure(data: Path, count: int, form: Form, folder: Path, step: str) -> dict[str, Any]:
    """In this process: make the store (`extract`) or read one epoch of the store that is there (`read`)."""
    found: dict[str, Any] = {}
    encoder = load_encoder("minilm")
    inputs = encoder.read_texts(texts_from(data, count))
    precision = fast_precision(encoder.device)
    encoder.encode(inputs.batch(range(READ_BATCH)))  # libraries take their own memory at the first use
    with frozen(encoder, precision) as reader:

        def features() -> Any:
            return extract(reader, inputs, form, folder=folder, cap_bytes=10**12, precision=precision)

        if step == "extract":
            with peak_growth(found, step):
                stored = features()
        else:
            stored = features()
            order = np.random.default_rng(0).permutation(count)
            with peak_growth(found, step):
                for start in range(0, count, READ_BATCH):
                    stored.read(order[start : start + READ_BATCH])
    if stored.kind != "stored" or stored.reused != (step == "read"):
        raise SystemExit(f"expected a store, found {stored.kind}, reused {stored.reused}: {stored.note}")
    return {**found, "store MB": stored.bytes / 1e6, "pieces": int(inputs.offsets[-1])}


def measured_apart(data: Path, count: int, form: Form, folder: str, step: str) -> dict[str, Any]:
    """`measure` in a process of its own."""
    return in_own_process(__file__, "--data", data, "--one", count, form, folder, step)


def main() -> None:
    """Print machine, date, versions and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="tab-separated file with a header, texts first")
    parser.add_argument("--counts", type=int, nargs="+", default=[5_000, 20_000, 70_000], help="how many texts")
    parser.add_argument("--one", nargs=4, metavar=("COUNT", "FORM", "FOLDER", "STEP"), help=argparse.SUPPRESS)
    add_json_option(parser)
    arguments = parser.parse_args()
    if arguments.one:
        count, form, folder, step = arguments.one
        print(json.dumps(measure(arguments.data, int(count), form, Path(folder), step)))
        return
    run = Run(this_machine(), arguments.json)
    found = {(form, count): both_steps(arguments.data, count, form) for form in FORMS for count in arguments.counts}
    rows: list[tuple[Cell, ...]] = []
    for (form, count), r in found.items():
        steps = (r[f"{step} {what}"] for step in STEPS for what in ("MB", "before MB", "s"))
        rows.append((form, count, r["pieces"], r["store MB"], *steps))
    columns = ("form", "texts", "pieces", "store, MB", "extract, MB", "before", "seconds", "one epoch, MB", "before",
               "seconds")  # fmt: skip
    note = f"Peak growth of resident memory in {fast_precision(torch.device('cpu'))}; before: what was held already."
    lines = [(f"{step}, {form}", float(count), r[f"{step} MB"]) for step in STEPS for (form, count), r in found.items()]
    chart = Chart("Peak memory by number of texts", "lines", "texts", "MB", tuple(lines), log=True)
    run.add(Findings((Table("Memory", columns, tuple(rows), note),), (), (chart,)))
    run.close()


def both_steps(data: Path, count: int, form: Form) -> dict[str, Any]:
    """What making a store and reading an epoch of it took."""
    with tempfile.TemporaryDirectory() as folder:
        made = measured_apart(data, count, form, folder, "extract")
        return made | measured_apart(data, count, form, folder, "read")


if __name__ == "__main__":
    main()
