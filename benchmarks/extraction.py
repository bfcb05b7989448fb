"""All layer states of a set's texts: non-padding pieces a second of ours against plain transformers.

    python benchmarks/extraction.py --data shared/data --texts 1000

The peer is `AutoModel(output_hidden_states=True)` in file order, batches of 32, dynamic padding, fp32, and it keeps
nothing. Ours is `features.extract.extract` into an empty store: freezing, digesting, computing, writing. The rows
between show what each step brings. All rows tokenise their texts anew.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measuring import Peaks, forward_flops, machine_line, median_rate, ratio, take_turns, timed
from transformers import AutoModel, AutoTokenizer

from unfreeze.adaptation.inputs import read_inputs
from unfreeze.data.examples import Example
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.packaged import packaged_folder
from unfreeze.encoders.precision import Precision, fast_precision
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.experiment.question import read_data
from unfreeze.features.extract import encoded, extract
from unfreeze.features.layout import Form
from unfreeze.plan import Plan
from unfreeze.tasks import Task

SETS = {"sick": "entailment_judgment", "sst2": "label"}
BATCH = 32
TOKEN_BUDGET = 4096  # as `extract` has it
PEER = "AutoModel, file order"


class Bench:
    """The work on one set's texts: each method does it once."""

    def __init__(self, encoder: TransformerEncoder, task: Task, examples: Sequence[Example]) -> None:
        folder = packaged_folder("minilm")
        self.model: Any = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self.encoder, self.task, self.examples = encoder, task, examples
        self.fast = fast_precision(encoder.device)

    def plain(self, *, by_length: bool) -> None:
        """Transformers alone; sorted by length in characters if asked, as one would without knowing the pieces."""
        order = list(range(len(self.examples)))
        if by_length:
            order.sort(key=lambda i: len(self.examples[i].text) + len(self.examples[i].text_b or ""))
        with torch.inference_mode():
            for start in range(0, len(order), BATCH):
                chosen = [self.examples[i] for i in order[start : start + BATCH]]
                second = [e.text_b or "" for e in chosen] if self.task.pair else None
                batch = self.tokenizer([e.text for e in chosen], second, padding=True, return_tensors="pt")
                self.model(**batch, output_hidden_states=True)

    def packed(self, precision: Precision) -> None:
        """Our packed, length-sorted batches, all layer states computed and dropped."""
        inputs = read_inputs(self.encoder, self.task, "joint", self.examples)
        with frozen(self.encoder, precision) as reader:
            for _ in encoded(reader, inputs, np.arange(len(inputs.truncated)), "tokens", TOKEN_BUDGET):
                pass

    def stored(self, form: Form) -> None:
        """The whole of `extract`, into a store that is not there yet."""
        inputs = read_inputs(self.encoder, self.task, "joint", self.examples)
        with tempfile.TemporaryDirectory() as folder, frozen(self.encoder, self.fast) as reader:
            made = extract(reader, inputs, form, folder=Path(folder), cap_bytes=10**12, precision=self.fast)
        if made.kind != "stored" or made.reused:
            raise SystemExit(f"expected a new store, found {made.kind}: {made.note}")


def measure(name: str, data: Path, texts: int, turns: int, encoder: TransformerEncoder) -> None:
    """Print the table of one set."""
    dataset = read_data(Plan(data=str(data / name), label=SETS[name]))
    distinct = {(e.text, e.text_b): e for e in dataset.train}  # a store computes equal texts once; no credit for that
    examples = list(distinct.values())[:texts]
    bench, peaks = Bench(encoder, dataset.task, examples), Peaks()
    lengths = read_inputs(encoder, dataset.task, "joint", examples).lengths()
    rows: dict[str, tuple[Precision, Callable[[], None]]] = {
        PEER: ("fp32", lambda: bench.plain(by_length=False)),
        "+ sorted by length": ("fp32", lambda: bench.plain(by_length=True)),
        "+ packed": ("fp32", lambda: bench.packed("fp32")),
        f"+ {bench.fast}, nothing written": (bench.fast, lambda: bench.packed(bench.fast)),
        "extract, form tokens": (bench.fast, lambda: bench.stored("tokens")),
        "extract, form mean": (bench.fast, lambda: bench.stored("mean")),
    }
    bench.plain(by_length=True)  # libraries prepare themselves at the first use
    bench.packed(bench.fast)
    pieces = int(lengths.sum())
    rates = take_turns({label: partial(timed, work, pieces) for label, (_, work) in rows.items()}, turns, peaks)
    config: Any = encoder.model.config
    flops = forward_flops(lengths, encoder.layers - 1, encoder.width, config.intermediate_size) / pieces
    print(f"\n{name}: {len(examples):,} texts, {pieces:,} pieces, {turns} turns; peak {peaks.line()}")
    print("                           pieces/s   of its peak   ratio by the clock    by processor time")
    for label, (precision, _) in rows.items():
        seen = rates[label]
        share = peaks.share(flops, seen, precision)
        print(f"{label:24} {median_rate(seen).clock:10,.0f}   {share:11}   {ratio(seen, rates[PEER])}", flush=True)


def main() -> None:
    """Print machine, date, versions, and a table a set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds sick and sst2")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--texts", type=int, default=1000, help="how many texts of each set's training split")
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    print(machine_line())
    encoder = load_encoder("minilm")
    for name in arguments.sets:
        measure(name, arguments.data, arguments.texts, arguments.turns, encoder)


if __name__ == "__main__":
    main()
