"""`model.json` and `tokenizer.json` beside an exported model: all that predicting needs besides the graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from unfreeze.bundle.load import Predictor
from unfreeze.disk.files import write_json
from unfreeze.encoders.frame import Frame, frame_of, stand_in
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.encoders.word_pieces import space_piece, words_given
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.methods.inputs import pair_reading

Reads = Literal["texts", "words", "both texts of a pair together", "each text of a pair on its own"]


@dataclass(frozen=True)
class Description:
    """`model.json`.

    Attributes:
        labels: in the order of probabilities or tags; empty where scores are predicted.
        thresholds: from which probability on each label counts; None where the most probable one is meant.
        scheme: of tags. pairs: an item is two texts.
        max_length: pieces of an input, special ones included.
        prefix: what stands before each text, or before each word.
        before, after, padding, unknown: pieces around an input, those that fill it up, and that of a word without any.
        inputs: of texts and pairs, the graph's inputs to the attributes of an encoding of `tokenizers` that they are.
        lower_case: a note; the tokenizer does whatever is needed.
    """

    task: str
    labels: tuple[str, ...]
    thresholds: tuple[float, ...] | None
    scheme: str | None
    pairs: bool
    reads: Reads
    max_length: int
    prefix: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    padding: int
    unknown: int
    inputs: Mapping[str, str] = field(default_factory=dict)
    lower_case: str = "done by the tokenizer where the encoder wants it"


def describe(predictor: Predictor, encoder: TransformerEncoder) -> tuple[Description, Any]:
    """The description of a bundle's model, and the tokenizer of `tokenizers` that goes with it, set up.

    Raises:
        InputError: its way of reading cannot be written down in these.
    """
    task, model = predictor.task, predictor.model
    decision = getattr(model.heads[0], "decision", None)
    texts = 2 if pair_reading(model.recipe, task) == "joint" and task.pair else 1
    frame = _plain_frame(encoder, texts, task.target.per_word)
    tokenizer, prefix = _tokenizer(encoder, frame, task.target.per_word)
    reads: Reads = "words" if task.target.per_word else "texts"
    if task.pair:
        reads = "both texts of a pair together" if texts == 2 else "each text of a pair on its own"
    told = Description(
        task=task.kind,
        labels=tuple(predictor.labels.names),
        thresholds=None if decision is None else tuple(decision.tolist()),
        scheme=predictor.labels.scheme,
        pairs=task.pair,
        reads=reads,
        max_length=encoder.max_length,
        prefix=prefix,
        before=frame.gaps[0],
        after=frame.gaps[-1],
        padding=encoder.padding_id() or 0,
        unknown=stand_in(encoder.tokenizer),
    )
    return told, tokenizer


def write_description(folder: Path, told: Description, tokenizer: Any) -> None:
    """Write both files."""
    write_json(folder / "model.json", asdict(told))
    (folder / "tokenizer.json").write_text(tokenizer.to_str(pretty=True), encoding="utf-8")


def _plain_frame(encoder: TransformerEncoder, texts: int, per_word: bool) -> Frame:
    frame = frame_of(encoder.tokenizer, texts)
    rows = encoder.tables.pieces
    largest = max(encoder.tokenizer.get_vocab().values())
    if frame.special < texts and not per_word:  # a word without pieces has one that stands for it
        raise _unreadable(encoder, "puts too few special pieces around a text for an empty one")
    if rows is not None and largest >= rows:
        raise _unreadable(encoder, "has pieces that its encoder has no vector for")
    kinds = {kind for gap in frame.gap_types for kind in gap} | set(frame.types)
    if max(kinds, default=0) >= max(encoder.tables.types, 1) and encoder.takes_types:
        raise _unreadable(encoder, "gives token types that its encoder has no vector for")
    if per_word and (kinds != {0} or space_piece(encoder.tokenizer) is not None):
        raise _unreadable(encoder, "reads words in a way of its own")
    return frame


def _unreadable(encoder: TransformerEncoder, why: str) -> InputError:
    return InputError(
        say("the tokenizer of {name} {why}; use `unfreeze predict`", name=encoder.name, why=why), where="export"
    )


def _tokenizer(encoder: TransformerEncoder, frame: Frame, per_word: bool) -> tuple[Any, str]:
    """A tokenizer that cuts and fills up as texts are read here, or gives the pieces of words; with what is before."""
    from tokenizers import Tokenizer

    backend, prefix = encoder.tokenizer.backend_tokenizer, encoder.options.prefix or ""
    if per_word:
        backend, prefix = words_given(encoder.tokenizer)
    own = Tokenizer.from_str(backend.to_str())
    own.no_padding()
    own.no_truncation()
    if not per_word:
        side = encoder.tokenizer.truncation_side
        own.enable_truncation(encoder.max_length, strategy="longest_first", direction=side)
        own.enable_padding(direction="right", pad_id=encoder.padding_id() or 0)
    return own, prefix
