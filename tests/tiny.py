"""A random encoder, small labelled files of every task kind, and recipes of a few steps: a comparison in seconds."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.plan import Plan, plain, plan_from
from unfreeze.recipe import Recipe

GOOD, BAD = ("good", "great"), ("bad", "awful")
FILLERS = ("the", "film", "was", "a", "really", "story", "with", "some", "music", "and", "its", "end")
NAMES = {"PER": ("anna", "bob", "carla"), "LOC": ("paris", "rome", "new york")}
WORDS = (*GOOD, *BAD, *FILLERS, *(part for names in NAMES.values() for name in names for part in name.split()))
KINDS = (
    "classification", "regression", "pair-classification", "pair-regression", "tagging-BIO", "tagging-BIOES",
    "multilabel-classification",
)  # fmt: skip


def make_encoder(folder: Path) -> Path:
    """A BERT of two layers and width 16 with random weights, as transformers saves one."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    # Not trained here: its trainer numbers pieces differently in each process, and so would give another encoder each
    # time.
    letters = sorted({letter for word in WORDS for letter in word})
    pieces = [*special, *letters, *(f"##{letter}" for letter in letters), *WORDS]
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), special, strict=True))
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=32,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"], **names,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        size = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
        model = BertModel(BertConfig(vocab_size=len(fast), max_position_embeddings=32, initializer_range=0.5, **size))
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def _sentence(draw: random.Random, kind: Sequence[str]) -> str:
    words = [*draw.choices(kind, k=3), *draw.choices(FILLERS, k=draw.randint(1, 4))]
    draw.shuffle(words)
    return " ".join(words)


def rows(kind: str, count: int, seed: int) -> Iterator[tuple[str, ...]]:
    """`count` rows of a task kind other than tagging: texts first, the label last."""
    draw = random.Random(seed)
    for _ in range(count):
        mood, other = (draw.choice((GOOD, BAD)) for _ in range(2))
        texts: tuple[str, ...] = (_sentence(draw, mood),)
        label = str(mood is GOOD)
        if kind.startswith("pair"):
            texts = (*texts, _sentence(draw, other))
            label = "same" if mood is other else "different"
        if kind.endswith("regression"):
            level = (mood is GOOD) + (other is GOOD) if kind.startswith("pair") else 2 * (mood is GOOD)
            label = f"{level + draw.uniform(-0.3, 0.3):.3f}"
        yield (*texts, label)


