"""The record of a finished run, made up."""

from __future__ import annotations

from unfreeze.pretraining.record import Record
from unfreeze.pretraining.settings import pretraining_from

ASKED = pretraining_from({"corpus": ("a<b>.txt", "c d.txt"), "out": "my-elmo", "objective": "bilm", "tokens": 500})
CURVE = tuple(
    {"step": 10 * i, "tokens": 100 * i, "loss": 6.5 - i, "rate": 1e-3, "seconds": 2.0 * i,
     "held_out": {"loss": 6.6 - i, "forward": 6.5 - i, "backward": 6.7 - i} if i % 2 else None}
    for i in range(1, 6)
)  # fmt: skip
RECORD = Record(
    ASKED, "2026-01-02", "2 cores", "bf16", {"hidden": 12}, "words", 1234, 56, 7890, True, CURVE, 50.0, 0.25
)  # fmt: skip
