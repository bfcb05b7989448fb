#!/usr/bin/env bash
# torch 2.13.0 with onnxscript 0.7.2, torch.onnx.export(dynamo=True), Python 3.11.
#
# Expected: an LSTM over texts of any length is exported, or is refused; the same call does the same each time.
# Seen: the first export in a process succeeds, and its file runs at any length, though it declares its output to have the
# length of the example (onnxruntime warns at every run, and what trusts declared sizes fails). The second export of the
# same module in the same process is refused: "tracing inferred a static shape". So a test that exports once, or a service
# that has just been started, proves nothing for the next call.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" \
  torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0
OMP_NUM_THREADS=1 PYTHONPATH="$folder/packages" python3 - "$folder/lstm.onnx" <<'PY'
import logging
import sys
import warnings

import numpy as np
import onnxruntime
import torch
from torch import nn

warnings.simplefilter("ignore")
logging.disable(logging.ERROR)
EXAMPLE, OTHER = 6, 11


class Reader(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 5, batch_first=True)

    def forward(self, x):
        return self.lstm(x)[0]


def export(module):
    sizes = ({0: "batch", 1: "length"},)
    with torch.no_grad():
        return torch.onnx.export(
            module, (torch.randn(3, EXAMPLE, 8),), dynamo=True, dynamic_shapes=sizes, verbose=False
        )


reader = Reader().eval()
first = export(reader)
first.save(sys.argv[1])
declared = first.model_proto.graph.output[0].type.tensor_type.shape.dim[1]
options = onnxruntime.SessionOptions()
options.log_severity_level = 3
session = onnxruntime.InferenceSession(sys.argv[1], options)
x = torch.randn(2, OTHER, 8)
(out,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
apart = np.abs(out - reader(x).detach().numpy()).max()
print(f"first export: length {OTHER} comes out as {out.shape}, {apart:.0e} from torch; "
      f"declared length: {declared.dim_param or declared.dim_value}")
try:
    export(reader)
    refused = False
except Exception as error:
    refused = "static shape" in str(error.__cause__ or error)
    print("second export:", str(error.__cause__ or error).splitlines()[1].strip())
assert apart < 1e-5
assert refused and declared.dim_value == EXAMPLE, "the behaviour changed"
PY
