"""All layer states of a set's texts: non-padding pieces a second of ours against transformers and tools built on it.

    python benchmarks/extraction.py --data shared/data --texts 1000

First table: the peer is `AutoModel(output_hidden_states=True)` in file order, batches of 32, dynamic padding, fp32, and
it keeps nothing. Ours is `features.extract.extract` into an empty store: freezing, digesting, computing, writing. The
rows between show what each step brings. Where they are installed, onnxruntime and OpenVINO (`peers.py`) give all layer
states of the same texts, sorted by length, about as many pieces a batch as ours; their means are taken and dropped.

Second table: one vector per text, every text alone (the distinct texts of pairs). The peers, both with their own
defaults, are sentence-transformers' `encode`, which gives the mean of the top layer, and transformer-ranker's
`Embedder`, which gives means of every layer but the embeddings. Ours gives means of all layers, into a store.

All rows include tokenising their texts.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from data_sets import SETS, read_set, required
from measuring import Peaks, Rate, forward_flops, median_rate, named_ratio, ratio, take_turns, this_machine, timed
from peers import Distance, Engine, Padded, apart, distance, engines, padded_batches, take_means
from results import Chart, Findings, Ratio, Run, Table, add_json_option
from transformers import AutoModel, AutoTokenizer

from unfreeze.data.examples import Example
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.packaged import packaged_folder
from unfreeze.encoders.precision import Precision, fast_precision
from unfreeze.encoders.protocol import Inputs
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.features.extract import encoded, extract
from unfreeze.features.layout import Form
from unfreeze.methods.inputs import read_inputs
from unfreeze.tasks.kinds import Task

BATCH = 32
TOKEN_BUDGET = 4096  # as `extract` has it
CHECKED = 64  # inputs whose states are compared with those of each engine
PEER = "AutoModel, file order"
MEANS = "our means, nothing written"
ENCODE = "sentence-transformers encode, top layer"
RANKER = "transformer-ranker Embedder, all layers"
Rows = Mapping[str, tuple[Precision, Callable[[], object]]]


class Bench:
    """The work on one set's texts: each method does it once."""

    def __init__(self, encoder: TransformerEncoder, task: Task, examples: Sequence[Example]) -> None:
        folder = packaged_folder("minilm")
        self.model: Any = AutoModel.from_pretrained(folder, dtype=torch.float32, trust_remote_code=False).eval()
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
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

    def packed(self, precision: Precision, form: Form = "tokens") -> None:
        """Our packed, length-sorted batches, all layer states computed and dropped."""
        inputs = read_inputs(self.encoder, self.task, "joint", self.examples)
        with frozen(self.encoder, precision) as reader:
            for _ in encoded(reader, inputs, np.arange(len(inputs.truncated)), form, TOKEN_BUDGET):
                pass

    def by_engine(self, engine: Engine) -> None:
        """All layer states by another engine, from texts to means, which are dropped."""
        engine.run(self.padded(self.examples), take_means)

    def padded(self, examples: Sequence[Example]) -> Iterator[Padded]:
        """Batches as engines read them."""
        second = [e.text_b or "" for e in examples] if self.task.pair else None
        return padded_batches(self.tokenizer, [e.text for e in examples], second, TOKEN_BUDGET)

    def distance_of(self, engine: Engine) -> Distance:
        """Of an engine's states to ours in fp32, on some of the texts."""
        some = self.examples[:CHECKED]
        inputs = read_inputs(self.encoder, self.task, "joint", some)
        return distance(engine, list(self.padded(some)), self.encoder, inputs)

    def own_distance(self) -> Distance:
        """Of our states in the fast precision to those in fp32."""
        inputs = read_inputs(self.encoder, self.task, "joint", self.examples[:CHECKED])
        batch = inputs.batch(range(len(inputs.truncated)))
        with torch.inference_mode(), frozen(self.encoder, self.fast) as reader:
            return apart(reader.encode(batch).states, self.encoder.encode(batch).states)

    def stored(self, form: Form) -> None:
        """The whole of `extract`, into a store that is not there yet."""
        self._store(read_inputs(self.encoder, self.task, "joint", self.examples), form)

    def stored_vectors(self, texts: Sequence[str]) -> None:
        """Means of all layers of single texts, into such a store."""
        self._store(self.encoder.read_texts(texts), "mean")

    def _store(self, inputs: Inputs, form: Form) -> None:
        with tempfile.TemporaryDirectory() as folder, frozen(self.encoder, self.fast) as reader:
            made = extract(reader, inputs, form, folder=Path(folder), cap_bytes=10**12, precision=self.fast)
        if made.kind != "stored" or made.reused:
            raise SystemExit(f"expected a new store, found {made.kind}: {made.note}")


