"""Tag words with the model of this folder, by onnxruntime and tokenizers alone.

python predict.py SENTENCES: a sentence a line, its words with spaces between.
"""

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

HERE = Path(__file__).parent
ABOUT = json.loads((HERE / "model.json").read_text(encoding="utf-8"))
BEFORE, AFTER, ROOM = ABOUT["before"], ABOUT["after"], ABOUT["max_length"] - len(ABOUT["before"] + ABOUT["after"])
session = onnxruntime.InferenceSession(HERE / "model.onnx", providers=["CPUExecutionProvider"])
tokenizer = Tokenizer.from_file(str(HERE / "tokenizer.json"))


def windows(encoding: Any, count: int) -> tuple[list[list[int]], list[tuple[int, int]]]:
    """A sentence's pieces in windows that overlap by half, and for each word its window and place there."""
    of_word: list[list[int]] = [[] for _ in range(count)]
    for piece, word in zip(encoding.ids, encoding.word_ids, strict=True):
        of_word[word].append(piece)
    of_word = [pieces or [ABOUT["unknown"]] for pieces in of_word]
    starts = np.cumsum([0, *map(len, of_word)])
    ids = [piece for pieces in of_word for piece in pieces]
    last = max(len(ids) - ROOM, 0)
    firsts = [*range(0, last, max(1, ROOM // 2)), last]
    borders = [(a + ROOM + b) / 2 for a, b in pairwise(firsts)]
    near = np.searchsorted(borders, starts[:-1], side="right")  # the window whose middle is nearest
    found = [BEFORE + ids[first : first + ROOM] + AFTER for first in firsts]
    return found, [(w, len(BEFORE) + s - firsts[w]) for w, s in zip(near.tolist(), starts.tolist(), strict=False)]


def predict(sentences: Any) -> list[list[str]]:
    """A tag for each word of sentences, which are lists of words."""
    given = [[ABOUT["prefix"] + word if word.strip() else "" for word in words] for words in sentences]
    pieces = tokenizer.encode_batch(given, is_pretokenized=True, add_special_tokens=False)
    read = [windows(p, len(words)) for p, words in zip(pieces, sentences, strict=True)]
    rows = [row for found, _ in read for row in found]
    ids = np.full((len(rows), max(map(len, rows))), ABOUT["padding"])
    for filled, row in zip(ids, rows, strict=True):
        filled[: len(row)] = row
    mask = np.arange(ids.shape[1]) < np.array([[len(row)] for row in rows])
    words, first = np.full((len(read), max(map(len, sentences))), -1), 0
    for filled, (found, places) in zip(words, read, strict=True):
        filled[: len(places)] = [(first + w) * ids.shape[1] + place for w, place in places]
        first += len(found)
    columns = {
        "input_ids": ids, "attention_mask": mask.astype(np.int64), "token_type_ids": np.zeros_like(ids), "words": words
    }  # fmt: skip
    wanted = [i.name for i in session.get_inputs()]
    (tags,) = session.run(None, {name: columns[name] for name in wanted})
    return [[ABOUT["labels"][t] for t in row[: len(s)]] for row, s in zip(tags, sentences, strict=True)]


if __name__ == "__main__":
    lines = [line.split() for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines() if line.strip()]
    for start in range(0, len(lines), 32):
        part = lines[start : start + 32]
        for words, tags in zip(part, predict(part), strict=True):
            print(*(f"{word}\t{tag}" for word, tag in zip(words, tags, strict=True)), "", sep="\n")
