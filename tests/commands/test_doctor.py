"""What an installation and its machine are."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from unfreeze.commands import doctor as module
from unfreeze.commands.doctor import examined
from unfreeze.encoders.packaged import PACKAGED
from unfreeze.encoders.precision import fast_precision, pick_device


def test_it_says_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "cache" / ("a" * 32)
    store.mkdir(parents=True)
    (store / "meta.json").write_bytes(b"x" * 1_000_000)
    (store / "states.bin").write_bytes(b"x" * 500_000)
    (tmp_path / "cache" / "encoders").mkdir()
    monkeypatch.setenv("UNFREEZE_CACHE", str(tmp_path / "cache"))
    found = examined("cpu")
    assert found.packages["torch"] == version("torch")
    assert found.precision == fast_precision(pick_device("cpu"))
    assert found.bf16 is not None
    assert found.bf16 > 0
    assert set(found.encoders) >= set(PACKAGED)
    assert (found.cache["stores"], found.cache["mb"]) == (1, 1.5)
    lines = list(found.lines())
    assert lines[0].startswith(f"unfreeze {version('unfreeze')}, Python 3.")
    assert f"cache: {tmp_path / 'cache'}, 1 stores of layer states with 1.5 MB, at most 8 GB" in lines[-1]
    assert all("\n" not in line for line in lines)


def test_a_folder_of_stores_that_is_not_there_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFREEZE_CACHE", str(tmp_path / "deep" / "cache"))
    found = examined("cpu")
    assert (found.cache["stores"], found.cache["mb"]) == (0, 0)
    assert not (tmp_path / "deep").exists()


class Metadata:
    """Stands in for this package's."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines

    def get_all(self, key: str) -> tuple[str, ...]:
        assert key == "Requires-Dist"
        return self.lines


def test_an_extra_is_there_if_all_of_its_packages_are(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (
        "torch>=2.6", "numpy; extra == 'whole'", 'typer>=0.1; extra == "whole"', "numpy; extra == 'half'",
        "no-such-package-anywhere; extra == 'half'", "pytest; extra == 'dev'",
    )  # fmt: skip
    monkeypatch.setattr(module, "metadata", lambda name: Metadata(*lines))
    found = examined("cpu")
    assert found.extras == {"half": None, "whole": f"numpy {version('numpy')}, typer {version('typer')}"}
    assert "extra half: missing; pip install 'unfreeze[half]'" in list(found.lines())


def test_the_command_prints_lines_or_json(command_line: Callable[..., tuple[int, str, str]]) -> None:
    code, said, _ = command_line("doctor", "--device", "cpu")
    assert code == 0
    assert [line.partition(":")[0] for line in said.splitlines()[1:4]] == ["packages", "device", "precision"]
    code, said, _ = command_line("doctor", "--json")
    assert code == 0
    assert json.loads(said)["unfreeze"] == version("unfreeze")
    assert command_line("--version")[:2] == (0, f"unfreeze {version('unfreeze')}\n")
    assert command_line("doctor", "--device", "tpu")[0] == 2
