"""One thread per test process, a feature store of the tests' own, a synthetic comparison on disk, the command line."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from made_comparison import make_comparison

from unfreeze.language.choice import speaking

hypothesis.settings.register_profile("repeatable", derandomize=True)
hypothesis.settings.load_profile("repeatable")  # other examples each time: pytest --hypothesis-profile=default
os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the processes that tests start, and torch where imported late
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Tiny models lose time to a second thread, and shared machines have none to spare."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


@pytest.fixture
def comparison(tmp_path: Path) -> Callable[..., Path]:
    """`comparison(kind, **options)` writes a finished comparison and returns its folder; see `make_comparison`."""

    def make(kind: str, **options: object) -> Path:
        folder = tmp_path / kind
        folder.mkdir()
        return make_comparison(folder, kind, **options)  # type: ignore[arg-type]

    return make


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparisons draw no `report.html`, a fifth of a brief one's time, for tests of what is before it."""
    for module in ("compare", "compare_encoders", "compare_folds"):
        monkeypatch.setattr(f"unfreeze.commands.{module}.render", lambda *_: None)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """What a test reads is English, whatever language a command of the test before was given."""
    with speaking("en"):
        yield


@pytest.fixture(scope="session", autouse=True)
def no_loss_of_power() -> Iterator[None]:
    """What tests write may wait in memory; to wait for the disk would take longer than most tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda file: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A feature store of the tests' own, and no network, for this process and those that it starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNFREEZE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


@pytest.fixture
def command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """`command_line("compare", ...)` runs the command line in this process: exit code, stdout, stderr."""
    from unfreeze.terminal.cli import main

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["unfreeze", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """One thread, and two."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless browser."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("no chromium, chromium-browser or google-chrome on the path")
    with playwright.sync_playwright() as session:
        browser = session.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