def label_sets(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """`count` texts with the names of the words in them: a mood, a person and a place, each there or not."""
    draw = random.Random(seed)
    kinds = {"good": GOOD, "bad": BAD, "person": NAMES["PER"]}
    for _ in range(count):
        labels = [name for name in kinds if draw.random() < 0.4]
        words = [*(draw.choice(kinds[name]) for name in labels), *draw.choices(FILLERS, k=draw.randint(4, 6))]
        draw.shuffle(words)
        yield {"text": " ".join(words), "labels": labels}


def sentences(count: int, seed: int, scheme: str) -> Iterator[list[tuple[str, str]]]:
    """`count` sentences of (word, tag), the first with two names side by side."""
    draw = random.Random(seed)
    for number in range(count):
        out: list[tuple[str, str]] = []
        for _ in range(2 if number else 3):
            out += [(word, "O") for word in draw.choices(FILLERS, k=draw.randint(0 if number == 0 else 1, 3))]
            kind = draw.choice(sorted(NAMES))
            out += _span(draw.choice(NAMES[kind]).split(), kind, scheme)
        yield out


def _span(words: list[str], kind: str, scheme: str) -> list[tuple[str, str]]:
    marks = ["B", *"I" * (len(words) - 1)]
    if scheme == "BIOES":
        marks = ["S"] if len(words) == 1 else [*marks[:-1], "E"]
    return [(word, f"{mark}-{kind}") for word, mark in zip(words, marks, strict=True)]


def write_data(folder: Path, kind: str, sizes: tuple[int, int, int] = (48, 24, 30)) -> Path:
    """A folder with train, dev and test of a task kind (`KINDS`)."""
    folder.mkdir(parents=True)
    for seed, (split, size) in enumerate(zip(("train", "dev", "test"), sizes, strict=True)):
        write_split(folder / split, kind, size, seed)
    return folder


def write_split(stem: Path, kind: str, size: int, seed: int) -> Path:
    """One file of a task kind: `.tsv`, `.conll` for tagging, `.jsonl` for several labels."""
    if kind.startswith("tagging"):
        blocks = ("".join(f"{w} {t}\n" for w, t in s) for s in sentences(size, seed, kind.partition("-")[2]))
        path, content = stem.with_suffix(".conll"), "\n".join(blocks)
    elif kind.startswith("multilabel"):
        path, content = stem.with_suffix(".jsonl"), "".join(json.dumps(r) + "\n" for r in label_sets(size, seed))
    else:
        header = ("text", "text_b", "label") if kind.startswith("pair") else ("text", "label")
        path = stem.with_suffix(".tsv")
        content = "".join("\t".join(row) + "\n" for row in (header, *rows(kind, size, seed)))
    path.write_text(content, encoding="utf-8")
    return path


def recipes(kind: str) -> tuple[Recipe, ...]:
    """Two recipes a method, a few steps each, so that choosing between recipes happens too."""
    frozen = FrozenRecipe("linear", "mix", learning_rate=5e-2, epochs=12, batch_size=16, l2=(0.0, 1e-2), dropout=0.0)
    tuned = TunedRecipe("linear", "low", learning_rate=3e-3, epochs=4, batch_size=8)
    other = replace(frozen, name="top", layers=(-1,))
    if kind.startswith("tagging"):
        frozen = replace(frozen, head="crf", learning_rate=1e-1, epochs=8, l2=(0.0,))
        other = replace(frozen, head="bilstm-crf", name="lstm", hidden=8, learning_rate=2e-2)
    elif kind.startswith("pair"):
        frozen = replace(frozen, pair="separate")
        other = replace(frozen, head="esim", name="esim", hidden=8, epochs=3, l2=(0.0,), pair="joint")
        tuned = replace(tuned, pair="separate")
    return frozen, other, tuned, replace(tuned, name="high", learning_rate=1e-2, pair="joint")


def plan_values(data: Path, encoder: Path, out: Path, kind: str, **settings: Any) -> dict[str, Any]:
    """Plain values of a plan over these files, as YAML or `Plan` take them; `settings` go over the defaults."""
    given = {"data": str(data), "encoder": str(encoder), "out": str(out), "device": "cpu", "seeds": 2, "folds": 0}
    return {**given, "recipes": [plain(r) for r in recipes(kind)], **settings}


def tiny_plan(data: Path, encoder: Path, out: Path, kind: str, **settings: Any) -> Plan:
    """The same, as a `Plan`."""
    return plan_from(plan_values(data, encoder, out, kind, **settings))


def write_plan(path: Path, values: dict[str, Any]) -> Path:
    """A plan file (JSON is YAML)."""
    path.write_text(json.dumps(values), encoding="utf-8")
    return path


def unfreeze(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "unfreeze.terminal.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)


def methods(result: dict[str, Any]) -> dict[str, Any]:
    """The arms of a `result.json` by method, of a comparison of one encoder."""
    return {arm["id"]: arm for arm in result["arms"]}


def encoder(result: dict[str, Any]) -> dict[str, Any]:
    """The encoder of a `result.json`, of a comparison of one."""
    (only,) = result["encoders"].values()
    return dict(only)


def numbers(result: dict[str, Any]) -> dict[str, Any]:
    """The judged numbers of a `result.json`, without times, dates, memory and paths."""
    kept = {"differences": result["differences"], "choice": result["verdict"]["choice"]}
    for name, method in methods(result).items():
        kept[name] = {key: method[key] for key in ("recipe", "runs", "dev", "test", "metrics", "best_run")}
        kept[name]["trials"] = [(trial["id"], trial["dev"]) for trial in method["trials"]]
    return kept
