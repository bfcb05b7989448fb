from __future__ import annotations

import time

import pytest
import torch

from unfreeze.encoders import precision
from unfreeze.encoders.precision import autocast, fast_precision, pick_device, precision_to_use
from unfreeze.errors import InputError

CPU = torch.device("cpu")


def test_devices_are_picked_by_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pick_device("cpu") == CPU
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device("auto") == CPU
    with pytest.raises(InputError, match="no CUDA device"):
        pick_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device("auto") == pick_device("cuda") == torch.device("cuda")


def test_unknown_device() -> None:
    with pytest.raises(InputError, match=r"--device: unknown device 'gpu' \(.*known: auto, cpu, cuda\)"):
        pick_device("gpu")


@pytest.mark.parametrize("has", [None, "_is_avx512_bf16_supported", "_is_amx_tile_supported"])
@pytest.mark.parametrize("speed", [0.5, 1.1, 2.2])
def test_bf16_only_where_the_processor_has_it_and_is_faster_for_it(
    has: str | None, speed: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    for check in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, check, lambda check=check: check == has, raising=False)
    monkeypatch.setattr(precision, "bf16_speed", lambda: speed)
    assert fast_precision(CPU) == ("bf16" if has and speed > 2 else "fp32")


def test_what_was_begun_is_resumed_in_its_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a stopwatch says meanwhile; only a device that cannot do it decides again."""
    for fast in ("fp32", "bf16"):
        monkeypatch.setattr(precision, "fast_precision", lambda device, fast=fast: fast)
        assert [precision_to_use(CPU, begun) for begun in ("fp32", "bf16")] == ["fp32", "bf16"]
        assert [precision_to_use(CPU, begun) for begun in (None, "fp8")] == [fast, fast]
    monkeypatch.setattr(precision, "fast_precision", lambda device: "fp32")
    for can in (True, False):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda can=can: can)
        assert precision_to_use(torch.device("cuda"), "bf16") == ("bf16" if can else "fp32")


@pytest.mark.parametrize("slow", [torch.float32, torch.bfloat16])
def test_the_speed_of_bf16_is_a_measurement(slow: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    def delayed(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """Takes no time of its own, whatever the processor is quick at."""
        if a.dtype == slow:
            time.sleep(0.05)
        return torch.empty(len(a), b.shape[1], dtype=a.dtype)

    monkeypatch.setattr(torch, "mm", delayed)
    speed = precision.bf16_speed.__wrapped__()
    assert speed > 1.5 if slow == torch.float32 else speed < 0.7


def test_autocast_halves_matrix_products_only_when_asked() -> None:
    a = torch.ones(2, 2)
    with autocast(CPU, "fp32"):
        assert (a @ a).dtype == torch.float32
    with autocast(CPU, "bf16"):
        assert (a @ a).dtype == torch.bfloat16
    assert (a @ a).dtype == torch.float32
