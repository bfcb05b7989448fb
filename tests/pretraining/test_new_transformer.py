"""New transformers: of which kind, how large, and that every layer sees the whole input."""

from __future__ import annotations

import families
import pytest
import torch
from transformers import BertForMaskedLM, BertForPreTraining, ModernBertForMaskedLM, PreTrainedModel

from unfreeze.errors import InputError
from unfreeze.pretraining.new_transformer import check_size, new_transformer
from unfreeze.pretraining.settings import SIZES, Architecture, TransformerSize

SIZE = TransformerSize(4, 64, 2, 256, 500, 128, 1024, 1e-3)


def make(architecture: Architecture, size: TransformerSize = SIZE, pairs: bool = False) -> PreTrainedModel:
    made: PreTrainedModel = new_transformer(
        architecture, size, families.make_tokenizer(False), next_sentence=pairs, seed=0
    ).eval()
    return made


@pytest.mark.parametrize(("architecture", "pairs", "kind"), [
    ("bert", False, BertForMaskedLM), ("bert", True, BertForPreTraining), ("modernbert", False, ModernBertForMaskedLM),
])  # fmt: skip
def test_kinds(architecture: Architecture, pairs: bool, kind: type) -> None:
    assert type(make(architecture, pairs=pairs)) is kind


def in_layers(model: PreTrainedModel) -> int:
    return sum(p.numel() for name, p in model.named_parameters() if ".layer" in name and p.ndim == 2)


@pytest.mark.parametrize("name", ["mini", "small"])
def test_both_kinds_have_as_many_weights_in_their_layers(name: str) -> None:
    size = SIZES["mlm"][name]
    assert isinstance(size, TransformerSize)
    bert, modern = (in_layers(make(kind, size)) for kind in ("bert", "modernbert"))
    assert abs(modern / bert - 1) < 0.03


@pytest.mark.parametrize("architecture", ["bert", "modernbert"])
def test_every_layer_sees_the_whole_input(architecture: Architecture) -> None:
    """The last of 128 pieces changes the first state of the first layer, in one layer alone too."""
    model = make(architecture)
    ids = torch.randint(10, 30, (1, 128), generator=torch.Generator().manual_seed(0))
    other = ids.clone()
    other[0, -1] = (other[0, -1] + 1) % 20 + 10
    with torch.no_grad():
        first, second = (model(x, output_hidden_states=True).hidden_states for x in (ids, other))
    for layer in range(1, 5):
        assert not torch.equal(first[layer][0, 0], second[layer][0, 0])
    assert torch.equal(first[0][0, 0], second[0][0, 0])


@pytest.mark.parametrize("architecture", ["bert", "modernbert"])
def test_the_order_of_pieces_matters(architecture: Architecture) -> None:
    model = make(architecture)
    ids = torch.arange(10, 26)[None]
    with torch.no_grad():
        first, second = (model(x, output_hidden_states=True).hidden_states[-1] for x in (ids, ids.flip(1)))
    assert not torch.allclose(first, second.flip(1), atol=1e-4)


def test_sizes_that_make_none() -> None:
    with pytest.raises(InputError, match="not a multiple of 3 heads"):
        check_size(TransformerSize(1, 64, 3, 64, 500, 128, 1024, 1e-3))
    with pytest.raises(InputError, match="must be at least 16"):
        check_size(TransformerSize(1, 64, 2, 64, 500, 15, 1024, 1e-3))
