#!/usr/bin/env bash
# torch 2.13.0 (the wheel for processors, OpenMP), Python 3.11.
#
# Expected: the number of threads that a thread has set for itself stays its own; or there is one number for all.
# Seen: each thread has its own, but one that has set it and has not yet computed (or asked for it) gets, at its first
# operation, the number that any other thread has set last. So a pool whose threads begin with `set_num_threads(1)` may
# compute with eight each, and sums then differ in their last bits from run to run.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder" torch==2.13.0
PYTHONPATH="$folder" OMP_NUM_THREADS=2 python3 - <<'PY'
import threading

import torch


def after_another_thread_has_set_one() -> int:
    """What this thread computes with, having set two, once another one has set one."""
    torch.set_num_threads(2)
    other = threading.Thread(target=torch.set_num_threads, args=(1,))
    other.start()
    other.join()
    return torch.get_num_threads()


print("torch", torch.__version__)
first, second = after_another_thread_has_set_one(), after_another_thread_has_set_one()
print("two were set; at the first time:", first, "later:", second)
assert (first, second) == (1, 2), "the behaviour changed"
PY
