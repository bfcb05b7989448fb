"""Options of transformers: given as text, taken from a folder of sentence-transformers, kept beside a saved encoder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from unfreeze.encoders.options import options_from, saved_options
from unfreeze.encoders.sentence_folder import SentenceModel, shortened_name
from unfreeze.encoders.source import Source
from unfreeze.language.message import say
from unfreeze.recipe import Pooling

SAVED = "unfreeze.json"


@dataclass(frozen=True)
class TransformerOptions:
    """How a transformer is used. None takes what its folder says.

    Attributes:
        prefix: text that is put before every text, but not before tagged sentences.
        pooling, normalise: how one vector is made of a text, see `Traits`.
        tagging: a decoder may tag, although its pieces know nothing of those after them.
    """

    prefix: str | None = None
    pooling: Pooling | None = None
    normalise: bool | None = None
    tagging: bool = False

    def save(self, folder: Path) -> None:
        """Write them to a folder, if there are any."""
        settings = {name: value for name, value in asdict(self).items() if value not in (None, False, "")}
        if settings:
            (folder / SAVED).write_text(json.dumps(settings, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def options_of(source: Source, given: Mapping[str, str], sentence: SentenceModel | None) -> TransformerOptions:
    """What is given, else what was saved beside the encoder, else what its authors say.

    Raises:
        InputError: an unknown option, or a value that it cannot have.
    """
    saved = saved_options(source.folder / SAVED)
    asked = options_from(TransformerOptions, {**saved, **given})
    own = sentence or SentenceModel()
    return TransformerOptions(
        prefix=own.prompt if asked.prefix is None else asked.prefix,
        pooling=asked.pooling or own.pooling,
        normalise=own.normalise if asked.normalise is None else asked.normalise,
        tagging=asked.tagging,
    )


def said_of(options: TransformerOptions, sentence: SentenceModel | None) -> list[str]:
    """Notes for the user about prefix and pooling."""
    notes = list(sentence.notes) if sentence else []
    prefix, prompts = options.prefix, sentence.prompts if sentence else {}
    if prefix:
        notes.append(
            say("{prefix} is put before every text, not before tagged words (--prefix).", prefix=_shown(prefix))
        )
        if sentence is not None and not sentence.prompt_counts:
            notes.append(
                say("Warning: its own pooling leaves the prompt's pieces out (include_prompt); here they count.")
            )
    elif prompts:
        known = ", ".join(f"{shortened_name(name)}: {_shown(text)}" for name, text in list(prompts.items())[:3])
        notes.append(
            say("It knows prompts ({known}); none is put before the texts unless --prefix names it.", known=known)
        )
    if options.pooling not in (None, "mean"):
        notes.append(
            say("Its own pooling is {pooling}; the first recipes of linear heads take it.", pooling=options.pooling)
        )
    return notes


def _shown(text: str, most: int = 80) -> str:
    """A text in quotes, its beginning if it is long."""
    return json.dumps(text if len(text) <= most else f"{text[:most]}...", ensure_ascii=False)
