"""Models that want more than pieces, or give other states than one per piece and layer, end with one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from families import SIZES, make_model, make_tokenizer, refused, save_folder
from torch import nn

from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.source import Source
from unfreeze.encoders.trial import tried
from unfreeze.errors import InputError

SOURCE = Source("x", Path())
FUNNEL = {"block_sizes": [1, 1], "d_model": 16, "n_head": 2, "d_head": 8, "d_inner": 32}
PERCEIVER = {"d_latents": 16, "num_latents": 4, "d_model": 16, "num_blocks": 1, "num_self_attends_per_block": 1}
# class stem, its configuration, what the line tells
ODD: dict[str, tuple[str, dict[str, Any], str]] = {
    "states change length": ("Funnel", FUNNEL, "funnel"),
    "boxes are needed": ("Bros", SIZES, "bbox"),
    "other inputs are needed": ("Perceiver", PERCEIVER, "perceiver"),
    "pieces see no others without a kernel": ("Mra", SIZES, "'mra'"),
    "pieces look back": ("CLIPText", SIZES, "clip_text_model"),
    "characters": ("Canine", SIZES, "canine"),
}  # fmt: skip


def odd_model(stem: str, config: dict[str, Any]) -> Any:
    kind = getattr(transformers, f"{stem}Config")
    torch.manual_seed(0)
    return getattr(transformers, f"{stem}Model")(kind(vocab_size=len(make_tokenizer()), **config)).eval()


@pytest.mark.parametrize("case", ODD)
def test_odd_models_end_with_one_line(case: str, tmp_path: Path) -> None:
    stem, config, told = ODD[case]
    assert told in refused(save_folder(tmp_path, odd_model(stem, config)))


class Changed(nn.Module):
    """A BERT whose outputs are changed."""

    def __init__(self, change: Any) -> None:
        super().__init__()
        self.inner, self.change = make_model("bert"), change
        self.config, self.get_input_embeddings = self.inner.config, self.inner.get_input_embeddings

    def forward(self, **given: Any) -> Any:
        out = self.inner(**given)
        self.change(out, given["input_ids"])
        return out


def _wider(out: Any, ids: torch.Tensor) -> None:
    out.last_hidden_state = torch.cat([out.last_hidden_state] * 2, -1)


def _random(out: Any, ids: torch.Tensor) -> None:
    out.last_hidden_state += torch.rand(())


def _slightly_random(out: Any, ids: torch.Tensor) -> None:
    out.last_hidden_state *= 1 + 1e-4 * torch.rand(())


def _scaled_once_more(out: Any, ids: torch.Tensor) -> None:
    out.last_hidden_state = out.last_hidden_state * (1 + 1e-4)


def _infinite(out: Any, ids: torch.Tensor) -> None:
    out.last_hidden_state /= 0


def _fails(out: Any, ids: torch.Tensor) -> None:
    raise RuntimeError("one\nat a time")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_wider, "12 x 32"),
        (_random, "each run"),
        (_slightly_random, "each run"),
        (_scaled_once_more, "once more"),
        (_infinite, "infinite or NaN"),
        (_fails, "one at a time"),
    ],
)
def test_odd_outputs_are_refused(change: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        tried(SOURCE, Changed(change), 40)


def test_a_kind_that_looks_around_in_long_inputs_alone_is_not_a_decoder() -> None:
    self_alone = make_model("bert").embeddings

    def short_sighted(out: Any, ids: torch.Tensor) -> None:
        if ids.shape[1] < 30:
            out.last_hidden_state[:] = self_alone(ids)

    assert tried(SOURCE, Changed(short_sighted), 40).looks == "around"
    assert tried(SOURCE, Changed(short_sighted), 20).looks == "nowhere"


def test_the_shape_is_that_of_the_states(tmp_path: Path) -> None:
    trial = tried(SOURCE, make_model("electra"), 40)
    assert (trial.layers, trial.width, trial.looks) == (4, 16, "around")
    encoder = load_encoder(str(save_folder(tmp_path, make_model("albert"))))
    assert (encoder.layers, encoder.width) == (4, 16)
