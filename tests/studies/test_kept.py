"""Statistics of cells come back to the last bit, and take little room."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unfreeze.errors import InputError
from unfreeze.studies.kept import About, packed, read_kept, unpacked, write_kept
from unfreeze.tasks.items import LabelSpace

ABOUT = About(
    {"method": "fine-tuning"}, "regression", None, LabelSpace(), 10, 1.5, ((0.25, 0.75),), 0, 0.0, "bf16", ("m",)
)


def moments(said: np.ndarray, gold: np.ndarray) -> np.ndarray:
    x = np.broadcast_to(gold, said.shape)
    return np.stack([np.ones_like(said), x, said, x * x, said * said, x * said], 2)


@pytest.mark.parametrize("kind", ["moments", "counts", "doubles", "large", "one item"])
def test_statistics_come_back_as_they_were(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    said = rng.normal(size=(3, 40)).astype(np.float32).astype(float)
    made = {
        "moments": moments(said, rng.integers(0, 6, 40) / 2),
        "counts": rng.integers(0, 5, (3, 40, 3)).astype(float),
        "doubles": rng.normal(size=(3, 40, 2)),
        "large": rng.integers(0, 1 << 40, (3, 40, 2)).astype(float),
        "one item": np.array([[[1.0, 300.0]]]),
    }[kind]
    write_kept(tmp_path / "cell.npz", ABOUT, made)
    about, found = read_kept(tmp_path / "cell.npz")
    assert about == ABOUT
    assert found.shape == made.shape
    assert np.array_equal(found, made)


def test_what_follows_from_the_rest_is_not_stored() -> None:
    rng = np.random.default_rng(0)
    stored = packed(moments(rng.normal(size=(3, 40)), rng.normal(size=40)))
    sizes = {name: values.size for name, values in stored.items() if name != "shape"}
    assert sizes == {"0": 40, "1": 40, "2": 120, "3=1x1": 0, "4=2x2": 0, "5=1x2": 0}
    assert unpacked(stored).shape == (3, 40, 6)


def test_something_else_is_reported(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    (tmp_path / "text.npz").write_text("text")
    for name in ("other.npz", "text.npz"):
        with pytest.raises(InputError, match="delete it, so that its cell is measured again"):
            read_kept(tmp_path / name)
