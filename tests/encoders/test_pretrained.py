"""The encoders that come with the package."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer

import unfreeze
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.packaged import packaged_folder

FOLDER = Path(unfreeze.__file__).parent / "pretrained"
NAMES = ["bert-mini", "elmo-mini", "skip-mini"]
MOST_BYTES = 20_000_000


def test_all_of_them_are_small() -> None:
    assert sum(file.stat().st_size for file in FOLDER.glob("*/*")) <= MOST_BYTES


@pytest.mark.parametrize("name", NAMES)
def test_a_card_says_what_it_is(name: str) -> None:
    folder = packaged_folder(name)
    assert folder == FOLDER / name
    card = (folder / "README.md").read_text(encoding="utf-8")
    record = json.loads((folder / "pretraining.json").read_text(encoding="utf-8"))
    assert record["finished"]
    last = record["curve"][-1]
    for said in (f"{last['tokens']:,} {record['unit']}", f"{last['held_out']['loss']:.3f}", record["date"],
                 "CC BY-SA 3.0", f"--out {name} --objective"):  # fmt: skip
        assert said in card


def test_the_members_of_the_pair_read_the_same_files_with_as_many_weights() -> None:
    records = [json.loads((FOLDER / n / "pretraining.json").read_text(encoding="utf-8")) for n in NAMES]
    assert len({str(one["settings"]["corpus"]) for one in records}) == 1
    sizes = {n: one["parameters"] for n, one in zip(NAMES, records, strict=True)}
    assert 0.5 < sizes["elmo-mini"] / sizes["bert-mini"] < 2


@pytest.mark.parametrize(("sentence", "word"), [
    ("The film was directed [MASK] John Smith.", "by"), ("It is one [MASK] the largest cities.", "of"),
    ("He was born [MASK] 1950.", "in"), ("They have never [MASK] seen.", "been"),
])  # fmt: skip
def test_bert_mini_fills_gaps(sentence: str, word: str) -> None:
    folder = packaged_folder("bert-mini")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32).eval()
    inputs = tokenizer(sentence, return_tensors="pt")
    place = int((inputs.input_ids[0] == tokenizer.mask_token_id).nonzero())
    with torch.no_grad():
        best = int(model(**inputs).logits[0, place].argmax())
    assert tokenizer.convert_ids_to_tokens(best) == word


@pytest.mark.parametrize("name", NAMES)
def test_each_is_loaded_by_its_name(name: str) -> None:
    encoder = load_encoder(name)
    told = {
        "bert-mini": ("transformer", 5, 256),
        "elmo-mini": ("elmo", 3, 256),
        "skip-mini": ("sentence-vectors", 1, 300),
    }
    assert (encoder.family, encoder.layers, encoder.width) == told[name]
