"""What is built from the repository: a wheel that has all it needs, nothing else, and starts without the repository."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _files(folder: Path) -> set[str]:
    """Paths below a folder, without what Python leaves there."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in files}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, made in this process by the backend that pip would call."""
    wheels = pytest.importorskip("hatchling.builders.wheel", reason="hatchling is not installed")
    folder = tmp_path_factory.mktemp("dist")
    (built,) = wheels.WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return Path(built)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pip would put into site-packages."""
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def metadata(installed: Path) -> Message:
    (info,) = installed.glob("unfreeze-*.dist-info")
    return Parser().parsestr((info / "METADATA").read_text(encoding="utf-8"))


def test_the_wheel_has_the_package_and_the_examples_alone(installed: Path) -> None:
    package = {f"unfreeze/{name}" for name in _files(ROOT / "src" / "unfreeze")}
    examples = {f"unfreeze/examples/{name}" for name in _files(ROOT / "examples")}
    assert {name for name in _files(installed) if ".dist-info/" not in name} == package | examples
    assert {"unfreeze/py.typed", "unfreeze/report/templates/report.html.j2"} <= package
    assert {f"unfreeze/pretrained/{name}/README.md" for name in ("bert-mini", "elmo-mini", "skip-mini")} <= package
    assert len(examples) > 10
    for name in package | examples:
        source = ROOT / "src" / name if name in package else ROOT / name.removeprefix("unfreeze/")
        assert (installed / name).read_bytes() == source.read_bytes()


def test_the_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < 20_000_000


def test_the_wheel_says_what_it_is(metadata: Message, installed: Path) -> None:
    assert metadata["Name"] == "unfreeze"
    assert metadata["License-Expression"] == PROJECT["license"]
    assert set(metadata.get_all("Provides-Extra", [])) == set(PROJECT["optional-dependencies"])
    assert metadata["Requires-Python"] == ",".join(sorted(PROJECT["requires-python"].split(",")))
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    assert metadata.get_payload().strip() == (ROOT / "README.md").read_text(encoding="utf-8").strip()
    licences = {path.parent.name for path in (ROOT / "examples").glob("*/SOURCE.md")}
    texts = {name.split("/")[-2] for name in _files(installed) if re.search(r"licenses/examples/\w+/SOURCE.md$", name)}
    assert texts == licences


def test_licences_of_the_examples_are_in_the_expression() -> None:
    page = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    named = {f"CC-{kind}-{version}" for kind, version in re.findall(r"\| CC (BY(?:-SA)?) (4\.0) \|", page)}
    assert named
    assert set(PROJECT["license"].split(" AND ")) == {"Apache-2.0", *named}


def test_classifiers_are_known_and_fit_the_versions_of_python() -> None:
    known = pytest.importorskip("trove_classifiers", reason="trove-classifiers is not installed").classifiers
    assert set(PROJECT["classifiers"]) <= known
    least, below = (int(minor) for minor in re.findall(r"3\.(\d+)", PROJECT["requires-python"]))
    named = {re.sub(r".*:: ", "", one) for one in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", one)}
    assert named == {f"3.{minor}" for minor in range(least, below)}


def test_an_installed_wheel_writes_its_examples_without_the_repository(installed: Path, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "unfreeze", "examples"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert _files(tmp_path / "examples") == _files(ROOT / "examples")
    assert "unfreeze compare --plan examples/snli/plan.yaml" in done.stdout


def test_an_extra_is_installed_by_what_every_shell_takes() -> None:
    """zsh takes square brackets without quotes for a pattern of file names, and fails."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.py")]
    bare = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in pages
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"pip install [^'\"`]*\w\[", line)
    ]
    assert bare == []
