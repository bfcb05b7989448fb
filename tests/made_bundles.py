"""Bundles with random heads over tiny random encoders, for every head and kind of answer."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from families import WORDS, make_encoder

from unfreeze.bundle.load import Predictor
from unfreeze.bundle.save import save_bundle
from unfreeze.data.examples import Example, LabelSpace
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.lora_recipes import LoraRecipe
from unfreeze.methods.low_rank import LoraModel
from unfreeze.methods.model import restore
from unfreeze.methods.trainer import trainer_of
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.recipe import Recipe
from unfreeze.tasks.kinds import task
from unfreeze.training.objectives import Objective

ABC = LabelSpace(("a", "b", "c"))
BIO = LabelSpace(("O", "B-LOC", "B-PER", "I-LOC", "I-PER"), "BIO")
PLAIN = LabelSpace(("ADJ", "NOUN", "VERB"))
FROZEN = FrozenRecipe("linear", "mix", learning_rate=1e-3, hidden=6)
TUNED = TunedRecipe("linear", "top", learning_rate=1e-3, hidden=6)
CASES: dict[str, tuple[str, LabelSpace, Recipe]] = {
    "tuned mean": ("classification", ABC, TUNED),
    "tuned max": ("classification", ABC, replace(TUNED, pooling="max")),
    "tuned cls": ("classification", ABC, replace(TUNED, pooling="cls")),
    "tuned last, one length": ("classification", ABC, replace(TUNED, pooling="last", normalise=True)),
    "tuned pair": ("pair-classification", ABC, replace(TUNED, pooling="cls", pair="joint")),
    "tuned pair apart": ("pair-classification", ABC, replace(TUNED, pair="separate")),
    "tuned scores of pairs": ("pair-regression", LabelSpace(low=0.0, high=5.0), replace(TUNED, pair="separate")),
    "frozen mix": ("classification", ABC, FROZEN),
    "frozen mean of two": ("classification", ABC, replace(FROZEN, layers=(0, -1), pooling="max", normalise=True)),
    "frozen top": ("classification", ABC, replace(FROZEN, layers=(-1,), pooling="cls")),
    "frozen pair apart": ("pair-classification", ABC, replace(FROZEN, pair="separate")),
    "frozen label sets": ("multilabel-classification", ABC, FROZEN),
    "frozen scores": ("regression", LabelSpace(low=0.0, high=5.0), replace(FROZEN, layers=(-1,))),
    "bcn": ("classification", ABC, replace(FROZEN, head="bcn")),
    "esim": ("pair-classification", ABC, replace(FROZEN, head="esim", pair="separate")),
    "esim on pairs together": ("pair-classification", ABC, replace(FROZEN, head="esim", pair="joint")),
    "biattention": ("pair-classification", ABC, replace(TUNED, head="biattention", pair="separate")),
    "linear tags": ("tagging", BIO, TUNED),
    "plain tags": ("tagging", PLAIN, TUNED),
    "crf": ("tagging", BIO, replace(FROZEN, head="crf")),
    "bilstm-crf": ("tagging", BIO, replace(TUNED, head="bilstm-crf")),
}


def made(case: str, family: str = "bert", encoder: TransformerEncoder | None = None, **options: Any) -> Predictor:
    """A model of a case with large random weights, so that labels differ from text to text."""
    kind, labels, recipe = CASES[case]
    encoder = encoder or make_encoder(family, **{"num_hidden_layers": 2, **options})
    objective = Objective(task(kind), labels, *((2.5, 1.5) if kind.endswith("regression") else ()))
    with torch.random.fork_rng():
        torch.manual_seed(1)
        head = trainer_of(recipe).head(recipe, objective, encoder)
        for parameter in head.parameters():
            torch.nn.init.normal_(parameter, std=0.7)
        for name, tensor in head.named_buffers():
            if name.endswith((".mean", ".spread")):
                torch.nn.init.uniform_(tensor, 0.5, 1.5)
            elif name == "decision":
                tensor.copy_(torch.tensor([0.3, 0.5, 0.8]))
    weights = head.state_dict()
    predictor = Predictor(restore(encoder, recipe, objective, [weights]), {})
    said = predictor.predict_examples(items(predictor, labelled=False)).probabilities
    if said is not None:  # no label is the most probable one everywhere
        name = [name for name, tensor in weights.items() if name.endswith("bias") and tensor.numel() == len(said[0])]
        for last in name[-1:]:
            weights[last] -= torch.from_numpy(said).clamp(min=1e-6).log().mean(0)
    about = {"metric": "accuracy", "test": {"mean": 0.5, "std": 0.1, "ci95": [0.4, 0.6]}, "encoder": family}
    return Predictor(restore(encoder, recipe, objective, [weights]), about)


def made_lora(case: str, adapted: bool = True) -> Predictor:
    """A case's model with random adapters in its encoder, or with adapters that do nothing."""
    kind, labels, tuned = CASES[case]
    recipe = LoraRecipe(tuned.head, "lora", learning_rate=1e-3, rank=4)
    objective = Objective(task(kind), labels)
    with torch.random.fork_rng():
        torch.manual_seed(2)
        encoder = make_encoder("bert", num_hidden_layers=2)
        model = LoraModel(encoder, recipe, objective, 0)
        for name, parameter in model.adapter.named_parameters():
            torch.nn.init.normal_(parameter, std=1.0 if adapted else 0.0)
            assert "lora" in name or parameter.dim() == 2
        for parameter in model.head.parameters():
            torch.nn.init.normal_(parameter, std=2.0)
    return Predictor(restore(encoder, recipe, objective, [model.weights()]), {})


def items(predictor: Predictor, count: int = 20, seed: int = 0, labelled: bool = True) -> list[Example]:
    """Texts of different lengths, some longer than the limit, with labels that the model itself gives most of them."""
    draw = random.Random(seed)
    made = []
    for number in range(count):
        first, second = (" ".join(draw.choices((*WORDS, "xyz", "Éa", "..."), k=draw.randint(1, 30))) for _ in range(2))
        words = tuple(first.split()) if predictor.task.target.per_word else None
        made.append(Example(str(number), first, second if predictor.task.pair else None, words))
    if not labelled:
        return made
    said = predictor.predict_examples(made).labels
    return [replace(item, label=said[(place + place // 9) % count]) for place, item in enumerate(made)]


def save(folder: Path, predictor: Predictor, test: list[Example]) -> Path:
    """The model as a bundle that keeps some of these items."""
    save_bundle(folder, predictor.model, predictor.about, None, test)
    return folder
