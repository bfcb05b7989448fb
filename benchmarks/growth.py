"""Does the work grow as the data do? Seconds and peak memory at a thousand texts, ten thousand, ... a million.

    python benchmarks/growth.py --data shared/data/sst2/train_phrases.tsv --counts 1000 10000 100000
    python benchmarks/growth.py --data shared/data/sst2/train_phrases.tsv --counts 10000 100000 1000000 --encoder tiny

The texts are those of a tab-separated file; past its end they come again with a running number behind them, so that all
differ. Each figure is of a process of its own, whose imports and loading of the encoder are before the clock and whose
peak of resident memory has everything in it, libraries too. Stages:

* check: read a csv file, cut dev and test out of it, audit;
* extract: read the texts into pieces, compute their layer states (form `mean`) and write the store;
* encode, means: `unfreeze encode` into a file, states of every token, or with `--pooling mean` one vector a text;
* train: open the store (its checksum is verified) and train a linear head on it for one epoch, dev being small;
* report: write the predictions of six runs on that many test items, judge them, write the report.

The exponent is the slope of log seconds over log texts, by least squares over the last three counts; before that, what
the stage takes for 100 texts is subtracted, since nothing of it grows. The law of a stage is the straight line through
the last two counts, of processor time, peak memory and the size of what is written; from it follows the forecast for
ten million texts. `tiny` is a random BERT of two layer states and
width 32 with minilm's tokenizer: with so little to compute, what is measured is everything else.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from results import Cell, Chart, Findings, Ratio, Run, Table, add_json_option

BASE = 100  # texts whose seconds are taken for those that do not grow
DEV = 200
SEEDS = 3
ERROR_RATES = {"feature-extraction": 0.16, "fine-tuning": 0.12}


def write_texts(source: Path, count: int, file: Path) -> None:
    """`count` distinct labelled texts as csv; past the source's end its texts come again with a number."""
    lines = source.read_text(encoding="utf-8").splitlines()[1:]
    rows = list(dict([line.split("\t")[:2] for line in lines]).items())
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["text", "label"])
        for i in range(count):
            text, label = rows[i % len(rows)]
            writer.writerow([text if i < len(rows) else f"{text} {i}", label])


TINY = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}


def random_encoder(folder: Path, shape: Mapping[str, int], limit: int) -> str:
    """A random BERT of this shape with minilm's tokenizer, which reads `limit` pieces; gives its folder."""
    import torch
    from transformers import BertConfig, BertModel

    from unfreeze.encoders.load import load_encoder
    from unfreeze.encoders.transformer import TransformerEncoder

    known = load_encoder("minilm")
    assert isinstance(known, TransformerEncoder)
    torch.manual_seed(0)
    model = BertModel(BertConfig(vocab_size=len(known.tokenizer), max_position_embeddings=limit, **shape))
    model.save_pretrained(folder)
    known.tokenizer.model_max_length = limit
    known.tokenizer.save_pretrained(folder)
    return str(folder)


