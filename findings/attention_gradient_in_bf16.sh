#!/usr/bin/env bash
# torch 2.13.0 on a processor, scaled_dot_product_attention without a mask or dropout, one thread, Python 3.11.
#
# Expected: on a processor that multiplies bf16 faster than fp32 (AMX here), bf16 attention takes less time than fp32,
# for its gradients as for itself.
# Seen: forward it does (0.5 to 0.75 times the time of fp32), but the gradients take 3 to 8 times as long as those in
# fp32, so that a training step is slower in bf16; and 5 to 13 times as long as the gradients of the same attention
# written as two matrix products and a softmax, in bf16 too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" torch==2.13.0 numpy==2.4.6
OMP_NUM_THREADS=1 PYTHONPATH="$folder/packages" python3 - <<'PY'
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
TEXTS, HEADS, PIECES, WIDTH = 64, 12, 64, 32


def by_products(q, k, v):
    return (q * WIDTH**-0.5 @ k.transpose(2, 3)).softmax(3) @ v


def milliseconds(attention, dtype):
    """Of processor time, forward and backward, the least of several."""
    least = [float("inf")] * 2
    for _ in range(7):
        sides = [torch.randn(TEXTS, HEADS, PIECES, WIDTH).to(dtype).requires_grad_() for _ in range(3)]
        began = time.process_time()
        out = attention(*sides)
        middle = time.process_time()
        out.backward(torch.ones_like(out))
        least = [min(least[0], middle - began), min(least[1], time.process_time() - middle)]
    return [round(1e3 * part, 1) for part in least]


seen = {
    f"{name} {str(dtype).removeprefix('torch.')}": milliseconds(attention, dtype)
    for name, attention in (("kernel", F.scaled_dot_product_attention), ("products", by_products))
    for dtype in (torch.float32, torch.bfloat16)
}
print("torch", torch.__version__, torch.backends.cpu.get_cpu_capability(), "ms forward, backward:", seen)
assert seen["kernel bfloat16"][1] > 1.5 * seen["kernel float32"][1], "the behaviour changed"
assert seen["kernel bfloat16"][1] > 2 * seen["products bfloat16"][1], "the behaviour changed"
PY
