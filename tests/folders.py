"""Encoder folders of more kinds, tiny and random, as they are published: decoders, T5, sentence-transformers, ..."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from families import make_tokenizer
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

from unfreeze.encoders.ways import Way

END = "<|endoftext|>"
# Decoders and encoder halves that were tried: names for people, and how they are run. Pages about encoders list them.
DECODER_WAYS: dict[str, tuple[str, Way]] = {
    "Qwen3": ("Qwen3(-Embedding)", "packed"), "Qwen2": ("Qwen2", "packed"), "Llama": ("Llama", "packed"),
    "Mistral": ("Mistral (E5)", "packed"), "Gemma": ("Gemma", "packed"), "Gemma3Text": ("Gemma 3", "packed"),
    "GPT2": ("GPT-2", "packed"), "GPTNeoX": ("GPT-NeoX", "packed"), "Olmo2": ("OLMo 2", "packed"),
    "OPT": ("OPT", "packed"), "Bloom": ("BLOOM", "padded"), "Mamba": ("Mamba", "padded"),
}  # fmt: skip
HALF_WAYS: dict[str, tuple[str, Way]] = {
    "T5": ("T5", "packed"), "MT5": ("mT5", "packed"), "UMT5": ("UMT5", "packed"), "ByT5": ("ByT5", "packed"),
    "LongT5": ("LongT5", "padded"), "Bart": ("BART", "padded"), "MBart": ("mBART", "padded"),
    "Pegasus": ("Pegasus", "padded"),
}  # fmt: skip
_MERGES = (("t", "h"), ("th", "e"), ("Ġ", "th"), ("Ġth", "e"), ("o", "o"), ("Ġ", "a"), ("i", "n"))
SIZES = {
    "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 24,
    "max_position_embeddings": 64, "initializer_range": 0.3, "bos_token_id": 0, "eos_token_id": 0,
}  # fmt: skip
_GROUPED = {"num_key_value_heads": 2}
_GPT = {"n_embd": 16, "n_layer": 3, "n_head": 2, "n_positions": 64}
_T5 = {"d_model": 16, "d_ff": 24, "d_kv": 8, "num_heads": 2, "num_layers": 3, "initializer_factor": 2.0}
_BART = {
    "d_model": 16, "encoder_layers": 3, "decoder_layers": 2, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
    "encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "init_std": 0.3,
}  # fmt: skip
DECODERS: dict[str, dict[str, Any]] = {
    "Qwen3": {**_GROUPED, "head_dim": 4}, "Qwen2": _GROUPED, "Llama": _GROUPED,
    "Mistral": {**_GROUPED, "sliding_window": 5}, "Gemma": {**_GROUPED, "head_dim": 4},
    "Gemma3Text": {**_GROUPED, "head_dim": 4, "sliding_window": 5}, "GPT2": _GPT, "GPTNeoX": {}, "Olmo2": _GROUPED,
    "OPT": {"ffn_dim": 24, "word_embed_proj_dim": 16}, "Bloom": {"n_layer": 3, "n_head": 2}, "Mamba": {"state_size": 4},
}  # fmt: skip
HALVES: dict[str, dict[str, Any]] = {
    "T5": _T5, "MT5": _T5, "UMT5": _T5, "LongT5": _T5, "Bart": _BART, "MBart": _BART, "Pegasus": _BART,
}  # fmt: skip


def byte_level(frame: tuple[str, str] | None = None, special: Sequence[str] = (END,)) -> Any:
    """A tokenizer of bytes and a few merges, as GPT-2 has one; `frame` is how it puts special pieces around texts."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = [*special, *alphabet, *("".join(merge) for merge in _MERGES)]
    backend = Tokenizer(models.BPE({piece: i for i, piece in enumerate(pieces)}, list(_MERGES)))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens([AddedToken(piece, special=True) for piece in special])
    if frame:
        used = [(piece, i) for i, piece in enumerate(special)]
        backend.post_processor = processors.TemplateProcessing(single=frame[0], pair=frame[1], special_tokens=used)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token=special[0], eos_token=special[0], pad_token=special[0], model_max_length=64
    )


def decoder_tokenizer(stem: str) -> Any:
    """With an end piece after each text (Qwen3-Embedding), a piece before each (Llama and its like), or neither."""
    if stem == "Qwen3":
        return byte_level((f"$A {END}", f"$A $B {END}"))
    if stem in ("Llama", "Mistral", "Gemma"):
        return byte_level((f"{END} $A", f"{END} $A {END} $B"))
    return byte_level()


