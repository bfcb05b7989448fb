"""Tiny encoders of every family with random weights, and a WordPiece tokenizer for them: no network, no files."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.errors import InputError

WORDS = ("the", "cat", "sat", "dog", "ran", "good", "bad", "fine", "film", "anna", "bob", "paris", "rome", "in", "and")
SIZES = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 24}
WINDOWS = {
    "use_sliding_window": True,
    "sliding_window": 6,
    "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
}
LIMIT = 40  # pieces; every family's table of positions takes that many
# Family: (class stem in transformers, options over SIZES). ROBERTA_LIKE families count positions from the padding id.
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "bert": ("Bert", {}),
    "roberta": ("Roberta", {"type_vocab_size": 1}),
    "distilbert": ("DistilBert", {"dim": 16, "n_layers": 3, "n_heads": 2, "hidden_dim": 24}),
    "electra": ("Electra", {"embedding_size": 8}),
    "mpnet": ("MPNet", {}),
    "deberta-v2": (
        "DebertaV2",
        {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "position_buckets": 8, "type_vocab_size": 0},
    ),
    "modernbert": ("ModernBert", {"local_attention": 8, "global_attn_every_n_layers": 2}),
    "albert": ("Albert", {"embedding_size": 8}),
}
# Those that are tried for how they must be run, and for nothing else.
MORE_FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "xlm-roberta": ("XLMRoberta", {"type_vocab_size": 1}),
    "camembert": ("Camembert", {"type_vocab_size": 1}),
    "ernie": ("Ernie", {}),
    "megatron-bert": ("MegatronBert", {}),
    "nomic-bert": ("NomicBert", {}),
    "gte": ("Gte", {"type_vocab_size": 2}),
    "jina-v3": ("JinaEmbeddingsV3", {"type_vocab_size": 1}),
    "eurobert": ("EuroBert", {"num_key_value_heads": 1}),
    "qwen3-bidirectional": ("Qwen3", {"num_key_value_heads": 1, "head_dim": 8, "is_causal": False, **WINDOWS}),
    "gemma3-bidirectional": (
        "Gemma3Text",
        {"num_key_value_heads": 1, "head_dim": 8, "use_bidirectional_attention": True, **WINDOWS},
    ),
    "esm": ("Esm", {"token_dropout": False, "position_embedding_type": "rotary"}),
    "deberta": ("Deberta", {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "type_vocab_size": 0}),
    "rembert": ("RemBert", {"input_embedding_size": 8, "output_embedding_size": 8}),
    "roformer": ("RoFormer", {"embedding_size": 16}),
    "big-bird": ("BigBird", {"attention_type": "original_full"}),
    "longformer": ("Longformer", {"attention_window": 8}),
    "mobilebert": (
        "MobileBert",
        {"embedding_size": 8, "intra_bottleneck_size": 8, "true_hidden_size": 8, "num_feedforward_networks": 1},
    ),
    "squeezebert": ("SqueezeBert", {"embedding_size": 16}),
    "ibert": ("IBert", {}),
    "luke": ("Luke", {"entity_vocab_size": 4, "entity_emb_size": 8}),
    "xlm": ("XLM", {"emb_dim": 16, "n_layers": 3, "n_heads": 2}),
    "flaubert": ("Flaubert", {"emb_dim": 16, "n_layers": 3, "n_heads": 2}),
    "xlnet": ("XLNet", {"d_model": 16, "n_layer": 3, "n_head": 2, "d_inner": 24, "max_position_embeddings": None}),
    "convbert": ("ConvBert", {"embedding_size": 8, "head_ratio": 2, "conv_kernel_size": 5}),
    "fnet": ("FNet", {}),
}
ROBERTA_LIKE = ("roberta", "mpnet", "xlm-roberta", "camembert", "jina-v3", "esm", "longformer", "ibert", "luke")


def make_tokenizer(roberta: bool = False, limit: int = LIMIT) -> Any:
    """A fast WordPiece tokenizer that knows `WORDS` and every letter; as BERT frames texts, or as RoBERTa does."""
    special = (
        ["[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"] if roberta else ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    )
    letters = string.ascii_lowercase
    pieces = [*special, *WORDS, *letters, *(f"##{letter}" for letter in letters), "."]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    pair = "[CLS] $A [SEP] [SEP] $B [SEP]" if roberta else "[CLS] $A [SEP] $B:1 [SEP]:1"
    framing = [(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair=pair, special_tokens=framing)
    marks = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    inputs = ["input_ids", "attention_mask"] if roberta else ["input_ids", "token_type_ids", "attention_mask"]
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=limit, model_input_names=inputs, **marks
    )


def make_model(family: str, seed: int = 0, **options: Any) -> Any:
    """A model of a family with large random weights, so that every layer changes its states visibly."""
    stem, own = FAMILIES.get(family) or MORE_FAMILIES[family]
    tokenizer = make_tokenizer(family in ROBERTA_LIKE)
    positions = LIMIT + 2 if family in ROBERTA_LIKE else LIMIT
    settings = {**SIZES, "vocab_size": len(tokenizer), "max_position_embeddings": positions, "initializer_range": 0.3}
    settings |= {"pad_token_id": tokenizer.pad_token_id, **own, **options}
    settings = {name: value for name, value in settings.items() if value is not None}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = getattr(transformers, f"{stem}Model")(getattr(transformers, f"{stem}Config")(**settings))
    return model.eval()


def make_encoder(family: str = "bert", limit: int = LIMIT, seed: int = 0, **options: Any) -> TransformerEncoder:
    """The encoder of a family; `options` go to the model's configuration."""
    tokenizer = make_tokenizer(family in ROBERTA_LIKE, limit)
    return TransformerEncoder(family, make_model(family, seed, **options), tokenizer, limit)


def save_folder(folder: Path, model: Any, tokenizer: Any = None, **config: Any) -> Path:
    """An encoder's folder as transformers saves one; `config` is written over values of its config.json."""
    model.save_pretrained(folder)
    (tokenizer or make_tokenizer()).save_pretrained(folder)
    change_json(folder / "config.json", **config)
    return folder


def change_json(path: Path, **values: Any) -> None:
    """Values written over those of a JSON file; None takes one away."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps({k: v for k, v in (known | values).items() if v is not None}), encoding="utf-8")


def refused(folder: Path) -> str:
    """The one line with which a folder is refused."""
    with pytest.raises(InputError) as caught:
        load_encoder(str(folder))
    told = str(caught.value)
    assert "\n" not in told
    assert len(told) < 500 + len(str(folder))
    assert "trust_remote_code" not in told
    assert "ignore_mismatched_sizes" not in told
    return told
