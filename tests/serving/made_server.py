"""A server of a tiny bundle in a thread of the test's process, and requests to it as bytes on a connection."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from unfreeze.bundle.load import Predictor
from unfreeze.serving.limits import Limits
from unfreeze.serving.model import Model

JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Running:
    """A server that answers."""

    port: int
    service: Any
    server: Any

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def send(
        self, method: str, path: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, dict(headers or {}))
            reply = connection.getresponse()
            return Reply(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    def get(self, path: str) -> Reply:
        return self.send("GET", path)

    def post(self, path: str, value: Any) -> Reply:
        return self.send("POST", path, json.dumps(value), JSON)

    def ask(self, inputs: Any, **parameters: Any) -> Any:
        """The reply to a request that must be answered."""
        reply = self.post("/", {"inputs": inputs, "parameters": parameters} if parameters else {"inputs": inputs})
        assert reply.status == 200, reply.body
        return reply.json()

    def infer(self, *inputs: Mapping[str, Any], model: str = "tiny", **more: Any) -> Reply:
        return self.post(f"/v2/models/{model}/infer", {"inputs": inputs, **more})


@contextmanager
def running(predictor: Predictor, limits: Limits = Limits(), start: bool = True) -> Iterator[Running]:
    """Serve a bundle as `tiny`; `start`: the model answers at once."""
    from unfreeze.serving.server import Server, bound
    from unfreeze.serving.service import Service

    with bound("127.0.0.1", 0) as listener:
        service, begun = Service(Model(predictor, "tiny"), limits), threading.Event()
        if start:
            service.worker.start()
        server = Server(service, listener, 0.0)
        thread = threading.Thread(target=server.serve_until_asked, args=(begun.set,), daemon=True)
        thread.start()
        assert begun.wait(30)
        try:
            yield Running(listener.getsockname()[1], service, server)
        finally:
            server.should_exit = True
            thread.join(30)
            service.worker.close(10)
            assert not thread.is_alive()
