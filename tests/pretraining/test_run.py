"""A whole run: what its folder holds before, while and after."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from made_corpus import asked, write_corpus
from safetensors import safe_open

from unfreeze.encoders.load import load_encoder
from unfreeze.errors import InputError
from unfreeze.pretraining.card import CARD
from unfreeze.pretraining.record import RECORD, read_record
from unfreeze.pretraining.run import WORK, run
from unfreeze.pretraining.settings import Pretraining

OBJECTIVES = ("mlm", "bilm", "skip-thoughts")
WEIGHTS = (".safetensors", ".hdf5", ".npy", ".npz")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """In fp32, and without the second that the measured peak takes."""
    monkeypatch.setattr("unfreeze.pretraining.run.precision_to_use", lambda device, begun: begun or "fp32")
    monkeypatch.setattr("unfreeze.pretraining.run.matmul_peak", lambda device, precision: 1e9)


def settings(folder: Path, objective: str, **more: object) -> Pretraining:
    folder.mkdir(exist_ok=True)
    if not (folder / "text.txt").exists():
        write_corpus(folder / "text.txt", 8)
    given = {"tokens": 280, "device": "cpu", "checkpoint_minutes": 1e-6, **more}
    return asked(folder, objective, **given)


def stop_at(step: int) -> Callable[[Any], None]:
    def told(progress: Any) -> None:
        if progress.step == step:
            raise KeyboardInterrupt

    return told


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_finished_run_is_an_encoder_with_its_record(objective: str, tmp_path: Path) -> None:
    wanted = settings(tmp_path, objective)
    told: list[str] = []
    points: list[Any] = []
    record = run(wanted, told.append, point=points.append)
    out = Path(wanted.out)
    assert not (out / WORK).exists()
    assert not (out / ".lock").exists()
    assert read_record(out) == replace(record, sizes=json.loads(json.dumps(record.sizes)))
    assert record.finished
    assert record.settings == wanted
    assert record.curve[-1]["tokens"] >= 280 > record.curve[-2]["tokens"]
    assert [p.curve[-1]["step"] for p in points] == [p["step"] for p in record.curve]
    assert record.speed == pytest.approx(record.curve[-1]["tokens"] / record.curve[-1]["seconds"])
    assert record.share_of_peak is not None
    assert record.share_of_peak > 0
    assert f"{record.tokens:,} {record.unit} to train on" in told[-1]
    assert (out / "pretraining.html").exists()
    states = load_encoder(str(out)).encode(load_encoder(str(out)).read_texts(["The old king sees."]).batch([0]))
    assert torch.isfinite(states.states).all()


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_an_interrupted_run_resumes_to_the_same_files(objective: str, tmp_path: Path) -> None:
    wanted = settings(tmp_path, objective)
    out = Path(wanted.out)
    with pytest.raises(KeyboardInterrupt):
        run(wanted, after_step=stop_at(4))
    assert (out / WORK / "checkpoint.pt").exists()
    assert not (out / ".lock").exists()
    assert not read_record(out).finished
    assert len(read_record(out).curve) == 3
    kept = tmp_path / "kept"
    os.rename(out, kept)  # to be resumed twice
    runs = []
    for name, steps in (("straight", None), ("again", 5)):
        again = replace(wanted, out=str(tmp_path / name))
        copied = Path(again.out)
        for path in kept.rglob("*"):
            if path.is_file():
                (copied / path.relative_to(kept)).parent.mkdir(parents=True, exist_ok=True)
                (copied / path.relative_to(kept)).write_bytes(path.read_bytes())
        if steps:
            with pytest.raises(KeyboardInterrupt):
                run(again, after_step=stop_at(steps))
        runs.append((run(again), files(copied)))
    (one, left), (other, right) = runs
    assert [(p["step"], p["loss"], p["held_out"]) for p in one.curve] == [
        (p["step"], p["loss"], p["held_out"]) for p in other.curve
    ]
    weights = [name for name in left if name.endswith(WEIGHTS)]
    assert weights
    for name in weights:
        for key, array in arrays(tmp_path / "straight" / name).items():
            assert np.array_equal(array, arrays(tmp_path / "again" / name)[key]), (name, key)
    assert left.keys() == right.keys()


def arrays(path: Path) -> dict[str, Any]:
    if path.suffix == ".safetensors":
        with safe_open(path, "np") as opened:
            return {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (no mapping)
    if path.suffix == ".npz":
        return dict(np.load(path))
    if path.suffix == ".npy":
        return {"": np.load(path)}
    found = {}
    with h5py.File(path) as opened:
        opened.visititems(lambda name, x: found.update({name: x[()]}) if isinstance(x, h5py.Dataset) else None)
    return found


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_half_the_bits_are_an_encoder_too(objective: str, tmp_path: Path) -> None:
    wanted = settings(tmp_path, objective, half=True, tokens=100)
    run(wanted)
    out = Path(wanted.out)
    weights = [path for path in sorted(out.iterdir()) if path.suffix in WEIGHTS]
    assert len({path.stat().st_mode for path in out.iterdir() if path.is_file()}) == 1, "some are their owner's alone"
    assert {array.dtype for path in weights for array in arrays(path).values()} == {np.dtype("float16")}
    encoder = load_encoder(str(out))
    states = encoder.encode(encoder.read_texts(["The old king sees."]).batch([0])).states
    assert states.dtype == torch.float32
    assert torch.isfinite(states).all()


def test_an_unfinished_run_keeps_its_settings(tmp_path: Path) -> None:
    wanted = settings(tmp_path, "bilm")
    with pytest.raises(KeyboardInterrupt):
        run(wanted, after_step=stop_at(4))
    before = files(Path(wanted.out))
    for change, where in (
        ({"tokens": 700}, "--tokens"),
        ({"seed": 1}, "--seed"),
        ({"objective": "mlm"}, "--objective"),
    ):
        with pytest.raises(InputError, match=where):
            run(replace(wanted, **change))
    assert files(Path(wanted.out)) == before
    steps: list[int] = []
    run(replace(wanted, half=True, checkpoint_minutes=5.0), after_step=lambda progress: steps.append(progress.step))
    assert steps[0] == 4


def test_another_corpus_is_reported_and_the_run_is_kept(tmp_path: Path) -> None:
    wanted = settings(tmp_path, "skip-thoughts")
    with pytest.raises(KeyboardInterrupt):
        run(wanted, after_step=stop_at(4))
    text = Path(wanted.corpus[0])
    content = text.read_bytes()
    text.write_bytes(content + b"More.\n")
    before = files(Path(wanted.out))
    with pytest.raises(InputError, match="not the one that this run was started with"):
        run(wanted)
    assert files(Path(wanted.out)) == before
    text.write_bytes(content)
    assert run(wanted).finished


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("place", ["halve", "write_card"])
def test_an_end_that_fails_is_made_again(
    place: str, objective: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without training again: nothing is left to do but to write the encoder."""
    wanted = settings(tmp_path, objective, half=True, tokens=100)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(f"unfreeze.pretraining.run.{place}", full)
        with pytest.raises((OSError, InputError), match="No space"):
            run(wanted)
    out = Path(wanted.out)
    before = read_record(out)
    assert not before.finished
    after = run(wanted, after_step=stop_at(before.curve[-1]["step"] + 1))
    assert after.finished
    assert after.curve == before.curve
    assert (out / CARD).exists()
    assert load_encoder(str(out)).width > 0


