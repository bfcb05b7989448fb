"""What a run begins with: the model made or loaded, the corpus, and what is wrong with them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import families
import numpy as np
import pytest
import torch
import transformers
from made_corpus import asked, write_corpus
from safetensors.torch import load_file, save_file
from transformers import BertForMaskedLM, BertForPreTraining

from unfreeze.errors import InputError
from unfreeze.pretraining.begin import CONTINUED_RATE, CORPUS, FRESH_HEAD_RATE, objective_for
from unfreeze.pretraining.mlm import MaskedLm
from unfreeze.pretraining.new_transformer import SHORTEST

CPU = torch.device("cpu")
HEADS = {
    "bert": "BertForMaskedLM", "roberta": "RobertaForMaskedLM", "distilbert": "DistilBertForMaskedLM",
    "electra": "ElectraForMaskedLM", "mpnet": "MPNetForMaskedLM", "deberta-v2": "DebertaV2ForMaskedLM",
    "modernbert": "ModernBertForMaskedLM", "albert": "AlbertForMaskedLM",
}  # fmt: skip


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    write_corpus(tmp_path / "text.txt", 30)
    return tmp_path


def begin(folder: Path, objective: str = "mlm", **more: object) -> Any:
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return objective_for(asked(folder, objective, **more), work, CPU, lambda line: None)


def save_start(folder: Path, family: str = "bert", kind: str = "", mask: bool = True) -> Path:
    """An encoder with a masked-LM head, or of another `kind` of transformers."""
    stem, own = families.FAMILIES[family]
    tokenizer = families.make_tokenizer(family in families.ROBERTA_LIKE)
    positions = families.LIMIT + (2 if family in families.ROBERTA_LIKE else 0)
    settings = {**families.SIZES, "vocab_size": len(tokenizer), "max_position_embeddings": positions, **own}
    settings["pad_token_id"] = tokenizer.pad_token_id
    torch.manual_seed(0)
    model = getattr(transformers, kind or HEADS[family])(getattr(transformers, f"{stem}Config")(**settings))
    model.save_pretrained(folder)
    if not mask:
        tokenizer.mask_token = None
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("family", HEADS)
def test_every_family_with_a_head_continues(family: str, corpus: Path) -> None:
    """Its loss is that of transformers."""
    start = save_start(corpus / "start", family)
    made = begin(corpus, start=str(start))
    batch = made.batch(0)
    model = getattr(transformers, HEADS[family]).from_pretrained(start)
    labels = torch.from_numpy(np.where(batch.chosen, batch.gold, -100))
    with torch.no_grad():
        ids = torch.from_numpy(batch.ids)
        expected = model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels).loss
        found = made.loss(batch, np.arange(len(batch.ids)))
    torch.testing.assert_close(found[0], expected, rtol=1e-4, atol=1e-5)


def bare(folder: Path, family: str = "bert") -> Path:
    """An encoder that was saved without a masked-LM head."""
    save_start(folder, family)
    getattr(transformers, HEADS[family]).from_pretrained(folder).base_model.save_pretrained(folder)
    return folder


def lacking(folder: Path, *keys: str) -> Path:
    """The same folder with some weights taken out."""
    kept = load_file(folder / "model.safetensors")
    save_file({key: value for key, value in kept.items() if key not in keys}, folder / "model.safetensors")
    return folder


@pytest.mark.parametrize("family", HEADS)
def test_an_encoder_without_a_head_begins_with_a_random_one_tied_to_its_embeddings(family: str, corpus: Path) -> None:
    start = bare(corpus / "start", family)
    lines: list[str] = []
    (corpus / "work").mkdir()
    made = objective_for(asked(corpus, "mlm", start=str(start)), corpus / "work", CPU, lines.append)
    assert isinstance(made, MaskedLm)
    assert "no masked-LM head: one begins with random weights" in "".join(lines)
    assert made.learning_rate == FRESH_HEAD_RATE
    assert made.model.get_output_embeddings().weight is made.base.get_input_embeddings().weight
    kept = transformers.AutoModel.from_pretrained(start).state_dict()
    own = made.base.state_dict()
    assert all(torch.equal(own[name], kept[name]) for name in own if "pooler" not in name)
    batch, rows = made.batch(0), np.arange(1)
    torch.manual_seed(7)  # the head's weights come from the run's seed, whatever was drawn before
    again = begin(corpus, start=str(start))
    torch.testing.assert_close(made.loss(batch, rows), again.loss(batch, rows), rtol=0, atol=0)
    other = begin(corpus, start=str(start), seed=1)
    assert not torch.equal(made.loss(batch, rows), other.loss(batch, rows))


def test_a_head_that_was_saved_keeps_the_low_rate(corpus: Path) -> None:
    assert begin(corpus, start=str(save_start(corpus / "start"))).learning_rate == CONTINUED_RATE


def test_a_head_that_wants_more_than_states_is_reported(corpus: Path) -> None:
    """Longformer's asks for the encoder's attention."""
    tokenizer = families.make_tokenizer()
    settings = {**families.SIZES, "vocab_size": len(tokenizer), "max_position_embeddings": 64, "pad_token_id": 0}
    model = transformers.LongformerForMaskedLM(transformers.LongformerConfig(**settings, attention_window=8))
    model.save_pretrained(corpus / "start")
    tokenizer.save_pretrained(corpus / "start")
    with pytest.raises(InputError, match=r"--from: .* cannot be trained here"):
        begin(corpus, start=str(corpus / "start"))


def test_a_head_that_gives_something_else_is_reported(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as one that goes by the place of a piece."""
    start = save_start(corpus / "start")
    whole = BertForMaskedLM.forward

    def forward(self: Any, **given: Any) -> Any:
        out = whole(self, **given)
        out.logits = out.logits * (1 + 10 * torch.arange(out.logits.shape[1])[:, None])
        return out

    begin(corpus, start=str(start))
    monkeypatch.setattr(BertForMaskedLM, "forward", forward)
    with pytest.raises(InputError, match="cannot be trained here"):
        begin(corpus, start=str(start))


