"""Linear layers in bf16 on a processor, with the bias added inside the product."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class FusedLinear(nn.Linear):
    """A linear layer for inference through oneDNN's own operator.

    `nn.Linear` first copies the bias over its whole output and then adds the product to it, a tenth of the time of
    narrow layers (benchmarks/extraction.py). Same weights under the same names; no gradients.
    """

    def forward(self, input: Tensor) -> Tensor:
        """(..., in) to (..., out)."""
        out: Tensor = torch.ops.mkldnn._linear_pointwise(input, self.weight, self.bias, "none", [], "")
        return out


def can_fuse() -> bool:
    """Whether this build of torch has the operator and this processor can run it in bf16."""
    operators = torch.ops.mkldnn
    return all(hasattr(operators, name) for name in ("_linear_pointwise", "_is_mkldnn_bf16_supported")) and bool(
        operators._is_mkldnn_bf16_supported()
    )


def fuse_linears(module: nn.Module) -> None:
    """Turn every plain bf16 linear layer inside `module` into a fused one, where that can be had."""
    if not can_fuse():
        return
    for part in module.modules():
        if type(part) is nn.Linear and part.weight.dtype == torch.bfloat16 and part.weight.device.type == "cpu":
            part.__class__ = FusedLinear
