"""What the encoders that come with the package are worth: frozen, against random weights of their shape and others.

    python benchmarks/pretrained_encoders.py --data shared/data --out results --encoders bert-mini elmo-mini glove

Scores, not speed: `compare` with one method (feature extraction unless told otherwise), budget `quick`, on some sets. A
name with `random:` before it is the encoder of that name with weights drawn anew. Finished comparisons in the output
folder are not run again. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from data_sets import SETS

from unfreeze.comparison import compare
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.random_twin import random_twin
from unfreeze.plan import Method, Plan

RANDOM = "random:"


def write_twin(name: str, folder: Path) -> str:
    """Write the encoder `name` with weights drawn anew, as training from nothing begins; gives the folder's name."""
    if not folder.exists():
        twin = random_twin(load_encoder(name))
        if twin is None:
            raise SystemExit(f"{name}: nothing is known of how it begins")
        twin.save(folder)
    return str(folder)


def score(encoder: str, name: str, arguments: argparse.Namespace) -> str:
    """`mean [low, high], recipe` of the comparison of an encoder on a set, in points."""
    out = arguments.out / f"{name}-{arguments.method}-{encoder.replace(':', '-').replace('/', '-')}"
    where = encoder
    if encoder.startswith(RANDOM):
        where = write_twin(encoder.removeprefix(RANDOM), arguments.out / "twins" / encoder.removeprefix(RANDOM))
    if not (out / "result.json").exists():
        if load_encoder(where).family == "sentence-vectors" and SETS[name].kind == "tags":
            return "one vector a text"
        about, method = SETS[name], arguments.method
        methods: tuple[Method, ...] = (method,)
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
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    found = result["methods"][arguments.method]
    low, high = found["test"]["ci95"]
    recipe = found["recipe"]["name"] or found["recipe"]["head"]
    return f"{100 * found['test']['mean']:.1f} [{100 * low:.1f}, {100 * high:.1f}] ({recipe})"


def main() -> None:
    """Print the table."""
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


if __name__ == "__main__":
    main()
