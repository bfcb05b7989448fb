#!/usr/bin/env bash
# torch 2.13.0 with onnxscript 0.7.2, torch.onnx.export(dynamo=True), Python 3.11.
#
# Expected: halves of a batch of any size, made by `chunk(2)`, are exported like those made by a view.
# Seen: the optimiser of onnxscript, which runs by default, fails while it folds constants: 'NoneType' object has no
# attribute 'ndim'. With optimize=False, or with `view(2, -1, ...)` in place of `chunk`, the same graph is written and
# right at any size.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" \
  torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0
OMP_NUM_THREADS=1 PYTHONPATH="$folder/packages" python3 - "$folder/halves.onnx" <<'PY'
import logging
import sys
import warnings

import numpy as np
import onnxruntime
import torch
from torch import nn

warnings.simplefilter("ignore")
logging.disable(logging.ERROR)


class Halves(nn.Module):
    def forward(self, x):
        first, second = torch.cat([x, x + 1]).chunk(2)
        return first - second


def export(**options):
    sizes = ({0: "batch", 1: "length"},)
    with torch.no_grad():
        return torch.onnx.export(
            Halves(), (torch.randn(3, 6, 8),), dynamo=True, dynamic_shapes=sizes, verbose=False, **options
        )


try:
    export()
    root = None
except Exception as error:
    root = error
    while root.__cause__ is not None:
        root = root.__cause__
print("optimised:", root)
export(optimize=False).save(sys.argv[1])
session = onnxruntime.InferenceSession(sys.argv[1])
(out,) = session.run(None, {session.get_inputs()[0].name: np.zeros((5, 4, 8), np.float32)})
print("not optimised:", out.shape, "all", out.flat[0])
assert (out == -1).all() and out.shape == (5, 4, 8)
assert isinstance(root, AttributeError) and "ndim" in str(root), "the behaviour changed"
PY