def test_the_curve_is_there_while_a_run_goes_on(tmp_path: Path) -> None:
    wanted = settings(tmp_path, "skip-thoughts")
    with pytest.raises(KeyboardInterrupt):
        run(wanted, after_step=stop_at(4))
    curve = read_record(Path(wanted.out)).curve
    with pytest.raises(KeyboardInterrupt):
        run(wanted, after_step=stop_at(4))
    assert read_record(Path(wanted.out)).curve == curve


def test_a_finished_folder_is_left_alone(tmp_path: Path) -> None:
    wanted = settings(tmp_path, "skip-thoughts", tokens=50)
    run(wanted)
    before = files(Path(wanted.out))
    with pytest.raises(InputError, match="contains a finished run"):
        run(wanted)
    assert files(Path(wanted.out)) == before


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    wanted = settings(tmp_path, "bilm")
    out = Path(wanted.out)
    out.mkdir()
    (out / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="choose another --out"):
        run(wanted)
    assert files(out) == {"letter.txt": b"mine"}


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("change", [{"corpus": ("nowhere.txt",)}, {"size": "tinny"}, {"corpus": None}])
def test_a_start_that_fails_leaves_nothing_behind(objective: str, change: dict[str, Any], tmp_path: Path) -> None:
    wanted = settings(tmp_path, objective)
    if change.get("corpus", ()) is None:  # seen late: the vocabulary is there by then
        (tmp_path / "text.txt").write_text("one document alone\n", encoding="utf-8")
        change = {}
    with pytest.raises(InputError):
        run(replace(wanted, **change))
    assert not Path(wanted.out).exists()


def test_a_diverged_run_continues_from_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from unfreeze.pretraining.skip_thoughts import SkipThoughts

    wanted = settings(tmp_path, "skip-thoughts")
    with monkeypatch.context() as patch:
        loss = SkipThoughts.loss
        steps = [0]

        def broken(self: SkipThoughts, batch: Any, rows: Any) -> torch.Tensor:
            steps[0] += 1
            return loss(self, batch, rows) * (float("nan") if steps[0] > 8 else 1.0)

        patch.setattr(SkipThoughts, "loss", broken)
        with pytest.raises(InputError, match="the loss is not finite after step"):
            run(wanted)
    reached = read_record(Path(wanted.out)).curve[-1]["step"]
    assert reached > 2
    seen: list[int] = []
    assert run(wanted, after_step=lambda progress: seen.append(progress.step)).finished
    assert seen[0] == reached + 1


def test_hours_end(tmp_path: Path) -> None:
    record = run(settings(tmp_path, "bilm", tokens=None, hours=0.2 / 3600))
    assert record.finished
    assert 0.2 <= record.curve[-1]["seconds"] < 3


def test_passes_end(tmp_path: Path) -> None:
    record = run(settings(tmp_path, "skip-thoughts", tokens=None, passes=0.3))
    assert record.curve[-1]["tokens"] >= 0.3 * record.tokens > record.curve[-2]["tokens"]


def test_a_run_continues_from_a_finished_one(tmp_path: Path) -> None:
    first = settings(tmp_path, "mlm", learning_rate=0.02)
    before = run(first)
    second = replace(first, start=first.out, out=str(tmp_path / "second"), learning_rate=0.001)
    after = run(second)
    assert after.curve[0]["held_out"]["loss"] == pytest.approx(before.curve[-1]["held_out"]["loss"], abs=0.1)
    assert (Path(second.out) / RECORD).exists()


def test_a_run_is_resumed_in_the_precision_that_it_began_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = settings(tmp_path, "bilm")
    with pytest.raises(KeyboardInterrupt):
        run(wanted, after_step=stop_at(2))
    monkeypatch.setattr("unfreeze.pretraining.run.precision_to_use", lambda device, begun: {"fp32": "fp32"}[begun])
    assert run(wanted).precision == "fp32"
