"""Folders of sentence-transformers: our states, their pooling and length, give what the library itself gives."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from families import ROBERTA_LIKE, make_model, make_tokenizer
from folders import byte_level, decoder, drawn, half, sentence_transformer, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import RobertaConfig, RobertaModel

from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.sentence_folder import read_sentence_model
from unfreeze.encoders.source import Source
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.encoders.transformer_options import TransformerOptions, options_of, said_of
from unfreeze.errors import InputError
from unfreeze.layers.pooling import pool

library = pytest.importorskip("sentence_transformers")

TEXTS = ["the cat sat in the house and then ran", "Good Films", "good", "THE an in the"]
PROMPTS = {"query": "the dog: ", "passage": "in "}
FILES = ("modules.json", "1_Pooling/config.json", "config_sentence_transformers.json", "sentence_bert_config.json")
NAMES = (
    "type", "path", "pooling_mode", "pooling_mode_cls_token", "include_prompt", "prompts", "default_prompt_name",
    "model_type", "max_seq_length", "do_lower_case", "config_args", "tokenizer_args", "model_args", "text",
    "processing_kwargs",
)  # fmt: skip


def base(folder: Path, kind: str) -> Path:
    """A plain folder of a transformer: what such a folder is made from."""
    if kind == "qwen3":
        return decoder(folder)
    if kind == "t5":
        return half(folder, form="encoder")
    if kind == "roberta of bytes":
        special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
        tokenizer = byte_level(("<s> $A </s>", "<s> $A </s> </s> $B </s>"), special)
        sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
        config = RobertaConfig(
            vocab_size=len(tokenizer), max_position_embeddings=66, pad_token_id=1, initializer_range=0.3, **sizes
        )
        return write(folder, drawn(lambda: RobertaModel(config)), tokenizer)
    return write(folder, make_model(kind), make_tokenizer(kind in ROBERTA_LIKE))


def embedded(folder: Path, texts: list[str], **options: str) -> tuple[torch.Tensor, TransformerEncoder]:
    encoder = load_encoder(str(folder), None, options)
    assert isinstance(encoder, TransformerEncoder)
    batch = encoder.read_texts(texts).batch(range(len(texts)))
    with torch.no_grad():
        top = encoder.encode(batch, all_layers=False)
    vectors = pool(top.states[-1], top.lengths, encoder.pooling or "mean")
    return torch.nn.functional.normalize(vectors, dim=1) if encoder.normalise else vectors, encoder


@pytest.mark.parametrize(
    ("kind", "pooling", "old", "normalise", "lower", "default"),
    [
        ("bert", "mean", True, True, False, "query"), ("bert", "cls", False, False, True, None),
        ("mpnet", "max", False, True, True, None), ("modernbert", "cls", True, True, False, None),
        ("qwen3", "lasttoken", False, True, False, "query"), ("qwen3", "mean", True, False, True, None),
        ("t5", "mean", False, True, False, None), ("roberta of bytes", "max", True, False, True, "passage"),
    ],
)  # fmt: skip
def test_vectors_are_those_of_the_library(
    kind: str, pooling: str, old: bool, normalise: bool, lower: bool, default: str | None, tmp_path: Path
) -> None:
    """Both layouts, every pooling, of length 1 and not, cut at the limit, lower-cased, with and without a prompt."""
    folder = sentence_transformer(
        tmp_path / "made", base(tmp_path / "base", kind), pooling=pooling, normalise=normalise, old=old, limit=9,
        lower=lower, prompts=PROMPTS, default=default,
    )  # fmt: skip
    model = library.SentenceTransformer(str(folder), device="cpu")
    vectors, encoder = embedded(folder, TEXTS)
    torch.testing.assert_close(vectors, torch.from_numpy(model.encode(TEXTS)), atol=1e-5, rtol=1e-5)
    assert encoder.max_length == 9
    for prefix in ("in ", ""):
        asked, _ = embedded(folder, TEXTS, prefix=prefix)
        expected = torch.from_numpy(model.encode(TEXTS, prompt=prefix))
        torch.testing.assert_close(asked, expected, atol=1e-5, rtol=1e-5)
    encoder.save(tmp_path / "saved")
    again, same = embedded(tmp_path / "saved", TEXTS)
    assert torch.equal(again, vectors)
    assert same.fingerprint() == encoder.fingerprint()
    assert same.max_length == 9


def changed(folder: Path, name: str, **values: Any) -> Path:
    path = folder / name
    settings = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**settings, **values}))
    return folder


def listed(folder: Path, *modules: tuple[str, str]) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    values = [{"idx": i, "name": str(i), "path": path, "type": kind} for i, (kind, path) in enumerate(modules)]
    (folder / "modules.json").write_text(json.dumps(values))
    return folder


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sentences")
    return sentence_transformer(root / "made", base(root / "base", "bert"), prompts=PROMPTS)


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """A folder of the library's, to be changed."""
    shutil.copytree(original, tmp_path / "made")
    return tmp_path / "made"


