"""The masked-LM objective against transformers' own loss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_corpus import write_corpus
from transformers import (
    AutoModelForMaskedLM,
    BertConfig,
    BertForMaskedLM,
    BertForPreTraining,
    DistilBertConfig,
    DistilBertForMaskedLM,
    ModernBertConfig,
    ModernBertForMaskedLM,
    RobertaConfig,
    RobertaForMaskedLM,
)

from unfreeze.encoders.load import load_encoder
from unfreeze.pretraining.corpus import read_documents
from unfreeze.pretraining.masking import Masker
from unfreeze.pretraining.mlm import Masked, MaskedLm
from unfreeze.pretraining.objective import Corpus
from unfreeze.pretraining.pieces import dtype_of, prepare_pieces, wordpiece
from unfreeze.pretraining.prepared import HELD_OUT, TRAIN, Prepared, open_prepared
from unfreeze.pretraining.settings import TransformerSize

LENGTH = 12
SIZE = TransformerSize(2, 16, 2, 32, 90, LENGTH, 4 * LENGTH, 1e-3)
NARROW = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
KINDS = ("bert", "roberta", "distilbert", "modernbert")


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    text = write_corpus(tmp_path_factory.mktemp("corpus") / "text.txt")
    return wordpiece(read_documents([text]), 90, False, LENGTH)


@pytest.fixture(scope="module")
def text(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Prepared, Prepared]:
    folder = tmp_path_factory.mktemp("prepared")
    file = write_corpus(folder / "text.txt", 110)
    prepare_pieces(folder, read_documents([file]), tokenizer)
    dtype = dtype_of(len(tokenizer))
    return open_prepared(folder / TRAIN, dtype), open_prepared(folder / HELD_OUT, dtype)


def model_of(kind: str, size: int) -> Any:
    torch.manual_seed(0)
    positions = {"max_position_embeddings": LENGTH + 2, "vocab_size": size}
    if kind == "bert":
        return BertForMaskedLM(BertConfig(**NARROW, **positions))
    if kind == "pairs":
        return BertForPreTraining(BertConfig(**NARROW, **positions))
    if kind == "roberta":
        return RobertaForMaskedLM(RobertaConfig(**NARROW, **positions, pad_token_id=0))
    if kind == "modernbert":
        return ModernBertForMaskedLM(ModernBertConfig(**NARROW, **positions, pad_token_id=0))
    small = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32}
    return DistilBertForMaskedLM(DistilBertConfig(**small, **positions))


def objective(kind: str, tokenizer: Any, text: tuple[Prepared, Prepared]) -> MaskedLm:
    masker = Masker(0.3, tokenizer.mask_token_id, np.arange(5, len(tokenizer)), True)
    corpus = Corpus(len(text[0].ids), len(text[1].ids), "key")
    model = model_of(kind, len(tokenizer))
    made = MaskedLm(model, tokenizer, masker, corpus, *text, size=SIZE, dropout=0.0, seed=0, pairs=kind == "pairs")
    made.module.train()
    return made


def whole_model(made: MaskedLm, tmp_path: Path) -> Any:
    """What was saved, as transformers reads it."""
    made.save(tmp_path)
    kind = BertForPreTraining if made.pairs else AutoModelForMaskedLM
    model = kind.from_pretrained(tmp_path)
    for part in model.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    return model.train()


def given(batch: Masked, made: MaskedLm) -> dict[str, torch.Tensor]:
    """The batch as transformers wants it."""
    labels = np.where(batch.chosen, batch.gold, -100)
    found = {"input_ids": batch.ids, "labels": labels, "attention_mask": np.ones_like(batch.ids)}
    if made.base.config.model_type == "bert":
        found["token_type_ids"] = batch.types
    if batch.follows is not None:
        found["next_sentence_label"] = batch.follows
    return {name: torch.from_numpy(column) for name, column in found.items()}


@pytest.mark.parametrize("kind", [*KINDS, "pairs"])
def test_loss_and_gradients_are_those_of_transformers(
    kind: str, tokenizer: Any, text: tuple[Prepared, Prepared], tmp_path: Path
) -> None:
    made = objective(kind, tokenizer, text)
    batch = made.batch(3)
    model = whole_model(made, tmp_path)
    expected = model(**given(batch, made)).loss
    loss = made.loss(batch, np.arange(len(batch.ids)))
    assert loss.shape == (1,)
    torch.testing.assert_close(loss[0], expected, rtol=1e-5, atol=1e-6)
    expected.backward()
    loss.sum().backward()
    setattr(made.model, made.place, made.base)  # names as transformers has them
    ours = {name: p.grad for name, p in made.model.named_parameters()}
    compared = 0
    for name, parameter in model.named_parameters():
        if parameter.grad is not None and parameter.grad.abs().max() > 0:
            torch.testing.assert_close(ours[name], parameter.grad, rtol=1e-3, atol=1e-6)
            compared += 1
    assert compared >= 17


@pytest.mark.parametrize("kind", ["bert", "pairs"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_parts_add_up_to_the_whole(kind: str, count: int, tokenizer: Any, text: tuple[Prepared, Prepared]) -> None:
    made = objective(kind, tokenizer, text)
    batch = made.batch(0)
    parts = made.parts(batch, count)
    assert len(parts) == count
    assert np.array_equal(np.concatenate(parts), np.arange(made.rows))
    total = sum(made.loss(batch, rows) for rows in parts)
    torch.testing.assert_close(total, made.loss(batch, np.arange(made.rows)))


def test_inputs_are_running_text_in_a_frame(tokenizer: Any, text: tuple[Prepared, Prepared]) -> None:
    made = objective("bert", tokenizer, text)
    batch = made.batch(0)
    assert batch.ids.shape == (4, LENGTH)
    assert (batch.gold[:, 0] == tokenizer.cls_token_id).all()
    assert (batch.gold[:, -1] == tokenizer.sep_token_id).all()
    stream = text[0].ids.tolist()
    for row in batch.gold[:, 1:-1].tolist():
        assert any(stream[i : i + len(row)] == row for i in range(len(stream)))
    assert (batch.ids != batch.gold)[~batch.chosen].sum() == 0
    again = made.batch(0)
    assert np.array_equal(again.ids, batch.ids)
    assert not np.array_equal(made.batch(1).ids, batch.ids)


def test_halves_of_pairs_follow_or_not(tokenizer: Any, text: tuple[Prepared, Prepared]) -> None:
    made = objective("pairs", tokenizer, text)
    stream = text[0].ids.tolist()
    body = LENGTH - 3
    seen = set()
    for step in range(20):
        batch = made.batch(step)
        assert batch.follows is not None
        for row, types, strange in zip(batch.gold, batch.types, batch.follows, strict=True):
            cut = int((types == 0).sum())  # [CLS], first half, [SEP]
            assert row[0] == tokenizer.cls_token_id
            assert row[cut - 1] == row[-1] == tokenizer.sep_token_id
            halves = [*row[1 : cut - 1], *row[cut:-1]]
            assert len(halves) == body
            there = any(stream[i : i + body] == halves for i in range(len(stream) - body + 1))
            assert there or strange
            seen.add((bool(strange), there))
    assert {(True, False), (False, True)} <= seen


def test_a_held_out_loss_changes_nothing_and_repeats(tokenizer: Any, text: tuple[Prepared, Prepared]) -> None:
    made = objective("pairs", tokenizer, text)
    before = {name: p.clone() for name, p in made.module.named_parameters()}
    first = made.held_out("fp32")
    assert first == made.held_out("fp32")
    assert set(first) == {"loss", "next_sentence"}
    assert abs(first["loss"] - np.log(len(tokenizer))) < 0.3  # nothing is learned yet
    assert abs(first["next_sentence"] - np.log(2)) < 0.1
    assert made.module.training
    assert all(torch.equal(before[name], p) for name, p in made.module.named_parameters())


def test_what_is_saved_is_an_encoder(tokenizer: Any, text: tuple[Prepared, Prepared], tmp_path: Path) -> None:
    made = objective("bert", tokenizer, text)
    made.save(tmp_path)
    encoder = load_encoder(str(tmp_path))
    inputs = encoder.read_texts(["The old king sees a dog."])
    states = encoder.encode(inputs.batch([0])).states
    made.module.eval()
    with torch.no_grad():
        torch.testing.assert_close(made.encoder.encode(inputs.batch([0])).states, states)
    assert made.model.get_submodule(made.place) is made.given  # it can go on


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_saved_has_the_very_same_logits(
    kind: str, tokenizer: Any, text: tuple[Prepared, Prepared], tmp_path: Path
) -> None:
    made = objective(kind, tokenizer, text)
    ids = torch.from_numpy(made.batch(0).ids)
    model = whole_model(made, tmp_path).eval()
    made.module.eval()
    setattr(made.model, made.place, made.base)
    with torch.no_grad():
        given = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        assert torch.equal(model(**given).logits, made.model(**given).logits)


def test_both_halves_of_a_pair_are_of_the_text(tokenizer: Any, text: tuple[Prepared, Prepared]) -> None:
    """A strange one is the end of a chunk of the same pass, cut where the first half ends."""
    made = objective("pairs", tokenizer, text)
    stream = text[0].ids.tolist()
    body = LENGTH - 3
    for step in range(8):
        batch = made.batch(step)
        assert batch.follows is not None
        starts = made.text.starts(step * made.rows, made.rows)
        passes = {int(start) for turn in range(step * made.rows // made.text.count + 1)
                  for start in made.text.starts(turn * made.text.count, made.text.count)}  # fmt: skip
        for row, types, start, strange in zip(batch.gold, batch.types, starts, batch.follows, strict=True):
            first, second = row[types == 0][1:-1].tolist(), row[types == 1][:-1].tolist()
            assert 0 < len(first) < body
            assert first == stream[start : start + len(first)]
            ends = [stream[other + len(first) : other + body] for other in (passes if strange else {start})]
            assert second in ends


def test_flops_are_three_times_the_products_of_a_forward_pass(tokenizer: Any, text: tuple[Prepared, Prepared]) -> None:
    made = objective("bert", tokenizer, text)
    inside = 2 * (4 * 16 * 16 + 2 * 16 * 32) + 2 * 2 * LENGTH * 16
    head = 0.3 * (16 * 16 + 16 * len(tokenizer))
    assert made.flops == pytest.approx(6 * (inside + head))
