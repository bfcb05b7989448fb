"""The command's life: its address, bad options, and ends in which nothing that came in is lost."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from made_bundles import items, made, save

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")
CLIENTS = 8


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    predictor = made("tuned mean")
    return save(tmp_path_factory.mktemp("tiny") / "bundle", predictor, items(predictor)[:3])


@pytest.fixture
def started(bundle: Path) -> Iterator[Callable[..., tuple[subprocess.Popen, int]]]:
    """Starts the command in a process of its own, once it answers: the process and its port."""
    processes = []

    def start(*options: str) -> tuple[subprocess.Popen, int]:
        words = ["-m", "unfreeze", "serve", str(bundle), "--port", "0", *options]
        process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        processes.append(process)
        line = process.stdout.readline()
        assert line.startswith("http://127.0.0.1:"), process.stderr.read()
        return process, int(line.split()[0].rpartition(":")[2])

    yield start
    for process in processes:
        process.kill()
        process.wait(30)


def request(connection: HTTPConnection, text: str) -> tuple[int, object, bool]:
    """Status, body, and whether the server ends the connection."""
    connection.request("POST", "/", json.dumps({"inputs": text}), {"content-type": "application/json"})
    reply = connection.getresponse()
    return reply.status, json.loads(reply.read()), reply.getheader("connection") == "close"


class Client:
    """Sends requests one after the other; connects again where it must, and counts those that got no answer."""

    def __init__(self, port: int, keeps: bool) -> None:
        self.port, self.keeps, self.answered, self.lost, self.refused = port, keeps, 0, list[str](), 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        connection: HTTPConnection | None = None
        while not self.stop.is_set():
            if connection is None:
                connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
                try:
                    connection.connect()
                except OSError:  # nobody is there: nothing was sent
                    self.refused += 1
                    connection = None
                    time.sleep(0.1)
                    continue
            try:
                status, _, ends = request(connection, "the cat")
            except (OSError, HTTPException) as error:
                self.lost.append(repr(error))
                connection = None
                continue
            self.answered += status == 200
            if status != 200:
                self.lost.append(str(status))
            if ends or not self.keeps:
                connection.close()
                connection = None


def test_no_request_is_lost_over_a_restart(bundle: Path, started: Callable[..., tuple[subprocess.Popen, int]]) -> None:
    first, port = started()
    clients = [Client(port, keeps=number % 2 == 0) for number in range(CLIENTS)]
    _until(lambda: min(client.answered for client in clients) > 3)
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    again = [client.answered for client in clients]
    _, second = started("--port", str(port))
    assert second == port
    _until(lambda: all(client.answered > before + 3 for client, before in zip(clients, again, strict=True)))
    for client in clients:
        client.stop.set()
        client.thread.join(30)
    assert [lost for client in clients for lost in client.lost] == []
    assert first.stderr.read() == ""


def test_while_it_leaves_it_is_not_ready_and_still_answers(
    started: Callable[..., tuple[subprocess.Popen, int]],
) -> None:
    process, port = started("--drain", "3")
    process.send_signal(signal.SIGINT)
    connection = HTTPConnection("127.0.0.1", port, timeout=30)

    def ready() -> int:
        connection.request("GET", "/v2/health/ready")
        reply = connection.getresponse()
        reply.read()
        return reply.status

    _until(lambda: ready() == 503)
    status, _, ends = request(connection, "the cat")
    assert (status, ends) == (200, True)
    assert process.wait(60) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_a_second_signal_ends_it_at_once(started: Callable[..., tuple[subprocess.Popen, int]]) -> None:
    process, _ = started("--drain", "60")
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == -signal.SIGTERM


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--max-body", "0"], "--max-body: is 0; it must be above 0"), (["--max-texts", "2000"], "--max-waiting"),
        (["--timeout", "-1"], "--timeout"), (["--drain", "-1"], "--drain"), (["--name", "a/b"], "is not a name"),
        (["--host", "no.such.host.invalid"], "is not an address here"),
    ],
)  # fmt: skip
def test_bad_options_are_one_line(bundle: Path, options: list[str], found: str, command_line: Callable) -> None:
    code, said, complaint = command_line("serve", bundle, "--port", "0", *options)
    assert (code, said) == (2, "")
    assert complaint.count("\n") == 1
    assert found in complaint


def test_a_port_that_is_taken_and_a_folder_that_is_no_bundle_are_one_line(
    bundle: Path, tmp_path: Path, command_line: Callable
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        code, _, complaint = command_line("serve", bundle, "--port", other.getsockname()[1])
        assert (code, complaint.count("\n"), "cannot be taken" in complaint) == (2, 1, True)
    code, _, complaint = command_line("serve", tmp_path, "--port", 0)
    assert (code, complaint.count("\n"), "no bundle.json" in complaint) == (2, 1, True)


def test_without_its_packages_the_command_says_what_to_install(
    bundle: Path, command_line: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unfreeze.errors.find_spec", lambda name: None if name == "uvicorn" else object())
    code, _, complaint = command_line("serve", bundle)
    assert (code, complaint) == (2, "unfreeze: serve: needs uvicorn: pip install 'unfreeze[serve]'\n")


@pytest.mark.parametrize(
    ("bundle", "name"),
    [("out/bundle", "out"), ("/a/my film/bundle/", "my-film"), ("bundle", "model"), ("s3://x/run-7/bundle", "run-7"),
     ("./b", "b"), ("/", "model")],
)  # fmt: skip
def test_a_model_is_called_after_its_folder(bundle: str, name: str) -> None:
    from unfreeze.serving.model import name_of

    assert name_of(bundle, None) == name
    assert name_of(bundle, "Other.1") == "Other.1"


def test_defaults_of_the_command_are_those_of_the_limits() -> None:
    import inspect
    from dataclasses import astuple

    from unfreeze.commands.serve import DRAIN
    from unfreeze.serving.limits import Limits
    from unfreeze.terminal.serving import serve

    given = {name: one.default for name, one in inspect.signature(serve).parameters.items()}
    names = ("max_body", "max_texts", "max_length", "max_waiting", "timeout")
    assert tuple(given[name] for name in names) == astuple(Limits())
    assert given["drain"] == DRAIN
    assert given["host"] == "127.0.0.1"


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
