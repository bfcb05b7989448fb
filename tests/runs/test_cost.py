"""Measured cost: memory that was used, and a median that warm-up and outliers do not touch."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest
import torch

from unfreeze.runs import cost
from unfreeze.runs.cost import Meter, free_bytes, machine_name, median_ms, peak_mb, processor_name, reset_peak

CPU = torch.device("cpu")


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the system cannot reset a peak")
def test_peak_rises_with_what_is_held_and_starts_again() -> None:
    reset_peak(CPU)
    before = peak_mb(CPU)
    held = torch.ones(30_000_000)  # 120 MB
    high = peak_mb(CPU)
    assert high - before == pytest.approx(held.numel() * 4 / 1e6, rel=0.2)
    del held
    assert peak_mb(CPU) == pytest.approx(high, rel=0.05), "a peak stays"
    reset_peak(CPU)
    assert peak_mb(CPU) < high - 80


def test_median_is_of_the_calls_after_two(monkeypatch: pytest.MonkeyPatch) -> None:
    begins = enumerate((9.0, 7.0, 0.001, 0.003, 5.0, 0.002, 0.004))
    clock = iter([x for turn, took in begins for x in (100.0 * turn, 100.0 * turn + took)])
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    calls: list[int] = []
    assert median_ms(lambda: calls.append(1), repeats=5) == pytest.approx(3.0)
    assert len(calls) == 7


def test_without_a_peak_the_memory_held_now_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "_STATUS", tmp_path / "none")
    assert peak_mb(CPU) == pytest.approx(psutil.Process().memory_info().rss / 1e6, rel=0.2)


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="the system does not list its processors")
def test_the_processor_is_called_what_its_maker_calls_it() -> None:
    names = [x for x in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if x.startswith("model name")]
    if names:
        assert processor_name(CPU)
        assert names[0].endswith(f": {processor_name(CPU)}")


@pytest.mark.parametrize(("processor", "name"), [("an i7", "an i7"), ("", "arm64")])
def test_where_the_system_does_not_list_its_processors_python_says_which(
    processor: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost, "Path", lambda path: tmp_path / path.strip("/"))
    monkeypatch.setattr("platform.processor", lambda: processor)
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert processor_name(CPU) == name


def test_of_a_gpu_its_own_memory_and_name_count(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu, peaks = torch.device("cuda", 1), {torch.device("cuda", 1): 5_500_000}
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: peaks[device])
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: peaks.update({device: 0}))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"GPU {device.index}")
    assert peak_mb(gpu) == 5.5
    reset_peak(gpu)
    assert peak_mb(gpu) == 0
    assert processor_name(gpu) == "GPU 1"


def test_works_that_overlap_share_their_seconds_evenly_and_each_has_the_peak_of_its_own_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One from 10 to 40, another from 20 to 30, a third from 60 to 65; the peak is of each moment since the last."""
    moments = iter([(10.0, 900.0), (20.0, 100.0), (30.0, 300.0), (40.0, 200.0), (60.0, 800.0), (65.0, 50.0)])
    now: list[float] = []

    def tick() -> float:
        now[:] = next(moments)
        return now[0]

    resets: list[torch.device] = []
    monkeypatch.setattr(time, "perf_counter", tick)
    monkeypatch.setattr(cost, "peak_mb", lambda device: now[1])
    monkeypatch.setattr(cost, "reset_peak", resets.append)
    meter = Meter(CPU)
    with meter.running() as first, meter.running() as second:
        pass
    with pytest.raises(KeyError), meter.running() as third:
        raise KeyError
    assert (first.clock, first.seconds, first.peak_mb) == (30.0, 25.0, 300.0)
    assert (second.clock, second.seconds, second.peak_mb) == (10.0, 5.0, 300.0)
    assert (third.clock, third.seconds, third.peak_mb) == (5.0, 5.0, 50.0)
    assert (first.share, second.share, third.share) == (25 / 30, 0.5, 1.0)
    assert resets == [CPU] * 6


def test_free_memory_is_that_of_the_container_where_it_has_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit, used = tmp_path / "max", tmp_path / "current"
    monkeypatch.setattr(cost, "_GROUPS", ((str(tmp_path / "none"), str(used)), (str(limit), str(used))))
    machine = psutil.virtual_memory().available
    used.write_text("700\n")
    for said, free in (("1000\n", 300), ("500\n", 0)):
        limit.write_text(said)
        assert free_bytes() == free
    for said in ("max\n", f"{10**18}\n"):
        limit.write_text(said)
        assert free_bytes() == pytest.approx(machine, rel=0.5)


@pytest.mark.parametrize(("threads", "words"), [(1, "1 thread"), (3, "3 threads")])
def test_a_kind_of_machine_is_the_processor_with_its_threads(
    threads: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    assert machine_name(CPU) == f"{processor_name(CPU)}, {words}"


def test_a_gpu_is_a_kind_of_machine_whatever_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "H200")
    assert machine_name(torch.device("cuda")) == "H200"
