#!/usr/bin/env bash
# ray 2.60.0 with its client (grpcio 1.85.3), Python 3.11, Linux. Takes two minutes, one of them the installation.
#
# Expected: a driver on the head's own machine joins by HOST:PORT or ray://HOST:PORT as it does by "auto"; or the error
# says what is missing.
# Seen: any `ray.init()` that starts a local Ray writes a token into ~/.ray. From then on a head that `ray start` starts
# there asks for it. A driver that joins by "auto" gives it of itself; one that names an address does not, as long as
# RAY_AUTH_MODE=token is not in its environment, although the file is there. It waits for 20 to 30 s, and the exception
# says "Failed to connect" or "ray client connection timeout", as if nobody listened.
set -euo pipefail
folder=$(mktemp -d)
head=
trap '[ -z "$head" ] || { kill "$head"; wait "$head" || true; }; rm -rf "$folder"' EXIT
mkdir "$folder/home"
export HOME="$folder/home" RAY_TMPDIR="$folder" RAY_USAGE_STATS_ENABLED=0
unset RAY_AUTH_MODE RAY_AUTH_TOKEN RAY_AUTH_TOKEN_PATH RAY_ADDRESS
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "ray[client]==2.60.0" grpcio==1.85.3
cat > "$folder/join.py" <<'PY'
"""Join the Ray of an address; say how that went, and after how many seconds."""

import sys
import time

import ray

began = time.monotonic()
try:
    ray.init(sys.argv[1], log_to_driver=False, logging_level="CRITICAL")
    said = "joined"
    ray.shutdown()
except ConnectionError as error:
    said = f"ConnectionError: {' '.join(str(error).split())[:60]}"
print(f"{said} ({time.monotonic() - began:.0f} s)")
PY
join() { "$folder/venv/bin/python" "$folder/join.py" "$1" 2>/dev/null | tail -1; }
files() { ls -A "$HOME/.ray" 2>/dev/null | tr '\n' ' '; }

"$folder/venv/bin/python" -c "import ray; print('ray', ray.__version__)"
echo "in ~/.ray before: $(files)"
join local
echo "in ~/.ray after ray.init() on this machine: $(files)"
"$folder/venv/bin/ray" start --head --port 26379 --ray-client-server-port 26001 --num-cpus 1 --include-dashboard false \
    --block > "$folder/head.txt" 2>&1 &
head=$!
for _ in $(seq 60); do (: < /dev/tcp/127.0.0.1/26001) 2>/dev/null && break; sleep 1; done
automatic=$(join auto)
by_port=$(join 127.0.0.1:26379)
by_client=$(join ray://127.0.0.1:26001)
told_port=$(RAY_AUTH_MODE=token join 127.0.0.1:26379)
told_client=$(RAY_AUTH_MODE=token join ray://127.0.0.1:26001)
echo "auto: $automatic"
echo "HOST:PORT: $by_port; with RAY_AUTH_MODE=token: $told_port"
echo "ray://HOST:PORT: $by_client; with RAY_AUTH_MODE=token: $told_client"
case "$automatic/$by_port/$by_client/$told_port/$told_client" in
    joined*/ConnectionError*/ConnectionError*/joined*/joined*) ;;
    *) echo "the behaviour changed"; exit 1 ;;
esac
