"""ELMo at random weights on running text: words a second, step by step from a plain module to what `extract` runs.

    python benchmarks/elmo.py --data shared/data/sst2 --sizes small original

The text's words are laid in sentences of 25 (two rows keep the sentences that they are in). The first row is written as
AllenNLP's module works: batches of 32, the characters of every word read each time, one direction after the other, the
input's product inside each time step. Rows below add one change each. AllenNLP itself gave 1,091 (small) and 205
(original) words a second beside a peak of 191 GFLOP/s in fp32; a column compares with that, scaled by the peak here.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from data_sets import read_set
from measuring import Peaks, Rate, median_rate, ratio, take_turns, this_machine, timed
from results import Cell, Chart, Findings, Ratio, Run, Table, add_json_option
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from unfreeze.encoders.elmo.bilm import LstmSize
from unfreeze.encoders.elmo.characters import CHARACTERS, Bytes
from unfreeze.encoders.elmo.encoder import ElmoEncoder
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.elmo.token_cnn import CnnSize
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.precision import Precision, fast_precision
from unfreeze.encoders.protocol import Inputs
from unfreeze.features.extract import encoded
from unfreeze.methods.inputs import read_inputs

FILTERS = ((1, 32), (2, 32), (3, 64), (4, 128), (5, 256), (6, 512), (7, 1024))
SIZES = {"small": (1024, 128, 1, 1091.0), "original": (4096, 512, 2, 205.0)}  # hidden, projection, highways, AllenNLP
ALLENNLP_PEAK = 191e9
LENGTH, BATCH = 25, 32
FEW = 2 * LENGTH * BATCH  # words that the plain module gets: it is slow, and no faster on more
PLAIN_ROWS = 3


def made(size: str) -> ElmoEncoder:
    """An ELMo of a published size with random weights."""
    hidden, projection, highways, _ = SIZES[size]
    torch.manual_seed(0)
    return ElmoEncoder(
        size, ElmoModel(CnnSize(CHARACTERS, 16, FILTERS, highways, projection), LstmSize(hidden, projection))
    )


class Plain:
    """The same network as one would write it down, on whole sentences of one length."""

    def __init__(self, model: ElmoModel, *, step_input: bool, both: bool) -> None:
        self.model, self.step_input, self.both = model, step_input, both

    def __call__(self, characters: Tensor) -> Tensor:
        """(N, L, C) ids with sentence ends to (layers, N, L - 2, width)."""
        model = self.model
        count, length = characters.shape[:2]
        embedded = F.embedding(characters.flatten(0, 1), model.cnn.embedding).transpose(1, 2)
        x = torch.relu(torch.cat([conv(embedded).amax(2) for conv in model.cnn.convolutions], 1))
        for highway in model.cnn.highways:
            x = highway(x)
        tokens = model.cnn.projection(x).view(count, length, -1).transpose(0, 1)  # (L, N, width)
        layers = [torch.cat([tokens, tokens], 2)]
        below = torch.stack([tokens, tokens.flip(0)])
        for number, layer in enumerate(model.lm.layers):
            directions = [slice(0, 2)] if self.both else [slice(0, 1), slice(1, 2)]
            out = torch.cat([self._run(layer, below[d], d) for d in directions])
            below = out + below if number else out
            layers.append(torch.cat([below[0], below[1].flip(0)], 2))
        return torch.stack(layers)[:, 1:-1].transpose(1, 2)

    def _run(self, layer: Any, x: Tensor, d: slice) -> Tensor:
        """(D, L, N, width) of one or both directions."""
        size, (count, length, rows, _) = layer.size, x.shape
        weight, bias = layer.input[d], layer.bias[d][:, None]
        h, c = x.new_zeros(count, rows, size.projection), x.new_zeros(count, rows, size.hidden)
        ready = None if self.step_input else torch.baddbmm(bias, x.flatten(1, 2), weight).view(count, length, rows, -1)
        outputs = []
        for t in range(length):
            given = torch.baddbmm(bias, x[:, t], weight) if ready is None else ready[:, t]
            i, f, o, g = (given + torch.bmm(h, layer.recurrent[d])).chunk(4, 2)
            c = (f.sigmoid() * c + i.sigmoid() * g.tanh()).clamp(-3, 3)
            h = torch.bmm(o.sigmoid() * c.tanh(), layer.project[d]).clamp(-3, 3)
            outputs.append(h)
        return torch.stack(outputs, 1)


class Bench:
    """The work of one size: each row does it once."""

    def __init__(self, size: str, words: list[str], sentences: list[list[str]]) -> None:
        self.encoder = made(size)
        self.uneven = self.encoder.read_words(sentences)
        self.inputs: Inputs = self.encoder.read_words([words[i : i + LENGTH] for i in range(0, len(words), LENGTH)])

    def plain(self, **how: bool) -> list[Tensor]:
        """Batches of 32 in order, of the first words; every word's characters are read each time."""
        assert self.inputs.table is not None
        run, ends = Plain(self.encoder.model, **how), torch.from_numpy(Bytes().ends()).long()
        table = torch.from_numpy(self.inputs.table.padded()).long()
        sentences = torch.from_numpy(self.inputs.ids[:FEW].astype(np.int64)).view(-1, LENGTH)
        done = []
        with torch.inference_mode():
            for ids in sentences.split(BATCH):
                first, last = (end.expand(len(ids), 1, -1) for end in ends)
                done.append(run(torch.cat([first, table[ids], last], 1)))
        return done

    def ours(self, batch: int, precision: Precision = "fp32", *, threads: bool = True, once: bool = True) -> None:
        """The encoder on batches of that many sentences, or through `encoded` with its threads."""
        with frozen(self.encoder, precision) as reader, torch.inference_mode():
            if threads:
                for _ in encoded(reader, self.inputs, np.arange(len(self.inputs.truncated)), "tokens", batch * LENGTH):
                    pass
                return
            if once:
                reader.begin(self.inputs)
            for start in range(0, len(self.inputs.truncated), batch):
                which = np.arange(start, min(start + batch, len(self.inputs.truncated)))
                reader.encode(self.inputs.batch(which))

    def uneven_batches(self, batch: int, *, by_length: bool) -> None:
        """Sentences of the lengths that they have, in their order or sorted; one batch after the other."""
        lengths = self.uneven.lengths()
        order = np.argsort(lengths, kind="stable") if by_length else np.arange(len(lengths))
        with frozen(self.encoder) as reader, torch.inference_mode():
            reader.begin(self.uneven)
            for start in range(0, len(order), batch):
                reader.encode(self.uneven.batch(order[start : start + batch]))

    def compiled_cells(self, batch: int) -> None:
        """As `ours` in fp32, the cells of a step compiled."""
        layers: list[Any] = list(self.encoder.model.lm.layers)
        for layer in layers:
            layer._cells = _compiled_cells(layer)
        try:
            self.ours(batch)
        finally:
            for layer in layers:
                del layer._cells

    def states(self, precision: Precision) -> Tensor:
        """(layers, P, width) in fp32, in order."""
        with frozen(self.encoder, precision) as reader:
            every = np.arange(len(self.inputs.truncated))
            parts = {}
            for which, states in encoded(reader, self.inputs, every, "tokens", 4096):
                parts.update(zip(which.tolist(), states.float().split(LENGTH, 1), strict=True))
        return torch.cat([parts[i] for i in every], 1)


