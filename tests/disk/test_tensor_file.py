"""A safetensors file filled part by part is what safetensors itself reads."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

from unfreeze.disk.tensor_file import Room, kept_tensors, new_tensors


def test_parts_in_any_order_make_the_tensors(tmp_path: Path) -> None:
    """The odd number of floats would leave the whole numbers where no machine reads them, were they after these."""
    states, places = np.arange(15, dtype=np.float32).reshape(3, 5), np.array([2**40, -1])
    rooms = {"states": Room("F32", (3, 5)), "empty": Room("F32", (0, 4)), "places": Room("I64", (2,))}
    with new_tensors(tmp_path / "x.safetensors", rooms, {"told": 'the "film" naïve'}) as file:
        file.write("places", 1, places[1:])
        file.write("states", 7, states.reshape(-1)[7:])
        file.write("places", 0, places[:1])
        file.write("states", 0, states.astype(np.float64).reshape(-1)[:7])
    tensors = load_file(tmp_path / "x.safetensors")
    np.testing.assert_array_equal(tensors["states"], states)
    np.testing.assert_array_equal(tensors["places"], places)
    assert tensors["empty"].shape == (0, 4)
    with safe_open(tmp_path / "x.safetensors", framework="pt") as read:
        assert read.metadata() == {"told": 'the "film" naïve'}
        assert read.get_tensor("places").tolist() == places.tolist()


def test_what_is_not_written_is_zero(tmp_path: Path) -> None:
    with new_tensors(tmp_path / "x.safetensors", {"states": Room("F32", (4,))}, {}) as file:
        file.write("states", 1, np.ones(2))
    assert load_file(tmp_path / "x.safetensors")["states"].tolist() == [0, 1, 1, 0]


def test_others_may_read_it_as_they_may_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    with new_tensors(tmp_path / "x.safetensors", {}, {}):
        pass
    assert os.stat(tmp_path / "x.safetensors").st_mode == os.stat(tmp_path / "plain").st_mode


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stop"), new_tensors(tmp_path / "x.safetensors", {"a": Room("F32", (2,))}, {}):
        raise ValueError("stop")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_kept_is_gone_on_with(tmp_path: Path) -> None:
    path, rooms = tmp_path / "x.safetensors", {"states": Room("F32", (4,)), "places": Room("I64", (1,))}
    with pytest.raises(ValueError, match="stop"), kept_tensors(path, rooms, {"told": "a"}) as file:
        file.write("states", 2, np.array([3.0, 4.0]))
        file.flush()
        assert b"\x00\x00\x80\x40" in path.read_bytes(), "4.0 is there before the file is closed"
        raise ValueError("stop")
    with kept_tensors(path, rooms, {"told": "a"}) as file:
        file.write("states", 0, np.array([1.0, 2.0]))
        file.write("places", 0, np.array([9]))
    tensors = load_file(path)
    assert (tensors["states"].tolist(), tensors["places"].tolist()) == ([1, 2, 3, 4], [9])
    with new_tensors(tmp_path / "y.safetensors", rooms, {"told": "a"}) as file:
        file.write("states", 0, np.array([1.0, 2.0, 3.0, 4.0]))
        file.write("places", 0, np.array([9]))
    assert path.read_bytes() == (tmp_path / "y.safetensors").read_bytes()
