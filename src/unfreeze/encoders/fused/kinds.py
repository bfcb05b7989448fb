"""Which layers of transformers can be computed as a `FusedLayer`: their classes, and where their parts are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn
from transformers import activations

from unfreeze.encoders.fused.layer import FusedLayer, Norm
from unfreeze.encoders.fused.product import Gelu, product
from unfreeze.encoders.fused_linear import FusedLinear


@dataclass(frozen=True)
class Names:
    """Where in a layer its parts are."""

    attention: str
    projections: tuple[str, str, str]
    heads: str
    out: str
    first_norm: str
    inner: str
    activation: str
    outer: str
    second_norm: str


_BERT = Names(
    "attention.self", ("query", "key", "value"), "num_attention_heads", "attention.output.dense",
    "attention.output.LayerNorm", "intermediate.dense", "intermediate.intermediate_act_fn", "output.dense",
    "output.LayerNorm",
)  # fmt: skip
_DISTILBERT = Names(
    "attention", ("q_lin", "k_lin", "v_lin"), "n_heads", "attention.out_lin", "sa_layer_norm", "ffn.lin1",
    "ffn.activation", "ffn.lin2", "output_layer_norm",
)  # fmt: skip
_KINDS = {
    **{
        f"{kind}.modeling_{kind}.{stem}Layer": _BERT
        for kind, stem in {
            "bert": "Bert", "roberta": "Roberta", "xlm_roberta": "XLMRoberta", "camembert": "Camembert",
            "electra": "Electra", "ernie": "Ernie",
        }.items()
    },
    "distilbert.modeling_distilbert.TransformerBlock": _DISTILBERT,
}  # fmt: skip
_PLAIN = (nn.Linear, FusedLinear, nn.LayerNorm, nn.Dropout)
_GELUS: dict[type, Gelu] = {activations.GELUActivation: "none", activations.NewGELUActivation: "tanh"}


def fused_layer(layer: nn.Module) -> FusedLayer | None:
    """The layer as a fused one over a copy of its weights; None where its class, or that of a part, is not known.

    Raises:
        RuntimeError: oneDNN does not take such weights.
    """
    names = _names_of(layer)
    if names is None or not all(_is_known(name, part, layer, names) for name, part in layer.named_modules()):
        return None
    attention: Any = layer.get_submodule(names.attention)
    if attention.is_causal:
        return None
    part: Any = layer.get_submodule
    activation = part(names.activation)
    gelu = _GELUS.get(type(activation))
    return FusedLayer(
        into=product([getattr(attention, name) for name in names.projections]),
        out=product([part(names.out)]),
        first_norm=Norm.of(part(names.first_norm)),
        inner=product([part(names.inner)], gelu),
        activation=activation if gelu is None else None,
        outer=product([part(names.outer)]),
        second_norm=Norm.of(part(names.second_norm)),
        heads=int(getattr(attention, names.heads)),
        scale=float(attention.scaling),
    )


def _names_of(layer: nn.Module) -> Names | None:
    """None for a class that is not transformers' own, whatever it is called."""
    home, _, rest = type(layer).__module__.partition(".models.")
    return _KINDS.get(f"{rest}.{type(layer).__name__}") if home == "transformers" else None


def _is_known(name: str, part: nn.Module, layer: nn.Module, names: Names) -> bool:
    """Whether a part of a layer is of a class that is known here, or is called as it is."""
    if name.startswith(names.activation):
        return True
    if isinstance(part, nn.Linear | nn.LayerNorm) and (part.weight is None or part.bias is None):
        return False
    return type(part) in _PLAIN or type(part).__module__ == type(layer).__module__
