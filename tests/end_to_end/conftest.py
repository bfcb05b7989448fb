"""One tiny encoder and one finished comparison a task kind, made once a session and only when a test asks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny

sys.path.append(str(Path(__file__).parents[1] / "studies"))  # for the sets that studies are tested with


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
        from unfreeze.commands.compare import compare

        if not (root / kind).exists():
            compare(tiny.tiny_plan(data_of(kind), encoder, root / kind, kind))
        return root / kind

    return answer
