"""What is to be pretrained: objective, sizes, text, how long. No torch here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from unfreeze.disk.json_files import read_yaml
from unfreeze.errors import InputError, nearest

Objective = Literal["mlm", "bilm", "skip-thoughts"]
Masking = Literal["80-10-10", "all"]
Architecture = Literal["modernbert", "bert"]
OBJECTIVES: tuple[Objective, ...] = get_args(Objective)
_NONE = ("highways",)  # sizes that may be 0
SEEDS = 1 << 32  # that NumPy takes
_STRICT = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, config=_STRICT)
class TransformerSize:
    """A BERT.

    Attributes:
        layers, width, heads, inner: of the transformer; `inner` is the width of its feed-forward part (two thirds of it
            where that part is gated, which makes as many weights).
        vocabulary: WordPiece pieces.
        length: pieces of an input, and their maximum whenever the encoder is used.
        batch: pieces per step.
        learning_rate: highest, of Adam.
    """

    layers: int
    width: int
    heads: int
    inner: int
    vocabulary: int
    length: int
    batch: int
    learning_rate: float


@dataclass(frozen=True, config=_STRICT)
class BilmSize:
    """An ELMo.

    Attributes:
        embedding, filters, highways: of the character CNN; filters are (width in characters, how many).
        hidden, projection, layers: of the LSTMs of one direction.
        vocabulary: words that can be predicted; all others count as one.
        length: words through which the gradient goes back.
        batch: words per step.
        learning_rate: highest, of Adam.
    """

    embedding: int
    filters: tuple[tuple[int, int], ...]
    highways: int
    hidden: int
    projection: int
    layers: int
    vocabulary: int
    length: int
    batch: int
    learning_rate: float


@dataclass(frozen=True, config=_STRICT)
class SkipSize:
    """A skip-thoughts model of one direction (`uni`).

    Attributes:
        word_width, hidden: of word vectors and of the GRUs.
        vocabulary: words that have a vector; all others count as one.
        length: words of a sentence that are read.
        batch: words per step, of the sentences in the middle.
        learning_rate: highest, of Adam.
    """

    word_width: int
    hidden: int
    vocabulary: int
    length: int
    batch: int
    learning_rate: float


Size = TransformerSize | BilmSize | SkipSize
KINDS: dict[Objective, type[Size]] = {"mlm": TransformerSize, "bilm": BilmSize, "skip-thoughts": SkipSize}
SIZES: dict[Objective, dict[str, Size]] = {
    "mlm": {
        "tiny": TransformerSize(2, 64, 2, 256, 2000, 64, 2048, 2e-3),
        "mini": TransformerSize(4, 256, 4, 1024, 8000, 128, 2048, 1e-3),
        "small": TransformerSize(6, 384, 6, 1536, 16000, 256, 32768, 1e-3),
    },
    "bilm": {
        "tiny": BilmSize(8, ((1, 16), (3, 32)), 1, 64, 32, 2, 2000, 16, 2048, 2e-3),
        "mini": BilmSize(
            16, ((1, 32), (2, 32), (3, 64), (4, 128), (5, 128)), 1, 512, 128, 2, 20000, 20, 5120, 2e-3
        ),
        "small": BilmSize(
            16, ((1, 32), (2, 32), (3, 64), (4, 128), (5, 256), (6, 512)), 2, 1024, 128, 2, 50000, 20, 20480, 1e-3
        ),
    },
    "skip-thoughts": {
        "tiny": SkipSize(32, 64, 2000, 20, 1024, 2e-3),
        "mini": SkipSize(100, 300, 10000, 30, 2048, 1e-3),
        "small": SkipSize(300, 1200, 20000, 30, 8192, 5e-4),
    },
}  # fmt: skip


@dataclass(frozen=True, config=_STRICT)
class Pretraining:
    """All settings of a run; to resume an unfinished one they must be the same, except for the rate and what does not
    change losses.

    Attributes:
        corpus: files and folders.
        objective: `mlm`, `bilm` or `skip-thoughts`.
        start: encoder to continue from; None starts from scratch.
        size: a name in `SIZES`, or a YAML file; a `start` has its own, as its architecture.
        architecture: of a new transformer; `modernbert` learns from far less text.
        tokens: pieces (`mlm`) or words to train on; `hours` the time instead; else `passes` over the corpus.
        most: at most that many pieces or words of the corpus are read; None reads all.
        prepared: folder for the text as ids and for vocabularies, shared by all runs that are given it, and kept; None
            prepares them for this run alone.
        learning_rate, batch: override those of the size.
        dropout: while training. One pass over much text needs none.
        masking: of the chosen pieces, 80 % masked, 10 % exchanged, 10 % left; or all masked.
        mask_share: of the pieces that are chosen.
        whole_words: choose whole words.
        next_sentence: also tell whether the second half of an input follows the first.
        lower_case: of a vocabulary that is made here.
        tokenizer: how texts become words, `bilm` and `skip-thoughts`.
        half: write the weights in 16 bits.
        checkpoint_minutes: between two checkpoints.
    """

    corpus: tuple[str, ...]
    out: str
    objective: Objective = "mlm"
    start: str | None = None
    size: str = "mini"
    architecture: Architecture = "modernbert"
    tokens: int | None = None
    hours: float | None = None
    passes: float | None = None
    most: int | None = None
    prepared: str | None = None
    seed: int = 0
    device: str = "auto"
    learning_rate: float | None = None
    batch: int | None = None
    dropout: float = 0.0
    masking: Masking = "80-10-10"
    mask_share: float = 0.15
    whole_words: bool = False
    next_sentence: bool = False
    lower_case: bool = False
    tokenizer: Literal["treebank", "whitespace"] = "treebank"
    half: bool = False
    checkpoint_minutes: float = 10.0


def pretraining_from(values: Mapping[str, Any]) -> Pretraining:
    """Settings from the command line, checked.

    Raises:
        InputError: a value is out of its range, the length is given in two ways, or a setting is of another objective.
    """
    try:
        settings = Pretraining(**values)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(first["msg"], where=_option(str(first["loc"][0]) if first["loc"] else "pretrain")) from None
    if not settings.corpus:
        raise InputError("name a file or folder of text", where="CORPUS")
    if sum(limit is not None for limit in (settings.tokens, settings.hours, settings.passes)) > 1:
        raise InputError("give one of --tokens, --hours and --passes", where="--tokens")
    for name in ("tokens", "hours", "passes", "most", "batch", "learning_rate", "checkpoint_minutes"):
        value = getattr(settings, name)
        if value is not None and not 0 < value < math.inf:
            raise InputError(f"is {value:g}; must be a number above 0", where=_option(name))
    if not 0 <= settings.seed < SEEDS:
        raise InputError(f"is {settings.seed}; must be from 0 to below {SEEDS}", where="--seed")
    if not 0 <= settings.dropout < 1:
        raise InputError(f"is {settings.dropout:g}; must be from 0 to below 1", where="--dropout")
    if not 0 < settings.mask_share < 1:
        raise InputError(f"is {settings.mask_share:g}; must be above 0 and below 1", where="--mask-share")
    own = {"mlm": ("masking", "mask_share", "whole_words", "next_sentence", "lower_case", "architecture")}
    for objective, names in own.items():
        for name in names if settings.objective != objective else ():
            if getattr(settings, name) != getattr(Pretraining, name):
                raise InputError(f"is a setting of {objective}, not of {settings.objective}", where=_option(name))
    for name in ("size", "architecture") if settings.start is not None else ():
        if getattr(settings, name) != getattr(Pretraining, name):
            raise InputError("an encoder that training continues from has its own", where=_option(name))
    if settings.next_sentence and settings.start is None and settings.architecture != "bert":
        raise InputError("needs --architecture bert, which has a head for it", where="--next-sentence")
    if settings.start is not None and settings.objective == "skip-thoughts":
        raise InputError(
            "published skip-thoughts have no decoders to continue training with",
            where="--from",
        )
    return settings


def size_of(settings: Pretraining) -> Size:
    """The requested sizes, with batch and rate of the settings over them.

    Raises:
        InputError: no size of that name, or a file that is missing, not YAML, or has other fields than its objective's.
    """
    known, kind = SIZES[settings.objective], KINDS[settings.objective]
    if settings.size in known:
        found = known[settings.size]
    elif not Path(settings.size).suffix:
        raise InputError(f"no such size{nearest(settings.size, known)}, or a .yaml file", where="--size")
    else:
        found = _read_size(Path(settings.size), kind)
    over = {name: getattr(settings, name) for name in ("batch", "learning_rate") if getattr(settings, name) is not None}
    return kind(**{**{name: getattr(found, name) for name in asdict(found)}, **over})


def _read_size(path: Path, kind: type[Size]) -> Size:
    values = read_yaml(path)
    try:
        found = TypeAdapter(kind).validate_python(values, strict=False)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "it"
        raise InputError(f"{field}: {first['msg']}", where=str(path)) from None
    for name, value in asdict(found).items():
        if not all(0 < number < math.inf or (name in _NONE and number == 0) for number in _numbers(value)):
            raise InputError(f"{name}: is {value}; must be above 0", where=str(path))
    return found


def _numbers(value: Any) -> Iterator[float]:
    """A number, or all of them in tuples."""
    if isinstance(value, tuple):
        for part in value:
            yield from _numbers(part)
    else:
        yield value


def _option(name: str) -> str:
    return "--from" if name == "start" else f"--{name.replace('_', '-')}"
