"""A bundle's predictions for a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from unfreeze.adaptation.inputs import pair_reading, read_inputs, said_cut
from unfreeze.bundle import load
from unfreeze.data.examples import Example, Label
from unfreeze.data.read import read_unlabelled
from unfreeze.errors import InputError
from unfreeze.experiment.files import write_text

FORMATS = (".tsv", ".jsonl")


def predict_file(
    bundle: Path, file: Path, out: Path | None, *, text: str | None, text_b: str | None, device: str = "auto"
) -> int:
    """Predict every text of `file`; write to `out`, or print as tsv where it is None.

    Returns:
        The number of predictions.

    Raises:
        InputError: the bundle or file cannot be read, or `out` ends in neither of `FORMATS`.
    """
    if out is not None and out.suffix not in FORMATS:
        raise InputError(f"ends in '{out.suffix}'; known: {', '.join(FORMATS)}", where=str(out))
    predictor = load(bundle, device)
    columns = predictor.about.get("columns", {})
    usual = columns.get("text"), columns.get("text_b")
    examples = read_unlabelled(file, task=predictor.task, text=text, text_b=text_b, usual=usual)
    empty = [e.where for e in examples if e.words == ()]
    if empty:
        raise InputError("has no word to tag", where=empty[0])
    encoder, pair = predictor.model.encoder, pair_reading(predictor.model.recipe, predictor.task)
    cut = said_cut(read_inputs(encoder, predictor.task, pair, examples), encoder.max_length)
    if cut:
        print(cut, file=sys.stderr)
    decoded = predictor.predict_examples(examples)
    confidence = decoded.confidence or (None,) * len(decoded.labels)
    if out is not None and out.suffix == ".jsonl":
        rows = zip(examples, decoded.labels, confidence, strict=True)
        lines: Iterable[str] = (json.dumps(_values(*row), ensure_ascii=False) for row in rows)
    else:
        lines = _tsv(examples, decoded.labels, confidence)
    whole = "".join(f"{line}\n" for line in lines)
    if out is None:
        sys.stdout.write(whole)
    else:
        write_text(out, whole)
    return len(examples)


def _values(example: Example, label: Label, confidence: float | None) -> dict[str, object]:
    found = {"text": example.text, "text_b": example.text_b, "words": example.words, "confidence": confidence}
    return {**{k: v for k, v in found.items() if v is not None}, "label": label}


def _tsv(
    examples: tuple[Example, ...], labels: tuple[Label, ...], confidence: tuple[float | None, ...]
) -> Iterator[str]:
    """`label, confidence, text` rows; for tagging `word, tag` rows with an empty line after each sentence."""
    if examples and examples[0].words is not None:
        for example, tags in zip(examples, labels, strict=True):
            yield from (f"{word}\t{tag}" for word, tag in zip(example.words or (), tags, strict=True))  # type: ignore[arg-type]
            yield ""
        return
    pair = bool(examples) and examples[0].text_b is not None
    yield "\t".join(["label", "confidence", "text", *(["text_b"] if pair else [])])
    for example, label, sure in zip(examples, labels, confidence, strict=True):
        shown = f"{label:.4f}" if isinstance(label, float) else str(label)
        texts = [" ".join(t.split()) for t in (example.text, example.text_b) if t is not None]
        yield "\t".join([shown, "" if sure is None else f"{sure:.4f}", *texts])
