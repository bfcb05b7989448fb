"""Pretraining on a disk that takes no more goes on, where there is room again, to what an unbroken run makes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from made_corpus import asked, write_corpus

from unfreeze.errors import InputError
from unfreeze.pretraining.run import run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no limits on the size of files")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """In fp32, and without the second that the measured peak takes."""
    monkeypatch.setattr("unfreeze.pretraining.run.precision_to_use", lambda device, begun: begun or "fp32")
    monkeypatch.setattr("unfreeze.pretraining.run.matmul_peak", lambda device, precision: 1e9)


@pytest.mark.parametrize("objective", ["mlm", "bilm", "skip-thoughts"])
def test_what_a_full_disk_stopped_resumes_to_the_same_weights(objective: str, tmp_path: Path) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    stopped = set()
    write_corpus(tmp_path / "text.txt", 8)
    wanted, whole = (
        asked(tmp_path, objective, tokens=120, device="cpu", half=True, out=str(tmp_path / name))
        for name in ("out", "whole")
    )
    for size in (0, 60, 2000, 12_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            with pytest.raises(InputError, match="cannot be written: ") as raised:
                run(wanted)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        stopped.add(str(raised.value.where))
        assert not list(tmp_path.rglob(".*")), "nothing half-written"
    assert len(stopped) >= 3
    run(wanted)
    run(whole)
    files = [path for path in Path(whole.out).iterdir() if path.suffix in (".safetensors", ".hdf5", ".npy", ".npz")]
    assert files
    for path in files:
        assert (Path(wanted.out) / path.name).read_bytes() == path.read_bytes()
