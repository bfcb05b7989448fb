#!/usr/bin/env bash
# torch 2.13.0 on a processor, softmax over the last dimension in fp32, one thread, Python 3.11.
#
# Expected: the softmax of rows with fewer numbers takes less time, or as much.
# Seen: rows with fewer numbers than a vector register holds (16 with AVX512, 8 with AVX2) take up to twelve times as
# long as rows of 16: on a machine with AVX512 some 255 ns for 15 numbers and 21 ns for 16. Rows of 13 that are first
# copied into rows of 16, filled with minus infinity, are done in a seventh of the time, copies included. Attention
# between the pieces of short texts, and probabilities of a few labels, are just such rows.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" torch==2.13.0 numpy==2.4.6
OMP_NUM_THREADS=1 PYTHONPATH="$folder/packages" python3 - <<'PY'
import time

import torch

ROWS, SHORT, FULL = 200_000, 7, 16
torch.set_num_threads(1)


def nanoseconds(numbers: int) -> float:
    """Of processor time a row, the least of several."""
    rows, least = torch.randn(ROWS, numbers), float("inf")
    for _ in range(9):
        began = time.process_time()
        rows.softmax(1)
        least = min(least, time.process_time() - began)
    return 1e9 * least / ROWS


seen = {numbers: round(nanoseconds(numbers), 1) for numbers in (4, SHORT, 13, 15, FULL, 32)}
print("torch", torch.__version__, torch.backends.cpu.get_cpu_capability(), "ns a row, by its numbers:", seen)
assert seen[SHORT] > 1.5 * seen[FULL], "the behaviour changed"
PY
