"""Bad input to `compare`: exit code 2, one line that says where and what, no traceback, nothing half-written."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tiny

from unfreeze.commands.compare import compare
from unfreeze.plan import plain, plan_from

Change = Callable[[Path], Any]


def _tree(folder: Path) -> dict[str, bytes | None]:
    """All there is below a folder, hidden files too."""
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}


def _one_line(code: int, complaint: str) -> str:
    assert code == 2, complaint
    assert complaint.startswith("unfreeze: ")
    assert complaint.count("\n") == 1
    assert complaint.endswith("\n")
    assert "Traceback" not in complaint
    return complaint


def _append(name: str, line: str) -> Change:
    def do(data: Path) -> None:
        with (data / name).open("a", encoding="utf-8") as file:
            file.write(line)

    return do


def _every_row(label: str) -> Change:
    def do(data: Path) -> None:
        for split in ("train", "dev", "test"):
            lines = (data / f"{split}.tsv").read_text(encoding="utf-8").splitlines()
            rows = [f"{line.split(chr(9))[0]}\t{label}" for line in lines[1:]]
            (data / f"{split}.tsv").write_text("\n".join([lines[0], *rows]) + "\n", encoding="utf-8")

    return do


def _hidden(name: str, label: str) -> Change:
    """All labels of a file replaced: its last fields."""

    def do(data: Path) -> None:
        lines = (data / name).read_text(encoding="utf-8").splitlines()
        header = lines[:1] if name.endswith(".tsv") else []
        rows = [re.sub(r"[^ \t]+$", label, line) for line in lines[len(header) :]]
        (data / name).write_text("\n".join([*header, *rows]) + "\n", encoding="utf-8")

    return do


def _first_rows(name: str, count: int) -> Change:
    def do(data: Path) -> None:
        lines = (data / name).read_text(encoding="utf-8").splitlines()[:count]
        (data / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    return do


def _undecodable(data: Path) -> None:
    lines = (data / "train.tsv").read_bytes().splitlines()
    lines[2] = b"caf\xe9 was good\tTrue"
    (data / "train.tsv").write_bytes(b"\n".join(lines) + b"\n")


# kind of data, what is done to it, more arguments, what the line must tell
FAULTS: dict[str, tuple[str, Change, tuple[str, ...], tuple[str, ...]]] = {
    "missing folder": ("classification", shutil.rmtree, (), ("data: no such file or folder",)),
    "no training file": ("classification", lambda d: (d / "train.tsv").unlink(), (), ("no training file",)),
    "wrong column": ("classification", lambda d: None, ("--text", "sentence"), ("no column 'sentence'", "label, text")),
    "ragged row": ("classification", _append("train.tsv", "three\tfields\there\n"), (), ("train.tsv:50: 3 fields",)),
    "class that train lacks": ("classification", _append("test.tsv", "fine\tPerhaps\n"), (),
                               ("test.tsv:32", "class 'Perhaps'", "False, True")),
    "one class only": ("classification", _every_row("True"), (), ("train.tsv:2", "two classes are needed")),
    "score in words": ("regression", _append("dev.tsv", "fine\tmany\n"), (), ("dev.tsv:26", "score 'many'")),
    "score that is not finite": ("regression", _append("dev.tsv", "fine\tnan\n"), (), ("dev.tsv:26", "score 'nan'")),
    "one score only": ("regression", _every_row("1.5"), (), ("train.tsv:2", "every training score is 1.5")),
    "broken tag": ("tagging-BIO", _append("train.conll", "\nbob B-LOC\nbob I-PER\n"), (), ("train.conll:", "I-PER")),
    "undecodable bytes": ("classification", _undecodable, (), ("train.tsv:3", "0xe9", "save the file as UTF-8")),
    "empty file": ("classification", lambda d: (d / "dev.tsv").write_bytes(b""), (), ("dev.tsv: the file is empty",)),
    "unknown task": ("classification", lambda d: None, ("--task", "clasification"), ("did you mean 'classification'",)),
    "task that does not fit": ("classification", lambda d: None, ("--task", "tagging"), ("needs words with tags",)),
    "unknown budget": ("classification", lambda d: None, ("--budget", "quik"), ("command line: budget", "'quik'")),
    "unknown method": ("classification", lambda d: None, ("--methods", "fine-tunning"), ("methods", "'fine-tunning'")),
    "unknown device": ("classification", lambda d: None, ("--device", "gpu"), ("device", "'gpu'")),
    "no seeds": ("classification", lambda d: None, ("--seeds", "0"), ("at least 1",)),
    "hidden classes": ("classification", _hidden("test.tsv", "False"), (), ("test.tsv: has one answer only",
                       "'False'", "leave the file out, and a test set is cut from train")),
    "hidden scores": ("regression", _hidden("test.tsv", "-1.0"), (), ("test.tsv: has one answer only", "'-1.0'")),
    "hidden tags": ("tagging-BIO", _hidden("dev.conll", "O"), (), ("dev.conll: has one answer only", "in a span")),
    "one test item": ("classification", _first_rows("test.tsv", 2), (), ("test.tsv: has 1 item",)),
    "no folder there": ("classification", lambda d: None, ("--encoder", "no/such/encoder/folder"), ("encoder",)),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_data_and_options(
    fault: str, tmp_path: Path, encoder: Path, data_of: Callable[[str], Path], command_line: Callable
) -> None:
    kind, change, arguments, told = FAULTS[fault]
    data = Path(shutil.copytree(data_of(kind), tmp_path / "data"))
    change(data)
    before = _tree(tmp_path)
    given = ("compare", data, "--encoder", encoder, "--out", tmp_path / "new" / "out")
    code, _, complaint = command_line(*given, *arguments)
    line = _one_line(code, complaint)
    assert all(part in line for part in told), line
    assert _tree(tmp_path) == before, "no folder was made, not even a parent"


@pytest.mark.parametrize("command", ["check", "probe"])
def test_hidden_labels_stop_other_commands_too(
    command: str, tmp_path: Path, encoder: Path, data_of: Callable[[str], Path], command_line: Callable
) -> None:
    data = Path(shutil.copytree(data_of("regression"), tmp_path / "data"))
    _hidden("test.tsv", "-1.0")(data)
    options = ("--encoder", encoder) if command == "probe" else ()
    code, _, complaint = command_line(command, data, *options)
    assert "test.tsv: has one answer only" in _one_line(code, complaint)


def test_a_dev_set_of_one_item_is_doubted_and_no_failure_is_told(
    tmp_path: Path, encoder: Path, data_of: Callable[[str], Path], command_line: Callable
) -> None:
    data = Path(shutil.copytree(data_of("classification"), tmp_path / "data"))
    _first_rows("dev.tsv", 2)(data)
    frozen, *_, tuned = tiny.recipes("classification")
    recipes = [plain(frozen), plain(replace(tuned, epochs=10))]  # both learn, so that none has one answer for all
    plan = tiny.plan_values(data, encoder, tmp_path / "out", "classification", seeds=1, recipes=recipes)
    told: list[str] = []
    result = compare(plan_from(plan), None, told.append)
    assert (
        "Warning: dev has 1 example, which cannot choose among recipes: of those that get it right the first is taken."
        in told
    )
    assert "Dev has 1 item: recipes and epochs were chosen nearly blindly." in result.verdict.doubts
    assert not any("one answer" in doubt for doubt in result.verdict.doubts)
    assert not any(run.degenerate for method in result.methods.values() for run in method.runs)


def test_tags_that_train_lacks_are_no_error(tmp_path: Path, encoder: Path, data_of: Callable[[str], Path]) -> None:
    data = Path(shutil.copytree(data_of("tagging-BIO"), tmp_path / "data"))
    _append("test.conll", "\nfriday B-DAY\n")(data)
    told: list[str] = []
    recipe = tiny.recipes("tagging-BIO")[0]
    plan = tiny.plan_values(data, encoder, tmp_path / "out", "tagging-BIO", methods=[recipe.method], seeds=1)
    result = compare(plan_from({**plan, "recipes": [recipe]}), None, told.append)
    assert any("DAY" in line for line in told), told
    assert result.data.sizes["test"] == 31


def _without(pattern: str) -> Change:
    return lambda folder: [path.unlink() for path in folder.glob(pattern)]


def _torn(name: str) -> Change:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:40])


def _drop_a_layer(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = {k: v for k, v in load_file(folder / "model.safetensors").items() if "layer.1" not in k}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def _other_width(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "intermediate_size": 8}), encoding="utf-8")


ENCODER_FAULTS: dict[str, tuple[Change, str]] = {
    "no weights": (_without("*.safetensors"), "contains no weights as safetensors"),
    "no configuration": (_without("config.json"), "contains no config.json"),
    "no tokenizer": (_without("token*"), "tokenizer"),
    "torn weights": (_torn("model.safetensors"), "cannot be loaded"),
    "torn configuration": (_torn("config.json"), "cannot be loaded"),
    "torn tokenizer": (_torn("tokenizer.json"), "cannot be loaded"),
    "weights of half a model": (_drop_a_layer, "layer.1"),
    "weights of another size": (_other_width, "32 in the weights, 8 by config.json"),
}


@pytest.mark.parametrize("fault", ENCODER_FAULTS)
def test_broken_encoder_folder(
    fault: str, tmp_path: Path, encoder: Path, data_of: Callable[[str], Path], command_line: Callable
) -> None:
    change, told = ENCODER_FAULTS[fault]
    broken = Path(shutil.copytree(encoder, tmp_path / "encoder"))
    change(broken)
    out = tmp_path / "new" / "out"
    code, _, complaint = command_line("compare", data_of("classification"), "--encoder", broken, "--out", out)
    assert told in _one_line(code, complaint)
    assert not out.parent.exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"buget": "quick"}, ("plan.yaml: unknown key 'buget'", "did you mean 'budget'")),
        ({"equivalence": "small"}, ("plan.yaml: equivalence", "'small'")),
        ({"equivalence": -0.1}, ("equivalence",)),
        ({"max_length": 2}, ("max_length", "at least 4")),
        ({"recipes": [{"method": "fine-tuning", "head": "linear"}]}, ("the same number of recipes",)),
        ({"recipes": [{"method": "fine-tuning", "head": "linear", "epoch": 3}]}, ("recipes[0]", "'epochs'")),
        ({"methods": []}, ("no method",)),
    ],
)
def test_bad_plan_file(
    change: dict[str, Any], told: tuple[str, ...],
    tmp_path: Path, encoder: Path, data_of: Callable, command_line: Callable,
) -> None:  # fmt: skip
    values = tiny.plan_values(data_of("classification"), encoder, tmp_path / "out", "classification")
    plan = tiny.write_plan(tmp_path / "plan.yaml", {**values, **change})
    code, _, complaint = command_line("compare", "--plan", plan)
    line = _one_line(code, complaint)
    assert all(part in line for part in told), line
    assert not (tmp_path / "out").exists()


def test_plan_that_is_no_yaml_or_missing(tmp_path: Path, command_line: Callable) -> None:
    (tmp_path / "plan.yaml").write_text("data: [\n", encoding="utf-8")
    for name in ("plan.yaml", "other.yaml"):
        code, _, complaint = command_line("compare", "--plan", tmp_path / name)
        assert name in _one_line(code, complaint)


@pytest.fixture
def call(encoder: Path, data_of: Callable[[str], Path], command_line: Callable) -> Callable[[Path], str]:
    """`call(out)` compares into `out` on the command line, which must fail: its one line."""

    def do(out: Path, data: Path | None = None) -> str:
        data = data or data_of("classification")
        code, _, complaint = command_line("compare", data, "--encoder", encoder, "--out", out)
        return _one_line(code, complaint)

    return do


def test_folder_with_other_files_is_left_alone(tmp_path: Path, call: Callable) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine", encoding="utf-8")
    assert "contains no comparison; choose another --out" in call(tmp_path / "out")
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    assert "choose another --out" in call(tmp_path / "file")
    assert "cannot be written" in call(tmp_path / "file" / "below")
    assert _tree(tmp_path) == {"file": b"mine", "out": None, "out/thesis.txt": b"mine"}


def test_folder_in_use_is_left_alone(tmp_path: Path, call: Callable, answered: Callable[[str], Path]) -> None:
    out = Path(shutil.copytree(answered("classification"), tmp_path / "out"))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        (out / ".lock").write_text(str(other.pid), encoding="ascii")
        before = _tree(out)
        assert f"is in use by process {other.pid}" in call(out)
        assert _tree(out) == before
        other.communicate(b"\n")


def test_folder_of_another_question_is_left_alone(
    tmp_path: Path, call: Callable, answered: Callable[[str], Path], data_of: Callable[[str], Path]
) -> None:
    out = Path(shutil.copytree(answered("classification"), tmp_path / "out"))
    before = _tree(out)
    assert "holds a comparison of other data" in call(out, data_of("regression"))
    assert _tree(out) == before


def test_folder_that_stopped_before_its_first_run_may_take_another_question(
    tmp_path: Path, encoder: Path, data_of: Callable[[str], Path], answered: Callable[[str], Path]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in ("comparison.json", "items.parquet"):
        shutil.copy(answered("regression") / name, out)
    recipe = tiny.recipes("classification")[0]
    settings = {"methods": [recipe.method], "recipes": [recipe], "seeds": 1}
    compare(tiny.tiny_plan(data_of("classification"), encoder, out, "classification", **settings))
    assert json.loads((out / "result.json").read_text(encoding="utf-8"))["task"] == "classification"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_unwritable_folder(tmp_path: Path, call: Callable) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    assert "cannot be written: Permission denied" in call(tmp_path / "closed" / "out")


def test_refused_folder_is_one_line(
    tmp_path: Path, call: Callable, data_of: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `test_unwritable_folder`, for those who test as root."""
    data_of("classification")  # made at its first use, which must not be refused

    def refuse(self: Path, *rest: Any, **more: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert "cannot be written: Permission denied" in call(tmp_path / "out")
    assert _tree(tmp_path) == {}


def test_full_disk_while_the_first_files_are_written(
    tmp_path: Path, call: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*rest: Any, **more: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert "No space left on device" in call(tmp_path / "new" / "out")
    assert _tree(tmp_path) == {}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("compare",), "name a file or folder"),
        (("compare", "--sedes", "3"), "--sedes"),
        (("compare", "x", "--seeds", "three"), "--seeds"),
        (("compair",), "compair"),
        (("report", "nowhere"), "nowhere"),
        (("check", "nowhere.tsv"), "nowhere.tsv"),
        (("encode", "nowhere.txt", "--out", "x.safetensors"), "nowhere.txt"),
        (("encode", "nowhere.txt", "--out", "x.npy"), ".safetensors"),
    ],
)
def test_usage_errors_exit_with_2(arguments: tuple[str, ...], told: str, command_line: Callable) -> None:
    code, _, complaint = command_line(*arguments)
    assert code == 2
    assert told in complaint
    assert "Traceback" not in complaint
