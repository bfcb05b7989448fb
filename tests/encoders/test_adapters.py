"""Adapters take effect in every family, alone learn, and leave the encoder as it was."""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from families import FAMILIES, MORE_FAMILIES, make_encoder
from folders import DECODERS, HALVES, decoder, half
from peft import PeftModel
from peft.utils import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as PEFT_TARGETS
from torch import Tensor, nn
from transformers import AutoModel
from transformers.pytorch_utils import Conv1D

from unfreeze.encoders.adapters import (
    Adapters,
    LowRank,
    adapted_copy,
    adapters_of,
    check_adapters,
    merged_copy,
    read_adapters,
    save_adapters,
    target_layers,
)
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.protocol import Batch
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.errors import InputError
from unfreeze.layers.dropout import dropout_from, swap_dropout
from unfreeze.training.gradients import set_gradients
from unfreeze.training.update import Tools

UNFIT = {"squeezebert", "ibert"}  # convolutions in groups, and layers of quantised weights
MORE = ("Qwen3", "GPT2", "GPTNeoX", "Bloom", "OPT", "Mamba", "T5", "LongT5", "Bart")  # of other layers than those
ALL = [family for family in (*FAMILIES, *MORE_FAMILIES, *MORE) if family not in UNFIT]


def encoder_of(family: str, folder: Path) -> TransformerEncoder:
    if family in FAMILIES or family in MORE_FAMILIES:
        return make_encoder(family)
    made = load_encoder(str((decoder if family in DECODERS else half)(folder / family, family)))
    assert isinstance(made, TransformerEncoder)
    return made


def adapted(encoder: TransformerEncoder, low_rank: LowRank, seed: int = 0) -> TransformerEncoder:
    return adapted_copy(encoder, low_rank, target_layers(encoder, low_rank.targets), seed)


def moved(encoder: TransformerEncoder) -> Adapters:
    """The adapters of an encoder, as if they had learned something."""
    adapters = adapters_of(encoder)
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in adapters.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.05, generator=draw)
    return adapters


def top(encoder: TransformerEncoder, batch: Batch | None = None) -> Tensor:
    return encoder.encode(batch or encoder.sample(), all_layers=False).states


def off(found: Tensor, expected: Tensor) -> float:
    """The largest difference, as a share of the largest state."""
    found = found.detach()
    return float((found - expected).abs().max() / expected.abs().max())


def added_by_hand(encoder: TransformerEncoder, adapters: Adapters, scale: float) -> TransformerEncoder:
    """A copy of the plain encoder with `scale` times B A added to its weights."""
    made = copy.deepcopy(encoder)
    tensors = dict(adapters.named_parameters())
    with torch.no_grad():
        for name in {name.rpartition(".lora_")[0] for name in tensors}:
            product = scale * tensors[f"{name}.lora_B.weight"] @ tensors[f"{name}.lora_A.weight"]
            layer: Any = made.model.get_submodule(name)
            layer.weight += product.T if isinstance(layer, Conv1D) else product
    return made


@pytest.mark.parametrize("family", ALL)
def test_states_are_those_of_a_model_with_the_products_added_and_every_adapter_learns(
    family: str, tmp_path: Path
) -> None:
    encoder = encoder_of(family, tmp_path)
    encoder.settle()
    if family in HALVES:
        encoder.double()  # T5's scores are so large that rounding in fp32 shows
    before = {name: (p.clone(), p.requires_grad) for name, p in encoder.named_parameters()}
    for targets in ("all-linear", "attention")[: 2 if family in FAMILIES else 1]:
        copied = adapted(encoder, LowRank(2, 3.0, targets))
        plain = top(encoder).detach()  # with gradients, so computed by the same operators as with adapters
        with torch.no_grad():
            assert off(top(copied), plain) < 1e-6  # fresh adapters add nothing
            adapters = moved(copied)
            expected = top(added_by_hand(encoder, adapters, 1.5))
        states = top(copied)
        assert off(states, expected) < 1e-5
        assert off(states, plain) > 1e-3
        (states * torch.rand(states.shape, generator=torch.Generator().manual_seed(2))).sum().backward()
        assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in adapters.parameters())
        assert not [name for name, p in copied.named_parameters() if p.grad is not None and "lora_" not in name]
        with torch.no_grad():
            merged = merged_copy(encoder, LowRank(2, 3.0, targets), adapters.state_dict())
            assert off(top(merged), expected) < 1e-5
    for name, parameter in encoder.named_parameters():
        assert torch.equal(parameter, before[name][0])
        assert parameter.requires_grad == before[name][1]
    pefts_own = PEFT_TARGETS.get(encoder.model.config.model_type)
    if pefts_own is not None:
        assert {name.rpartition(".")[2] for name in target_layers(encoder, "attention")} == set(pefts_own)


