#!/usr/bin/env bash
# uvicorn 0.54.0, one process, Linux, Python 3.11.
#
# Expected: after a clean shutdown, uvicorn.run returns and the process ends with status 0, whichever signal asked for it.
# Seen: on SIGINT it does. On SIGTERM, as service managers send it, connections are closed, the application's shutdown runs
# to its end and is logged as complete; then uvicorn sends the signal to its own process once more, whose handler is the
# system's again. So the status is that of a process that a signal has ended (143 in a shell), what stands after
# uvicorn.run, in a finally around it or in atexit does not run, and what was printed into a file or a pipe and still lay
# in Python's buffer is lost, even the lines that the application printed in its shutdown.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" \
  uvicorn==0.54.0 click==8.5.1 h11==0.16.0
cat > "$folder/serve.py" <<'PY'
import atexit

import uvicorn


async def app(scope, receive, send):
    """An application that only begins and ends."""
    while (await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    print("shutdown")
    await send({"type": "lifespan.shutdown.complete"})


atexit.register(print, "atexit")
try:
    uvicorn.run(app, port=0, lifespan="on")
    print("after")
finally:
    print("finally")
PY
cat > "$folder/stop.py" <<'PY'
import signal
import subprocess
import sys
from importlib.metadata import version

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background processes would ignore it
seen = {}
for asked in (signal.SIGINT, signal.SIGTERM):
    server = subprocess.Popen(
        [sys.executable, sys.argv[1]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    log = next(line for line in server.stderr if "running on" in line)
    server.send_signal(asked)
    printed, log = server.communicate(timeout=60)
    assert "Application shutdown complete" in log and "Finished server process" in log, log
    seen[asked.name] = (server.returncode, printed.split())
    print("uvicorn", version("uvicorn"), asked.name, "status", server.returncode, "printed", printed.split())
assert seen == {"SIGINT": (0, ["shutdown", "after", "finally", "atexit"]), "SIGTERM": (-15, [])}, "the behaviour changed"
PY
unset PYTHONUNBUFFERED
PYTHONPATH="$folder/packages" python3 "$folder/stop.py" "$folder/serve.py"