def said(folder: Path, **options: str) -> str:
    return " ".join(load_encoder(str(folder), None, options).notes)


def test_prompts_are_reported_whether_they_are_used_or_not(folder: Path) -> None:
    assert 'It knows prompts (passage: "in ", query: "the dog: "); none is put before the texts' in said(folder)
    assert '"the dog: " is put before every text' in said(folder, prefix="the dog: ")
    changed(folder, "config_sentence_transformers.json", default_prompt_name="passage")
    assert '"in " is put before every text' in said(folder)
    assert "include_prompt" not in said(folder)
    changed(folder, "1_Pooling/config.json", include_prompt=False)
    assert "its own pooling leaves the prompt's pieces out" in said(folder)
    assert "include_prompt" not in said(folder, prefix="")


@pytest.mark.parametrize(
    ("settings", "pooling", "line"),
    [
        ({"pooling_mode": "cls"}, "cls", "Its own pooling is cls"),
        ({"pooling_mode": ["cls", "mean"]}, "mean", "joins cls and mean; here mean stands alone"),
        ({"pooling_mode": ["cls", "max"]}, "cls", "joins cls and max; here cls stands alone"),
        ({"pooling_mode": "weightedmean"}, "mean", "is weightedmean; here the plain mean stands for it"),
        ({"pooling_mode": "mean_sqrt_len_tokens"}, "mean", "is mean_sqrt_len_tokens"),
        ({"pooling_mode": "attention"}, "mean", "(attention) is not known here"),
        ({"pooling_mode": None, "pooling_mode_cls_token": True}, "cls", "Its own pooling is cls"),
        ({"pooling_mode": None, "pooling_mode_lasttoken": True}, "last", "Its own pooling is last"),
        ({"pooling_mode": None, "pooling_mode_cls_token": True, "pooling_mode_max_tokens": True}, "cls", "joins"),
        ({"pooling_mode": None}, "mean", ""),
    ],
)
def test_poolings_of_all_kinds(settings: dict[str, Any], pooling: str, line: str, folder: Path) -> None:
    changed(folder, "1_Pooling/config.json", **settings)
    source = Source("made", folder)
    found = read_sentence_model(source)
    assert found is not None
    assert found.pooling == pooling
    assert line in " ".join(said_of(options_of(source, {}, found), found))
    assert options_of(source, {"pooling": "max"}, found).pooling == "max"


def test_modules_that_are_left_out_are_reported(folder: Path) -> None:
    listed(
        folder, ("sentence_transformers.models.Transformer", ""), ("sentence_transformers.models.Pooling", "1_Pooling"),
        ("sentence_transformers.models.Dense", "2_Dense"), ("sentence_transformers.models.LayerNorm", "3_LayerNorm"),
        ("sentence_transformers.models.Dropout", "4"), ("sentence_transformers.models.Normalize", "5"),
    )  # fmt: skip
    (folder / "2_Dense").mkdir()
    changed(folder, "2_Dense/config.json", in_features=16, out_features=8)
    assert "these are left out: Dense (16 to 8), LayerNorm." in said(folder)
    assert load_encoder(str(folder)).traits.normalise


def test_code_of_its_own_in_the_place_of_the_transformer_is_reported(folder: Path) -> None:
    listed(folder, ("custom_st.Transformer2", ""), ("sentence_transformers.models.Pooling", "1_Pooling"))
    assert "its first module is Transformer2, code of its own, which is not run" in said(folder)


def test_long_prompts_are_shown_in_part(folder: Path) -> None:
    changed(folder, "config_sentence_transformers.json", prompts={"x" * 900: "y" * 900, "a\nb": "c\nd"})
    line = said(folder)
    assert "y" * 80 + "..." in line
    assert "\n" not in line
    assert len(line) < 500


