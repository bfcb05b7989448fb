"""Classes of processors, which differ most in how fast they multiply bf16: results are kept apart by them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ProcessorClass:
    """What a machine is for these benchmarks.

    Attributes:
        folder: in `results/`.
        title: on the page.
        about: which machines are meant.
    """

    folder: str
    title: str
    about: str


FP32 = ProcessorClass("fp32", "fp32 only", "processors that multiply bf16 no faster than fp32")
AVX512_BF16 = ProcessorClass(
    "avx512-bf16", "AVX512-BF16", "processors without AMX that multiply bf16 about twice as fast as fp32"
)
AMX = ProcessorClass(
    "amx", "AMX", "Intel server processors of 2023 and later, which multiply bf16 6 to 10 times as fast as fp32"
)
GPU = ProcessorClass("gpu", "GPU", "CUDA devices, measured by `benchmarks/gpu.py` alone")
CLASSES = (FP32, AVX512_BF16, AMX, GPU)


def processor_here() -> ProcessorClass:
    """The class of this machine's processor, by the precision that the package takes on it."""
    import torch

    from unfreeze.encoders.precision import fast_precision

    if fast_precision(torch.device("cpu")) == "fp32":
        return FP32
    return AMX if torch.cpu._is_amx_tile_supported() else AVX512_BF16