def write(folder: Path, model: Any, tokenizer: Any) -> Path:
    """A folder as transformers saves one."""
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def drawn(make: Callable[[], Any], seed: int = 0) -> Any:
    """What is made, with weights that are the same each time."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make()


def decoder(folder: Path, stem: str = "Qwen3", **options: Any) -> Path:
    """A decoder with its language-model head, as most are published."""
    tokenizer = decoder_tokenizer(stem)
    config = getattr(transformers, f"{stem}Config")(
        **{**SIZES, "vocab_size": len(tokenizer), **DECODERS[stem], **options}
    )
    return write(folder, drawn(lambda: transformers.AutoModelForCausalLM.from_config(config)), tokenizer)


def half(folder: Path, stem: str = "T5", form: str = "lm", tokenizer: Any = None, **options: Any) -> Path:
    """An encoder-decoder: `whole`, with its head (`lm`), or the encoder alone (`encoder`)."""
    tokenizer = tokenizer or make_tokenizer(limit=64)
    ids = {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2, "decoder_start_token_id": 0}
    config = getattr(transformers, f"{stem}Config")(**ids, vocab_size=len(tokenizer), **HALVES[stem], **options)
    kinds = {
        "whole": transformers.AutoModel.from_config, "lm": transformers.AutoModelForSeq2SeqLM.from_config,
        "encoder": getattr(transformers, f"{stem}EncoderModel", None),
    }  # fmt: skip
    return write(folder, drawn(lambda: kinds[form](config)), tokenizer)


def byt5(folder: Path) -> Path:
    """As ByT5 is published: no file of a tokenizer at all."""
    config = transformers.T5Config(**_T5, vocab_size=384, tokenizer_class="ByT5Tokenizer", pad_token_id=0)
    drawn(lambda: transformers.T5ForConditionalGeneration(config)).eval().save_pretrained(folder)
    told = {"tokenizer_class": "ByT5Tokenizer", "extra_ids": 125}
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    return folder


def sentencepiece_model(kind: str = "unigram", **options: Any) -> bytes:
    """A tiny model trained by the library itself, on the words of the tests and some letters of all kinds."""
    from sentencepiece import SentencePieceTrainer

    words = "the good great bad awful film was a really story with some music and its end anna bob carla paris rome new"
    text = [words, f"{words} york 1 2 3, 4. (5)! don't", "AI Abc 世界 你好 测试 中文", "é ö ñ fi"] * 3
    out = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(text), model_writer=out, vocab_size=400, model_type=kind, hard_vocab_limit=False,
        minloglevel=2, num_threads=1, **options,
    )  # fmt: skip
    return out.getvalue()


DEBERTA_PIECES = {
    "pad_id": 0, "bos_id": 1, "eos_id": 2, "unk_id": 3, "bos_piece": "[CLS]", "eos_piece": "[SEP]",
    "pad_piece": "[PAD]", "unk_piece": "[UNK]",
}  # fmt: skip


def deberta_v3(folder: Path) -> Path:
    """As DeBERTa-v3 is published, but for its weights: `spm.model` is all that there is of a tokenizer."""
    folder.mkdir(parents=True)
    (folder / "spm.model").write_bytes(sentencepiece_model(**DEBERTA_PIECES))
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": false, "vocab_type": "spm"}')
    config = transformers.DebertaV2Config(
        **{k: v for k, v in SIZES.items() if "token" not in k}, vocab_size=700, type_vocab_size=0, pad_token_id=0,
        relative_attention=True, pos_att_type=["p2c", "c2p"], position_buckets=8,
    )  # fmt: skip
    drawn(lambda: transformers.DebertaV2Model(config)).eval().save_pretrained(folder)
    return folder


def sentence_transformer(
    folder: Path, base: Path, *, pooling: Any = "mean", normalise: bool = True, old: bool = False, limit: int = 20,
    lower: bool = False, prompts: dict[str, str] | None = None, default: str | None = None, modules: Sequence[Any] = (),
) -> Path:  # fmt: skip
    """A folder that sentence-transformers itself saved, with the transformer of another folder.

    Args:
        old: the layout of older days, with the transformer in `0_Transformer`.
        modules: further modules between pooling and length.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer

    width = json.loads((base / "config.json").read_text())
    first = Transformer(str(base), max_seq_length=limit, do_lower_case=lower)
    parts = [first, Pooling(width.get("hidden_size") or width["d_model"], pooling), *modules]
    parts += [Normalize()] if normalise else []
    made = SentenceTransformer(modules=parts, prompts=prompts, default_prompt_name=default, device="cpu")
    made.save(str(folder))
    if old:
        inside = folder / "0_Transformer"
        inside.mkdir()
        for path in [p for p in folder.iterdir() if p.is_file()]:
            if path.name not in ("modules.json", "config_sentence_transformers.json", "README.md"):
                shutil.move(path, inside / path.name)
        listed = json.loads((folder / "modules.json").read_text())
        listed[0] |= {"path": "0_Transformer", "type": "sentence_transformers.models.Transformer"}
        (folder / "modules.json").write_text(json.dumps(listed))
    return folder
