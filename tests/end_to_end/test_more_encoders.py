"""Encoders of more kinds through the whole of it: compared, probed, encoded, and a bundle that predicts the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tiny
from families import make_model, make_tokenizer
from folders import byt5, deberta_v3, decoder, half, sentence_transformer, write
from safetensors import safe_open

import unfreeze
from unfreeze.commands.compare import compare
from unfreeze.encoders.load import load_encoder
from unfreeze.errors import InputError
from unfreeze.methods import budgets
from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.plan import Plan
from unfreeze.recipe import Recipe
from unfreeze.tasks.kinds import TASKS

SIZES = (24, 12, 12)
FROZEN = FrozenRecipe("linear", learning_rate=5e-2, epochs=3, batch_size=8, l2=(0.0, 1e-2), dropout=0.0)
TUNED = TunedRecipe("linear", learning_rate=3e-3, epochs=1, batch_size=8, gradual_unfreezing=True, reinit_top=1)


def qwen3(folder: Path) -> Path:
    """As Qwen3-Embedding is published: last piece, length 1, an instruction before queries."""
    pytest.importorskip("sentence_transformers")
    prompts = {"query": "Instruct: find\nQuery:", "document": ""}
    base = decoder(folder.with_name("base"), "Qwen3")
    return sentence_transformer(folder, base, pooling="lasttoken", prompts=prompts, limit=40)


def bge(folder: Path) -> Path:
    """A BERT whose first piece is the text's vector, in the layout of older days, with a prompt by default."""
    pytest.importorskip("sentence_transformers")
    base = write(folder.with_name("base"), make_model("bert"), make_tokenizer())
    prompts = {"query": "query: "}
    return sentence_transformer(folder, base, pooling="cls", old=True, prompts=prompts, default="query", limit=30)


KINDS: dict[str, Callable[[Path], Path]] = {
    "qwen3": qwen3, "gpt2": lambda folder: decoder(folder, "GPT2"), "llama": lambda folder: decoder(folder, "Llama"),
    "t5": half, "bart": lambda folder: half(folder, "Bart"), "byt5": byt5, "deberta-v3": deberta_v3, "bge": bge,
}  # fmt: skip
DECODERS = ("qwen3", "gpt2", "llama")
APART = ("qwen3", "gpt2")  # whose tokenizers put nothing between the texts of a pair


def recipes(kind: str, task: str) -> tuple[Recipe, ...]:
    pooling: Any = "last" if kind in DECODERS else "mean"
    frozen, tuned = (replace(r, pooling=pooling) for r in (FROZEN, TUNED))
    if task == "tagging-BIO":
        return replace(frozen, head="crf", l2=(0.0,)), tuned
    if task == "pair-classification":
        return replace(frozen, pair="separate"), replace(tuned, pair="separate" if kind in APART else "joint")
    return frozen, tuned


@pytest.fixture(scope="module")
def encoder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def get(kind: str) -> Path:
        if kind not in made:
            made[kind] = KINDS[kind](tmp_path_factory.mktemp(kind) / kind)
        return made[kind]

    return get


CASES = [
    ("qwen3", "classification"), ("bge", "classification"), ("gpt2", "classification"), ("bart", "classification"),
    ("gpt2", "pair-classification"), ("llama", "pair-classification"), ("t5", "tagging-BIO"), ("byt5", "tagging-BIO"),
    ("deberta-v3", "tagging-BIO"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "task"), CASES)
