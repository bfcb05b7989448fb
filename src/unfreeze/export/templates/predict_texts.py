"""Predict with the model of this folder, by onnxruntime and tokenizers alone.

python predict.py TEXTS [MODEL]: one text a line; for pairs the two texts with a tab between.
"""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

HERE = Path(__file__).parent
ABOUT = json.loads((HERE / "model.json").read_text(encoding="utf-8"))
NAMES, THRESHOLDS = ABOUT["labels"], ABOUT["thresholds"]
session = cache(lambda model: onnxruntime.InferenceSession(HERE / model, providers=["CPUExecutionProvider"]))
tokenizer = cache(lambda: Tokenizer.from_file(str(HERE / "tokenizer.json")))  # cuts, fills up; lower-cases if it must


def predict(texts: Any, model: str = "model.onnx") -> Any:
    """Probabilities (texts, labels), or scores (texts,), of texts or of (text, text) pairs."""
    apart = ABOUT["reads"] == "each text of a pair on its own"
    inputs = [text for side in zip(*texts, strict=True) for text in side] if apart else texts
    prefix = ABOUT["prefix"]
    given = [prefix + i if isinstance(i, str) else (prefix + i[0], prefix + i[1]) for i in inputs]
    pieces = tokenizer().encode_batch(given)
    columns = {
        "input_ids": [p.ids for p in pieces],
        "attention_mask": [p.attention_mask for p in pieces],
        "token_type_ids": [p.type_ids for p in pieces],
        "segment": [[-1 if text is None else text for text in p.sequence_ids] for p in pieces],
    }
    shape = (2, len(texts), -1) if apart else (len(texts), -1)
    wanted = [i.name for i in session(model).get_inputs()]
    return session(model).run(None, {name: np.array(columns[name]).reshape(shape) for name in wanted})[0]


def labels(out: Any) -> list[Any]:
    """Of what `predict` gives: a label, several labels or a number for each text."""
    if THRESHOLDS is not None:
        return [[n for n, yes in zip(NAMES, row, strict=True) if yes] for row in out >= np.float32(THRESHOLDS)]
    return [NAMES[i] for i in out.argmax(1)] if NAMES else out.tolist()


if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    print(
        "label",
        "confidence",
        *(["probabilities"] if THRESHOLDS else []),
        "text",
        *["text_b"][: ABOUT["pairs"]],
        sep="\t",
    )
    for start in range(0, len(lines), 32):
        part = lines[start : start + 32]
        out = predict([tuple(p.split("\t")) for p in part] if ABOUT["pairs"] else part, *sys.argv[2:])
        for line, label, row in zip(part, labels(out), out.reshape(len(part), -1), strict=True):
            told = ";".join(label) if isinstance(label, list) else label if NAMES else f"{label:.4f}"
            sure = np.where(row >= np.float32(THRESHOLDS), row, 1 - row).prod() if THRESHOLDS else row.max()
            each = [";".join(f"{row[NAMES.index(n)]:.4f}" for n in label)] if THRESHOLDS else []
            print(told, f"{sure:.4f}" if NAMES else "", *each, line, sep="\t")
