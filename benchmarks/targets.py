"""What the project wants of itself, by class of processor, and whether the measured ratios reach it. No torch here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from processors import AMX, AVX512_BF16, FP32, GPU, ProcessorClass
from results import Ratio, Result

PROCESSORS = (FP32, AVX512_BF16, AMX)


@dataclass(frozen=True)
class Target:
    """A bound for every ratio whose name fits.

    Attributes:
        number: of the target in the list of them; several bounds belong to one.
        ratio: a name as scripts give it; `*` stands for anything, such as the set.
        classes: of processors that it is for.
        least, most: the ratio must be at least, or at most, that.
        aim: what is hoped for beyond it.
        by: the time whose ratio counts.
    """

    number: int
    ratio: str
    classes: tuple[ProcessorClass, ...]
    least: float | None = None
    aim: float | None = None
    most: float | None = None
    by: Literal["clock", "processor"] = "clock"

    def fits(self, name: str) -> bool:
        """Whether it is for the ratio of this name."""
        return re.fullmatch(".*".join(map(re.escape, self.ratio.split("*"))), name) is not None

    def value(self, ratio: Ratio) -> float | None:
        """What counts of a ratio; None where it has none in that time."""
        return ratio.ratio if self.by == "clock" else ratio.processor

    def reached(self, value: float) -> float:
        """How much of the bound is reached, from 1 on it is met; of two bounds the lower one counts."""
        return value / self.least if self.least is not None else (self.most or 0.0) / value

    def wanted(self) -> str:
        """The bounds, for people."""
        bounds = [f"{word} {x:g}" for word, x in (("at least", self.least), ("at most", self.most)) if x is not None]
        aim = "" if self.aim is None else f" (aim {self.aim:g})"
        return " and ".join(bounds) + aim + (", by processor time" if self.by == "processor" else "")

    def verdict(self, ratio: Ratio) -> str:
        """Whether a ratio reaches it."""
        value = self.value(ratio)
        if value is None:
            return "not measured"
        inside = (self.least is None or value >= self.least) and (self.most is None or value <= self.most)
        if not inside:  # a ratio that is not a number is outside
            return "not met"
        return "aim met" if self.aim is not None and value >= self.aim else "met"


# "The build of 2026-11-30" is commit a1d0fb5, installed beside.
TARGETS = (
    Target(1, "extraction *, against OpenVINO bf16 with its best streams", (AMX,), 1.5, 2, by="processor"),
    Target(1, "extraction *, against the build of 2026-11-30", (AMX,), 1.6, 2, by="processor"),
    Target(1, "extraction *, share of the bf16 peak", (AMX,), 0.45, 0.6),
    Target(1, "extraction *, share of the bf16 peak", (AVX512_BF16,), 0.7),
    Target(1, "extraction *, share of the fp32 peak", (FP32,), 0.85),
    Target(2, "fine-tuning *, steps against Trainer with bf16=True", (AMX,), 4, 6),
    Target(2, "fine-tuning *, steps against Trainer with bf16=True", (AMX,), 3, by="processor"),
    Target(2, "fine-tuning *, steps against Trainer in its best setting", (FP32, AVX512_BF16), 3),
    Target(2, "fine-tuning *, steps against the build of 2026-11-30", (AMX,), 2, 2.5),
    Target(2, "fine-tuning *, steps against the build of 2026-11-30", (FP32, AVX512_BF16), 1),
    Target(2, "fine-tuning *, share of the bf16 peak", (AMX,), 0.2, 0.3),
    Target(2, "fine-tuning *, share of a step in forward and backward", (AMX,), 0.9),
    Target(2, "LoRA *, a step against one of full fine-tuning", PROCESSORS, 1.5),
    Target(3, "predicting * of one text, against onnxruntime fp32", PROCESSORS, round(1 / 1.2, 3), by="processor"),
    Target(3, "predicting * of 32 mixed texts, against onnxruntime fp32", PROCESSORS, 3),
    Target(3, "predicting a file of *, lines to those of extraction", PROCESSORS, 0.9),
    Target(3, "predicting a file of *, peak memory of a long file to that of a short one", PROCESSORS, most=1.1),
    Target(3, "serving * to 32 clients, against plain FastAPI", PROCESSORS, 3),
    Target(4, "masked-LM pretraining of mini, against Trainer", PROCESSORS, 3),
    Target(4, "biLM pretraining of *, against the build of 2026-11-30", (AMX,), 1.5),
    Target(4, "skip-thoughts pretraining of *, against the build of 2026-11-30", (AMX,), 1.5),
    Target(5, "compare on *, against the build of 2026-11-30", PROCESSORS, 2.5),
    Target(5, "fine-tuning runs to the whole comparison on *", PROCESSORS, round(1 / 1.2, 3)),
    Target(5, "compare on 300 short texts, against 90 s", PROCESSORS, 1),
    Target(6, "epochs of *, against the build of 2026-11-30", (AMX,), 2, 3),
    Target(6, "epochs of *, against the build of 2026-11-30", (FP32, AVX512_BF16), 1.3),
    Target(7, "compare on *, share of the processors' time", PROCESSORS, 0.85),
    Target(8, "growth of *, exponent of seconds", PROCESSORS, 0.95, most=1.05),
    Target(8, "growth of *, 3 GB to the peak at 10 million", PROCESSORS, 1),
    Target(9, "extraction of *, share of the measured matrix-multiply rate", (GPU,), 0.5),
    Target(9, "fine-tuning of *, share of the measured matrix-multiply rate", (GPU,), 0.4),
    Target(9, "fine-tuning of *, steps against Trainer with bf16=True", (GPU,), 2),
    # Older ones that none of those above replaces.
    Target(10, "vectors *, against sentence-transformers", PROCESSORS, 2),
    Target(10, "probes of every layer of *, against scikit-learn as it comes", PROCESSORS, 10),
    Target(10, "BiLSTM-CRF on *, over 3 epochs with extraction, against flair", PROCESSORS, 3),
    Target(10, "BiLSTM-CRF on *, a later epoch, against flair", PROCESSORS, 2),
    Target(10, "unfreeze --help, against 0.3 s", PROCESSORS, 1),
    Target(10, "unfreeze check on 100,000 rows, against 3 s", PROCESSORS, 1),
    Target(11, "a grid of * runs on *, two machines of one core against one process", PROCESSORS, 1.8, 1.95),
    Target(11, "the first run *, against 15 s", PROCESSORS, 1),
    Target(11, "what Ray adds to a run, against 0.5 s", PROCESSORS, 1),
)


@dataclass(frozen=True)
class Judged:
    """A target with a ratio that it is for and the result which has that; None where nothing was measured."""

    target: Target
    ratio: Ratio | None = None
    result: Result | None = None


def judged(results: Mapping[str, Result], processor: ProcessorClass) -> list[Judged]:
    """Every target of a class in their order, once for each ratio of the results that it is for."""
    rows = []
    for target in (t for t in TARGETS if processor in t.classes):
        fitting = [Judged(target, ratio, r) for r in results.values() for ratio in r.ratios if target.fits(ratio.name)]
        rows += fitting or [Judged(target)]
    return rows
