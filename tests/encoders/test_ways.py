"""Every family that was tried: how it is run, and that each text then has the states that it has alone.

A family is added in two steps: a line in `MORE_FAMILIES` (`tests/families.py`), and one in `WAYS`; the tables of both
pages about encoders are made from the latter.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from families import make_encoder, make_model, make_tokenizer
from folders import DECODER_WAYS, HALF_WAYS
from torch import Tensor

from unfreeze.encoders import which_way
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.encoders.ways import Way

ROOT = Path(__file__).parents[2]
# Family: (its name for people, how it is run).
WAYS: dict[str, tuple[str, Way]] = {
    "bert": ("BERT", "packed"),
    "roberta": ("RoBERTa", "packed"),
    "xlm-roberta": ("XLM-R", "packed"),
    "camembert": ("CamemBERT", "packed"),
    "distilbert": ("DistilBERT", "packed"),
    "electra": ("ELECTRA", "packed"),
    "albert": ("ALBERT", "packed"),
    "ernie": ("ERNIE", "packed"),
    "modernbert": ("ModernBERT", "packed"),
    "nomic-bert": ("NomicBERT", "packed"),
    "gte": ("GTE", "packed"),
    "jina-v3": ("Jina v3", "packed"),
    "eurobert": ("EuroBERT", "packed"),
    "qwen3-bidirectional": ("Qwen3 made bidirectional", "packed"),
    "gemma3-bidirectional": ("EmbeddingGemma", "packed"),
    "deberta-v2": ("DeBERTa-v2/v3", "packed"),
    "mpnet": ("MPNet", "packed"),
    "esm": ("ESM", "packed"),
    "deberta": ("DeBERTa", "padded"),
    "megatron-bert": ("Megatron-BERT", "padded"),
    "rembert": ("RemBERT", "padded"),
    "roformer": ("RoFormer", "padded"),
    "big-bird": ("BigBird", "padded"),
    "longformer": ("Longformer", "padded"),
    "mobilebert": ("MobileBERT", "padded"),
    "squeezebert": ("SqueezeBERT", "padded"),
    "ibert": ("I-BERT", "padded"),
    "luke": ("LUKE", "padded"),
    "xlm": ("XLM", "padded"),
    "flaubert": ("FlauBERT", "padded"),
    "xlnet": ("XLNet", "padded"),
    "convbert": ("ConvBERT", "equal lengths"),
    "fnet": ("FNet", "equal lengths"),
}
HEADS: dict[str, dict[Way, str]] = {
    "docs/encoders.md": {
        "packed": "without padding",
        "padded": "padded",
        "equal lengths": "texts of one length together",
    },
    "docs/zh/encoders.md": {"packed": "不填充", "padded": "填充", "equal lengths": "只把等长的文本放在一起"},
}
# What else than encoders there is, and its mark in the tables: (English, Chinese).
KINDS = (("", "", WAYS), ("; decoders", "；解码器", DECODER_WAYS), ("; encoders of", "；取编码器部分", HALF_WAYS))
IN_CHINESE = {"Qwen3 made bidirectional": "改为双向的 Qwen3"}
TEXTS = (
    "the film sat",
    "",
    "good dog",
    "anna and bob ran in paris and in rome and the cat sat and the dog ran and the film bad fine good",
    "unfathomable films",
    "bad dog",
)
SECOND = ("bob ran", "the cat sat in rome and the dog ran in paris and in rome", "", "fine", "cat", "film")


def small(family: str, times: float) -> TransformerEncoder:
    """Weights as small as a new model's, or `times` that: attention hardly matters, or much."""
    encoder = make_encoder(family, initializer_range=0.02)
    with torch.no_grad():
        for parameter in encoder.parameters():
            if parameter.ndim > 1:
                parameter.mul_(times)
    return encoder


def alone(encoder: TransformerEncoder, texts: tuple[str, ...], texts_b: tuple[str, ...] | None) -> Tensor:
    """(layers, P, width): what transformers gives, a text at a time."""
    found = []
    for i in range(len(texts)):
        given = encoder.tokenizer([texts[i]], texts_b and [texts_b[i]], return_tensors="pt")
        if not encoder.tables.types:  # XLM would take them for pieces
            given.pop("token_type_ids", None)
        with torch.no_grad():
            found.append(torch.cat(encoder.model(**given, output_hidden_states=True).hidden_states))
    return torch.cat(found, 1)


@pytest.mark.parametrize("times", [1.0, 6.0])
@pytest.mark.parametrize("family", WAYS)
def test_each_text_has_the_states_that_it_has_alone(family: str, times: float) -> None:
    encoder = small(family, times)
    assert encoder.way() == WAYS[family][1]
    for second in (None, SECOND):
        expected = alone(encoder, TEXTS, second)
        with torch.no_grad():
            got = encoder.encode(encoder.read_texts(TEXTS, second).batch(range(len(TEXTS)))).states
        off = (got - expected).abs().amax((1, 2)) / expected.abs().amax((1, 2))
        assert float(off.max()) < 1e-5


def test_attention_that_only_a_louder_model_would_lose_is_attention(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too loud, each piece looks at one piece alone."""
    monkeypatch.setattr(which_way, "LOUD", (1.0, 1e6))
    monkeypatch.setattr(which_way, "TELLING", 1e9)  # none shows enough
    assert small("bert", 1.0).way() == "packed"


@pytest.mark.parametrize("pieces", [7, 8, 12, 13, 19])
def test_a_small_vocabulary_is_not_a_sign(pieces: int) -> None:
    """The same piece is then at several places of an input that is tried."""
    model = make_model("bert", vocab_size=pieces)
    assert TransformerEncoder("small", model, make_tokenizer(), 40).way() == "packed"


@pytest.mark.parametrize("readme", HEADS)
def test_the_readme_says_how_each_is_run(readme: str) -> None:
    """To fix it: copy the table from the failure."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    found = re.search(r"<!-- ways -->\n\|.*\n\|.*\n((?:\|.*\n)+)<!-- /ways -->", text)
    assert found is not None
    assert found[1] == table(readme)


def table(readme: str) -> str:
    """Its rows, a line each."""
    chinese, rows = "zh" in readme, ""
    for way, head in HEADS[readme].items():
        for english, other, ways in KINDS:
            names = [name for name, how in ways.values() if how == way]
            names = [IN_CHINESE.get(name, name) for name in names] if chinese else names
            if names:
                rows += f"| {head}{other if chinese else english} | {('、' if chinese else ', ').join(names)} |\n"
    return rows