def layer_states(name: str, bench: Bench, turns: int, others: Mapping[str, Engine]) -> Findings:
    """Every layer's states of every piece, pairs read jointly.

    Args:
        others: engines beside torch, by the name of their row.
    """
    rows: Rows = {
        PEER: ("fp32", lambda: bench.plain(by_length=False)),
        "+ sorted by length": ("fp32", lambda: bench.plain(by_length=True)),
        "+ packed, in threads": ("fp32", lambda: bench.packed("fp32")),
        f"+ {bench.fast}, nothing written": (bench.fast, lambda: bench.packed(bench.fast)),
        MEANS: (bench.fast, lambda: bench.packed(bench.fast, "mean")),
        "extract, every piece": (bench.fast, lambda: bench.stored("tokens")),
        "extract, means": (bench.fast, lambda: bench.stored("mean")),
        **{label: (engine.precision, partial(bench.by_engine, engine)) for label, engine in others.items()},
    }
    bench.plain(by_length=True)  # libraries prepare themselves at the first use
    bench.packed(bench.fast)
    for engine in others.values():
        bench.by_engine(engine)  # of each shape
    lengths = read_inputs(bench.encoder, bench.task, "joint", bench.examples).lengths()
    table, rates, peaks, flops = measured(f"{name}: layer states", rows, PEER, lengths, bench.encoder, turns)
    ours = rates["extract, every piece"]
    share = peaks.share(flops, ours, bench.fast)
    chart = [(name, label, median_rate(rates[label]).clock) for label in rows]
    return Findings(
        (table, *_distances(name, bench, others)),
        (
            named_ratio(f"extraction {name}, against AutoModel", ours, rates[PEER], "pieces/s", share),
            peaks.against(f"extraction {name}", flops, ours, bench.fast),
            *_against_engines(name, rates, others),
        ),
        (Chart(f"All layer states of {name}", "bars", "", "pieces a second", tuple(chart)),),
    )


def _against_engines(name: str, rates: Mapping[str, list[Rate]], others: Mapping[str, Engine]) -> Iterator[Ratio]:
    """Ours to each kind of engine, with as many streams as are quickest: stored, and with nothing written by either."""
    for kind in dict.fromkeys(label.partition(",")[0] for label in others):
        best = max((label for label in others if label.startswith(f"{kind},")), key=lambda label: _speed(rates[label]))
        against = f"{kind} with its best streams" if kind.startswith("OpenVINO") else kind
        yield named_ratio(f"extraction {name}, against {against}", rates["extract, means"], rates[best], "pieces/s")
        yield named_ratio(
            f"extraction {name} with nothing written, against {kind}", rates[MEANS], rates[best], "pieces/s"
        )


def _speed(rates: Sequence[Rate]) -> float:
    return median_rate(rates).clock


def _distances(name: str, bench: Bench, others: Mapping[str, Engine]) -> Iterator[Table]:
    """How far each engine's states, and ours in the fast precision, are from ours in fp32."""
    if not others:
        return
    seen = [("ours", bench.fast, bench.own_distance())]
    seen += [(label, engine.precision, bench.distance_of(engine)) for label, engine in others.items()]
    rows = tuple((label, precision, f"{gap.most:.1e}", f"{gap.mean:.1e}") for label, precision, gap in seen)
    columns = ("", "precision", "largest difference", "mean difference")
    yield Table(f"{name}: layer states against ours in fp32, {CHECKED} inputs", columns, rows)


