"""A set of texts with several labels each from tagged sentences: which types of entity occur in a sentence.

    python benchmarks/entity_types.py DATA OUT
    unfreeze compare OUT --encoder minilm --budget quick

DATA is a set of tagged sentences as `unfreeze compare` reads it, such as `examples/wnut17` (WNUT 2017, CC BY 4.0) or a
folder of CoNLL-2003. OUT gets `train.jsonl`, `dev.jsonl` and `test.jsonl`, a text with its list of labels a line.
Sentences without an entity have no label.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from unfreeze.data.examples import SPLITS, Example
from unfreeze.data.read import read_dataset
from unfreeze.tasks.schemes import spans


def types_of(example: Example, scheme: str | None) -> list[str]:
    """The types of the entities that a sentence has, in alphabetical order."""
    tags = example.label if isinstance(example.label, tuple) else ()
    return sorted({kind for kind, _, _ in spans(tags, scheme)})


def main(data: Path, out: Path) -> None:
    """Write the three splits."""
    read = read_dataset(data)
    out.mkdir(parents=True, exist_ok=True)
    for split in SPLITS:
        rows = [{"text": e.text, "labels": types_of(e, read.labels.scheme)} for e in read.split(split)]
        (out / f"{split}.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        counts = Counter(label for row in rows for label in row["labels"])
        print(f"{split}: {len(rows):,} texts, {dict(counts.most_common())}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
