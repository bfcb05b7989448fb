"""The token that a Ray may ask for. That it is given has to be said before Ray is imported, in the environment.

From 2.60 on, a Ray asks for a token where one was there when it was started. Who joins it by an address and does not
give the token is refused as if nobody listened; who gives one that was not asked for cannot be reached by workers on
other machines. So whoever listens is asked first.
"""

from __future__ import annotations

import os
from pathlib import Path

MODE = "RAY_AUTH_MODE"
_QUESTION = "/ray.rpc.NodeInfoGcsService/CheckAlive"  # of no consequence
_WITHIN = 5.0  # seconds for an answer


def give_token(engine: str) -> None:
    """Have Ray give the token that is on this machine where the Ray of an address asks for it.

    Where a person has set `RAY_AUTH_MODE`, that holds. With `auto` and for a Ray that is started, Ray decides.
    """
    if MODE in os.environ or not _has_token() or engine in ("ray", "auto"):
        return
    # Ray's client may always give it: it speaks to the head alone.
    if engine.startswith("ray://") or asks_for_token(engine):
        os.environ[MODE] = "token"


def asks_for_token(address: str) -> bool:
    """Whether the head at `HOST:PORT` refuses who gives no token."""
    import grpc

    with grpc.insecure_channel(address) as channel:
        try:
            channel.unary_unary(_QUESTION)(b"", timeout=_WITHIN)
        except grpc.RpcError as error:
            return bool(error.code() == grpc.StatusCode.UNAUTHENTICATED)
    return False


def _has_token() -> bool:
    told = any(map(os.environ.get, ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")))
    return told or Path("~/.ray/auth_token").expanduser().exists()
