"""Tiny standard sets in the layouts that people have them in, tiny encoders, and recipes of a few steps."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import skip_folder
import tiny

from unfreeze.methods import budgets
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.recipe import Recipe

SIZES = {"train": 40, "dev": 16, "test": 24}
GENRES = ("fiction", "travel", "telephone")


def write_sets(root: Path) -> Path:
    """All of `studies.sets.SETS` but `wnut17`."""
    _texts(root / "SST" / "binary", {"train": "sentiment-train", "dev": "sentiment-dev", "test": "sentiment-test"}, ())
    _texts(root / "cola", {"train": "in_domain_train.tsv", "test": "in_domain_dev.tsv"}, None)
    _pairs(root / "SICK", {"train": "SICK_train.txt", "dev": "SICK_trial.txt", "test": "SICK_test_annotated.txt"},
           ("pair_ID", "sentence_A", "sentence_B", "relatedness_score", "entailment_judgment"))  # fmt: skip
    files = {split: f"{split}.tsv" for split in SIZES}
    _pairs(root / "mrpc", files, ("Quality", "#1 ID", "#2 ID", "#1 String", "#2 String"))
    _pairs(root / "stsb", files, ("sentence1", "sentence2", "score"))
    _pairs(root / "mnli_part", {"train": "train.tsv", "test": "dev_matched.tsv"},
           ("premise", "hypothesis", "label", "genre"), 4)  # fmt: skip
    for seed, (split, name) in enumerate({"train": "eng.train", "dev": "eng.testa", "test": "eng.testb"}.items()):
        sentences = tiny.sentences(SIZES[split], seed, "BIO")
        _write(root / "conll2003" / name, "\n".join("".join(f"{w} {t}\n" for w, t in s) for s in sentences))
        kinds = {word: "ADJ" if word in (*tiny.GOOD, *tiny.BAD) else "NOUN" for word in tiny.WORDS}
        rows = [text.split() for text, _ in tiny.rows("classification", SIZES[split], seed)]
        blocks = ("".join(_conllu(i, word, kinds[word]) for i, word in enumerate(words, 1)) for words in rows)
        _write(root / "ud_ewt" / f"en_ewt-ud-{split}.conllu", "\n".join(blocks) + "\n")
    return root


def write_encoders(folder: Path) -> dict[str, str]:
    """A BERT, an ELMo and skip-thoughts by role, as folders."""
    import torch

    from unfreeze.encoders.elmo.bilm import LstmSize
    from unfreeze.encoders.elmo.characters import CHARACTERS
    from unfreeze.encoders.elmo.encoder import ElmoEncoder
    from unfreeze.encoders.elmo.model import ElmoModel
    from unfreeze.encoders.elmo.token_cnn import CnnSize

    tiny.make_encoder(folder / "bert")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = ElmoModel(CnnSize(CHARACTERS, 4, ((1, 4), (2, 8)), 1, 8), LstmSize(12, 8))
    ElmoEncoder("tiny", model).save(folder / "elmo")
    skip_folder.write_folder(folder / "skip", ("<eos>", "UNK", *tiny.WORDS))
    return {"BERT": str(folder / "bert"), "ELMo": str(folder / "elmo"), "Skip-thoughts": str(folder / "skip")}


def short(*asked: Any) -> tuple[Recipe, ...]:
    """The budgets' recipes cut to a few steps."""
    cut = {"epochs": 1, "min_steps": 0, "hidden": 4, "batch_size": 16, "patience": None, "learning_rate": 5e-3}
    return tuple(
        replace(recipe, **cut, **({"l2": recipe.l2[:1]} if isinstance(recipe, FrozenRecipe) else {}))
        for recipe in budgets.recipes(*asked)
    )


def _conllu(number: int, word: str, tag: str) -> str:
    return "\t".join((str(number), word, word, tag, *"______")) + "\n"


def _texts(folder: Path, files: dict[str, str], columns: tuple[str, ...] | None) -> None:
    for seed, (split, name) in enumerate(files.items()):
        lines = []
        for text, label in tiny.rows("classification", SIZES[split], seed):
            mark = str(int(label == "True"))
            lines.append("\t".join((text, mark) if columns is not None else ("gj04", mark, "", text)))
        _write(folder / name, "\n".join(lines) + "\n")


def _pairs(folder: Path, files: dict[str, str], header: tuple[str, ...], times: int = 1) -> None:
    for seed, (split, name) in enumerate(files.items()):
        draw = random.Random(seed)
        lines = ["\t".join(header)]
        for number, (a, b, label) in enumerate(tiny.rows("pair-classification", times * SIZES[split], seed)):
            same = label == "same"
            cells = {
                "sentence_A": a, "sentence_B": b, "#1 String": a, "#2 String": b, "sentence1": a, "sentence2": b,
                "premise": a, "hypothesis": b, "label": label, "entailment_judgment": label, "Quality": str(int(same)),
                "score": f"{4 * same + draw.random():.2f}", "relatedness_score": f"{1 + 3 * same + draw.random():.2f}",
                "genre": GENRES[number % len(GENRES)], "pair_ID": str(number), "#1 ID": str(number), "#2 ID": "7",
            }  # fmt: skip
            lines.append("\t".join(cells[name] for name in header))
        _write(folder / name, "\n".join(lines) + "\n")


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
