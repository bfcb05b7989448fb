"""The commands of the READMEs and guides run, one page after the other, as a reader would type them.

Only what takes long is smaller: few rows of the examples, a tiny encoder in the place of `minilm` and `bert-mini`, two
recipes of two passes, and the words of `SHORTER`. Commands of other tools run in bash, but for those of `SKIPPED`.
"""

from __future__ import annotations

import lzma
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tiny

from unfreeze.methods import budgets

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md", "docs/tutorial.md", "docs/install.md", "docs/encoders.md", "docs/output.md", "docs/folds.md",
    "docs/export.md", "docs/pretraining.md", "docs/chinese.md",
)  # fmt: skip
SKIPPED = ("pip", "make", "unfreeze --install-completion", "unfreeze export my-out/bundle")
"""What installs, changes a person's shell, or has a name that stands for a reader's own bundle."""
SHORTER = {"--hours 2": "--passes 1", "--size mini": "--size tiny", "--passes 3": "--passes 1"}
ROWS = 60

pytestmark = pytest.mark.slow


def _few(path: Path) -> str:
    """The first rows of a file of the examples, or its first sentences."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".conll":
        return "\n\n".join(text.split("\n\n")[:ROWS]) + "\n"
    return "\n".join(text.split("\n")[: ROWS + 1]) + "\n" if path.suffix == ".tsv" else text


def _small_examples(folder: Path) -> Path:
    """The example data with few rows."""
    for path in (path for path in (ROOT / "examples").rglob("*") if path.is_file()):
        to = folder / path.relative_to(ROOT / "examples")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(re.sub("train_size: .*", "train_size: 50", _few(path)), encoding="utf-8")
    return folder


def _quick(*arguments: Any) -> tuple[Any, ...]:
    """The first two recipes of a budget, with two passes each."""
    return tuple(replace(one, min_steps=0, epochs=2, batch_size=16) for one in budgets.recipes(*arguments)[:2])


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with what pages take to be there."""
    import unfreeze.commands.probe
    import unfreeze.commands.steps
    from unfreeze.commands import examples
    from unfreeze.encoders import packaged
    from unfreeze.runs import question

    encoder = tiny.make_encoder(tmp_path / "encoders" / "tiny")
    real = packaged._installed
    monkeypatch.setattr(packaged, "_installed", lambda name: encoder if name in ("minilm", "bert-mini") else real(name))
    monkeypatch.setattr(examples, "PLACES", (_small_examples(tmp_path / "packaged"),))
    monkeypatch.setattr(question, "FEW", ROWS // 2)  # the examples have more rows than make folds
    for module in (unfreeze.commands.steps, unfreeze.commands.probe):
        monkeypatch.setattr(module, "recipes", _quick)
    work = tmp_path / "work"
    tiny.write_data(work / "my-labels", "classification")
    (work / "my-text").mkdir()
    sentences = [text for text, _ in tiny.rows("classification", 3000, seed=7)]
    words = "\n\n".join(" ".join(sentences[i : i + 10]) for i in range(0, len(sentences), 10))
    (work / "my-text" / "words.txt").write_text(words, encoding="utf-8")
    (work / "wiki").mkdir()
    (work / "wiki" / "part.txt.xz").write_bytes(lzma.compress(words.encode()))
    (work / "texts.txt").write_text("a man sleeps\ta man is awake\n", encoding="utf-8")
    monkeypatch.chdir(work)
    return work


def _steps(page: str) -> Iterator[tuple[str, str]]:
    """What a reader of the page runs, in its order: `("sh", line)`, comments left out, or `("python", block)`."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for language, block in re.findall(r"^```(sh|python)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if language == "python":
            yield language, block
            continue
        for line in block.replace("\\\n", " ").splitlines():
            command = re.sub(r"(^|\s+)#.*", "", line).strip()
            if command and not command.startswith(SKIPPED):
                yield language, command


def _run(command: str, command_line: Callable[..., tuple[int, str, str]]) -> str:
    """What a command prints. Fails where it fails."""
    for long, short in SHORTER.items():
        command = command.replace(long, short)
    words = shlex.split(command)
    if words[0] == "unfreeze":
        arguments = [str(path) for word in words[1:] for path in (sorted(Path().glob(word)) if "*" in word else [word])]
        code, out, err = command_line(*arguments)
    else:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(
            ["bash", "-c", command], env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
        )
        code, out, err = done.returncode, done.stdout, done.stderr
    assert code == 0, f"{command}: {err}"
    return out


def test_commands_of_the_pages_run_in_their_order(
    reader: Path, command_line: Callable[..., tuple[int, str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("onnxruntime", reason="onnx is not installed")
    said: dict[str, str] = {}
    names: dict[str, Any] = {}
    for page in PAGES:
        for language, step in _steps(page):
            if language == "python":
                capsys.readouterr()
                exec(compile(step, page, "exec"), names)
                said[step] = capsys.readouterr().out
            else:
                said[step] = _run(step, command_line)
    assert len(said) > 20
    assert sum("import unfreeze" in step for step in said) >= 2
    for name in ("demo-out/report.html", "predictions.tsv", "states.safetensors", "demo-onnx/model.onnx", "my-bert"):
        assert (reader / name).exists(), name
    for command, out in said.items():
        if command.startswith("unfreeze compare"):
            assert "Bundle" in out.splitlines()[-1], command
        if "import unfreeze" in command:
            assert out.rstrip().endswith("']"), command  # a list of one label
    assert said["python demo-onnx/predict.py texts.txt"].strip()


def test_the_pages_are_those_that_have_commands_for_everyone() -> None:
    """A guide with commands is run, or stands here with the reason."""
    elsewhere = {
        "docs/scale.md": "needs machines",
        "docs/sklearn.md": "tests/sklearn/test_sklearn_page.py runs its code",
        "docs/serve.md": "its tests start the server",
        "docs/tracking.md": "needs trackers, whose tests log",
    }
    with_commands = {
        str(page.relative_to(ROOT))
        for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
        if any("unfreeze" in step for _, step in _steps(str(page.relative_to(ROOT))))
    }
    assert with_commands - set(elsewhere) == set(PAGES)
