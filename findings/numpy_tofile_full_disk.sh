#!/usr/bin/env bash
# numpy 2.4.6, Python 3.11, Linux.
#
# Expected: `array.tofile(file)` raises OSError where the disk is full, as `file.write(array.tobytes())` does.
# Seen: only where the array is larger than a buffer of the C library. What fits the buffer is lost without a word:
# the file stays empty, or ends before its last numbers. /dev/full is a file whose every write fails as on a full disk.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" numpy==2.4.6
PYTHONPATH="$folder/packages" python3 - <<'PY'
import numpy as np


def told(write) -> str:
    try:
        with open("/dev/full", "wb") as file:
            write(file)
        return "no error"
    except OSError as error:
        return f"OSError: {error}"


few, many = np.arange(10), np.arange(100_000)
found = [told(few.tofile), told(many.tofile), told(lambda file: file.write(few.tobytes()))]
for what, said in zip(("tofile of 10 numbers", "tofile of 100,000", "write of 10"), found):
    print(f"{what}: {said}")
assert found[0] == "no error" and all(said.startswith("OSError") for said in found[1:]), "the behaviour changed"
PY
