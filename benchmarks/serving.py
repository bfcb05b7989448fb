"""`unfreeze serve` under load, against the same bundle behind plain FastAPI, which answers each request on its own.

    python benchmarks/serving.py --data shared/data/sst2

Both servers run on this machine in processes of their own, and so do the clients: each sends a sentence, waits for the
answer, and sends the next one over the same connection. Sides take turns; requests a second and the time that a client
waits are those of all clients of a turn. The peer is written as FastAPI's documentation has it, in two ways: a plain
function, which FastAPI runs in a pool of threads, and a coroutine, which computes in the server's only thread. The
quicker one counts. Labels of both sides are compared before anything is timed.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path

import numpy as np
import psutil
from data_sets import read_set
from measuring import Rate, median_rate, named_ratio, this_machine
from predicting import make_bundle
from results import Findings, Run, Table, add_json_option

CLIENTS = 32
OURS = "unfreeze serve"
PLAIN = {"FastAPI, a function": "function", "FastAPI, a coroutine": "coroutine"}


@dataclass(frozen=True)
class Turn:
    """What clients saw: requests a second (and of the server's processor time), milliseconds that each request took."""

    rate: Rate
    waits: tuple[float, ...]


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    port: int
    process: psutil.Process

    def seconds(self) -> float:
        """Of processor time until now."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


def plain(bundle: str, how: str) -> None:
    """The peer: serve a bundle as FastAPI's documentation has it."""
    import uvicorn
    from fastapi import FastAPI
    from pydantic import BaseModel

    from unfreeze.bundle.load import load
    from unfreeze.data.examples import Example

    predictor = load(bundle, "cpu")

    class Asked(BaseModel):
        inputs: str

    def answer(asked: Asked) -> list[dict[str, object]]:
        said = predictor.predict_examples([Example("inputs", asked.inputs)])
        return [{"label": said.labels[0], "score": said.confidence[0]}]

    async def coroutine(asked: Asked) -> list[dict[str, object]]:
        return answer(asked)

    app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False})
    function = {"function": answer, "coroutine": coroutine}[how]
    function.__annotations__["asked"] = Asked
    app.add_api_route("/predict", function, methods=["POST"], response_model=None)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    begin = server.startup

    async def startup(sockets: object = None) -> None:
        await begin()
        print(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", flush=True)

    server.startup = startup  # type: ignore[method-assign]
    server.run()


@contextmanager
def running(*words: str) -> Iterator[Server]:
    """A server in a process of its own, which prints its address."""
    process = psutil.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"{' '.join(words)} did not start")
        yield Server(int(line.split()[0].rpartition(":")[2]), process)
    finally:
        process.terminate()
        process.wait(60)


async def _client(port: int, texts: Iterator[str], until: float, seen: list[float], said: dict[str, str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        text = next(texts)
        body = json.dumps({"inputs": text}).encode()
        head = f"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
        began = time.perf_counter()
        writer.write(f"{head}\r\n\r\n".encode() + body)
        headers = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in headers[:16]:
            raise SystemExit(headers.decode())
        length = int(headers.lower().partition(b"content-length:")[2].split()[0])
        reply = await reader.readexactly(length)
        seen.append(1e3 * (time.perf_counter() - began))
        said[text] = json.loads(reply)[0]["label"]
    writer.close()


def load_turn(server: Server, texts: Sequence[str], clients: int, seconds: float) -> tuple[Turn, dict[str, str]]:
    """A turn of some clients, and the label of each text."""
    seen: list[float] = []
    said: dict[str, str] = {}

    async def work() -> float:
        began, left = time.perf_counter(), cycle(texts)
        await asyncio.gather(*(_client(server.port, left, began + seconds, seen, said) for _ in range(clients)))
        return time.perf_counter() - began

    before = server.seconds()
    took = asyncio.run(work())
    return Turn(Rate(len(seen) / took, len(seen) / (server.seconds() - before)), tuple(seen)), said


def side_by_side(
    name: str, servers: Mapping[str, Server], texts: Sequence[str], clients: int, seconds: float, turns: int
) -> Findings:
    """All sides in turns, with that many clients."""
    seen: dict[str, list[Turn]] = {side: [] for side in servers}
    for _ in range(turns):
        for side, server in servers.items():
            seen[side].append(load_turn(server, texts, clients, seconds)[0])
    medians = {side: median_rate([turn.rate for turn in those]) for side, those in seen.items()}
    rows = []
    for side, those in seen.items():
        waits = np.concatenate([turn.waits for turn in those])
        percentiles = (float(np.percentile(waits, p)) for p in (50, 99))
        rows.append((side, medians[side].clock, 1e3 / medians[side].processor, *percentiles))
    what = f"{clients} clients" if clients > 1 else "one client"
    note = f"{turns} turns of {seconds:g} s each; sentences of all lengths, in one order."
    columns = ("", "requests/s", "processor time of a request, ms", "p50, ms", "p99, ms")
    best = max(PLAIN, key=lambda side: medians[side].clock)
    rates = {side: [turn.rate for turn in seen[side]] for side in (OURS, best)}
    ratio = named_ratio(f"serving {name} to {what}, against plain FastAPI", rates[OURS], rates[best], "requests/s")
    return Findings((Table(f"{name}: {what}", columns, tuple(rows), note),), (ratio,))


def main() -> None:
    """Print machine, date, versions, and a table for each number of clients."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder with labelled texts, such as sst2")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, CLIENTS], help="at a time")
    parser.add_argument("--seconds", type=float, default=4.0, help="of a turn")
    parser.add_argument("--turns", type=int, default=3, help="of each side")
    parser.add_argument("--plain", nargs=2, metavar=("BUNDLE", "HOW"), help=argparse.SUPPRESS)
    add_json_option(parser)
    arguments = parser.parse_args()
    if arguments.plain:
        plain(*arguments.plain)
        return
    run = Run(this_machine("fastapi", "uvicorn"), arguments.json)
    data = read_set(arguments.data.parent, arguments.data.name, None)
    texts = [example.text for example in data.test]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        bundle = Path(folder) / "bundle"
        predictor = make_bundle(data, bundle)
        start = partial(running, __file__, "--data", "", "--plain", str(bundle))
        ours = ("-m", "unfreeze", "serve", str(bundle), "--port", "0", "--drain", "0")
        sides = {OURS: servers.enter_context(running(*ours))}
        sides |= {side: servers.enter_context(start(how)) for side, how in PLAIN.items()}
        for side, server in sides.items():
            said = load_turn(server, texts, CLIENTS, 1.0)[1]
            asked = list(said)
            if list(said.values()) != predictor.predict(asked):
                raise SystemExit(f"{side} gives other labels than the bundle")
        for clients in arguments.clients:
            run.add(side_by_side(data.name, sides, texts, clients, arguments.seconds, arguments.turns))
    run.close()


if __name__ == "__main__":
    main()
