"""A tokenizer that is not the model's is refused or told when it is loaded, not by the first text that shows it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from families import change_json, make_model, make_tokenizer, refused, save_folder
from tokenizers import processors
from transformers import AutoTokenizer, XLNetConfig, XLNetModel

from unfreeze.encoders.load import load_encoder

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["good", "bad", "film", "a", "##a", "Film", "Anna", "Bob"]


def vocabulary_alone(folder: Path, pieces: list[str], family: str = "bert", **tokenizer: Any) -> Path:
    """A folder with nothing but a vocab.txt, as the first BERTs were published."""
    make_model(family, vocab_size=len(pieces), pad_token_id=0).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n")
    if tokenizer:
        change_json(folder / "tokenizer_config.json", **tokenizer)
    return folder


@pytest.mark.parametrize("special", [False, True])
def test_added_pieces_need_rows(special: bool, tmp_path: Path) -> None:
    model, tokenizer = make_model("bert"), make_tokenizer()
    tokenizer.add_tokens(["[E1]", "[E2]"], special_tokens=special)
    told = refused(save_folder(tmp_path, model, tokenizer))
    assert "75 pieces" in told
    assert "73 rows" in told
    assert "[E1], [E2]" in told
    assert "resize_token_embeddings(75)" in told
    model.resize_token_embeddings(75)
    encoder = load_encoder(str(save_folder(tmp_path, model, tokenizer)))
    assert encoder.notes == ()
    with torch.no_grad():
        assert encoder.encode(encoder.read_texts(["good [E2] film"]).batch([0])).states.isfinite().all()


def test_a_table_larger_than_the_vocabulary_is_usual(tmp_path: Path) -> None:
    assert load_encoder(str(save_folder(tmp_path, make_model("bert", vocab_size=128)))).notes == ()


@pytest.mark.parametrize("missing", ["[PAD]", "[MASK]"])
def test_special_pieces_that_no_text_is_read_with(missing: str, tmp_path: Path) -> None:
    """transformers gives what a vocabulary lacks ids of its own, past the table."""
    folder = vocabulary_alone(tmp_path, [piece for piece in [*SPECIAL, *WORDS[:5]] if piece != missing])
    encoder = load_encoder(str(folder))
    (line,) = encoder.notes
    assert missing in line
    inputs = encoder.read_texts([f"good {missing} film", "good"])
    unknown = encoder.tokenizer.unk_token_id
    assert inputs.ids[:5].tolist()[2] == unknown
    with torch.no_grad():
        assert encoder.encode(inputs.batch([0, 1])).states.isfinite().all()
    assert encoder.read_words([[missing, "good"]]).ids.tolist()[1] == unknown


def test_special_pieces_of_every_text_need_rows(tmp_path: Path) -> None:
    assert "[CLS]" in refused(vocabulary_alone(tmp_path, [*SPECIAL[:2], *SPECIAL[3:], *WORDS[:5]]))


def test_a_vocabulary_of_another_kind_reads_nothing(tmp_path: Path) -> None:
    """RoBERTa's kind looks for vocab.json and merges.txt, and takes an empty vocabulary where it finds neither."""
    assert "tokenizer_class" in refused(vocabulary_alone(tmp_path, [*SPECIAL, *WORDS], "roberta", model_max_length=38))
    change_json(tmp_path / "tokenizer_config.json", tokenizer_class="BertTokenizer")
    encoder = load_encoder(str(tmp_path))
    assert encoder.pieces(encoder.read_texts(["good film"])) == ["[CLS]", "good", "film", "[SEP]"]


