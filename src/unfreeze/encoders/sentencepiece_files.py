"""A tokenizer whose only file is a sentencepiece model: as transformers makes it, fixed where that cuts texts wrongly.

transformers turns such a file into a tokenizer of its own kind, and leaves out what a class does not ask for: the
normalisation that the file brings along (so that full-width letters and ligatures become unknown), byte pieces for
unknown letters, the space before a text. So the result is compared with the sentencepiece library itself.
"""

from __future__ import annotations

import base64
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

from unfreeze.encoders.plain_tokenizer import parts_of, plain_tokenizer
from unfreeze.encoders.source import Source, shortened
from unfreeze.language.message import say

FILES = ("spm.model", "spiece.model", "sentencepiece.bpe.model", "sentencepiece.model", "tokenizer.model")
SAMPLES = (
    "The quick brown fox jumps over a lazy dog, don't you think?", "two  spaces, a\ttab and a\nline",
    " before, after ", "Ünïcode: ﬁ ligature ½ ² Ａｂｃ １２３ ℌ", "e\u0301 o\u0308 n\u0303",
    "你好，世界。ＡＩ！（测试）", "한국어 ภาษาไทย हिन्दी عربي", "emoji 😀👍🏽 x", "1,234.5 U.S.A. a-b_c/d@e.f #tag",
    "ab", "A", "",
)  # fmt: skip


def only_sentencepiece(folder: Path) -> Path | None:
    """The sentencepiece model of a folder that has no other file of a tokenizer; None where it has one, or neither."""
    if (folder / "tokenizer.json").exists() or any(folder.glob("vocab.*")):
        return None
    return next((folder / name for name in FILES if (folder / name).is_file()), None)


def checked_against(source: Source, tokenizer: Any, file: Path) -> Any:
    """The tokenizer, fixed if necessary, so that it cuts sample texts as the sentencepiece library does.

    Raises:
        InputError: the file is not a sentencepiece model, or the tokenizer cannot be made to cut texts like it.
    """
    model = read_model(source, file)
    if cuts_alike(tokenizer, model):
        return tokenizer
    fixed = plain_tokenizer(tokenizer, _fixed(tokenizer, model))
    if cuts_alike(fixed, model):
        return fixed
    raise source.error(
        say(
            "{name} cannot be turned into a tokenizer that cuts texts as sentencepiece does; give the folder "
            "a tokenizer.json made from it",
            name=file.name,
        )
    )


def read_model(source: Source, file: Path) -> Any:
    """The sentencepiece library's own processor. Raises `InputError` where the file is not a model of it."""
    from sentencepiece import SentencePieceProcessor

    try:
        return SentencePieceProcessor(model_file=str(file))
    except (OSError, RuntimeError, ValueError, TypeError) as error:
        raise source.error(
            say(
                "cannot be loaded: {name} is not a sentencepiece model ({error}); give one, or a tokenizer.json",
                name=file.name,
                error=shortened(error, 80),
            )
        ) from None


def cuts_alike(tokenizer: Any, model: Any) -> bool:
    """Whether sample texts get the same pieces, but for the case and accents that a tokenizer may take away first."""
    vocabulary = tokenizer.get_vocab()
    unknown = tokenizer.unk_token_id

    def pieces(text: str) -> list[Any]:
        return [unknown if model.is_unknown(i) else vocabulary.get(model.id_to_piece(i)) for i in model.encode(text)]

    backend = tokenizer.backend_tokenizer
    own = [backend.encode(text, add_special_tokens=False).ids for text in SAMPLES]
    return any(own == [pieces(first(text)) for text in SAMPLES] for first in _BEFORE)


def fast_one(source: Source, slow: Any, file: Path) -> Any:
    """A fast tokenizer in the place of one that reads its sentencepiece file in Python.

    Raises:
        InputError: its pieces have other numbers than in the file, or it frames texts with special pieces.
    """
    from tokenizers import Tokenizer, models

    model = read_model(source, file)
    pieces = [(model.id_to_piece(i), model.get_score(i)) for i in range(model.get_piece_size())]
    alike = all(slow.convert_tokens_to_ids(piece) == i for i, (piece, _) in enumerate(pieces))
    if not alike or slow("ab")["input_ids"] != model.encode("ab"):
        raise source.error(
            say("has no fast tokenizer (its {name} has none), which word alignment needs", name=type(slow).__name__)
        )
    return plain_tokenizer(slow, Tokenizer(models.Unigram(pieces, model.unk_id())))


def _without_accents(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


_BEFORE: tuple[Callable[[str], str], ...] = (
    str,
    str.lower,
    _without_accents,
    lambda text: _without_accents(text).lower(),
)


def _fixed(tokenizer: Any, model: Any) -> Any:
    """The tokenizer behind it, with the parts that the sentencepiece model asks for; case and accents stay its own."""
    from sentencepiece import sentencepiece_model_pb2
    from tokenizers import Tokenizer

    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.serialized_model_proto())
    values = json.loads(tokenizer.backend_tokenizer.to_str())
    values["model"]["byte_fallback"] = bool(proto.trainer_spec.byte_fallback)
    rule = proto.normalizer_spec
    kept = [part for part in parts_of(values["normalizer"]) if part["type"] in _KEPT or _of_quotes(part)]
    before = [*kept, *_normalisation(rule)]
    if values["model"]["type"] == "Unigram":
        scheme = "always" if rule.add_dummy_prefix else "never"
        values["pre_tokenizer"] = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": True}
        values["model"]["unk_id"] = tokenizer.unk_token_id
        after: list[dict[str, Any]] = []
    else:
        values["pre_tokenizer"] = None
        after = [{"type": "Prepend", "prepend": "▁"}] if rule.add_dummy_prefix else []
        after.append({"type": "Replace", "pattern": {"String": " "}, "content": "▁"})
    values["normalizer"] = {"type": "Sequence", "normalizers": [*before, *after]}
    return Tokenizer.from_str(json.dumps(values))


_KEPT = ("Lowercase", "NFKD", "StripAccents")


def _of_quotes(part: dict[str, Any]) -> bool:
    return part["type"] == "Replace" and part["pattern"].get("String") in ("``", "''")


def _normalisation(rule: Any) -> list[dict[str, Any]]:
    """What the file itself says: its table of letters, and spaces that are taken away."""
    found: list[dict[str, Any]] = []
    if rule.precompiled_charsmap:
        charsmap = base64.b64encode(rule.precompiled_charsmap).decode()
        found.append({"type": "Precompiled", "precompiled_charsmap": charsmap})
    if rule.remove_extra_whitespaces:
        found.append({"type": "Strip", "strip_left": True, "strip_right": True})
        found.append({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "})
    return found
