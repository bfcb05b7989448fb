"""The soak: kills, machines that die, mutated inputs, simultaneous starts and full disks, as many as are asked for.

    python tests/reliability/soak.py --out soak-out --kills 200 --inputs 10000 --tries 500

It may be ended at any moment and goes on where it stopped. `soak.json` and `soak.md` in the folder say what came out,
`found.jsonl` has every fault with what repeats it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import count, product
from pathlib import Path

HERE = Path(__file__).parent
os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
sys.path[:0] = [str(HERE.parent / room) for room in ("reliability", ".", "pretraining", "studies", "encoders/elmo",
                                                  "encoders/skip_thoughts")]  # fmt: skip

import claims  # noqa: E402
import column_targets  # noqa: E402
import encoder_targets  # noqa: E402
import folder_targets  # noqa: E402
import fuzz  # noqa: E402
import kills  # noqa: E402
import machine_kills  # noqa: E402
import span_targets  # noqa: E402
import table_targets  # noqa: E402
import troubles  # noqa: E402
from figures import write_figures  # noqa: E402
from forks import settle  # noqa: E402
from imports import import_all  # noqa: E402
from ledger import Ledger  # noqa: E402
from starts import make_starts  # noqa: E402


def soak_kills(asked: argparse.Namespace, work: Path, ledger: Ledger) -> None:
    """Series of kills, the commands in turn, until there are enough."""
    chosen = {name: one for name, one in make_starts(work / "world").items() if _wanted(name, asked.only)}
    whole: dict[str, kills.Unbroken] = {}
    turn = asked.seed
    while sum(len(line["kills"]) for line in ledger.of("kills")) < asked.kills:
        for name, one in chosen.items():
            if any(line["seed"] == turn for line in ledger.of("kills", name)):
                continue
            place = work / "kills" / name.replace(" ", "-")
            if name not in whole:
                whole[name] = kills.unbroken(one, place, twice=not asked.short)
            told = kills.series(one, whole[name], place / "killed", turn)
            ledger.add({"part": "kills", **told.values()})
            print(f"{name}: {len(told.kills)} kills", *told.faults[:3], sep="\n    ", flush=True)
        turn += 1


def soak_machines(asked: argparse.Namespace, work: Path, ledger: Ledger) -> None:
    """Comparisons on machines of Ray that are killed, and the processes that asked, until there are enough kills."""
    if find_spec("ray") is None:
        print("machines: Ray is not installed", flush=True)
        return
    starts = {name: one for name, one in make_starts(work / "world").items() if name.startswith("compare")}
    chosen = [one for name, one in starts.items() if _wanted(name, asked.only)]
    for turn in count(asked.seed):
        if not chosen or sum(len(line["kills"]) for line in ledger.of("machines")) >= asked.machine_kills:
            return
        one = chosen[turn % len(chosen)]
        if not any(line["seed"] == turn for line in ledger.of("machines")):
            place = work / "machines" / one.name.replace(" ", "-")
            told = machine_kills.series(one, kills.unbroken(one, place, twice=False), place / "killed", turn)
            ledger.add({"part": "machines", **told.values()})
            print(f"{told.name}: {len(told.kills)} kills", *told.faults[:3], sep="\n    ", flush=True)


def soak_starts(asked: argparse.Namespace, work: Path, ledger: Ledger) -> None:
    """Processes that enter one folder at once, every kind of folder in turn, until there are enough tries."""
    turn = asked.seed
    while sum(line["counts"]["tries"] for line in ledger.of("starts")) < asked.tries:
        for name in claims.SETTINGS:
            if not any(line["seed"] == turn for line in ledger.of("starts", name)):
                told = claims.try_starts(name, work / "starts", turn, 2 if asked.short else 10)
                ledger.add({"part": "starts", **told.values()})
                print(f"{name}: {dict(told.counts)}", *told.faults[:3], sep="\n    ", flush=True)
        turn += 1


def soak_disks(asked: argparse.Namespace, work: Path, ledger: Ledger) -> None:
    """Full, small, foreign and shared disks for every command, that many turns; and files that unpack to far more."""
    chosen = {name: one for name, one in make_starts(work / "world").items() if _wanted(name, asked.only)}
    kinds: dict[str, Callable[..., kills.Series]] = {
        "full disk": troubles.full_disk, "small disk": troubles.small_disks, "read-only": troubles.read_only,
        "shared cache": troubles.shared_cache,
    }  # fmt: skip
    for turn in range(asked.seed, asked.seed + asked.turns):
        for name, one in chosen.items():
            place = work / "disks" / name.replace(" ", "-")
            due = [kind for kind in kinds if not _done(ledger, f"{kind}, {name}", turn)]
            due = [kind for kind in due if kind != "shared cache" or name.startswith("compare")]
            if asked.short:
                due = [kind for kind in ("full disk", "read-only") if not name.startswith("compare")]
            whole = kills.unbroken(one, place, twice=False) if due else None
            for kind in due:
                told = kinds[kind](one, whole, place / kind.replace(" ", "-"), turn)
                ledger.add({"part": "disks", **told.values(), "name": f"{kind}, {name}"})
                print(f"{kind}, {name}: {len(told.kills)} times", *told.faults[:3], sep="\n    ", flush=True)
    for suffix, content in product(troubles.PACKERS, troubles.CONTENTS):
        name = f"unpacked, {content}{suffix}"
        if not asked.short and not _done(ledger, name, 0):
            faults = troubles.unpacked(suffix, content, work / "unpacked")
            ledger.add({"part": "disks", "name": name, "seed": 0, "kills": ["once"], "faults": faults})


def _done(ledger: Ledger, name: str, turn: int) -> bool:
    return any(line["seed"] == turn for line in ledger.of("disks", name))


def soak_inputs(asked: argparse.Namespace, work: Path, ledger: Ledger) -> None:
    """Damaged inputs of every reader, some of each in turn, until there are enough."""
    rooms = (table_targets, column_targets, span_targets, folder_targets, encoder_targets)
    chosen = [one for room in rooms for one in room.targets() if _wanted(one.name, asked.only)]
    turn = asked.seed
    while sum(line["counts"]["tried"] for line in ledger.of("inputs")) < asked.inputs:
        for one in chosen:
            if not any(line["seed"] == turn for line in ledger.of("inputs", one.name)):
                place = work / "inputs" / one.name.replace(" ", "-")
                place.mkdir(parents=True, exist_ok=True)
                told = fuzz.try_many(one, place, turn, round(asked.each * one.share))
                ledger.add({"part": "inputs", **told.values()})
                print(f"{one.name}: {dict(told.counts)}", *told.faults[:3], sep="\n    ", flush=True)
        turn += 1


def _wanted(name: str, only: Sequence[str] | None) -> bool:
    return not only or any(name.startswith(one) for one in only)


PARTS: dict[str, Callable[[argparse.Namespace, Path, Ledger], None]] = {
    "kills": soak_kills, "machines": soak_machines, "inputs": soak_inputs, "starts": soak_starts, "disks": soak_disks,
}  # fmt: skip


def main() -> int:
    """Run the parts that are asked for; 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description="What holds under kills, damage and haste.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all where none is named")
    parser.add_argument("--out", type=Path, required=True, help="folder for figures and for what is worked on")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--machine-kills", type=int, default=20, help="of machines of Ray and of who asks them")
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--each", type=int, default=50, help="inputs of a reader in a turn, times its share")
    parser.add_argument("--tries", type=int, default=500, help="simultaneous starts")
    parser.add_argument("--turns", type=int, default=3, help="of full disks for every command")
    parser.add_argument("--seed", type=int, default=0, help="of the first turn")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="only what is named so, or begins so")
    parser.add_argument("--short", action="store_true", help="leave out what only the harness itself needs")
    asked = parser.parse_args()
    unknown = [part for part in asked.parts if part not in PARTS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; known: {', '.join(PARTS)}")
    work = asked.out.absolute() / "work"
    work.mkdir(parents=True, exist_ok=True)
    os.environ["UNFREEZE_CACHE"] = str(work / "cache")
    import_all()
    settle()
    ledger = Ledger(asked.out / "found.jsonl")
    for part in asked.parts or PARTS:
        PARTS[part](asked, work, ledger)
        write_figures(asked.out, ledger)
    return write_figures(asked.out, ledger)


if __name__ == "__main__":
    sys.exit(main())