def test_token_types_past_the_table_are_not_passed(tmp_path: Path) -> None:
    """RoBERTa's weights with BERT's tokenizer, as Chinese and Korean ones are published."""
    folder = save_folder(tmp_path, make_model("roberta", pad_token_id=0), make_tokenizer(limit=39))
    encoder = load_encoder(str(folder))
    assert (encoder.notes, encoder.notes_on_pairs) == ((), ())
    inputs = encoder.read_texts(["good film", "bad"], ["bad film", "film"])
    assert set(inputs.types.tolist()) == {0}
    with torch.no_grad():
        found = encoder.encode(inputs.batch([0])).states
        own = AutoTokenizer.from_pretrained(folder)("good film", "bad film", return_tensors="pt")
        own["token_type_ids"].zero_()
        expected = torch.cat(encoder.model(**own, output_hidden_states=True).hidden_states)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_token_types_without_a_table_are_passed(tmp_path: Path) -> None:
    """XLNet asks whether two pieces have the same type; its special pieces have a third."""
    sizes = {"d_model": 16, "n_layer": 2, "n_head": 2, "d_inner": 32, "initializer_range": 0.3}
    torch.manual_seed(0)
    model, tokenizer = XLNetModel(XLNetConfig(vocab_size=len(make_tokenizer()), **sizes)).eval(), make_tokenizer()
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="$A [SEP] [CLS]:2", pair="$A [SEP] $B:1 [SEP]:1 [CLS]:2", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    encoder = load_encoder(str(save_folder(tmp_path, model, tokenizer)))
    inputs = encoder.read_texts(["good film"], ["bad"])
    with torch.no_grad():
        found = encoder.encode(inputs.batch([0])).states
        out = model(**tokenizer("good film", "bad", return_tensors="pt"), output_hidden_states=True)
    torch.testing.assert_close(found, torch.cat(out.hidden_states), atol=1e-5, rtol=1e-5)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bert")
    make_model("bert").save_pretrained(folder)
    return folder


def said(bert: Path, folder: Path, tokenizer: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is said of a BERT with a tokenizer."""
    shutil.copytree(bert, folder)
    tokenizer.save_pretrained(folder)
    encoder = load_encoder(str(folder))
    return encoder.notes, encoder.notes_on_pairs


def test_texts_without_special_pieces_are_reported(bert: Path, tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    tokenizer.backend_tokenizer.post_processor = None
    (line,), _ = said(bert, tmp_path / "a", tokenizer)
    assert "no special pieces" in line
    assert "[CLS] and [SEP]" in line
    tokenizer.cls_token = tokenizer.sep_token = None
    assert said(bert, tmp_path / "b", tokenizer)[0] == ()


@pytest.mark.parametrize("cause", ["template", "inputs"])
def test_pairs_without_token_types_are_reported(cause: str, bert: Path, tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    if cause == "inputs":
        tokenizer.model_input_names = ["input_ids", "attention_mask"]
    else:
        tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
    texts, (line,) = said(bert, tmp_path / "encoder", tokenizer)
    assert texts == ()
    assert "two types" in line


@pytest.mark.parametrize(("family", "types"), [("roberta", 1), ("roberta", 2), ("distilbert", 0), ("bert", 2)])
def test_nothing_is_noted_about_pairs_where_all_is_usual(family: str, types: int, tmp_path: Path) -> None:
    options = {} if family == "distilbert" else {"type_vocab_size": types}
    folder = save_folder(tmp_path, make_model(family, **options), make_tokenizer(family == "roberta"))
    assert load_encoder(str(folder)).notes_on_pairs == ()


def test_capital_letters_that_are_never_read_are_reported(tmp_path: Path) -> None:
    folder = vocabulary_alone(tmp_path, [*SPECIAL, *WORDS])
    (line,) = load_encoder(str(folder)).notes
    assert "3 of the 13 pieces" in line
    assert "do_lower_case" in line
    change_json(folder / "tokenizer_config.json", do_lower_case=False)
    encoder = load_encoder(str(folder))
    assert encoder.notes == ()
    assert encoder.pieces(encoder.read_texts(["Film"]))[1] == "Film"


def test_a_model_without_types_has_no_table(tmp_path: Path) -> None:
    encoder = load_encoder(str(save_folder(tmp_path, make_model("deberta-v2"))))
    assert (encoder.tables.types, encoder.notes_on_pairs) == (0, ())
