"""`unfreeze encode` of many texts on two machines of one core each, against one process of one core.

    python benchmarks/scale_encode.py TEXTS OUT ENCODER ENGINE FORM

is one side, in its own process: its seconds as JSON in the last line. In `encoding`, a part of `scale.py`, both sides
take turns. The clock runs from before the texts are read to after the file has its name; libraries are imported before
it. The side on Ray has in it that it joins, that workers start and load the encoder, and that one process cuts texts
into pieces while the machines wait. The form is `mean`, so that the processor is measured and not the disk.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from growth import write_texts
from measuring import Spread, in_own_process
from results import Findings, Ratio, Table
from safetensors import safe_open

Machines = Callable[[int], AbstractContextManager[str]]
"""The address of that many machines of one core each, while a block runs."""
CORES = {"OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
"""What the environment of both sides must have: tokenizers have threads of their own."""


def encoding(source: Path, count: int, encoder: str, turns: int, machines: Machines, form: str = "mean") -> Findings:
    """Two machines against one process, in turns.

    Args:
        source: a tab-separated file of texts, see `growth.write_texts`.
        form: of the states, see `commands.encode.Asked`.
    """
    here, there, off = [], [], 0.0
    with tempfile.TemporaryDirectory() as name:
        texts = Path(name) / "texts.csv"
        write_texts(source, count, texts)
        files = Path(name) / "here.safetensors", Path(name) / "there.safetensors"
        for _ in range(turns):
            here.append(_seconds(texts, files[0], encoder, "here", form))
            with machines(2) as address:
                there.append(_seconds(texts, files[1], encoder, address, form))
            off = max(off, _difference(*files))
    one, two = statistics.median(here), statistics.median(there)
    spread = Spread.of([alone / shared for alone, shared in zip(here, there, strict=True)])
    rows = (("one process of one core", count, one, count / one), ("two machines of one core", count, two, count / two))
    columns = ("side", "texts", "s", "texts a second")
    note = f"States are the same on both sides but for {off:.1e} at most."
    name = f"encode of {count:,} texts, two machines of one core against one process"
    return Findings(
        (Table(f"unfreeze encode, {encoder}, form {form}", columns, rows, note),),
        (Ratio(name, two, one, "s", spread.median, spread.low, spread.high),),
    )


def _seconds(texts: Path, out: Path, encoder: str, engine: str, form: str) -> float:
    seconds: float = in_own_process(__file__, texts, out, encoder, engine, form)["seconds"]
    return seconds


def _difference(here: Path, there: Path) -> float:
    """The largest difference of the states in two files, read layer by layer."""
    with safe_open(here, framework="np") as one, safe_open(there, framework="np") as other:
        states: list[Any] = [file.get_slice("states") for file in (one, other)]
        layers = states[0].get_shape()[0]
        return max(float(np.abs(states[0][layer] - states[1][layer]).max()) for layer in range(layers))


def encode(texts: Path, out: Path, encoder: str, engine: str, form: str) -> float:
    """Seconds that one side takes."""
    from unfreeze.commands.encode import Asked, encode_file, form_of
    from unfreeze.plan import HERE, Plan
    from unfreeze.runs.watching import Quiet

    columns = {"text": "text", **dict.fromkeys(("text_b", "label", "group", "task"))}
    asked = Asked(encoder, {}, columns, form=form_of(None if form == "tokens" else form))
    elsewhere = None if engine == HERE else Plan(engine=engine, device="cpu")
    began = time.perf_counter()
    encode_file(str(texts), asked, out, device="cpu", watcher=Quiet(), elsewhere=elsewhere)
    return time.perf_counter() - began


def main() -> None:
    """Print the seconds of a side as JSON."""
    texts, out, encoder, engine, form = sys.argv[1:]
    print(json.dumps({"seconds": encode(Path(texts), Path(out), encoder, engine, form)}))


if __name__ == "__main__":
    main()