def test_settings_go_over_the_start(corpus: Path) -> None:
    start = save_start(corpus / "start")
    made = begin(corpus, start=str(start), batch=80, learning_rate=0.5)
    assert (made.length, made.rows, made.learning_rate) == (families.LIMIT, 2, 0.5)
    assert made.tokenizer.get_vocab() == families.make_tokenizer().get_vocab()


def test_dropout_is_the_one_asked_for(corpus: Path) -> None:
    """Not the one in the configuration, which is 0.1."""
    start = save_start(corpus / "start")
    made = begin(corpus, start=str(start))
    batch = made.batch(0)
    made.module.train()
    with torch.no_grad():
        losses = [made.loss(batch, np.arange(made.rows)) for _ in range(2)]
    assert torch.equal(*losses)
    other = begin(corpus, start=str(start), dropout=0.5)
    other.module.train()
    with torch.no_grad():
        losses = [other.loss(batch, np.arange(made.rows)) for _ in range(2)]
    assert not torch.equal(*losses)


def test_next_sentences_can_begin_from_an_encoder_without_their_head(corpus: Path) -> None:
    start = save_start(corpus / "start")
    made = [begin(corpus, start=str(start), next_sentence=True) for _ in range(2)]
    assert isinstance(made[0].model, BertForPreTraining)
    heads = [one.model.cls.seq_relationship.weight for one in made]
    assert torch.equal(*heads)  # drawn by the seed
    assert torch.isfinite(made[0].loss(made[0].batch(0), np.arange(made[0].rows))).all()


def half_a_head(folder: Path) -> Path:
    return lacking(save_start(folder), "cls.predictions.transform.dense.weight")


def half_an_encoder(folder: Path) -> Path:
    return lacking(save_start(folder), "bert.encoder.layer.0.output.dense.weight")


def untied(folder: Path) -> Path:
    config = json.loads((bare(folder) / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "tie_word_embeddings": False}))
    return folder


def no_mask(folder: Path) -> Path:
    return save_start(folder, mask=False)


def decoder(folder: Path) -> Path:
    torch.manual_seed(0)
    config = transformers.GPT2Config(vocab_size=80, n_embd=16, n_layer=1, n_head=2, n_positions=40)
    transformers.GPT2Model(config).save_pretrained(folder)
    families.make_tokenizer().save_pretrained(folder)
    return folder