def test_a_layer_that_no_state_depends_on_or_that_is_read_past_its_forward_gets_no_adapter(tmp_path: Path) -> None:
    assert any("pooler" in name for name, _ in make_encoder("bert").named_modules())
    assert not any("pooler" in name for name in target_layers(make_encoder("bert"), "all-linear"))
    assert not any("global" in name for name in target_layers(make_encoder("longformer"), "all-linear"))
    names = {name.rpartition(".")[2] for name in target_layers(encoder_of("Mamba", tmp_path), "all-linear")}
    assert names == {"in_proj", "x_proj"}  # dt_proj is read as a weight


def test_kinds_of_layers_that_there_are() -> None:
    assert make_encoder("bert").adaptable == make_encoder("modernbert").adaptable == ("attention", "all-linear")
    assert make_encoder("fnet").adaptable == make_encoder("xlnet").adaptable == ("all-linear",)
    assert all(make_encoder(family).adaptable == () for family in UNFIT)
    assert all(load_encoder(name).adaptable == () for name in ("glove", "elmo-mini", "skip-mini"))


def test_only_the_layers_of_the_groups_asked_for_get_adapters() -> None:
    encoder = make_encoder("electra")
    names = target_layers(encoder, "all-linear", 2)
    assert {name.split(".")[2] for name in names} == {"1", "2"}
    copied = adapted(encoder, LowRank(2))
    assert [len(group) for group in adapters_of(copied).groups(copied)] == [2, 12, 12, 12]
    copied = adapted_copy(encoder, LowRank(2), names, 0)
    assert [len(group) for group in adapters_of(copied).groups(copied)] == [0, 0, 12, 12]


def test_upper_layers_with_adapters_go_on_from_states_of_lower_layers() -> None:
    encoder = make_encoder("bert")
    copied = adapted_copy(encoder, LowRank(2), target_layers(encoder, "all-linear", 1), 0)
    moved(copied)
    batch = encoder.sample()
    assert batch is not None
    with torch.no_grad():
        below = encoder.encode(batch).states[2]
        torch.testing.assert_close(copied.encode_above(2, below, batch).states, top(copied, batch))


def test_first_weights_depend_on_the_seed_alone_and_random_numbers_of_others_stay() -> None:
    encoder, made = make_encoder("bert"), []
    for seed, turn in ((5, 0), (5, 1), (6, 2)):
        torch.manual_seed(turn)
        before = torch.get_rng_state()
        made.append(adapters_of(adapted(encoder, LowRank(2), seed)).state_dict())
        assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(tensor, made[1][name]) for name, tensor in made[0].items())
    assert not any(torch.equal(tensor, made[2][name]) for name, tensor in made[0].items() if "lora_A" in name)


def test_dropout_of_adapters_draws_from_the_generator_that_is_lent() -> None:
    copied = adapted(make_encoder("bert", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0), LowRank(2, 2.0))
    dropping = adapted(make_encoder("bert"), LowRank(2, 2.0, dropout=0.5))
    for encoder in (copied, dropping):
        moved(encoder)
        swap_dropout(encoder)
        encoder.train()
    state = torch.get_rng_state()
    runs = []
    for seed in (1, 1, 2):
        with torch.no_grad(), dropout_from(torch.Generator().manual_seed(seed)):
            runs.append(top(dropping))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])
    with torch.no_grad():
        assert torch.equal(top(copied), top(copied))


def test_a_step_moves_adapters_alone_in_both_precisions_and_shares_the_weights() -> None:
    encoder = make_encoder("bert")
    memory = {name: p.data_ptr() for name, p in encoder.named_parameters()}
    before = {name: p.clone() for name, p in encoder.named_parameters()}
    steps: dict[str, list[Tensor]] = {}
    for precision in ("fp32", "bf16"):
        copied = adapted(encoder, LowRank(2))
        adapters = moved(copied)
        own = {name.replace(".base_layer", ""): p for name, p in copied.named_parameters() if "lora_" not in name}
        assert {name: p.data_ptr() for name, p in own.items()} == memory
        parameters = list(adapters.parameters())
        set_gradients(
            copied, lambda _, copied=copied: top(copied).float()[..., 0].sum()[None],
            [(torch.zeros(1).long().numpy(), 1.0)], parameters, Tools(), (0, 0), copied.device, precision,
        )  # fmt: skip
        steps[precision] = [p.grad.clone() for p in parameters if p.grad is not None]
        torch.optim.SGD(parameters, 0.1).step()
    assert len(steps["fp32"]) == len(parameters)
    for exact, rounded in zip(steps["fp32"], steps["bf16"], strict=True):
        assert nn.functional.cosine_similarity(exact.flatten(), rounded.flatten(), 0) > 0.98
    assert all(torch.equal(p, before[name]) for name, p in encoder.named_parameters())


