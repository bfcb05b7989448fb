"""Refusals with their statuses, limits, headers, counts, and clients that go away or wait too long."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from made_bundles import made
from made_server import JSON, Running, running

from unfreeze.serving.limits import Limits

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")
LIMITS = Limits(body=4000, texts=3, characters=50, waiting=4, seconds=5)


@pytest.fixture(scope="module")
def texts() -> Iterator[Running]:
    with running(made("tuned mean"), LIMITS) as server:
        yield server


@pytest.fixture
def idle() -> Iterator[Running]:
    """A server whose model does not answer yet."""
    with running(made("tuned mean"), Limits(texts=2, waiting=2, seconds=0.5), start=False) as server:
        server.service.worker._thread.is_alive = lambda: True
        yield server
        del server.service.worker._thread.is_alive
        server.service.worker.start()


@pytest.mark.parametrize(
    ("body", "status", "found"),
    [
        ("{", 400, "not JSON"), ("", 400, "not JSON"), ('{"inputs": "\\ud800"}', 400, "not JSON"),
        ("[" * 3000, 400, "not JSON"), ("[]", 422, "the body"), ("{}", 422, "'inputs' is missing"),
        ('{"input": "x"}', 422, "did you mean 'inputs'"), ('{"inputs": 3}', 422, "must be a text, or a list"),
        ('{"inputs": null}', 422, "must be a text"), ('{"inputs": []}', 422, "has no text"),
        ('{"inputs": ["a", 3]}', 422, "inputs[1]: must be a text, found 3"),
        ('{"inputs": {"text": "a"}}', 422, "must be a text"),
        ('{"inputs": "a", "parameters": {"topk": 1}}', 422, "did you mean 'top_k'"),
        ('{"inputs": "a", "parameters": {"top_k": 0}}', 422, "parameters.top_k"),
        ('{"inputs": "a", "parameters": {"top_k": "1"}}', 422, "parameters.top_k"),
        (json.dumps({"inputs": ["a"] * 4}), 413, "4 texts; at most 3"),
        (json.dumps({"inputs": ["a", "b" * 51]}), 413, "inputs[1] has 51 characters; 50 are read"),
        (json.dumps({"inputs": "a" * 5000}), 413, "larger than 4,000 bytes"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_request_is_said(texts: Running, body: str, status: int, found: str) -> None:
    for path in ("/", "/predict"):
        reply = texts.send("POST", path, body, JSON)
        assert (reply.status, reply.headers["content-type"]) == (status, "application/json")
        assert list(reply.json()) == ["error"]
        assert found in reply.json()["error"]
        assert "\n" not in reply.json()["error"]


@pytest.mark.parametrize(
    ("case", "inputs", "found"),
    [
        ("tuned pair", "a", "a pair of texts"), ("tuned pair", ["a", "b"], "inputs[0]: must be a pair"),
        ("tuned pair", [["a"]], "a pair of texts"), ("tuned pair", {"text": "a"}, "a pair of texts"),
        ("tuned pair", {"text": "a", "txt_pair": "b"}, "did you mean 'text_pair'"),
        ("crf", [[]], "a list of its words"), ("crf", " \t", "no word to tag"),
        ("crf", [["a", 1]], "a list of its words"),
    ],
)  # fmt: skip
def test_what_is_no_pair_and_no_list_of_words_is_said(case: str, inputs: object, found: str) -> None:
    with running(made(case)) as server:
        reply = server.post("/", {"inputs": inputs})
        assert reply.status == 422
        assert found in reply.json()["error"]


def test_both_texts_of_a_pair_count_for_its_length() -> None:
    with running(made("tuned pair"), LIMITS) as server:
        assert server.post("/", {"inputs": {"text": "a" * 25, "text_pair": "b" * 25}}).status == 200
        assert server.post("/", {"inputs": {"text": "a" * 25, "text_pair": "b" * 26}}).status == 413


def test_limits_are_themselves_allowed(texts: Running) -> None:
    assert texts.post("/", {"inputs": ["b" * 50] * 3}).status == 200
    body = json.dumps({"inputs": "a"})
    assert texts.send("POST", "/", body.ljust(4000), JSON).status == 200
    assert texts.send("POST", "/", body.ljust(4001), JSON).status == 413


def test_a_body_in_parts_without_a_length_is_limited_too(texts: Running) -> None:
    parts = [b'{"inputs": "', b"a" * 5000, b'"}']
    with socket.create_connection(("127.0.0.1", texts.port)) as connection:
        head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        connection.sendall(head.encode() + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts))
        assert b" 413 " in connection.recv(100)
    whole = b'{"inputs":"a"}'
    with socket.create_connection(("127.0.0.1", texts.port)) as connection:
        connection.sendall(head.encode() + b"".join(b"1\r\n%c\r\n" % byte for byte in whole) + b"0\r\n\r\n")
        assert b" 200 " in connection.recv(100)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/", {}, 415), ("POST", "/", {"content-type": "text/plain"}, 415),
        ("POST", "/", {"content-type": "application/x-www-form-urlencoded"}, 415),
        ("POST", "/", {**JSON, "content-encoding": "gzip"}, 415),
        ("POST", "/", {"content-type": "Application/JSON; charset=utf-8"}, 200),
        ("POST", "/", {"content-type": "application/cloudevents+json"}, 200),
        ("PUT", "/", JSON, 405), ("POST", "/metrics", JSON, 405), ("GET", "/predict", {}, 405),
        ("GET", "/nothing", {}, 404), ("POST", "/v1/models/tiny:predict", JSON, 404),
    ],
)  # fmt: skip
def test_statuses_of_methods_paths_and_types(
    texts: Running, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    reply = texts.send(method, path, '{"inputs": "a"}', headers)
    assert reply.status == status
    assert ("error" in reply.json()) == (status != 200)


def test_pages_of_other_places_cannot_read_replies(texts: Running) -> None:
    reply = texts.send("POST", "/", '{"inputs": "a"}', {**JSON, "origin": "http://elsewhere"})
    assert "access-control-allow-origin" not in reply.headers
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert texts.send("OPTIONS", "/", headers={"origin": "http://elsewhere"}).status == 405


def test_a_fault_of_the_program_is_a_reply_without_its_words(
    texts: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "of SOMEBODY".lower()

    def broken(examples: object) -> None:
        raise KeyError(text)

    monkeypatch.setattr(texts.service.model, "answers", broken)
    reply = texts.post("/", {"inputs": text})
    assert (reply.status, "fault of the program" in reply.json()["error"]) == (500, True)
    told = capsys.readouterr().err
    assert "KeyError" in told
    assert "somebody" not in told + reply.json()["error"]


def test_where_many_wait_others_are_sent_away_and_told_when_to_come(idle: Running) -> None:
    with socket.create_connection(("127.0.0.1", idle.port)) as first:
        body = b'{"inputs": ["a", "b"]}'
        head = f"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        first.sendall(head.encode() + body)
        _until(lambda: idle.service.worker.texts() == 2)
        reply = idle.post("/", {"inputs": "c"})
        assert (reply.status, reply.headers["retry-after"]) == (503, "1")
        assert "2 texts wait already" in reply.json()["error"]


def test_who_waits_too_long_is_told_so(idle: Running) -> None:
    reply = idle.post("/", {"inputs": "a"})
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert "no answer within 0.5 s" in reply.json()["error"]


def test_the_texts_of_a_client_that_is_gone_are_given_up(idle: Running) -> None:
    idle.service.limits = Limits(seconds=60)
    with socket.create_connection(("127.0.0.1", idle.port)) as first:
        first.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n")
        first.sendall(b'{"inputs":"a"}')
        _until(lambda: idle.service.worker.texts() == 1)
        (job,) = idle.service.worker._waiting._jobs
        assert not job.ended
    _until(lambda: job.ended)
    assert 'status="499"' in idle.get("/metrics").body.decode()


def test_a_body_that_does_not_come_is_not_waited_for_forever(idle: Running) -> None:
    with socket.create_connection(("127.0.0.1", idle.port)) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n{")
        assert b" 408 " in slow.recv(100)


def test_a_server_that_leaves_is_not_ready_but_alive_and_ends_connections() -> None:
    with running(made("tuned mean")) as server:
        assert server.get("/v2/health/ready").json() == {"ready": True}
        assert server.post("/", {"inputs": "a"}).headers.get("connection") != "close"
        server.service.leaving = True
        assert [server.get(f"/{path}").status for path in ("v2/health/ready", "health", "v2/models/tiny/ready")] == [
            503
        ] * 3
        assert server.get("/v2/health/live").status == 200
        reply = server.post("/", {"inputs": "a"})
        assert (reply.status, reply.headers["connection"]) == (200, "close")


def test_metrics_count_what_was_asked() -> None:
    with running(made("tuned mean")) as server:
        server.ask(["a", "really " * 300, "b"])
        server.post("/predict", {"inputs": 3})
        server.get("/nothing/at/all")
        server.post("/v2/models/other/infer", {})
        told = server.get("/metrics").body.decode()
        lines = dict(line.rsplit(" ", 1) for line in told.splitlines() if line[0] != "#")
        values = {name: float(value) for name, value in lines.items()}
        assert values['unfreeze_requests_total{path="/",status="200"}'] == 1
        assert values['unfreeze_requests_total{path="/predict",status="422"}'] == 1
        assert values['unfreeze_requests_total{path="unknown",status="404"}'] == 1
        assert values['unfreeze_requests_total{path="/v2/models/{model}/infer",status="404"}'] == 1
        assert values["unfreeze_texts_total"] == values["unfreeze_batch_texts_sum"] == 3
        assert values["unfreeze_texts_cut_total"] == 1
        assert values["unfreeze_batch_texts_count"] == values["unfreeze_batch_seconds_count"] >= 1
        assert values['unfreeze_request_seconds_count{path="/"}'] == 1
        assert (values["unfreeze_waiting_texts"], values["unfreeze_ready"]) == (0, 1)
        assert "really" not in told


def test_the_schema_of_requests_can_be_read(texts: Running) -> None:
    paths = texts.get("/openapi.json").json()["paths"]
    body = paths["/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert "top_k" in body["properties"]["parameters"]["properties"]
    assert "$ref" not in json.dumps(paths)


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)
