"""What the encoders that come with the package are worth: frozen, against random weights of their shape and others.

    python benchmarks/pretrained_encoders.py --data shared/data --out results --encoders bert-mini elmo-mini glove

Scores, not speed: `compare` with one method (feature extraction unless told otherwise), budget `quick`, on some sets. A
name with `random:` before it is the encoder of that name with freshly drawn weights. Finished comparisons in the output
folder are not run again. Prints a table in Markdown, and one of differences: of each encoder from its twin with random
weights, and of ours from the others, on the same test items and seeds.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from data_sets import SETS

from unfreeze.commands.compare import compare
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.random_twin import random_twin
from unfreeze.judging.read import read_comparison, statistics_of
from unfreeze.judging.result_json import read_result
from unfreeze.judging.two_way import paired_difference
from unfreeze.judging.wording import signed
from unfreeze.plan import Plan
from unfreeze.recipe import MethodName

RANDOM = "random:"
OURS = ("bert-mini", "elmo-mini", "skip-mini")
NO_TAGS = "one vector a text"


def write_twin(name: str, folder: Path) -> str:
    """Write the encoder `name` with freshly drawn weights, as training from scratch begins; gives the folder's name."""
    if not folder.exists():
        twin = random_twin(load_encoder(name))
        if twin is None:
            raise SystemExit(f"{name}: nothing is known of how it begins")
        twin.save(folder)
    return str(folder)


def folder_of(encoder: str, name: str, arguments: argparse.Namespace) -> Path:
    """Of the comparison of an encoder on a set."""
    out: Path = arguments.out
    return out / f"{name}-{arguments.method}-{encoder.replace(':', '-').replace('/', '-')}"


def score(encoder: str, name: str, arguments: argparse.Namespace) -> str:
    """`mean [low, high], recipe` of the comparison of an encoder on a set, in points."""
    out = folder_of(encoder, name, arguments)
    where = encoder
    if encoder.startswith(RANDOM):
        where = write_twin(encoder.removeprefix(RANDOM), arguments.out / "twins" / encoder.removeprefix(RANDOM))
    if not (out / "result.json").exists():
        if load_encoder(where).family == "sentence-vectors" and SETS[name].kind == "tags":
            return NO_TAGS
        about, method = SETS[name], arguments.method
        methods: tuple[MethodName, ...] = (method,)
        compare(
            Plan(
                data=str(arguments.data / name),
                label=about.label,
                text=about.text,
                encoder=where,
                methods=methods,
                budget="quick",
                seeds=arguments.seeds,
                train_size=arguments.train_size,
                out=str(out),
            )
        )
    arm = read_result(out).methods[arguments.method]
    low, high = arm.test.ci95
    return f"{100 * arm.test.mean:.1f} [{100 * low:.1f}, {100 * high:.1f}] ({arm.recipe.name or arm.recipe.head})"


def gap(first: str, second: str, name: str, arguments: argparse.Namespace) -> str:
    """`+1.3 [-0.4, +2.6]`: the first encoder's score on a set minus the second's, points."""
    folders = [folder_of(one, name, arguments) for one in (first, second)]
    if not all((folder / "result.json").exists() for folder in folders):
        return NO_TAGS
    a, b = (read_comparison(folder) for folder in folders)
    method = arguments.method
    found = paired_difference(statistics_of(a, method), statistics_of(b, method), a.measure)
    return f"{signed(found.mean)} [{signed(found.lo)}, {signed(found.hi)}]"


def pairs(encoders: Sequence[str]) -> list[tuple[str, str]]:
    """Each encoder with its random twin, and ours with those that are not."""
    twins = [(one, RANDOM + one) for one in encoders if RANDOM + one in encoders]
    others = [one for one in encoders if one not in OURS and not one.startswith(RANDOM)]
    return [*twins, *((one, other) for one in encoders if one in OURS for other in others)]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the sets")
    parser.add_argument("--out", type=Path, required=True, help="folder of the comparisons")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=["sst2", "sick", "wnut17"])
    parser.add_argument("--encoders", nargs="+", default=["bert-mini", "random:bert-mini", "elmo-mini",
                                                          "random:elmo-mini", "glove"])  # fmt: skip
    parser.add_argument("--method", choices=["feature-extraction", "fine-tuning"], default="feature-extraction")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--train-size", type=int, default=3000)
    arguments = parser.parse_args()
    print(f"| encoder | {' | '.join(arguments.sets)} |\n| --- |{' --- |' * len(arguments.sets)}", flush=True)
    for encoder in arguments.encoders:
        cells = [score(encoder, name, arguments) for name in arguments.sets]
        print(f"| `{encoder}` | {' | '.join(cells)} |", flush=True)
    print(f"\n| difference | {' | '.join(arguments.sets)} |\n| --- |{' --- |' * len(arguments.sets)}")
    for first, second in pairs(arguments.encoders):
        cells = [gap(first, second, name, arguments) for name in arguments.sets]
        print(f"| `{first}` minus `{second}` | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