def added_piece(folder: Path) -> Path:
    tokenizer = families.make_tokenizer()
    tokenizer.add_tokens(["[E1]"])
    save_start(folder)
    tokenizer.save_pretrained(folder)
    return folder


def no_row_for_mask(folder: Path) -> Path:
    families.make_model("bert", vocab_size=10).save_pretrained(folder)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *["good", "bad", "film", "a", "b", "c"]]
    (folder / "vocab.txt").write_text("\n".join(pieces))
    return folder


def nothing(folder: Path) -> Path:
    return folder


def empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (half_a_head, r"is incomplete: its weights lack cls\.predictions\.transform\.dense\.weight"),
        (half_an_encoder, r"weights lack .*layer\.0\.output\.dense\.weight"),
        (untied, "a new one of its kind is not tied"),
        (no_mask, "no masking piece"), (decoder, "is a decoder"),
        (added_piece, r"--from .*: its tokenizer has 74 pieces.*resize"), (no_row_for_mask, "past the 10 rows"),
        (nothing, r"--from .*: no such encoder or folder"), (empty, "no config.json"),
    ],
)  # fmt: skip
def test_a_start_that_cannot_be_continued(make: Callable[[Path], Path], said: str, corpus: Path) -> None:
    with pytest.raises(InputError, match=said):
        begin(corpus, start=str(make(corpus / "start")))


def test_next_sentences_are_for_bert(corpus: Path) -> None:
    start = save_start(corpus / "start", "distilbert")
    with pytest.raises(InputError) as raised:
        begin(corpus, start=str(start), next_sentence=True)
    assert "--next-sentence" in str(raised.value)
    assert "distilbert" in str(raised.value)


@pytest.mark.parametrize("objective", ["mlm", "bilm", "skip-thoughts"])
@pytest.mark.parametrize("text", ["", "\n \n", "one line alone\n"])
def test_a_corpus_without_two_documents_is_reported(objective: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="CORPUS: the corpus"):
        begin(tmp_path, objective)


LONG = "a b c d e f g h i j k l m n o p.\na b.\nc d.\n"


@pytest.mark.parametrize("objective", ["mlm", "skip-thoughts"])
@pytest.mark.parametrize(("text", "part"), [
    (f"a b.\n\n{LONG}\nc d.\n", "part to train on"), (f"{LONG}\na b.\n\n{LONG}", "held-out part"),
])  # fmt: skip
def test_a_corpus_that_is_too_small_is_reported(objective: str, text: str, part: str, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=f"CORPUS: is too small: .*{part}"):
        begin(tmp_path, objective)


