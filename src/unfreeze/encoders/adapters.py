"""Low-rank adapters in a frozen encoder (Hu et al. 2021, LoRA), made by peft, which only this file imports.

A linear layer W x becomes W x + s B A x, where A has `rank` rows and B as many columns. A and B learn. W stays, and is
shared with the encoder that the copy was made of, so no second copy of the weights is ever in memory.

Which layers can have an adapter is found by running a few pieces, not by the name of the model. peft adds B A x in the
layer's `forward`; an adapter on a layer whose weight is read past it (Mamba's `dt_proj`), or on which no state depends
(a pooler), would count as trained and learn nothing.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from unfreeze.disk.tensors import check_fit, read_tensors
from unfreeze.encoders.freezing import frozen, light_copy
from unfreeze.encoders.linear_layers import Linears, linear_layers, of_kind
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.recipe import Targets

INSTALL = "pip install 'unfreeze[lora]'"
FILE = "adapter_model.safetensors"
_NAME = "default"  # what peft calls an adapter that has no name
_PREFIX = "base_model.model."  # of the names of tensors in peft's files


@dataclass(frozen=True)
class LowRank:
    """Which adapters an encoder gets.

    Attributes:
        rank: of each product B A.
        alpha: B A is multiplied with alpha / rank.
        targets: layers that get an adapter: projections to queries and values, or all linear ones.
        dropout: on what A reads.
        rank_stabilised: B A is multiplied with alpha over the square root of the rank (Kalajdzievski 2023).
    """

    rank: int = 8
    alpha: float = 16.0
    targets: Targets = "all-linear"
    dropout: float = 0.0
    rank_stabilised: bool = False

    @property
    def scale(self) -> float:
        """What B A is multiplied with."""
        return self.alpha / (math.sqrt(self.rank) if self.rank_stabilised else self.rank)


class Adapters(nn.Module):
    """A and B of some layers, under the names of the layers.

    Its tensors are called `encoder.layer.0.attention.self.query.lora_A.weight` and so on, as in files of peft.
    """

    def __init__(self, pairs: Mapping[str, tuple[nn.Module, nn.Module]]) -> None:
        super().__init__()
        for name, (a, b) in pairs.items():
            place: nn.Module = self
            for part in name.split("."):
                if part not in dict(place.named_children()):
                    place.add_module(part, nn.Module())
                place = place.get_submodule(part)
            place.lora_A, place.lora_B = a, b

    def groups(self, encoder: TransformerEncoder) -> list[list[nn.Parameter]]:
        """Its parameters by layer group of that encoder, bottom to top; a group without adapters is empty."""
        ours = {id(p) for p in self.parameters()}
        return [[p for p in group if id(p) in ours] for group in encoder.layer_groups()]


def adapters_of(encoder: TransformerEncoder) -> Adapters:
    """Those inside an adapted encoder, the same parameter objects."""
    return Adapters({name: (layer.lora_A[_NAME], layer.lora_B[_NAME]) for name, layer in _adapted(encoder.model)})


def target_layers(encoder: TransformerEncoder, targets: Targets, top: int | None = None) -> tuple[str, ...]:
    """Names of the linear layers inside `encoder.model` that get an adapter, in the model's order.

    Those whose `forward` runs on the way to the states of the top layer.

    Args:
        top: only those in that many layer groups from the top; None: in all groups.
    """
    groups = encoder.layer_groups()
    wanted = of_kind(linear_layers(encoder.model, groups[len(groups) - (top or len(groups)) :]), targets)
    return tuple(_on_the_way(encoder, wanted))


def adapted_copy(
    encoder: TransformerEncoder, low_rank: LowRank, layers: Sequence[str], seed: int
) -> TransformerEncoder:
    """A copy with fresh adapters, which alone learn; until they do, its states are those of `encoder`.

    Args:
        encoder: stays as it is; the copy shares its weights.
        layers: see `target_layers`.
        seed: of the first weights, which depend on nothing else.

    Raises:
        InputError: peft is not installed.
    """
    peft: Any = _peft()
    made = light_copy(encoder)
    config = peft.LoraConfig(**_settings(low_rank, layers))
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it finds out on its own how a Conv1D keeps its weights
        torch.manual_seed(seed)
        peft.inject_adapter_in_model(config, made.model, adapter_name=_NAME)
    adapted = dict(_adapted(made.model))
    if set(adapted) != set(layers):  # it goes by ends of names
        raise RuntimeError(f"peft adapted other layers: {sorted(set(adapted) ^ set(layers))}")
    for layer in adapted.values():
        layer.cast_input_dtype_enabled = False  # autocast does it, and only where it must
    made.requires_grad_(False)
    adapters_of(made).requires_grad_(True)
    return made.eval()


def merged_copy(encoder: TransformerEncoder, low_rank: LowRank, state: Mapping[str, Tensor]) -> TransformerEncoder:
    """A plain encoder with W + s B A for W, as fast as `encoder`, whose other weights it shares. Needs no peft.

    Args:
        state: tensors of `Adapters` that fit, see `check_adapters`.
    """
    made = light_copy(encoder)
    for name, layer in _layers_of(encoder, state).items():
        a, b = (state[f"{name}.lora_{x}.weight"].to(encoder.device) for x in "AB")
        added = low_rank.scale * (b @ a)
        weight: Any = layer.weight
        own = weight.detach() + (added.T if isinstance(layer, Conv1D) else added)
        made.model.get_submodule(name).weight = nn.Parameter(own, requires_grad=False)
    return made


def check_adapters(
    encoder: TransformerEncoder, low_rank: LowRank, state: Mapping[str, Tensor], where: str, remedy: str
) -> None:
    """Raise `InputError` where tensors are not those of adapters in this encoder, or are not finite.

    Args:
        where, remedy: for the message.
    """
    layers = _layers_of(encoder, state)
    if not layers:
        raise InputError(say("has no adapters of this encoder; {remedy}", remedy=remedy), where=where)
    check_fit(_shapes(layers, low_rank.rank), state, where, remedy)


def save_adapters(folder: Path, low_rank: LowRank, state: Mapping[str, Tensor]) -> None:
    """Write tensors of `Adapters` into a folder as peft does, so that peft reads them over the same model as well."""
    layers = sorted({name.rpartition(".lora_")[0] for name in state})
    _peft().LoraConfig(**_settings(low_rank, layers)).save_pretrained(str(folder))
    tensors = {_PREFIX + name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    save_file(tensors, folder / FILE, metadata={"format": "pt"})


def read_adapters(folder: Path, remedy: str) -> dict[str, Tensor]:
    """Tensors that `save_adapters` wrote, by the names of `Adapters`. Raises `InputError` where they cannot be read."""
    return {name.removeprefix(_PREFIX): tensor for name, tensor in read_tensors(folder / FILE, remedy).items()}


def _peft() -> Any:
    try:
        import peft
    except ImportError as error:
        raise InputError(
            say("LoRA needs peft, which is not installed ({name}): {install}", name=error.name, install=INSTALL),
            where="lora",
        ) from None
    return peft


def _settings(low_rank: LowRank, layers: Sequence[str]) -> dict[str, Any]:
    """The arguments of peft's `LoraConfig`."""
    return {
        "r": low_rank.rank, "lora_alpha": low_rank.alpha, "lora_dropout": low_rank.dropout,
        "use_rslora": low_rank.rank_stabilised, "target_modules": list(layers), "bias": "none",
    }  # fmt: skip


