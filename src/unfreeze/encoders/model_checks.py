"""Whether a loaded transformer is an encoder of texts as this program needs it."""

from __future__ import annotations

from typing import Any

from unfreeze.encoders.source import Source
from unfreeze.encoders.trial import Trial, tried
from unfreeze.language.message import say


def check_runs(source: Source, model: Any, limit: int) -> Trial:
    """Try the model on a few pieces of random inputs up to `limit`.

    Raises:
        InputError: it cannot be run on them, or is not such an encoder.
    """
    kind = model.config.model_type
    trial = tried(source, model, limit)
    if trial.looks == "nowhere":
        raise source.error(
            say(
                "is of type {kind!r}, in which a piece's state does not depend on other pieces on this machine",
                kind=kind,
            )
        )
    return trial
