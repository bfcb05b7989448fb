"""A transformer tried on a few pieces: what it asks for, how many and how wide its states are, where pieces look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from unfreeze.encoders.source import Source, shortened
from unfreeze.encoders.tables import piece_rows
from unfreeze.errors import InputError
from unfreeze.language.message import say

Looks = Literal["around", "back", "nowhere"]
SHORT, LONG = 12, 130  # pieces; some kinds do not look around in short inputs, so these are tried again at length


@dataclass(frozen=True)
class Trial:
    """The outcome of a trial.

    Attributes:
        layers, width: of the states, the embedding layer included.
        looks: whether a piece's state changes with the pieces after it, only with those before, or with neither.
    """

    layers: int
    width: int
    looks: Looks


def tried(source: Source, model: Any, limit: int) -> Trial:
    """Run the model on pieces drawn at random.

    Raises:
        InputError: it wants more than pieces, or its states are not one of the same width a piece and layer.
    """
    try:
        with torch.no_grad():
            return _tried(source, model, limit)
    except InputError:
        raise
    except Exception as error:  # each kind fails in its own way
        raise source.error(
            say(
                "is of type {model_type!r}, which cannot be run on the pieces of texts alone ({error}); an "
                "encoder of texts is needed",
                model_type=model.config.model_type,
                error=shortened(error, 150),
            )
        ) from None


def _tried(source: Source, model: Any, limit: int) -> Trial:
    length = min(SHORT, limit)
    ids = drawn(model, length)
    out = model(input_ids=ids, output_hidden_states=True)
    found = [tuple(layer.shape) for layer in (*out.hidden_states, out.last_hidden_state)]
    if len(set(found)) > 1 or found[0][:2] != tuple(ids.shape) or len(found[0]) != 3:
        shown = ", ".join(" x ".join(map(str, shape[1:])) for shape in dict.fromkeys(found))
        raise source.error(
            say(
                "is of type {model_type!r}, whose layers give states of different shapes for an input of "
                "{length} pieces ({shown}); one state of the same width per piece and layer is expected",
                model_type=model.config.model_type,
                length=length,
                shown=shown,
            )
        )
    if not _same(out.hidden_states[-1], out.last_hidden_state):
        problem = say(
            "is of type {model_type!r}, which changes its last layer's states once more",
            model_type=model.config.model_type,
        )
        raise source.error(say("{problem}; choose another encoder", problem=problem))
    if not out.last_hidden_state.isfinite().all():
        raise source.error(say("gives states that are infinite or NaN"))
    if not _same(model(input_ids=ids).last_hidden_state, out.last_hidden_state):
        problem = say(
            "is of type {model_type!r}, which gives the same pieces other states at each run",
            model_type=model.config.model_type,
        )
        raise source.error(say("{problem}; choose another encoder", problem=problem))
    return Trial(len(out.hidden_states), int(found[0][2]), _looks(model, {length, min(LONG, limit)}))


def _looks(model: Any, lengths: set[int]) -> Looks:
    if any(_reaches(model, length, changed=-1, kept=slice(0, -1)) for length in sorted(lengths)):
        return "around"
    back = any(_reaches(model, length, changed=0, kept=slice(1, None)) for length in sorted(lengths))
    return "back" if back else "nowhere"


def _reaches(model: Any, length: int, changed: int, kept: slice) -> bool:
    """Whether another piece at the place `changed` gives the pieces at `kept` other states."""
    ids = drawn(model, length)
    others = ids.clone()
    others[0, changed] = drawn(model, length, seed=1)[0, changed]
    first, second = (model(input_ids=x).last_hidden_state[:, kept] for x in (ids, others))
    if not first.numel():
        return False
    # Experts are given their pieces together, so that another one among them changes the rounding of all: by 2e-7 of
    # the largest state in a small Qwen2-MoE. What a piece looks at changes it by 6e-5 at least in all kinds tried.
    return bool((first - second).abs().max() > 1e-5 * first.abs().max())


def drawn(model: Any, length: int, seed: int = 0) -> Tensor:
    """(1, length) ids of pieces; each place has another one with another seed."""
    rows = piece_rows(model) or int(getattr(model.config, "vocab_size", 256))
    low = min(5, rows - 1)  # special ids are low; a padding id inside would shift positions
    ids = torch.randint(0, rows - low, (1, length), generator=torch.Generator().manual_seed(0))
    return low + (ids + seed) % (rows - low)


def _same(states: Tensor, others: Tensor) -> bool:
    return torch.allclose(states, others, rtol=1e-6, atol=1e-7)