def _adapted(model: nn.Module) -> Iterator[tuple[str, Any]]:
    """Layers with an adapter, by name."""
    return ((name, part) for name, part in model.named_modules() if hasattr(part, "lora_A"))


def _layers_of(encoder: TransformerEncoder, state: Mapping[str, Tensor]) -> Linears:
    """The encoder's layers that the tensors are named after."""
    names = {name.rpartition(".lora_")[0] for name in state}
    return {name: part for name, part in linear_layers(encoder.model).items() if name in names}


def _shapes(layers: Linears, rank: int) -> Adapters:
    """Adapters of these layers without memory."""
    made = {}
    with torch.device("meta"):
        for name, layer in layers.items():
            weight: Any = layer.weight
            out, into = weight.T.shape if isinstance(layer, Conv1D) else weight.shape
            made[name] = nn.Linear(into, rank, bias=False), nn.Linear(rank, out, bias=False)
    return Adapters(made)


def _on_the_way(encoder: TransformerEncoder, layers: Linears) -> list[str]:
    """Those of the layers whose outputs the states of the top layer depend on.

    Each adds a 0 of its own to what its `forward` gives; the states have a gradient for the zeros that reach them.
    """
    if not layers:
        return []
    copy = light_copy(encoder)
    parts = dict(copy.model.named_modules())
    zeros = {name: torch.zeros((), device=copy.device, requires_grad=True) for name in layers}
    with frozen(copy), torch.enable_grad(), torch.inference_mode(False), ExitStack() as hooks:
        for name, zero in zeros.items():
            hook = parts[name].register_forward_hook(lambda part, given, out, zero=zero: out + zero)
            hooks.callback(hook.remove)
        states = copy.encode(encoder.sample(), all_layers=False).states
        gradients = torch.autograd.grad(states.sum(), list(zeros.values()), allow_unused=True)
    return [name for name, gradient in zip(zeros, gradients, strict=True) if gradient is not None]