def peak_mb() -> float:
    """Peak of resident memory of this process; on Linux a child's `ru_maxrss` begins at its parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


class Clock:
    """Seconds by the clock and of processor time, and the peak of resident memory of the whole process."""

    def __init__(self) -> None:
        self.began = time.perf_counter(), time.process_time()

    def read(self, **more: float) -> dict[str, float]:
        """What was used since the start."""
        return {
            "seconds": time.perf_counter() - self.began[0],
            "processor": time.process_time() - self.began[1],
            "mb": peak_mb(),
            **more,
        }


def check(folder: Path, encoder: str) -> dict[str, float]:
    """What `unfreeze check` does, printing excepted."""
    from unfreeze.data.audit import audit
    from unfreeze.data.audit_lines import audit_lines
    from unfreeze.data.read import read_dataset

    clock = Clock()
    audit_lines(audit(read_dataset(folder / "texts.csv")))
    return clock.read()


def _splits(folder: Path, reader: Any) -> tuple[Any, list[Any], Callable[[], list[Any]]]:
    """Objective, examples of train and dev, and a call that gives their features."""
    from unfreeze.data.read import read_dataset
    from unfreeze.encoders.precision import fast_precision
    from unfreeze.methods.inputs import read_inputs
    from unfreeze.methods.split_features import split_features
    from unfreeze.training.objectives import objective_for

    small = folder / "dev.csv"
    data = read_dataset(None, train=folder / "texts.csv", dev=small, test=small)
    objective = objective_for(data.task, data.labels, data.train)
    precision = fast_precision(reader.device)

    def features() -> list[Any]:
        found = []
        for examples in (data.train, data.dev):
            inputs = read_inputs(reader, data.task, "joint", examples)
            cache = folder / "cache", 10**12
            found.append(split_features(reader, inputs, "mean", objective, examples, cache=cache, precision=precision))
        return found

    return objective, [data.train, data.dev], features


def extract(folder: Path, encoder: str) -> dict[str, float]:
    """Pieces, layer states and store."""
    from unfreeze.encoders.freezing import frozen
    from unfreeze.encoders.load import load_encoder
    from unfreeze.encoders.precision import fast_precision

    loaded = load_encoder(encoder)
    with frozen(loaded, fast_precision(loaded.device)) as reader:
        _, _, features = _splits(folder, reader)
        clock = Clock()
        train = features()[0]
        if train.features.kind != "stored" or train.features.reused:
            raise SystemExit(f"expected a new store: {train.features.note}")
        size = sum(path.stat().st_size for path in (folder / "cache").glob("*/*"))
        return clock.read(store=size / 1e6, pieces=int(train.inputs.offsets[-1]))


def encode(folder: Path, encoder: str, form: str = "tokens") -> dict[str, float]:
    """What `unfreeze encode` does."""
    from unfreeze.commands.encode import Asked, encode_file
    from unfreeze.encoders.load import load_encoder
    from unfreeze.runs.watching import Quiet

    load_encoder(encoder)  # libraries are loaded before the clock
    texts = folder / "texts.txt"
    with (folder / "texts.csv").open(encoding="utf-8", newline="") as file:
        texts.write_text("".join(f"{row['text']}\n" for row in csv.DictReader(file)), encoding="utf-8")
    columns = dict.fromkeys(("text", "text_b", "label", "group", "task"))
    asked = Asked(encoder, {}, columns, form=form)  # type: ignore[arg-type]
    clock = Clock()
    encode_file(str(texts), asked, folder / "states.safetensors", device="cpu", watcher=Quiet())
    read = clock.read()
    written = [folder / name for name in ("states.safetensors", "states.texts.jsonl")]
    size = sum(path.stat().st_size for path in written if path.exists())
    for path in written:
        path.unlink(missing_ok=True)
    return {**read, "store": size / 1e6}


def train(folder: Path, encoder: str) -> dict[str, float]:
    """One epoch of a linear head, fed by the store."""
    import torch

    from unfreeze.encoders.freezing import frozen
    from unfreeze.encoders.load import load_encoder
    from unfreeze.encoders.precision import fast_precision
    from unfreeze.methods.frozen import train_frozen
    from unfreeze.methods.frozen_recipes import FrozenRecipe

    recipe = FrozenRecipe("linear", epochs=1, l2=(0.0, 1e-3))
    loaded = load_encoder(encoder)
    with frozen(loaded, fast_precision(loaded.device)) as reader:
        objective, _, features = _splits(folder, reader)
        clock = Clock()
        splits = features()
        if not splits[0].features.reused:
            raise SystemExit("expected the store to be there")
        train_frozen(recipe, objective, *splits, seeds=[0], device=torch.device("cpu"))
        return clock.read()


def report(folder: Path, encoder: str) -> dict[str, float]:
    """From predictions to the report."""
    from unfreeze.data.read import read_dataset
    from unfreeze.judging.judge import judge
    from unfreeze.records.comparison import read_items, write_items
    from unfreeze.report.render import render

    small = folder / "dev.csv"
    test = read_dataset(None, train=small, dev=small, test=folder / "texts.csv").test
    out = folder / "out"
    write_items(out, test[:BASE])
    read_items(out)  # libraries are loaded before the clock
    _write_runs(out, test[:BASE])
    judge(out)
    render(out)
    clock = Clock()
    write_items(out, test)
    _write_runs(out, test)
    judge(out)
    render(out)
    return clock.read()


def _write_runs(out: Path, test: Any) -> None:
    """A finished comparison of two methods, three seeds each, with predictions drawn at random."""
    from unfreeze.data.examples import LabelSpace
    from unfreeze.disk.files import write_json
    from unfreeze.methods.table import METHODS
    from unfreeze.plan import Plan
    from unfreeze.records.comparison import (
        Choice,
        EpochPoint,
        RunRecord,
        TestRecord,
        record_values,
        write_choices,
        write_test,
    )
    from unfreeze.records.setting import DataFacts, EncoderFacts, Setting, write_setting
    from unfreeze.tasks.kinds import task
    from unfreeze.tasks.metrics import score

    kind, labels = task("classification"), LabelSpace(tuple(sorted({str(e.label) for e in test})))
    sizes = {"train": len(test), "dev": DEV, "test": len(test)}
    data = DataFacts("texts", sizes=sizes, truncated=dict.fromkeys(sizes, 0.0))
    write_setting(out, Setting(kind, labels, kind.metric, Plan(), data, encoder=EncoderFacts("tiny")))
    rng, gold, choices = np.random.default_rng(0), np.array([e.label for e in test]), {}
    for method, kind_of in ((m.name, m.recipe) for m in METHODS if m.default):
        recipe, runs = kind_of("linear", name=method), []
        for seed in range(SEEDS):
            wrong = rng.random(len(gold)) < ERROR_RATES[method]
            said = tuple(np.where(wrong, rng.permutation(gold), gold).tolist())
            runs.append(f"{method}.{seed}")
            point = EpochPoint(1, 1, 0.5, 0.8, 1.0, 1e-3)
            record = RunRecord(
                runs[-1], method, recipe, seed, {kind.metric: 0.8}, 1, (point,), False, None, {}, 1.0, 1.0, 1, 1.0, 1.0
            )
            write_json(out / "runs" / runs[-1] / "record.json", record_values(record))
            sure = tuple(rng.random(len(gold)).tolist())
            write_test(out / "runs" / runs[-1], TestRecord(score(kind, gold.tolist(), said), False, said, sure))
        choices[method] = Choice(tuple(runs[:1]), tuple(runs), 1.0, {"1": 1.0, "32": 1.0}, runs[0])
    write_choices(out, choices)


STAGES = {
    "check": check, "extract": extract, "encode": encode, "means": partial(encode, form="mean"), "train": train,
    "report": report,
}  # fmt: skip
LARGE = 10_000_000  # texts that are forecast
ROOM = 3000  # MB


def measured_apart(stage: str, folder: Path, encoder: str) -> dict[str, float]:
    """A stage in a process of its own."""
    from measuring import in_own_process

    return in_own_process(__file__, "--data", "", "--one", stage, folder, "--encoder", encoder)


def rows_of(stage: str, counts: Sequence[int], seen: Sequence[Mapping[str, float]]) -> list[tuple[Cell, ...]]:
    """A row a count; the exponent stands in those that end three counts beside the one subtracted."""
    rows: list[tuple[Cell, ...]] = []
    for number, (count, one) in enumerate(zip(counts, seen, strict=True), start=1):
        slope = exponent(counts[:number], seen[:number]) if number > 3 else None
        rows.append((stage, count, one["seconds"], one["processor"], one["mb"], one.get("store"), slope))
    return rows


def exponent(counts: Sequence[int], seen: Sequence[Mapping[str, float]]) -> float:
    """Of the last three counts, in processor time, less what the first count took."""
    seconds = np.array([one["processor"] for one in seen])
    slope, _ = np.polyfit(np.log(counts[-3:]), np.log(np.maximum(seconds[-3:] - seconds[0], 1e-3)), 1)
    return float(slope)


@dataclass(frozen=True)
class Law:
    """A straight line through the last two counts: what a text adds, and what there is before any.

    Attributes:
        seconds, mb, store: of processor time, of peak memory, and written, in MB: (before, a text).
    """

    seconds: tuple[float, float]
    mb: tuple[float, float]
    store: tuple[float, float]

    def at(self, texts: int, name: str) -> float:
        """What it says of so large a number of texts."""
        before, each = getattr(self, name)
        return float(before + each * texts)


def law(counts: Sequence[int], seen: Sequence[Mapping[str, float]]) -> Law:
    """Of the last two counts."""
    (fewer, more), (less, most) = counts[-2:], seen[-2:]

    def line(name: str) -> tuple[float, float]:
        a, b = less.get(name, 0.0), most.get(name, 0.0)
        each = (b - a) / (more - fewer)
        return b - each * more, each

    return Law(line("processor"), line("mb"), line("store"))


def forecast(stage: str, encoder: str, counts: Sequence[int], seen: Sequence[Mapping[str, float]]) -> Findings:
    """The law of a stage, what it says of ten million texts, and the ratios that have a target."""
    found = law(counts, seen)
    rows: list[tuple[Cell, ...]] = []
    for name, what, unit in (
        ("seconds", "processor time", "s"),
        ("mb", "peak memory", "MB"),
        ("store", "written", "MB"),
    ):
        before, each = getattr(found, name)
        rows.append((f"{what}, {unit}", before, f"{each * 1e6:.3g}", found.at(LARGE, name)))
    columns = ("", "before any", "a million texts", f"forecast for {LARGE:,}")
    name, peak = f"growth of {stage}, {encoder}", found.at(LARGE, "mb")
    ratios = [Ratio(f"{name}, 3 GB to the peak at 10 million", peak, ROOM, "MB", ROOM / peak)]
    if len(counts) > 3:
        slope = exponent(counts, seen)
        ratios.append(Ratio(f"{name}, exponent of seconds", slope, 1.0, "", slope))
    return Findings((Table(f"The law of {stage}, {encoder}", columns, tuple(rows)),), tuple(ratios))


COLUMNS = ("stage", "texts", "seconds", "processor time, s", "peak, MB", "store, MB", "exponent")


def main() -> None:
    """Print machine, date, versions and a table a stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="tab-separated: a header, then texts with labels")
    parser.add_argument("--counts", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="how many texts")
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
    parser.add_argument("--encoder", default="minilm", help="name or folder; tiny makes a random one")
    parser.add_argument("--one", nargs=2, metavar=("STAGE", "FOLDER"), help=argparse.SUPPRESS)
    add_json_option(parser)
    arguments = parser.parse_args()
    if arguments.one:
        stage, folder = arguments.one
        print(json.dumps(STAGES[stage](Path(folder), arguments.encoder)))
        return
    from measuring import this_machine

    run, counts = Run(this_machine(), arguments.json), [BASE, *arguments.counts]
    with tempfile.TemporaryDirectory() as folder:
        tiny = arguments.encoder == "tiny"
        encoder = random_encoder(Path(folder) / "tiny", TINY, 128) if tiny else arguments.encoder
        for count in counts:
            (Path(folder) / str(count)).mkdir()
            write_texts(arguments.data, count, Path(folder) / str(count) / "texts.csv")
            write_texts(arguments.data, DEV, Path(folder) / str(count) / "dev.csv")
        seconds = []
        for stage in arguments.stages:
            seen = [measured_apart(stage, Path(folder) / str(count), encoder) for count in counts]
            table = Table(f"{stage}, {arguments.encoder}", COLUMNS, tuple(rows_of(stage, counts, seen)))
            run.add(Findings((table,)) + forecast(stage, arguments.encoder, counts, seen))
            seconds += [(stage, float(count), one["seconds"]) for count, one in zip(counts, seen, strict=True)]
    chart = Chart("Seconds by number of texts", "lines", "texts", "seconds", tuple(seconds), log=True)
    run.add(Findings(charts=(chart,)))
    run.close()


if __name__ == "__main__":
    main()
