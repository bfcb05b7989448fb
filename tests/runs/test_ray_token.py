"""Who asks for a token is given it, and nobody else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from unfreeze.runs.ray_token import MODE, asks_for_token, give_token

grpc = pytest.importorskip("grpc", reason="Ray's client is not installed: pip install 'unfreeze[ray]'")


@contextmanager
def _head(refuses: bool) -> Iterator[str]:
    """The address of a head that refuses everybody, or answers."""

    def answer(request: bytes, context: Any) -> bytes:
        if refuses:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "token is missing")
        return b""

    methods = {"CheckAlive": grpc.unary_unary_rpc_method_handler(answer)}
    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("ray.rpc.NodeInfoGcsService", methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None)


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file for a token in the user's folder, and an environment that says nothing."""
    for name in (MODE, "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(os, "environ", os.environ.copy())
    file = tmp_path / ".ray" / "auth_token"
    file.parent.mkdir()
    file.write_text("secret", encoding="utf-8")
    return file


@pytest.mark.parametrize("refuses", [True, False])
def test_the_token_is_given_where_it_is_asked_for(refuses: bool, token: Path) -> None:
    with _head(refuses) as address:
        assert asks_for_token(address) is refuses
        give_token(address)
    assert os.environ.get(MODE) == ("token" if refuses else None)


def test_the_client_gives_it_always(token: Path) -> None:
    give_token("ray://127.0.0.1:9")
    assert os.environ[MODE] == "token"


@pytest.mark.parametrize("engine", ["ray", "auto"])
def test_ray_decides_about_its_own(engine: str, token: Path) -> None:
    give_token(engine)
    assert MODE not in os.environ


def test_without_a_token_and_with_a_mode_nothing_is_changed(token: Path) -> None:
    os.environ[MODE] = "disabled"
    with _head(refuses=True) as address:
        give_token(address)
        assert os.environ.pop(MODE) == "disabled"
        token.unlink()
        give_token(address)
    assert MODE not in os.environ


def test_nobody_there_asks_for_nothing() -> None:
    assert not asks_for_token("127.0.0.1:9")
