"""`unfreeze pretrain` from the command line: trained, interrupted, resumed, loaded."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch

from unfreeze.encoders.load import load_encoder
from unfreeze.plan import plain

Line = Callable[..., tuple[int, str, str]]
SIZES: dict[str, dict[str, Any]] = {
    "mlm": {"layers": 2, "width": 16, "heads": 2, "inner": 32, "vocabulary": 90, "length": 16, "batch": 64},
    "bilm": {
        "embedding": 4, "filters": [[1, 4], [2, 8]], "highways": 1, "hidden": 12, "projection": 8, "layers": 2,
        "vocabulary": 12, "length": 5, "batch": 40,
    },
    "skip-thoughts": {"word_width": 6, "hidden": 8, "vocabulary": 12, "length": 6, "batch": 40},
}  # fmt: skip


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Documents of the sentences of the tiny tasks, half of them packed, half as lines of JSON."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    documents = []
    for seed in range(10):
        rows = tiny.rows("classification", 12, seed)
        documents.append([f"{text.capitalize()}." for text, _ in rows])
    with gzip.open(folder / "a.txt.gz", "wt", encoding="utf-8") as file:
        file.write("\n\n".join("\n".join(document) for document in documents[:5]))
    lines = [json.dumps({"text": "\n".join(document)}) for document in documents[5:]]
    (folder / "b.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the second that the measured peak takes."""
    monkeypatch.setattr("unfreeze.pretraining.run.matmul_peak", lambda device, precision: 1e9)


def arguments(corpus: Path, objective: str, out: Path, *more: object) -> tuple[object, ...]:
    size = corpus.parent / f"{objective}.yaml"
    size.write_text(json.dumps({**SIZES[objective], "learning_rate": 0.01}), encoding="utf-8")
    return ("pretrain", corpus, "--objective", objective, "--size", size, "--out", out, "--device", "cpu", *more)


def interrupted_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from unfreeze.terminal.display import Display

    told = Display.trained

    def stopped(self: Display, progress: Any) -> None:
        told(self, progress)
        if progress.step == step:
            raise KeyboardInterrupt

    monkeypatch.setattr(Display, "trained", stopped)


@pytest.mark.parametrize("objective", SIZES)
def test_trained_interrupted_gone_on_with_and_loaded(
    objective: str, corpus: Path, tmp_path: Path, command_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    line = arguments(corpus, objective, out, "--tokens", 400, "--checkpoint-minutes", 1e-6)
    with monkeypatch.context() as patch:
        interrupted_at(4, patch)
        code, _, error = command_line(*line)
    assert code == 130
    assert "the same command continues" in error
    assert not json.loads((out / "pretraining.json").read_text(encoding="utf-8"))["finished"]
    code, said, error = command_line(*line)
    assert code == 0, error
    assert str(out) in said
    record = json.loads((out / "pretraining.json").read_text(encoding="utf-8"))
    assert record["finished"]
    assert [point["step"] for point in record["curve"]] == list(range(1, len(record["curve"]) + 1))
    assert record["curve"][-1]["tokens"] >= 400
    assert "<svg" in (out / "pretraining.html").read_text(encoding="utf-8")
    encoder = load_encoder(str(out))
    inputs = encoder.read_texts(["The film was good.", "awful music"])
    states = encoder.encode(inputs.batch([0, 1])).states
    assert states.shape[::2] == (encoder.layers, encoder.width)
    assert torch.isfinite(states).all()
    (out / "training").mkdir()  # as of a process that was killed when it had finished
    (out / "training" / "checkpoint.pt").write_bytes(b"large")
    code, _, error = command_line(*line)
    assert code == 2
    assert "contains a finished run" in error
    assert not (out / "training").exists()
    if objective == "skip-thoughts":
        return
    next_out = tmp_path / "next"
    line = ("pretrain", corpus, "--objective", objective, "--from", out, "--tokens", 100, "--out", next_out)
    code, _, error = command_line(*line)
    assert code == 0, error
    assert load_encoder(str(next_out)).width == encoder.width


def test_what_was_made_is_compared(corpus: Path, tmp_path: Path, command_line: Line) -> None:
    out = tmp_path / "bert"
    more = ("--tokens", 200, "--lower-case", "--architecture", "bert", "--next-sentence")
    code, _, error = command_line(*arguments(corpus, "mlm", out, *more))
    assert code == 0, error
    data = tiny.write_data(tmp_path / "data", "classification")
    frozen, _, tuned, _ = tiny.recipes("classification")
    recipes = [plain(replace(recipe, epochs=2)) for recipe in (frozen, tuned)]
    values = tiny.plan_values(data, out, tmp_path / "compared", "classification", recipes=recipes)
    code, _, error = command_line("compare", "--plan", tiny.write_plan(tmp_path / "plan.yaml", values))
    assert code == 0, error
    assert json.loads((tmp_path / "compared" / "result.json").read_text(encoding="utf-8"))["verdict"]["choice"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no text"), (b"\x00\x01\x02\x7fELF" * 20, "plain text"), ("Größe\n\nÜber\n".encode("latin-1"), "UTF-8"),
        (None, "no such file"),
    ],
)  # fmt: skip
def test_a_corpus_that_is_none(content: bytes | None, said: str, tmp_path: Path, command_line: Line) -> None:
    text = tmp_path / "text.txt"
    if content is not None:
        text.write_bytes(content)
    code, _, error = command_line("pretrain", text, "--objective", "bilm", "--out", tmp_path / "out")
    assert code == 2
    assert said in error
    assert "Traceback" not in error
    assert not (tmp_path / "out").exists()
