"""Predicting from a bundle: one text, 32 mixed texts, and a long file, against onnxruntime and against extraction.

    python benchmarks/predicting.py --data shared/data/sst2 --lines 10000 40000

The bundle is a briefly fine-tuned minilm with its linear head. The peer is onnxruntime in fp32 with the same encoder
and head, exported here (`peers.py`), one padded batch a call. Both begin with texts and end with a label; predictions
are compared before anything is timed. Sides take turns, a call each; a figure is the median over the calls.

A file of lines is predicted by what `unfreeze predict` runs, in a process of its own, at two lengths. Lines a second
are those between the two, so that loading does not count; beside them stand texts a second of reading and extracting
means in fp32, which is what predicting computes in. Memory is the peak of the whole process.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import torch
from data_sets import read_set
from fine_tuning import BATCH, RATE
from growth import Clock
from measuring import Rate, in_own_process, median_rate, named_ratio, take_turns, this_machine, timed
from peers import OnnxRuntime, Padded, export_onnx, padded
from results import Cell, Findings, Ratio, Run, Table, add_json_option
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer

from unfreeze.bundle.load import Predictor, load
from unfreeze.bundle.save import save_bundle
from unfreeze.commands.predict import predict_file
from unfreeze.data.examples import Dataset, Example
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import fast_precision
from unfreeze.features.extract import encoded
from unfreeze.methods.model import restore
from unfreeze.methods.tuned import fine_tune
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.training.objectives import objective_for

MANY = 32
CLOSE = 1e-4  # the peer's logits to ours
TRAINED = 4 * BATCH  # examples: what the bundle predicts does not matter


class Classifier(nn.Module):
    """The bundle's model as the peer exports it: logits (N, classes) of a padded batch."""

    def __init__(self, bundle: Path, linear: nn.Linear) -> None:
        super().__init__()
        self.model: Any = AutoModel.from_pretrained(bundle / "encoder", trust_remote_code=False).eval()
        self.linear = linear

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """Means of the top layer's states, then the linear layer."""
        states = self.model(input_ids, attention_mask, token_type_ids).last_hidden_state
        kept = attention_mask[..., None].to(states.dtype)
        logits: Tensor = self.linear((states * kept).sum(1) / kept.sum(1))
        return logits


class Peer:
    """onnxruntime with a tokenizer before it."""

    def __init__(self, bundle: Path, predictor: Predictor, work: Path) -> None:
        linear: Any = predictor.model.heads[0].body.linear.linear  # type: ignore[union-attr]
        export_onnx(Classifier(bundle, linear), work / "classifier.onnx")
        self._engine, self._names = OnnxRuntime(work / "classifier.onnx"), predictor.labels.names
        self._tokenizer: Any = AutoTokenizer.from_pretrained(bundle / "encoder", trust_remote_code=False)

    def predict(self, texts: Sequence[str]) -> list[str]:
        """A label each."""
        return [self._names[best] for best in self.logits(texts).argmax(1).tolist()]

    def logits(self, texts: Sequence[str]) -> Tensor:
        """(texts, classes)."""
        read = self._tokenizer(list(texts), truncation=True)
        batch = padded(np.arange(len(texts)), read["input_ids"], read["token_type_ids"])
        seen: list[Any] = []

        def keep(outputs: Sequence[Any], batch: Padded) -> None:
            seen.append(outputs[0])

        self._engine.run(iter([batch]), keep)
        return torch.from_numpy(seen[0])


def make_bundle(data: Dataset, folder: Path) -> Predictor:
    """A bundle of a briefly fine-tuned minilm, read back."""
    encoder = load_encoder("minilm")
    recipe = TunedRecipe("linear", learning_rate=RATE, epochs=1, batch_size=BATCH, pooling="mean")
    objective = objective_for(data.task, data.labels, data.train)
    given = encoder, recipe, objective, data.train[:TRAINED], data.dev[:BATCH]
    trained = fine_tune(*given, seed=0, precision=fast_precision(encoder.device))
    save_bundle(folder, restore(encoder, recipe, objective, [trained.weights]), {})
    return load(folder, "cpu")


def check(predictor: Predictor, peer: Peer, texts: Sequence[str]) -> None:
    """Raise `SystemExit` where the peer is not the same model."""
    sure = predictor.predict_examples([Example(f"texts[{i}]", text) for i, text in enumerate(texts)]).confidence
    theirs = peer.logits(texts).softmax(1).amax(1)
    if (gap := float((torch.tensor(sure) - theirs).abs().max())) > CLOSE:
        raise SystemExit(f"the peer's probabilities are {gap:.1e} off ours, {CLOSE:.0e} are allowed")