def test_an_adapted_encoder_is_read_in_bf16_as_others_are() -> None:
    copied = adapted(make_encoder("bert"), LowRank(2))
    moved(copied)
    with torch.no_grad():
        exact = top(copied)
        with frozen(copied, "bf16") as reader:
            assert off(top(reader).float(), exact) < 0.05


@pytest.mark.parametrize("family", ["bert", "modernbert", "albert", "GPT2", "T5"])
def test_a_merged_encoder_is_a_plain_one_that_shares_what_has_no_adapter(family: str, tmp_path: Path) -> None:
    encoder = encoder_of(family, tmp_path)
    fingerprint = encoder.fingerprint()
    layers = target_layers(encoder, "attention")
    adapters = moved(adapted_copy(encoder, LowRank(2), layers, 0))
    merged = merged_copy(encoder, LowRank(2), adapters.state_dict())
    assert merged.fingerprint() != fingerprint == encoder.fingerprint()
    assert merged.piece_work() == encoder.piece_work()
    before = {name: p.data_ptr() for name, p in encoder.model.named_parameters()}
    for name, parameter in merged.model.named_parameters():
        assert (parameter.data_ptr() == before[name]) == (name.removesuffix(".weight") not in layers)
    merged.save(tmp_path / "saved")
    assert load_encoder(str(tmp_path / "saved")).fingerprint() == merged.fingerprint()


def test_peft_merges_to_the_same_weights() -> None:
    encoder = make_encoder("bert")
    copied = adapted(encoder, LowRank(2, rank_stabilised=True))
    adapters = moved(copied)
    merged = merged_copy(encoder, LowRank(2, rank_stabilised=True), adapters.state_dict())
    for name in target_layers(encoder, "all-linear"):
        layer: Any = copied.model.get_submodule(name)
        layer.merge()
        torch.testing.assert_close(layer.base_layer.weight, merged.model.get_submodule(name).weight)


@pytest.mark.parametrize("family", ["bert", "deberta-v2", "modernbert", "GPT2"])
def test_saved_adapters_are_read_back_and_by_peft(family: str, tmp_path: Path) -> None:
    encoder = encoder_of(family, tmp_path)
    for rank_stabilised in (False, True):
        low_rank = LowRank(3, 5.0, rank_stabilised=rank_stabilised)
        copied = adapted(encoder, low_rank)
        adapters, folder = moved(copied), tmp_path / f"adapter{rank_stabilised}"
        folder.mkdir()
        save_adapters(folder, low_rank, adapters.state_dict())
        tensors = read_adapters(folder, "")
        assert tensors.keys() == adapters.state_dict().keys()
        assert all(torch.equal(tensor, adapters.state_dict()[name]) for name, tensor in tensors.items())
        encoder.save(tmp_path / "encoder")
        theirs = PeftModel.from_pretrained(AutoModel.from_pretrained(tmp_path / "encoder"), folder).eval()
        inputs = encoder.read_texts(["the cat sat", "good"])
        for i in range(2):
            ids = torch.from_numpy(inputs.ids[inputs.offsets[i] : inputs.offsets[i + 1]]).long()[None]
            with torch.no_grad():
                own = theirs(input_ids=ids).last_hidden_state[0]
                torch.testing.assert_close(top(copied, inputs.batch([i]))[0], own, atol=1e-4, rtol=1e-4)


def test_tensors_that_do_not_fit_are_refused() -> None:
    encoder = make_encoder("bert")
    state = moved(adapted(encoder, LowRank(2))).state_dict()
    some = next(iter(state))
    for changed, problem in (
        ({}, "has no adapters of this encoder"),
        ({"transformer.layer.0.q_lin.lora_A.weight": state[some]}, "has no adapters of this encoder"),
        ({name: tensor for name, tensor in state.items() if name != some}, f"it has no tensor {some}"),
        ({**state, "layer.lora_A.weight": state[some]}, "it has an unexpected tensor"),
        ({**state, some: state[some][:1]}, r"has the shape \[1, 16\]"),
        ({**state, some: state[some] * torch.nan}, "infinite or NaN"),
    ):
        with pytest.raises(InputError, match=f"^here: .*{problem}.*; do that$"):
            check_adapters(encoder, LowRank(2), changed, "here", "do that")
    with pytest.raises(InputError, match="has the shape"):
        check_adapters(encoder, LowRank(3), state, "here", "")


def test_where_peft_is_missing_it_says_what_to_install_and_merges_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoder = make_encoder("bert")
    copied = adapted(encoder, LowRank(2))
    state = moved(copied).state_dict()
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(InputError, match=r"peft.*pip install 'unfreeze\[lora\]'"):
        adapted(encoder, LowRank(2))
    with torch.no_grad():
        assert off(top(merged_copy(encoder, LowRank(2), state)), top(copied)) < 1e-5
