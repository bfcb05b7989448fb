"""A GPU: extraction and fine-tuning of a transformer of BERT-base's shape in bf16, in one run of under 8 minutes.

    python benchmarks/gpu.py --json benchmarks/results/gpu/gpu.json
    python benchmarks/gpu.py --tiny --device cpu

Weights are random and texts are drawn from minilm's vocabulary, so neither a hub nor data is needed. Of everything the
share of the rate of a large square matrix multiplication is given, measured beside it on the same device.

* Attention alone: once per group of equally long inputs, as the package has it, against PyTorch's own attention over
  ragged inputs (nested tensors, `varlen_attn`), where these run; what they give is compared first.
* Extraction: means of all layer states, which stay on the device, in batches of several sizes; texts are read before.
* Fine-tuning: steps of ours against the transformers Trainer with `bf16=True`; the device is waited for at each step.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from fine_tuning import Ticks, peer_trainer, steps_alone
from growth import random_encoder
from measuring import Rate, StepClock, forward_flops, median_rate, named_ratio, take_turns, this_machine, timed
from results import Findings, Ratio, Run, Table, add_json_option
from torch import Tensor
from transformers.utils import logging

from unfreeze.data.examples import Dataset, Example, LabelSpace
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.packed import packed_attention, packed_lengths
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.features.extract import encoded
from unfreeze.methods.tuned import fine_tune
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.tasks.kinds import task
from unfreeze.training.objectives import objective_for
from unfreeze.training.seeds import seeded

CLASSES = ("no", "yes")


@dataclass(frozen=True)
class Sizes:
    """How large everything is.

    Attributes:
        shape: of the transformer, as transformers' configuration has it.
        texts, pieces: texts that are read, and pieces of a text on average.
        budgets: pieces a batch of extraction.
        train, batch, epochs: of fine-tuning.
        side: of the square matrices whose product is the peak.
        turns: of every comparison.
    """

    shape: Mapping[str, int]
    texts: int
    pieces: int
    budgets: tuple[int, ...]
    train: int
    batch: int
    epochs: int
    side: int
    turns: int


BASE = Sizes(
    {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072},
    texts=8192, pieces=96, budgets=(4096, 32768, 131072), train=4096, batch=128, epochs=2, side=8192, turns=3,
)  # fmt: skip
TINY = Sizes(
    {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64},
    texts=40, pieces=12, budgets=(256,), train=32, batch=8, epochs=2, side=64, turns=1,
)  # fmt: skip


@dataclass(frozen=True)
class Bench:
    """What all parts share: the encoder on its device, its folder, its texts with labels drawn at random."""

    encoder: TransformerEncoder
    folder: Path
    data: Dataset
    sizes: Sizes
    device: torch.device

    def wait(self) -> None:
        """Until the device has done all that it was given."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def timed(self, work: Callable[[], object], units: float) -> Rate:
        """Work a second until the device has done it."""

        def whole() -> None:
            work()
            self.wait()

        self.wait()
        return timed(whole, units)

    def flops(self, lengths: Sequence[int]) -> float:
        """Of a forward pass over inputs of these lengths."""
        shape = self.sizes.shape
        return forward_flops(lengths, shape["num_hidden_layers"], shape["hidden_size"], shape["intermediate_size"])

    def peak(self) -> float:
        """FLOP/s of a square matrix multiplication in bf16."""
        a, b = (torch.randn(2 * [self.sizes.side], device=self.device, dtype=torch.bfloat16) for _ in range(2))
        for _ in range(3):
            a @ b
        return median_rate([self.timed(lambda: a @ b, 2 * self.sizes.side**3) for _ in range(9)]).clock


def make_data(encoder: TransformerEncoder, sizes: Sizes) -> Dataset:
    """Texts of words of the vocabulary, their lengths spread as those of sentences and paragraphs."""
    draw = np.random.default_rng(0)
    words = [word for word in encoder.tokenizer.get_vocab() if word.isalpha() and word.islower()]
    most = encoder.max_length - 2
    counts = np.clip(draw.lognormal(np.log(sizes.pieces), 0.6, sizes.texts).astype(int), 3, most)
    texts = [" ".join(draw.choice(words, count)) for count in counts]
    examples = tuple(Example(f"made:{i}", text, label=CLASSES[i % 2]) for i, text in enumerate(texts))
    few = examples[:8]
    return Dataset("made", task("classification"), LabelSpace(CLASSES), examples[: sizes.train], few, examples)