def calls(name: str, predictor: Predictor, peer: Peer, texts: Sequence[str], size: int, turns: int) -> Findings:
    """Both sides on the same texts, `size` of them a call."""
    what = "one text" if size == 1 else f"{size} mixed texts"

    def side(predict: Callable[[list[str]], object]) -> Callable[[], Rate]:
        left = cycle(texts)
        predict([next(left) for _ in range(size)])  # libraries prepare themselves at the first use
        return lambda: timed(partial(predict, [next(left) for _ in range(size)]), size)

    rates = take_turns({"ours": side(predictor.predict), "onnxruntime": side(peer.predict)}, turns)
    rows = tuple(
        (label, 1e3 * size / median_rate(seen).clock, 1e3 * size / median_rate(seen).processor)
        for label, seen in rates.items()
    )
    columns = ("", "p50, ms", "p50 of processor time, ms")
    table = Table(f"{name}: {what}", columns, rows, f"{turns} calls of each.")
    against = f"predicting {name} of {what}, against onnxruntime fp32"
    return Findings((table,), (named_ratio(against, rates["ours"], rates["onnxruntime"], "texts/s"),))


def predicted_file(bundle: Path, file: Path) -> dict[str, float]:
    """Seconds and peak memory of predicting a file; in a process of its own."""
    clock = Clock()
    predict_file(bundle, file, file.with_suffix(".out.tsv"), text=None, text_b=None, device="cpu")
    return clock.read()


def extracted(texts: Sequence[str]) -> Rate:
    """Texts a second of reading and of extracting the means of all layers in fp32."""
    encoder = load_encoder("minilm")

    def work() -> None:
        inputs = encoder.read_texts(texts)
        with frozen(encoder) as reader:
            for _ in encoded(reader, inputs, np.arange(len(texts)), "mean", encoder.batch_pieces):
                pass

    return timed(work, len(texts))


def file_of_lines(name: str, bundle: Path, texts: Sequence[str], lines: Sequence[int], work: Path) -> Findings:
    """Lines a second and memory of a short and of a long file."""
    seen = []
    for count in lines:
        file = work / f"{count}.txt"
        file.write_text("".join(f"{line}\n" for line in numbered(texts, count)), encoding="utf-8")
        seen.append(apart(bundle, file))
    (short, long), between = seen, lines[1] - lines[0]
    ours = Rate(*(between / (long[time] - short[time]) for time in ("seconds", "processor")))
    peer = extracted(list(numbered(texts, between)))
    rows: list[tuple[Cell, ...]] = [
        (count, one["seconds"], one["processor"], one["mb"]) for count, one in zip(lines, seen, strict=True)
    ]
    columns = ("lines", "seconds", "processor time, s", "peak, MB")
    note = f"{ours.clock:,.0f} lines a second between the two; extraction of means in fp32 {peer.clock:,.0f}."
    growth = long["mb"] / short["mb"]
    memory = f"predicting a file of {name}, peak memory of a long file to that of a short one"
    ratios = (
        named_ratio(f"predicting a file of {name}, lines to those of extraction", [ours], [peer], "lines/s"),
        Ratio(memory, long["mb"], short["mb"], "MB", growth),
    )
    return Findings((Table(f"{name}: a file", columns, tuple(rows), note),), ratios)


def numbered(texts: Sequence[str], count: int) -> Iterator[str]:
    """`count` texts, each round with its number behind, so that all differ."""
    return (f"{texts[i % len(texts)]} {i // len(texts)}" for i in range(count))


def apart(bundle: Path, file: Path) -> dict[str, float]:
    """`predicted_file` in a process of its own."""
    return in_own_process(__file__, "--data", "", "--one", bundle, file)


def main() -> None:
    """Print machine, date, versions, and a table for each way of predicting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder with labelled texts, such as sst2")
    parser.add_argument("--turns", type=int, default=200, help="calls of each side")
    parser.add_argument("--lines", type=int, nargs=2, default=[10_000, 40_000], help="of the short and the long file")
    parser.add_argument("--one", nargs=2, metavar=("BUNDLE", "FILE"), help=argparse.SUPPRESS)
    add_json_option(parser)
    arguments = parser.parse_args()
    if arguments.one:
        bundle, file = map(Path, arguments.one)
        print(json.dumps(predicted_file(bundle, file)))
        return
    there = [package for package in ("onnxruntime",) if find_spec(package)]
    run = Run(this_machine(*there), arguments.json)
    data = read_set(arguments.data.parent, arguments.data.name, None)
    name, texts = data.name, [example.text for example in data.test]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        predictor = make_bundle(data, work / "bundle")
        if there:
            peer = Peer(work / "bundle", predictor, work)
            check(predictor, peer, texts[:MANY])
            for size in (1, MANY):
                run.add(calls(name, predictor, peer, texts, size, arguments.turns))
        run.add(file_of_lines(name, work / "bundle", texts, arguments.lines, work))
    run.close()


if __name__ == "__main__":
    main()
