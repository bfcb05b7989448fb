"""One tiny encoder and one finished comparison a task kind, made once a session and only when a test asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tiny

Line = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A feature store of the tests' own, and no network, for this process and those that it starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNFREEZE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the tiny encoder."""
    return tiny.make_encoder(tmp_path_factory.mktemp("encoder") / "tiny")


@pytest.fixture(scope="session")
def data_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """`data_of(kind)`: a folder with the three splits of a task kind."""
    root = tmp_path_factory.mktemp("data")
    return lambda kind: root / kind if (root / kind).exists() else tiny.write_data(root / kind, kind)


@pytest.fixture(scope="session")
def answered(
    tmp_path_factory: pytest.TempPathFactory, encoder: Path, data_of: Callable[[str], Path]
) -> Callable[[str], Path]:
    """`answered(kind)`: output folder of a finished comparison of both methods. Read it, or copy it and change that."""
    root = tmp_path_factory.mktemp("answered")

    def answer(kind: str) -> Path:
        from unfreeze.comparison import compare

        if not (root / kind).exists():
            compare(tiny.tiny_plan(data_of(kind), encoder, root / kind, kind))
        return root / kind

    return answer


@pytest.fixture
def command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    """`command_line("compare", ...)` runs the command line in this process: exit code, stdout, stderr."""
    from unfreeze.cli import main

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
