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
from typing import Any

import torch
from data_sets import SETS
from torch import nn

from unfreeze.comparison import compare
from unfreeze.encoders.elmo.encoder import ElmoEncoder
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.skip_thoughts.encoder import SkipThoughtsEncoder
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.plan import Method, Plan
from unfreeze.training.seeds import seeded

RANDOM = "random:"


def random_twin(name: str, folder: Path) -> str:
    """Write the encoder `name` with weights drawn anew, as training from nothing begins; gives the folder's name."""
    if folder.exists():
        return str(folder)
    encoder = load_encoder(name)
    with seeded(0):
        if isinstance(encoder, TransformerEncoder):
            from transformers import AutoModel

            encoder.model = AutoModel.from_config(encoder.model.config)
        elif isinstance(encoder, ElmoEncoder):
            encoder.model = ElmoModel(encoder.model.cnn.size, encoder.model.lm.size)
            with torch.no_grad():
                encoder.model.cnn.embedding[0] = 0
        elif isinstance(encoder, SkipThoughtsEncoder):
            for gru in encoder.grus.values():
                _drawn(gru)
            tables: Any = encoder.vocabulary.tables
            for part, table in list(tables.items()):
                tables[part] = torch.empty(table.shape).uniform_(-0.1, 0.1).numpy()
        else:
            raise SystemExit(f"{name}: no random twin of {type(encoder).__name__}")
    encoder.save(folder)
    return str(folder)


def _drawn(gru: nn.GRU) -> None:
    gru.reset_parameters()
    with torch.no_grad():
        for name, parameter in gru.named_parameters():
            if name.startswith("bias_hh"):
                parameter.zero_()


def score(encoder: str, name: str, arguments: argparse.Namespace) -> str:
    """`mean [low, high], recipe` of the comparison of an encoder on a set, in points."""
    out = arguments.out / f"{name}-{arguments.method}-{encoder.replace(':', '-').replace('/', '-')}"
    where = encoder
    if encoder.startswith(RANDOM):
        where = random_twin(encoder.removeprefix(RANDOM), arguments.out / "twins" / encoder.removeprefix(RANDOM))
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
