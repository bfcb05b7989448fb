"""A small corpus of made-up sentences in documents, and sizes so small that a run takes a second."""

from __future__ import annotations

import random
from pathlib import Path

import torch

from unfreeze.pretraining.settings import Pretraining, pretraining_from

WORDS = (
    "the", "a", "old", "red", "small", "king", "queen", "dog", "cat", "house", "river", "runs", "sees", "likes",
    "finds", "and", "near", "under",
)  # fmt: skip
SIZES = {
    "mlm": "{layers: 2, width: 16, heads: 2, inner: 32, vocabulary: 90, length: 16, batch: 64, learning_rate: 0.003}",
    "bilm": (
        "{embedding: 4, filters: [[1, 4], [2, 8]], highways: 1, hidden: 12, projection: 8, layers: 2, "
        "vocabulary: 12, length: 5, batch: 40, learning_rate: 0.003}"
    ),
    "skip-thoughts": (
        "{word_width: 6, hidden: 8, vocabulary: 12, length: 6, batch: 40, learning_rate: 0.003}"
    ),
}  # fmt: skip


def write_corpus(path: Path, documents: int = 12, seed: int = 0) -> Path:
    """Documents of a few sentences each, a sentence a line."""
    draw = random.Random(seed)
    made = []
    for _ in range(documents):
        lines = [" ".join(draw.choices(WORDS, k=draw.randint(4, 9))).capitalize() + "." for _ in range(8)]
        made.append("\n".join(lines))
    path.write_text("\n\n".join(made) + "\n", encoding="utf-8")
    return path


def asked(folder: Path, objective: str, **more: object) -> Pretraining:
    """Settings of a run on a corpus in `folder`, both made there if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    text, size = folder / "text.txt", folder / f"{objective}.yaml"
    if not text.exists():
        write_corpus(text)
    size.write_text(SIZES[objective], encoding="utf-8")
    given: dict[str, object] = {"corpus": (str(text),), "out": str(folder / "out"), "objective": objective}
    if "start" not in more:
        given["size"] = str(size)
    return pretraining_from({**given, **more})


def same_loss_and_gradients(
    loss: torch.Tensor, expected: torch.Tensor, parameters: dict[str, torch.nn.Parameter]
) -> None:
    """Of an objective against a plain one; every parameter has a gradient."""
    torch.testing.assert_close(loss[0], expected)
    wanted = torch.autograd.grad(expected, list(parameters.values()))
    found = torch.autograd.grad(loss.sum(), list(parameters.values()))
    for name, one, other in zip(parameters, found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-6, msg=name)
        assert other.abs().max() > 0, name
