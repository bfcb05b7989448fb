from __future__ import annotations

import pytest
import torch

from unfreeze.encoders.precision import autocast, fast_precision, pick_device
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
def test_bf16_only_where_the_processor_has_it(has: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for check in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, check, lambda check=check: check == has, raising=False)
    assert fast_precision(CPU) == ("bf16" if has else "fp32")


def test_autocast_halves_matrix_products_only_when_asked() -> None:
    a = torch.ones(2, 2)
    with autocast(CPU, "fp32"):
        assert (a @ a).dtype == torch.float32
    with autocast(CPU, "bf16"):
        assert (a @ a).dtype == torch.bfloat16
    assert (a @ a).dtype == torch.float32
