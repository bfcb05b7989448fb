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
import platform
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
import transformers

from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import fast_precision
from unfreeze.features.extract import extract
from unfreeze.features.layout import Form

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
    command = [sys.executable, __file__, "--data", str(data), "--one", str(count), form, folder, step]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    values: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return values


def main() -> None:
    """Print machine, date, versions and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="tab-separated file with a header, texts first")
    parser.add_argument("--counts", type=int, nargs="+", default=[5_000, 20_000, 70_000], help="how many texts")
    parser.add_argument("--one", nargs=4, metavar=("COUNT", "FORM", "FOLDER", "STEP"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        count, form, folder, step = arguments.one
        print(json.dumps(measure(arguments.data, int(count), form, Path(folder), step)))
        return
    precision = fast_precision(torch.device("cpu"))
    print(f"{date.today()}  {platform.platform()}  {platform.processor() or platform.machine()}  ", end="")
    print(f"{torch.get_num_threads()} threads  {precision}  Python {platform.python_version()}  ", end="")
    print(f"torch {torch.__version__}  transformers {transformers.__version__}  minilm")
    print("peak growth of resident memory, MB (before: what the process held at that point)\n")
    print("form      texts    pieces   store MB | extract   before  seconds | one epoch   before  seconds")
    for form in FORMS:
        for count in arguments.counts:
            with tempfile.TemporaryDirectory() as folder:
                r = {}
                for step in ("extract", "read"):
                    r.update(measured_apart(arguments.data, count, form, folder, step))
            print(f"{form:6} {count:8,} {r['pieces']:9,} {r['store MB']:10,.1f} | ", end="")
            print(f"{r['extract MB']:7.1f} {r['extract before MB']:8.1f} {r['extract s']:8.1f} | ", end="")
            print(f"{r['read MB']:9.1f} {r['read before MB']:8.1f} {r['read s']:8.1f}", flush=True)


if __name__ == "__main__":
    main()