def test_it_is_compared_and_its_bundle_predicts_what_was_judged(
    kind: str, task: str, encoder_of: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("render", "add_floor"):  # most of the time, and the same for every encoder
        monkeypatch.setattr(f"unfreeze.commands.compare.{part}", lambda *_: None)
    data = tiny.write_data(tmp_path / "data", task, SIZES)
    said: list[str] = []
    prefix = "in " if kind == "gpt2" and task == "classification" else None
    plan = Plan(
        str(data), encoder=str(encoder_of(kind)), recipes=recipes(kind, task), seeds=1, device="cpu",
        out=str(tmp_path / "out"), prefix=prefix,
    )  # fmt: skip
    result = compare(plan, tell=said.append)
    use = result.verdict.use
    predictor = unfreeze.load(tmp_path / "out" / "bundle")
    read = tiny_examples(data, task)
    labels = predictor.predict([text for text, _ in read])
    metric = "accuracy" if "classification" in task else None
    if metric:
        right = sum(label == gold for label, (_, gold) in zip(labels, read, strict=True)) / len(read)
        assert result.methods[use].test.mean == pytest.approx(right)
    assert all(len(tags) == len(words) for tags, (words, _) in zip(labels, read, strict=True) if not metric)
    told = " ".join(said)
    assert ("is put before every text" in told) == (prefix is not None or kind == "bge")
    assert ("The texts of a pair are read one by one" in told) == (kind in APART and task == "pair-classification")


def tiny_examples(data: Path, task: str) -> list[tuple[Any, Any]]:
    """Texts and labels of a test set."""
    if task == "tagging-BIO":
        blocks = (data / "test.conll").read_text().strip().split("\n\n")
        rows = [[line.split() for line in block.splitlines()] for block in blocks]
        return [([word for word, _ in row], [tag for _, tag in row]) for row in rows]
    lines = [line.split("\t") for line in (data / "test.tsv").read_text().splitlines()[1:]]
    return [(row[0] if len(row) == 2 else (row[0], row[1]), row[-1]) for row in lines]


@pytest.mark.parametrize("kind", ["qwen3", "t5"])
def test_budgets_recipes_suit_it(kind: str, encoder_of: Callable[[str], Path]) -> None:
    traits = load_encoder(str(encoder_of(kind))).traits
    first = budgets.recipes("quick", FEATURE_EXTRACTION, TASKS["classification"], traits)
    assert [r.pooling for r in first[:2]] == (["last"] * 2 if kind == "qwen3" else ["mean"] * 2)
    assert first[1].normalise == (kind == "qwen3")


def test_a_decoder_tags_only_if_asked_to(
    encoder_of: Callable[[str], Path], tmp_path: Path, command_line: Callable[..., tuple[int, str, str]]
) -> None:
    data = tiny.write_data(tmp_path / "data", "tagging-BIO", SIZES)
    code, _, told = command_line("compare", data, "--encoder", encoder_of("gpt2"), "--out", tmp_path / "out")
    assert code == 2
    assert "is not for tagging: it is a decoder" in told
    assert told.count("\n") == 1
    asked = ("--encoder", encoder_of("gpt2"), "--encoder-option", "tagging=true", "--only-layers", "--seeds", "1")
    code, _, told = command_line("probe", data, *asked)
    assert code == 0, told


def test_a_prefix_is_for_texts(encoder_of: Callable[[str], Path], tmp_path: Path) -> None:
    data = tiny.write_data(tmp_path / "data", "tagging-BIO", SIZES)
    with pytest.raises(InputError, match="tagged sentences are read word by word"):
        unfreeze.compare(data, encoder=encoder_of("t5"), prefix="query: ", out=tmp_path / "out")


def test_prefix_of_the_command_line_and_of_the_folder(
    encoder_of: Callable[[str], Path], tmp_path: Path, command_line: Callable[..., tuple[int, str, str]]
) -> None:
    (tmp_path / "texts.txt").write_text("good\n")

    def pieces(*options: str) -> str:
        out = tmp_path / "states.safetensors"
        code, _, told = command_line("encode", tmp_path / "texts.txt", "--encoder", folder, "--out", out, *options)
        assert code == 0, told
        with safe_open(out, "pt") as file:
            return str(file.metadata()["tokens"])

    folder = encoder_of("bge")
    assert pieces("--prefix", "") == '[["[CLS]", "good", "[SEP]"]]'
    assert pieces("--prefix", "dog ") == '[["[CLS]", "dog", "good", "[SEP]"]]'
    assert '"y", ":", "good"' in pieces().replace("##", "").replace("[UNK]", ":")
    assert pieces("--prefix", "dog ") == pieces("--encoder-option", "prefix=dog ")