def vectors(name: str, bench: Bench, turns: int) -> Findings:
    """One vector per text, or one per layer and text."""
    from sentence_transformers import SentenceTransformer

    folder = str(packaged_folder("minilm"))
    texts = list(dict.fromkeys(t for e in bench.examples for t in (e.text, e.text_b) if t is not None))
    peer = SentenceTransformer(folder, device="cpu", trust_remote_code=False)
    rows: dict[str, tuple[Precision, Callable[[], object]]] = {
        ENCODE: ("fp32", lambda: peer.encode(texts, show_progress_bar=False))
    }
    if find_spec("transformer_ranker"):
        from transformer_ranker.embedder import Embedder

        embedder = Embedder(folder, sentence_pooling="mean", local_files_only=True, device="cpu")
        rows[RANKER] = ("fp32", lambda: embedder.embed(texts, show_progress=False))
    rows["extract, means of all layers"] = (bench.fast, lambda: bench.stored_vectors(texts))
    peer.encode(texts[:BATCH])
    lengths = bench.encoder.read_texts(texts).lengths()
    table, rates, *_ = measured(f"{name}: vectors of single texts", rows, ENCODE, lengths, bench.encoder, turns)
    ours = rates["extract, means of all layers"]
    ratios = [named_ratio(f"vectors {name}, against sentence-transformers", ours, rates[ENCODE], "pieces/s")]
    if RANKER in rates:
        ratios.append(named_ratio(f"vectors {name}, against transformer-ranker", ours, rates[RANKER], "pieces/s"))
    return Findings((table,), tuple(ratios))


def measured(
    title: str, rows: Rows, peer: str, lengths: npt.NDArray[np.int64], encoder: TransformerEncoder, turns: int
) -> tuple[Table, dict[str, list[Rate]], Peaks, float]:
    """Let the rows take turns; gives the table, pieces a second of each row, the peaks, and the work of a piece."""
    peaks, pieces = Peaks(), int(lengths.sum())
    rates = take_turns({label: partial(timed, work, pieces) for label, (_, work) in rows.items()}, turns, peaks)
    config: Any = encoder.model.config
    flops = forward_flops(lengths, encoder.layers - 1, encoder.width, config.intermediate_size) / pieces
    cells = []
    for label, (precision, _) in rows.items():
        against = ratio(rates[label], rates[peer])
        share = str(peaks.share(flops, rates[label], precision))
        cells.append((label, median_rate(rates[label]).clock, share, str(against.clock), str(against.processor)))
    columns = ("", "pieces/s", "of its peak", "ratio by the clock", "by processor time")
    note = f"{len(lengths):,} inputs, {pieces:,} pieces, {turns} turns; peak {peaks.line()}."
    return Table(title, columns, tuple(cells), note), rates, peaks, flops


def main() -> None:
    """Print machine, date, versions, and two tables a set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds sick and sst2, or other known sets")
    parser.add_argument("--sets", nargs="+", choices=SETS, help="default: one of pairs, one of texts")
    parser.add_argument("--texts", type=int, default=1000, help="how many texts of each set's training split")
    parser.add_argument("--turns", type=int, default=3)
    add_json_option(parser)
    arguments = parser.parse_args()
    optional = {"transformer_ranker": "transformer-ranker", "onnxruntime": "onnxruntime", "openvino": "openvino"}
    there = [package for module, package in optional.items() if find_spec(module)]
    run = Run(this_machine("sentence-transformers", *there), arguments.json)
    encoder = load_encoder("minilm")
    for name in arguments.sets or [required(arguments.data, "pairs"), required(arguments.data, "texts")]:
        data = read_set(arguments.data, name)
        distinct = {(e.text, e.text_b): e for e in data.train}  # equal texts are computed once; no credit for that
        bench = Bench(encoder, data.task, list(distinct.values())[: arguments.texts])
        with tempfile.TemporaryDirectory() as folder:
            others = engines(packaged_folder("minilm"), Path(folder), bench.fast)
            run.add(layer_states(name, bench, arguments.turns, others))
        run.add(vectors(name, bench, arguments.turns))
    run.close()


if __name__ == "__main__":
    main()
