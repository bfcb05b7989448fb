"""Tensors that do not fit a module are reported by name."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from unfreeze.disk.tensors import check_fit, load_into, read_tensors
from unfreeze.errors import InputError


def weights() -> dict[str, Tensor]:
    return {"weight": torch.ones(2, 3), "bias": torch.zeros(2)}


def test_they_are_read_and_put_in(tmp_path: Path) -> None:
    save_file(weights(), tmp_path / "x.safetensors")
    layer = nn.Linear(3, 2)
    load_into(layer, read_tensors(tmp_path / "x.safetensors"), "x")
    assert torch.equal(layer.weight, torch.ones(2, 3))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"bias": None}, "it has no tensor bias"),
        ({"more": torch.ones(1)}, "it has an unexpected tensor, more"),
        ({"bias": torch.zeros(3)}, r"bias has the shape \[3\], expected \[2\]"),
        ({"weight": torch.ones(6)}, r"weight has the shape \[6\], expected \[2, 3\]"),
        ({"bias": torch.zeros(2, dtype=torch.int64)}, r"bias contains torch\.int64, expected torch\.float32"),
        ({"bias": torch.tensor([1.0, torch.nan])}, "bias contains weights that are infinite or NaN"),
        ({"bias": torch.tensor([torch.inf, 1.0])}, "bias contains weights that are infinite or NaN"),
    ],
)
def test_what_does_not_fit_is_reported(change: dict[str, Tensor | None], problem: str) -> None:
    found = {name: tensor for name, tensor in {**weights(), **change}.items() if tensor is not None}
    with pytest.raises(InputError, match=f"^x: cannot be loaded: {problem}; save it again$"):
        load_into(nn.Linear(3, 2), found, "x", "save it again")
    with torch.device("meta"), pytest.raises(InputError, match=problem):
        check_fit(nn.Linear(3, 2), found, "x")


@pytest.mark.parametrize("content", [None, b"", b"torn", b"\xff" * 64, b"\x02\0\0\0\0\0\0\0{}x"])
def test_torn_and_missing_files_are_reported(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.safetensors: cannot be loaded: .*; save it again$") as raised:
        read_tensors(path, "save it again")
    assert "\n" not in str(raised.value)