def attention(bench: Bench, peak: float) -> Findings:
    """Attention alone over one packed batch, by each way that runs here, the package's own first."""
    shape, device = bench.sizes.shape, bench.device
    heads, width = shape["num_attention_heads"], shape["hidden_size"] // shape["num_attention_heads"]
    every = np.sort(bench.encoder.read_texts([e.text for e in bench.data.test]).lengths())
    lengths = tuple(every[np.cumsum(every) <= max(bench.sizes.budgets)].tolist())
    q, k, v = (torch.randn(sum(lengths), heads, width, device=device, dtype=torch.bfloat16) for _ in range(3))
    ways = {name: partial(way, q, k, v, lengths) for name, way in _WAYS.items()}
    expected, running = ways["equal lengths together"](), dict[str, Callable[[], Tensor]]()
    left_out = []
    for name, way in ways.items():
        try:
            gap = float((way() - expected).abs().max())
        except (RuntimeError, NotImplementedError, ImportError) as error:
            left_out.append(f"{name} does not run here: {str(error).splitlines()[0][:120]}")
            continue
        if gap > 0.05:  # bf16, whose last place is 0.008 at 1
            raise SystemExit(f"{name} gives another attention, {gap:.2g} off")
        running[name] = way
    pieces = sum(lengths)
    sides = {name: partial(bench.timed, way, pieces) for name, way in running.items()}
    rates = take_turns(sides, bench.sizes.turns)
    work = 4 * shape["hidden_size"] * float(np.square(lengths, dtype=np.float64).sum()) / pieces
    rows = tuple(
        (name, median_rate(seen).clock, f"{work * median_rate(seen).clock / peak:.0%}") for name, seen in rates.items()
    )
    note = "; ".join([f"{len(lengths):,} inputs, {pieces:,} pieces, forward", *left_out]) + "."
    return Findings((Table("Attention alone", ("", "pieces/s", "of the peak"), rows, note),))


def _grouped(q: Tensor, k: Tensor, v: Tensor, lengths: tuple[int, ...]) -> Tensor:
    """As the package has it: a call for each group of equally long inputs."""
    with torch.inference_mode(), packed_lengths(lengths):
        rows = (x.transpose(0, 1)[None] for x in (q, k, v))
        return packed_attention(torch.nn.Module(), *rows, None)[0][0]


def _nested(q: Tensor, k: Tensor, v: Tensor, lengths: tuple[int, ...]) -> Tensor:
    """PyTorch's nested tensors; they cannot be made in inference mode."""
    offsets = _offsets(lengths, q.device)
    given = {"min_seqlen": min(lengths), "max_seqlen": max(lengths)}
    with torch.no_grad():
        rows = (torch.nested.nested_tensor_from_jagged(x, offsets, **given).transpose(1, 2) for x in (q, k, v))
        return F.scaled_dot_product_attention(*rows).transpose(1, 2).values()


def _varlen(q: Tensor, k: Tensor, v: Tensor, lengths: tuple[int, ...]) -> Tensor:
    """PyTorch's attention over packed inputs; for CUDA alone, without dropout."""
    from torch.nn.attention.varlen import varlen_attn

    offsets, most = _offsets(lengths, q.device).int(), max(lengths)
    with torch.inference_mode():
        found: Any = varlen_attn(q, k, v, offsets, offsets, most, most)
    return torch.as_tensor(found)


_WAYS: dict[str, Callable[[Tensor, Tensor, Tensor, tuple[int, ...]], Tensor]] = {
    "equal lengths together": _grouped,
    "nested tensors": _nested,
    "varlen_attn": _varlen,
}


def _offsets(lengths: tuple[int, ...], device: torch.device) -> Tensor:
    return torch.tensor([0, *np.cumsum(lengths).tolist()], device=device)


def extraction(bench: Bench, peak: float) -> Findings:
    """Means of all layers, which stay on the device, in batches of each size."""
    inputs = bench.encoder.read_texts([example.text for example in bench.data.test])
    lengths = inputs.lengths().tolist()
    pieces, flops = sum(lengths), bench.flops(lengths)

    def read(budget: int) -> None:
        with frozen(bench.encoder, "bf16") as reader:
            for _ in encoded(reader, inputs, np.arange(len(lengths)), "mean", budget):
                pass

    for budget in bench.sizes.budgets:
        read(budget)
    sides = {f"{b:,} pieces a batch": partial(bench.timed, partial(read, b), pieces) for b in bench.sizes.budgets}
    rates = take_turns(sides, bench.sizes.turns)
    reached = {name: flops / pieces * median_rate(seen).clock for name, seen in rates.items()}
    rows = tuple((name, median_rate(rates[name]).clock, f"{rate / peak:.0%}") for name, rate in reached.items())
    note = f"{len(lengths):,} inputs, {pieces:,} pieces; peak {peak / 1e12:,.1f} TFLOP/s in bf16."
    table = Table("Means of all layer states", ("", "pieces/s", "of the peak"), rows, note)
    return Findings((table,), (_share("extraction", max(reached.values()), peak),))