def test_an_elmo_takes_the_smallest_corpus(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("a b.\n\nc.\n", encoding="utf-8")
    made = begin(tmp_path, "bilm")
    batch = made.batch(0)
    assert torch.isfinite(made.loss(batch, np.arange(batch[0].shape[1]))).all()
    assert all(np.isfinite(list(made.held_out("fp32").values())))


@pytest.mark.parametrize("objective", ["mlm", "bilm", "skip-thoughts"])
def test_a_wrong_size_is_reported_before_the_corpus_is_read(objective: str, corpus: Path) -> None:
    with pytest.raises(InputError, match="--size"):
        begin(corpus, objective, size="tinny")
    assert not list((corpus / "work").iterdir())


def test_the_corpus_is_read_once(corpus: Path) -> None:
    """And what was prepared is the same in the next session."""
    first = begin(corpus)
    (corpus / "work" / CORPUS / "witness").touch()
    second = begin(corpus)
    assert (corpus / "work" / CORPUS / "witness").exists()
    assert first.corpus == second.corpus
    assert np.array_equal(first.batch(3).ids, second.batch(3).ids)
    assert isinstance(first, MaskedLm)
    for one, other in zip(first.module.parameters(), second.module.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("objective", ["mlm", "bilm"])
def test_a_corpus_that_was_changed_is_reported(objective: str, corpus: Path) -> None:
    begin(corpus, objective)
    with (corpus / "text.txt").open("a", encoding="utf-8") as file:
        file.write("One sentence more.\n")
    with pytest.raises(InputError, match="not the one that this run was started with"):
        begin(corpus, objective)


def test_runs_share_what_was_prepared(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One reading of the text serves all, to the same batches; what is read otherwise is kept beside it."""
    alone, shared = begin(corpus), corpus / "prepared"
    first = begin(corpus, prepared=str(shared))
    kept = sorted(path.name for path in shared.iterdir())
    assert [name.split("-")[0] for name in kept] == ["corpus", "tokenizer"]
    with monkeypatch.context() as patch:
        patch.setattr("unfreeze.pretraining.begin.read_documents", lambda files: pytest.fail("text is read again"))
        second = objective_for(asked(corpus, "mlm", prepared=str(shared)), corpus, CPU, lambda line: None)
    for made in (first, second):
        assert np.array_equal(made.batch(3).ids, alone.batch(3).ids)
    for folder, objective, more in (("other", "mlm", {"lower_case": True}), ("words", "bilm", {})):
        (corpus / folder).mkdir()
        shutil.copy(corpus / "text.txt", corpus / folder)
        begin(corpus / folder, objective, prepared=str(shared), **more)
    assert sorted(path.name.split("-")[0] for path in shared.iterdir()) == ["corpus"] * 3 + ["tokenizer"] * 2


def test_a_run_with_shared_texts_does_not_go_on_with_others(corpus: Path) -> None:
    begin(corpus, prepared=str(corpus / "prepared"))
    with (corpus / "text.txt").open("a", encoding="utf-8") as file:
        file.write("One sentence more.\n")
    for shared in (str(corpus / "prepared"), str(corpus / "elsewhere")):
        with pytest.raises(InputError, match="not the one that this run was started with"):
            begin(corpus, prepared=shared)


def test_a_preparation_that_was_interrupted_is_made_again(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = begin(corpus).corpus
    shutil.rmtree(corpus / "work" / CORPUS)

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("unfreeze.pretraining.begin.asdict", stopped)  # all but the last file is written
        with pytest.raises(KeyboardInterrupt):
            begin(corpus)
    assert not (corpus / "work" / CORPUS).exists()
    assert begin(corpus).corpus == whole


@pytest.mark.parametrize(("objective", "given", "other", "said"), [
    ("mlm", "heads: 2", "heads: 3", "not a multiple of 3 heads"),
    ("mlm", "length: 16", "length: 15", "length: is 15; must be at least 16"),
    ("bilm", "[2, 8]", "[51, 8]", "one is 51 characters wide"),
])  # fmt: skip
def test_sizes_that_make_no_model_are_reported(objective: str, given: str, other: str, said: str, corpus: Path) -> None:
    settings = asked(corpus, objective)
    size = Path(settings.size)
    text = size.read_text(encoding="utf-8")
    assert given in text
    size.write_text(text.replace(given, other), encoding="utf-8")
    with pytest.raises(InputError, match=f"--size: .*{said}"):
        objective_for(settings, corpus / "work", CPU, lambda line: None)


@pytest.mark.parametrize("pairs", [False, True])
def test_the_shortest_inputs_train(pairs: bool, corpus: Path) -> None:
    made = begin(corpus, next_sentence=pairs, architecture="bert")
    assert made.length == SHORTEST
    for step in range(20):
        assert torch.isfinite(made.loss(made.batch(step), np.arange(made.rows))).all()


def test_the_widest_filter_trains(corpus: Path) -> None:
    settings = asked(corpus, "bilm")
    size = Path(settings.size)
    size.write_text(size.read_text(encoding="utf-8").replace("[2, 8]", "[50, 8]"), encoding="utf-8")
    made = objective_for(settings, corpus / "work", CPU, lambda line: None)
    batch = made.batch(0)
    assert torch.isfinite(made.loss(batch, made.parts(batch, 1)[0])).all()


def test_seeds_decide_weights(corpus: Path) -> None:
    made = [begin(corpus, seed=seed) for seed in (0, 0, 1)]
    weights = [one.base.get_input_embeddings().weight for one in made]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
