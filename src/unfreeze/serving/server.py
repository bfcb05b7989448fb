"""The server's life: a port, readiness, and an end in which every request that came in is answered.

Nothing else here imports uvicorn.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn

from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.serving.app import app_of
from unfreeze.serving.service import Service

_LATE = 0.25
"""Seconds in which a connection that has just been made sends its request."""


def bound(host: str, port: int) -> socket.socket:
    """A socket at this address, on which nobody listens yet. Raises `InputError` where there can be none."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError, OverflowError) as error:
        raise InputError(
            say("'{host}' with port {port} is not an address here ({error})", host=host, port=port, error=error),
            where="--host",
        ) from None
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(address)
    except OSError as error:
        made.close()
        told = f"{host} port {port} cannot be taken: {error.strerror}; choose another with --port (0: any that is free)"
        raise InputError(told, where="--port") from None
    return made


def url_of(listener: socket.socket) -> str:
    """Where a socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):  # type: ignore[misc]  # without its package it has no type
    """uvicorn with an end that loses nothing.

    On the first signal the service is not ready any more, and goes on to answer for `linger` seconds, while whoever
    distributes requests notices; each reply ends its connection. Then the port is given up, and what has come in is
    answered. A second signal ends at once.
    """

    def __init__(self, service: Service, listener: socket.socket, linger: float) -> None:
        config = uvicorn.Config(
            app_of(service), log_config=None, access_log=False, server_header=False, lifespan="off", ws="none",
            timeout_graceful_shutdown=round(service.limits.seconds) + 1, timeout_keep_alive=75,
        )  # fmt: skip
        super().__init__(config)
        self._service, self._listener, self._linger = service, listener, linger
        self._told: Callable[[], None] = lambda: None
        self._asked = False

    def serve_until_asked(self, told: Callable[[], None]) -> None:
        """Serve; returns once all is answered. `told` is called when requests are answered."""
        self._told = told
        self.run(sockets=[self._listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self._told()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """As a signal's handler; uvicorn's own ends the process by the signal (findings/uvicorn_run_not_left.sh)."""
        again = self._asked
        self._asked = self._service.leaving = self.should_exit = True
        if again:
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Give up the port, answer what has come in."""
        self._service.leaving = True
        await asyncio.sleep(self._linger)
        await self._accept_last()
        await asyncio.sleep(_LATE)
        await super().shutdown(sockets)

    async def _accept_last(self) -> None:
        """Take the connections in the system's queue, which are reset when a port is given up."""
        loop = asyncio.get_running_loop()
        self._listener.setblocking(False)
        taken = []
        while True:
            try:
                taken.append(self._listener.accept()[0])
            except OSError:  # there are no others
                break
        for server in self.servers:
            server.close()
        for connection in taken:
            connection.setblocking(False)
            await loop.connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> Any:
        return self.config.http_protocol_class(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
