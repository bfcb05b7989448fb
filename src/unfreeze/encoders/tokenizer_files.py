"""The tokenizer of a folder: transformers' own, or one of the same pieces where that is slow, or cuts texts wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from unfreeze.encoders import sentencepiece_files
from unfreeze.encoders.plain_tokenizer import plain_tokenizer
from unfreeze.encoders.source import Source
from unfreeze.language.message import say

# Tokenizers that need no file: a piece is a byte or a letter.
WITHOUT_FILE = ("ByT5Tokenizer", "CanineTokenizer", "PerceiverTokenizer")
_WITHOUT_FILE_TYPES = ("byt5", "canine", "perceiver")
# Published with the tokenizer of another kind, which transformers does not look for on its own.
_AS_OTHERS = {"umt5": "T5Tokenizer", "nystromformer": "AlbertTokenizer"}


def needs_no_file(source: Source) -> bool:
    """Whether the tokenizer that a folder names is one of bytes or letters."""
    kind = source.settings("config.json").get("model_type")
    return _named_class(source) in WITHOUT_FILE or kind in _WITHOUT_FILE_TYPES


def _named_class(source: Source) -> str:
    named = source.settings("tokenizer_config.json").get("tokenizer_class")
    return str(named or source.settings("config.json").get("tokenizer_class"))


def read_tokenizer(source: Source) -> tuple[Any, list[str]]:
    """The fast tokenizer, and notes for the user.

    Raises:
        InputError: there is none, or one of another kind of pieces than are read here.
    """
    file = sentencepiece_files.only_sentencepiece(source.folder)
    if _named_class(source) == "CanineTokenizer" or source.settings("config.json").get("model_type") == "canine":
        raise source.error(
            say(
                "is a canine, which joins every four letters inside: its layers have states of different "
                "numbers, so there is none for every piece"
            )
        )
    tokenizer = _loaded(source, file)
    kind = type(tokenizer).__name__
    if kind == "ByT5Tokenizer":
        return _of_bytes(tokenizer), []
    if tokenizer.is_fast:  # its file may say otherwise; inputs are cut where they are read
        tokenizer.backend_tokenizer.no_padding()
        tokenizer.backend_tokenizer.no_truncation()
    else:
        if file is None:
            raise source.error(
                say("has no fast tokenizer (its {kind} has none), which word alignment needs", kind=kind)
            )
        tokenizer = sentencepiece_files.fast_one(source, tokenizer, file)
    if file is not None:
        return sentencepiece_files.checked_against(source, tokenizer, file), []
    return _as_its_file(source, tokenizer)


def _loaded(source: Source, file: Path | None) -> Any:
    import transformers

    if file is not None:
        sentencepiece_files.read_model(source, file)
    with source.loading():
        try:
            return transformers.AutoTokenizer.from_pretrained(source.where, trust_remote_code=False)
        except (ValueError, OSError):
            if file is None:
                raise
    kind = source.settings("config.json").get("model_type")
    named = source.settings("tokenizer_config.json").get("tokenizer_class") or _AS_OTHERS.get(str(kind))
    found = getattr(transformers, str(named).removesuffix("Fast"), None)
    if found is None or not str(named).removesuffix("Fast").endswith("Tokenizer"):
        raise source.error(
            say(
                "cannot be loaded: nothing says which kind of tokenizer {name} is for; name one as "
                "tokenizer_class in a tokenizer_config.json, such as T5Tokenizer",
                name=file.name,
            )
        )
    with source.loading():
        tokenizer = found.from_pretrained(source.where, trust_remote_code=False)
        return plain_tokenizer(tokenizer, tokenizer.backend_tokenizer) if tokenizer.is_fast else tokenizer


def _of_bytes(slow: Any) -> Any:
    """ByT5's: a piece is a byte, its id is three more; the first three are special pieces."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

    special = [str(slow.convert_ids_to_tokens(i)) for i in range(3)]
    letters = _letters_of_bytes()
    vocabulary = {piece: i for i, piece in enumerate([*special, *letters])}
    backend = Tokenizer(models.BPE(vocabulary, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = decoders.ByteLevel()
    end = special[1]
    backend.post_processor = processors.TemplateProcessing(
        single=f"$A {end}", pair=f"$A {end} $B {end}", special_tokens=[(end, 1)]
    )
    added = sorted(slow.added_tokens_decoder.items())
    backend.add_special_tokens([AddedToken(str(p), lstrip=p.lstrip, rstrip=p.rstrip, special=True) for _, p in added])
    return plain_tokenizer(slow, backend)


def _letters_of_bytes() -> Sequence[str]:
    """The letter that stands for each byte in `ByteLevel`: itself where it can be seen, else one after the 256."""
    seen = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return [chr(byte) if byte in seen else chr(next(others)) for byte in range(256)]


def _as_its_file(source: Source, tokenizer: Any) -> tuple[Any, list[str]]:
    """The tokenizer that tokenizer.json describes, where transformers' class makes another one of it.

    A class rebuilds its tokenizer from the pieces in the file. Where that leaves out a part that keeps letters from
    being unknown, the file is read as it is; other differences are noted, except for spaces around a text.
    """
    from tokenizers import Tokenizer

    path = source.file("tokenizer.json")
    kind = type(tokenizer).__name__
    if path is None or kind in ("TokenizersBackend", "PreTrainedTokenizerFast"):
        return tokenizer, []
    try:
        file = Tokenizer.from_file(str(path))
    except Exception:  # what tokenizers raises for a file of another version; the tokenizer itself was loaded
        return tokenizer, []
    file.no_truncation()
    file.no_padding()
    texts = [text.strip() for text in sentencepiece_files.SAMPLES]
    theirs, ours = ([_cut(backend, text) for text in texts] for backend in (file, tokenizer.backend_tokenizer))
    if theirs == ours:
        return tokenizer, []
    special = set(tokenizer.all_special_ids)
    if sum(i in special for ids in theirs for i in ids) < sum(i in special for ids in ours for i in ids):
        return plain_tokenizer(tokenizer, file), [
            say(
                "The encoder's tokenizer.json is read as it stands: transformers' {kind} leaves out a part of "
                "it, without which letters become unknown pieces.",
                kind=kind,
            )
        ]
    text = next(text for text, one, other in zip(texts, theirs, ours, strict=True) if one != other)
    return tokenizer, [
        say(
            "Warning: transformers' {kind} cuts {text!r} into other pieces than the encoder's tokenizer.json "
            "says; to have the file read as it is, put PreTrainedTokenizerFast as tokenizer_class into its "
            "tokenizer_config.json.",
            kind=kind,
            text=text[:20],
        )
    ]


def _cut(backend: Any, text: str) -> list[int]:
    ids: list[int] = backend.encode(text, add_special_tokens=False).ids
    return ids
