"""Which size to pretrain: three sizes of a BERT, each on three amounts of text, their held-out losses and hours.

    python benchmarks/pretraining_scale.py --out results --json scale.json --svg scale.svg shared/corpus/enwiki2015/*.xz

Every run is a whole one, with its own rise and fall of the rate, since a run cut short before its fall shows a loss
that a run of that length would not end with. All sizes read the same pieces in the same order, with one vocabulary, so
their losses can be compared. Finished runs are not run again, unfinished ones resume; `--sizes` picks some, so that two
processes can share the work. Prints a table in Markdown, and which runs no other run beats in as much time: the size to
take for that long. A line through these losses foretells nothing: masked LM learns frequencies first and context later.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml
from drawing import svg
from results import Chart

from unfreeze.disk.files import write_json, write_text
from unfreeze.pretraining.record import RECORD, Record, read_record
from unfreeze.pretraining.run import run
from unfreeze.pretraining.settings import TransformerSize, pretraining_from

VOCABULARY, LENGTH = 16_000, 128
SIZES = {
    "tiny": TransformerSize(2, 128, 2, 512, VOCABULARY, LENGTH, 2048, 2e-3),
    "mini": TransformerSize(4, 256, 4, 1024, VOCABULARY, LENGTH, 2048, 1e-3),
    "small": TransformerSize(6, 384, 6, 1536, VOCABULARY, LENGTH, 2048, 1e-3),
}
AMOUNTS = (500_000, 1_500_000, 4_500_000)


@dataclass(frozen=True)
class Ended:
    """A finished run.

    Attributes:
        pieces: that it read.
        loss: on the held-out text at its end, nats for a masked piece.
        hours: of training, by the clock.
        curve: (pieces, loss held out) in the course of it.
    """

    size: str
    pieces: int
    parameters: int
    loss: float
    hours: float
    machine: str
    curve: tuple[tuple[int, float], ...]


def train(size: str, pieces: int, arguments: argparse.Namespace) -> None:
    """One run, unless it is finished."""
    out = arguments.out / f"{size}-{pieces}"
    if (out / RECORD).exists() and read_record(out).finished:
        return
    sizes = arguments.out / f"{size}.yaml"
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_text(sizes, yaml.safe_dump(asdict(SIZES[size])))
    values = {
        "corpus": tuple(arguments.corpus), "out": str(out), "size": str(sizes), "tokens": pieces, "half": True,
        "prepared": str(arguments.prepared or arguments.out / "prepared"),
    }  # fmt: skip
    run(pretraining_from(values), lambda line: print(f"{size} {pieces:,}: {line}", flush=True))


def ended(size: str, pieces: int, out: Path) -> Ended | None:
    """What a run came to; None where it is not finished."""
    folder = out / f"{size}-{pieces}"
    if not (folder / RECORD).exists():
        return None
    record: Record = read_record(folder)
    if not record.finished:
        return None
    held = [(point["tokens"], point["held_out"]["loss"]) for point in record.curve if point["held_out"]]
    last = record.curve[-1]
    return Ended(
        size, last["tokens"], record.parameters, held[-1][1], last["seconds"] / 3600,
        f"{record.precision}, {record.machine}", tuple(held),
    )  # fmt: skip


def best(found: Mapping[str, list[Ended]]) -> list[Ended]:
    """Runs that no other run beats in as many hours or fewer, shortest first: which size for how long."""
    front: list[Ended] = []
    for one in sorted((one for runs in found.values() for one in runs), key=lambda one: (one.hours, one.loss)):
        if not front or one.loss < front[-1].loss:
            front.append(one)
    return front


def told(found: Mapping[str, list[Ended]]) -> str:
    """The tables in Markdown."""
    amounts = sorted({one.pieces for runs in found.values() for one in runs})
    lines = [
        "| size | parameters | " + " | ".join(f"{pieces / 1e6:.1f} M pieces" for pieces in amounts) + " |",
        "| --- | --- |" + " --- |" * len(amounts),
    ]
    for size, runs in found.items():
        by = {one.pieces: one for one in runs}
        cells = [f"{by[p].loss:.3f} in {60 * by[p].hours:.0f} min" if p in by else "–" for p in amounts]
        lines.append(f"| {size} | {runs[0].parameters / 1e6:.1f} M | {' | '.join(cells)} |")
    front = ", ".join(f"{one.size} {one.pieces / 1e6:.1f} M ({one.loss:.2f})" for one in best(found))
    lines += ["", f"Beaten by none in as much time or less: {front}."]
    return "\n".join(lines)


def chart(found: Mapping[str, list[Ended]]) -> Chart:
    """Held-out loss at the end of each run against its minutes."""
    points = tuple((size, 60 * one.hours, one.loss) for size, runs in found.items() for one in runs)
    title = "Held-out loss at the end of a run"
    return Chart(title, "lines", "minutes of training", "loss", points, log=True)


def main() -> None:
    """Train what is left, then print and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="+")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--prepared", type=Path, help="folder of the text as ids; OUT/prepared if not given")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--amounts", nargs="+", type=int, default=list(AMOUNTS))
    parser.add_argument("--json", type=Path, help="write what was found there")
    parser.add_argument("--svg", type=Path, help="write the chart there")
    arguments = parser.parse_args()
    for pieces in arguments.amounts:
        for size in arguments.sizes:
            train(size, pieces, arguments)
    every = {size: [e for p in arguments.amounts if (e := ended(size, p, arguments.out))] for size in arguments.sizes}
    found = {size: runs for size, runs in every.items() if runs}
    print(told(found))
    if arguments.json:
        write_json(arguments.json, {size: [asdict(one) for one in runs] for size, runs in found.items()})
    if arguments.svg:
        write_text(arguments.svg, svg(chart(found)))


if __name__ == "__main__":
    main()
