"""Fine-tuning without torch: which tables suit an encoder, what a recipe is called, what an old run took."""

from __future__ import annotations

from dataclasses import replace

import pytest

from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.methods.work import Past, Read
from unfreeze.recipe import Traits
from unfreeze.tasks.kinds import TASKS

TUNED = TunedRecipe("linear")
PAST = Past((20, 50, 60), 7, 3, 2, Read(100, 100), Read(40, 40), (10, 4))


def test_an_old_run_moved_all_layers() -> None:
    work, states = FINE_TUNING.estimate(TUNED, TASKS["classification"], PAST)
    assert work == 3 * (3 * 130 * 100) + 2 * 130 * 40
    assert states == {}


def test_an_old_run_that_froze_layers_read_their_states() -> None:
    work, states = FINE_TUNING.estimate(replace(TUNED, unfreeze_top=1), TASKS["classification"], PAST)
    assert work == 3 * (3 * 60 * 100) + 2 * 130 * 40
    assert states == {"tokens": 130 * 140}
    gradual, _ = FINE_TUNING.estimate(replace(TUNED, gradual_unfreezing=True), TASKS["classification"], PAST)
    assert gradual == 3 * (0 + 60 + 110) * 100 + 2 * 130 * 40


@pytest.mark.parametrize(
    ("changes", "freezes"),
    [({}, False), ({"gradual_unfreezing": True}, True), ({"unfreeze_top": 1}, True), ({"reinit_top": 1}, False)],
)
def test_layers_stay_frozen_for_a_while_or_for_good(changes: dict[str, int], freezes: bool) -> None:
    assert replace(TUNED, **changes).freezes_layers == freezes  # type: ignore[arg-type]


def test_a_recipe_is_called_by_what_is_unusual() -> None:
    assert TUNED.brief == "linear head, linear schedule"
    unusual = replace(
        TUNED, layer_decay=0.85, head_rate=10.0, gradual_unfreezing=True, reinit_top=2, head_first="probe"
    )
    assert unusual.brief == "linear head, linear schedule, gradual unfreezing, from a linear probe"
    words = (
        "layer decay 0.85", "head's rate times 10", "gradual unfreezing", "top 2 layers fresh",
        "head from a linear probe",
    )  # fmt: skip
    assert unusual.details == (*TUNED.details, *words)


def test_tables_suit_the_encoder() -> None:
    pair, text = TASKS["pair-classification"], TASKS["classification"]
    assert {r.pair for r in FINE_TUNING.table(pair, Traits(7, 384, pairs=False))} == {"separate"}
    assert {r.pair for r in FINE_TUNING.table(pair, Traits(7, 384))} == {"joint", "separate"}
    assert FINE_TUNING.table(text, Traits(7, 384, pairs=False)) == FINE_TUNING.table(text, Traits(7, 384))
    rates = [FINE_TUNING.table(text, Traits(7, width))[0].learning_rate for width in (512, 513)]
    assert rates[0] > rates[1]
    assert FINE_TUNING.table(text, Traits(1, 50, family="word-vectors")) == []
    assert FINE_TUNING.table(text, Traits(3, 1024, family="elmo"))[0].dropout == 0.5


def test_a_limit_of_layers_is_the_recipes() -> None:
    assert FINE_TUNING.limited(TUNED, 2) == replace(TUNED, unfreeze_top=2)


@pytest.mark.parametrize(("top", "allowed"), [(6, True), (7, False)])
def test_as_many_layers_as_there_are_above_the_embeddings_can_start_afresh(top: int, allowed: bool) -> None:
    problem = FINE_TUNING.problem(replace(TUNED, reinit_top=top), TASKS["classification"], Traits(7, 384))
    assert problem == (None if allowed else "reinit_top is 7; the encoder has 6 layers above the embeddings")