def _share(what: str, rate: float, peak: float) -> Ratio:
    name = f"{what} of BERT-base's shape, share of the measured matrix-multiply rate"
    return Ratio(name, rate / 1e12, peak / 1e12, "TFLOP/s", rate / peak)


class _WaitingTicks(Ticks):
    """A tick once the device has done the step."""

    def __init__(self, clock: StepClock, bench: Bench) -> None:
        super().__init__(clock)
        self._bench = bench

    def on_step_end(self, *given: Any, **named: Any) -> None:
        self._bench.wait()
        super().on_step_end(*given, **named)


def train_ours(bench: Bench, seed: int) -> Rate:
    """Examples a second of our steps."""
    data, sizes, clock = bench.data, bench.sizes, StepClock()
    recipe = TunedRecipe("linear", learning_rate=2e-5, epochs=sizes.epochs, batch_size=sizes.batch)
    objective = objective_for(data.task, data.labels, data.train)

    def tick(*_: object) -> None:
        bench.wait()
        clock.tick()

    given = bench.encoder, recipe, objective, data.train, data.dev
    fine_tune(*given, seed=seed, precision="bf16", progress=tick)
    return steps_alone(clock, len(data.train), sizes.epochs, sizes.batch)


def train_peer(bench: Bench, seed: int) -> Rate:
    """Examples a second of the Trainer's steps."""
    sizes, clock = bench.sizes, StepClock()
    with tempfile.TemporaryDirectory() as out, seeded(seed):
        trainer = peer_trainer(
            bench.folder, bench.data, out, _WaitingTicks(clock, bench), num_train_epochs=sizes.epochs, seed=seed,
            per_device_train_batch_size=sizes.batch, use_cpu=bench.device.type == "cpu", bf16=True,
        )  # fmt: skip
        trainer.train()
    return steps_alone(clock, len(bench.data.train), sizes.epochs, sizes.batch)


def fine_tuning(bench: Bench, peak: float) -> Findings:
    """Both sides in turns."""
    sides = {"ours": partial(train_ours, bench, 0), "Trainer, bf16=True": partial(train_peer, bench, 0)}
    rates = take_turns(sides, bench.sizes.turns)
    lengths = bench.encoder.read_texts([example.text for example in bench.data.train]).lengths().tolist()
    flops = 3 * bench.flops(lengths) / len(lengths)
    rows = tuple(
        (name, median_rate(seen).clock, f"{flops * median_rate(seen).clock / peak:.0%}") for name, seen in rates.items()
    )
    ours, theirs = rates.values()
    against = "fine-tuning of BERT-base's shape, steps against Trainer with bf16=True"
    note = f"{len(lengths):,} examples of {np.mean(lengths):.0f} pieces, batches of {bench.sizes.batch}."
    return Findings(
        (Table("Fine-tuning", ("", "samples/s of steps", "of the peak"), rows, note),),
        (
            _share("fine-tuning", flops * median_rate(ours).clock, peak),
            named_ratio(against, ours, theirs, "samples/s"),
        ),
    )


def parts(bench: Bench) -> Iterator[Findings]:
    """All of it, the peak measured first."""
    peak = bench.peak()
    yield attention(bench, peak)
    yield extraction(bench, peak)
    if find_spec("accelerate"):
        yield fine_tuning(bench, peak)


def main() -> None:
    """Print machine, date, versions, and a table for each part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--tiny", action="store_true", help="only show that it works")
    add_json_option(parser)
    arguments = parser.parse_args()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("there is no CUDA device; --tiny --device cpu shows that the script works")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    device, sizes = torch.device(arguments.device), TINY if arguments.tiny else BASE
    run = Run(this_machine(device=device), arguments.json)
    with tempfile.TemporaryDirectory() as folder:
        encoder = load_encoder(random_encoder(Path(folder), sizes.shape, 512)).to(device)
        assert isinstance(encoder, TransformerEncoder)
        bench = Bench(encoder, Path(folder), make_data(encoder, sizes), sizes, device)
        for part in parts(bench):
            run.add(part)
    run.close()


if __name__ == "__main__":
    main()