def _compiled_cells(layer: Any) -> Callable[[Tensor, Tensor, Tensor], None]:
    hidden, clip = layer.size.hidden, layer.size.cell_clip

    @torch.compile(dynamic=True)
    def cells(gates: Tensor, bias: Tensor, c: Tensor, out: Tensor) -> None:
        gates = gates + bias
        i, f, o = gates[:, : 3 * hidden].sigmoid().chunk(3, 1)
        c.copy_((f * c + i * gates[:, 3 * hidden :].tanh()).clamp(-clip, clip))
        out.copy_(o * c.tanh())

    return cells


def recurrence_flops(encoder: ElmoEncoder) -> float:
    """Floating point operations of the LSTMs' matrix products for a word: their limit at the peak."""
    parts = [x[0].numel() for layer in encoder.model.lm.layers for x in (layer.input, layer.recurrent, layer.project)]
    return 2.0 * 2 * sum(parts)


def measure(size: str, sentences: list[list[str]], count: int, turns: int, batch: int, compiled: bool) -> Findings:
    """The table of one size, on about `count` words."""
    ends = np.cumsum([len(sentence) for sentence in sentences])
    sentences = sentences[: int(np.searchsorted(ends, count)) + 1]
    words = [word for sentence in sentences for word in sentence]
    words = words[: len(words) // LENGTH * LENGTH]
    bench, fast = Bench(size, words, sentences), fast_precision(torch.device("cpu"))
    rows: dict[str, tuple[Precision, Callable[[], object]]] = {
        "plain, batches of 32": ("fp32", lambda: bench.plain(step_input=True, both=False)),
        "+ input's product at once": ("fp32", lambda: bench.plain(step_input=False, both=False)),
        "+ both directions together": ("fp32", lambda: bench.plain(step_input=False, both=True)),
        "ours, batches of 32": ("fp32", lambda: bench.ours(BATCH, threads=False, once=False)),
        "+ distinct words once": ("fp32", lambda: bench.ours(BATCH, threads=False)),
        f"+ batches of {batch}": ("fp32", lambda: bench.ours(batch, threads=False)),
        "+ a batch a thread": ("fp32", lambda: bench.ours(batch)),
        f"+ {fast}": (fast, lambda: bench.ours(batch, fast)),
        "real lengths, as they come": ("fp32", lambda: bench.uneven_batches(batch, by_length=False)),
        "real lengths, sorted": ("fp32", lambda: bench.uneven_batches(batch, by_length=True)),
    }
    if compiled:
        rows["fp32, cells compiled"] = ("fp32", lambda: bench.compiled_cells(batch))
        bench.compiled_cells(batch)
    expected = torch.cat([part.flatten(1, 2) for part in bench.plain(step_input=True, both=False)], 1)
    states, half = bench.states("fp32"), bench.states(fast)
    peaks = Peaks()
    sides = {
        name: partial(timed, work, FEW if number < PLAIN_ROWS else len(words))
        for number, (name, (_, work)) in enumerate(rows.items())
    }
    rates = take_turns(sides, turns, peaks)
    allennlp = SIZES[size][3] * peaks.median("fp32").clock / ALLENNLP_PEAK
    flops, cells = recurrence_flops(bench.encoder), []
    for name, (precision, _) in rows.items():
        speed, share = median_rate(rates[name]).clock, str(peaks.share(flops, rates[name], precision))
        against = ratio(rates[name], rates["plain, batches of 32"])
        cells.append((name, speed, share, speed / allennlp, str(against.clock), str(against.processor)))
    error = (states[:, :FEW] - expected).abs().max()
    note = (
        f"{len(words):,} words, {len(set(words)):,} distinct, {turns} turns; peak {peaks.line()}; AllenNLP scaled to "
        f"this peak {allennlp:,.0f} words/s. fp32 differs from the plain module by at most {error:.1e} where states go "
        f"to {states.abs().max():.1f}; {fast} differs from fp32 by {(half - states).abs().mean():.1e} on average, at "
        f"most {(half - states).abs().max():.1e}."
    )
    columns = ("", "words/s", "of the LSTMs' limit", "to AllenNLP", "to the plain module", "by processor time")
    bars = tuple((size, name, median_rate(rates[name]).clock) for name in rows)
    ratios = (
        _against_allennlp(f"ELMo {size}, fp32, against AllenNLP", rates["+ a batch a thread"], allennlp),
        _against_allennlp(f"ELMo {size}, {fast}, against AllenNLP", rates[f"+ {fast}"], allennlp),
    )
    table = Table(f"ELMo, {size}", columns, tuple(cells), note)
    return Findings((table,), ratios, (Chart(f"ELMo, {size}", "bars", "", "words a second", bars),))


def _against_allennlp(name: str, seen: list[Rate], allennlp: float) -> Ratio:
    speed = median_rate(seen).clock
    return Ratio(name, speed, allennlp, "words/s", speed / allennlp)


def score(data: Path, precision: Precision) -> float:
    """Dev accuracy of logistic regression on mean states of the small ELMo at random weights, read in `precision`."""
    dataset, encoder = read_set(data.parent, data.name, 1500), made("small")
    features, labels = [], []
    for split in (dataset.train, dataset.dev):
        inputs = read_inputs(encoder, dataset.task, "joint", split)
        means = np.empty((len(split), encoder.layers * encoder.width), np.float32)
        with frozen(encoder, precision) as reader:
            for which, states in encoded(reader, inputs, np.arange(len(split)), "mean", 4096):
                means[which] = states.float().transpose(0, 1).flatten(1).numpy()
        features.append(means)
        labels.append([str(e.label) for e in split])
    model = LogisticRegression(max_iter=2000).fit(features[0], labels[0])
    return float(model.score(features[1], labels[1]))


def main() -> None:
    """Print machine, date, versions, a table a size, and a score in both precisions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder with labelled texts, such as sst2")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--words", type=int, nargs="+", default=[51_200], help="of the training texts; one a size")
    parser.add_argument("--batch", type=int, nargs="+", default=[512], help="sentences a batch; one a size")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--compiled", action="store_true", help="a row with compiled cells; needs a C++ compiler")
    add_json_option(parser)
    arguments = parser.parse_args()
    run = Run(this_machine(), arguments.json)
    texts = [example.text.split() for example in read_set(arguments.data.parent, arguments.data.name).train]
    sentences = [words for words in texts if words]
    for number, size in enumerate(arguments.sizes):
        words, batch = (each[min(number, len(each) - 1)] for each in (arguments.words, arguments.batch))
        run.add(measure(size, sentences, words, arguments.turns, batch, arguments.compiled))
    scores: tuple[tuple[Cell, ...], ...] = tuple((p, 100 * score(arguments.data, p)) for p in ("fp32", "bf16"))
    title = f"{arguments.data.name}: dev accuracy of logistic regression on means, the small size at random weights"
    run.add(Findings((Table(title, ("", "accuracy"), scores),)))
    run.close()


if __name__ == "__main__":
    main()
