#!/usr/bin/env bash
# ray 2.60.0, Python 3.11, Linux. Takes a minute and a half, one of it the installation.
#
# Expected: a token that lies in ~/.ray changes nothing for a Ray that was started before it was there.
# Seen: from then on a driver that joins by "auto" turns tokens on for itself. It joins, its tasks start; but a worker on
# another machine that fetches what the driver has put gets OwnerDiedError, "the object's owner has exited", while the
# driver waits for it. On the driver's own machine it works. A driver that names the address is not affected.
set -euo pipefail
folder=$(mktemp -d)
started=()
trap 'for process in "${started[@]}"; do kill "$process"; wait "$process" || true; done; rm -rf "$folder"' EXIT
mkdir "$folder/home"
export HOME="$folder/home" RAY_TMPDIR="$folder" RAY_USAGE_STATS_ENABLED=0
unset RAY_AUTH_MODE RAY_AUTH_TOKEN RAY_AUTH_TOKEN_PATH RAY_ADDRESS
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ray==2.60.0
cat > "$folder/fetch.py" <<'PY'
"""Have a worker fetch what this process has put; say how that went."""

import sys

import ray

ray.init(sys.argv[1], log_to_driver=False, logging_level="CRITICAL")


@ray.remote(max_retries=0)
def size(inside: list) -> int:
    return len(ray.get(inside[0]))


try:
    print("fetched", ray.get(size.remote([ray.put(bytes(1_000_000))])))
except ray.exceptions.RayError as error:
    print(type(error).__name__)
PY
fetch() { "$folder/venv/bin/python" "$folder/fetch.py" "$1" 2>/dev/null | tail -1; }
ray() { "$folder/venv/bin/ray" "$@" > /dev/null 2>&1; }

"$folder/venv/bin/python" -c "import ray; print('ray', ray.__version__)"
"$folder/venv/bin/ray" start --head --port 26379 --num-cpus 0 --include-dashboard false --block > /dev/null 2>&1 &
started+=($!)
for _ in $(seq 60); do (: < /dev/tcp/127.0.0.1/26379) 2>/dev/null && break; sleep 1; done
"$folder/venv/bin/ray" start --address 127.0.0.1:26379 --num-cpus 1 --block > /dev/null 2>&1 &
started+=($!)
before=$(fetch auto)
ray get-auth-token --generate
by_auto=$(fetch auto)
by_address=$(fetch 127.0.0.1:26379)
echo "auto, before there is a token: $before; after: $by_auto"
echo "HOST:PORT, after: $by_address"
case "$before/$by_auto/$by_address" in
    fetched*/*OwnerDiedError*/fetched*) ;;
    *) echo "the behaviour changed"; exit 1 ;;
esac