def test_settings_of_its_transformer_are_passed_on_or_reported(tmp_path: Path) -> None:
    folder = sentence_transformer(tmp_path / "made", base(tmp_path / "base", "qwen3"), limit=30)
    before, _ = embedded(folder, TEXTS)
    changed(folder, "sentence_bert_config.json", config_args={"rms_norm_eps": 0.5, "cache_dir": "elsewhere"})
    vectors, encoder = embedded(folder, TEXTS)
    expected = library.SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    torch.testing.assert_close(vectors, torch.from_numpy(expected), atol=1e-5, rtol=1e-5)
    assert not torch.allclose(vectors, before, atol=1e-2)
    assert encoder.notes == ()
    encoder.save(tmp_path / "saved")
    assert torch.equal(embedded(tmp_path / "saved", TEXTS)[0], vectors)
    more = {"tokenizer_args": {"model_max_length": 9, "add_eos": True}, "model_args": {"dtype": "float16", "x": 1}}
    changed(folder, "sentence_bert_config.json", **more)
    assert load_encoder(str(folder)).max_length == 9
    assert "have add_eos, x, which is not done here" in said(folder)


def test_folders_of_the_first_releases(folder: Path) -> None:
    listed(folder, ("sentence_transformers.models.BERT", ""), ("sentence_transformers.models.Pooling", "1_Pooling"))
    assert "code of its own" not in said(folder)


@pytest.mark.parametrize(
    ("modules", "problem"),
    [
        ([("sentence_transformers.models.StaticEmbedding", "")], "a table of piece vectors"),
        ([("sentence_transformers.models.WordEmbeddings", "0_WordEmbeddings")], "word vectors; give them as a file"),
        ([("sentence_transformers.models.BoW", "0_BoW")], "a bag of words"),
        ([("sentence_transformers.models.CLIPModel", "")], "CLIP"),
        (
            [("sentence_transformers.models.Router", "")],
            "several encoders behind a Router; give the folder of one: a, b",
        ),
        ([("sentence_transformers.models.Asym", "")], "several encoders behind a Asym"),
        ([("x.SparseStaticEmbedding", "")], "a table of piece weights"),
        ([("x.Transformer", "../elsewhere")], "names a folder outside of it"),
        ([("x.Transformer", "/etc")], "names a folder outside of it"),
        ([("x.Transformer", "C:\\x")], "names a folder outside of it"),
        ([("x.Transformer", "0_Transformer")], "contains no config.json"),
        ([], "lists no modules"),
    ],
)
def test_what_is_not_an_encoder_of_texts_is_reported_in_one_line(
    modules: list[tuple[str, str]], problem: str, tmp_path: Path
) -> None:
    folder = listed(tmp_path / "odd", *modules)
    for part in ("a", "b"):
        (folder / part).mkdir()
        (folder / part / "config.json").write_text("{}")
        (folder / part / "tokenizer_config.json").write_text("{}")
    with pytest.raises(InputError) as caught:
        load_encoder(str(folder))
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "[1]", '[{"type": 3}]', '[{"path": ""}]', "null", "[" * 100_000])
def test_a_torn_list_of_modules_is_reported_in_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text(text)
    with pytest.raises(InputError, match="lists no modules"):
        load_encoder(str(tmp_path))


def test_a_sparse_encoder_is_its_transformer_and_says_so(folder: Path) -> None:
    listed(
        folder, ("sentence_transformers.sparse_encoder.models.MLMTransformer", ""),
        ("sentence_transformers.sparse_encoder.models.SpladePooling", "1_Pooling"),
    )  # fmt: skip
    changed(folder, "config_sentence_transformers.json", model_type="SparseEncoder")
    told = said(folder)
    assert "left out: SpladePooling" in told
    assert "was made as a SparseEncoder" in told
    assert load_encoder(str(folder)).traits.pooling is None


TEXT = st.text(max_size=5) | st.sampled_from(["a\nb", "x" * 900, "", "../x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 10**40) | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | TEXT, inner),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(FILES), value=JSON)
def test_whatever_its_files_contain_is_read_or_reported_in_one_line(name: str, value: Any, folder: Path) -> None:
    path = folder / name
    before = path.read_text() if path.exists() else None
    path.write_text(json.dumps(value))
    lines: tuple[str, ...] = ()
    try:
        found = read_sentence_model(Source("made", folder))
        lines = tuple(said_of(TransformerOptions(), found))
    except InputError as error:
        lines = (str(error),)
    finally:
        path.unlink() if before is None else path.write_text(before)
    assert all(len(line.splitlines()) == 1 and len(line) < 500 for line in lines)
