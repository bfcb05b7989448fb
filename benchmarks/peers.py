"""Engines that run a transformer's weights outside torch, exported here from the folder that ours is loaded from.

onnxruntime in fp32; OpenVINO in f32 and bf16 (`INFERENCE_PRECISION_HINT`), with one stream or several. Each is
optional. Their layer states are compared with ours before anything is timed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from transformers import AutoModel

from unfreeze.data.batches import sorted_batches
from unfreeze.encoders.precision import Precision
from unfreeze.encoders.protocol import Encoder, Inputs

CLOSE = 1e-4  # an engine's fp32 states to ours
OPSET = 18
STREAMS = (1, 2)
NAMES = ("input_ids", "attention_mask", "token_type_ids")
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Use = Callable[[Sequence[Floats], "Padded"], None]


@dataclass(frozen=True)
class Padded:
    """A batch of N inputs of at most L pieces; arrays are (N, L).

    Attributes:
        chosen: (N,) which inputs they are.
    """

    chosen: Ints
    ids: Ints
    mask: Ints
    types: Ints

    def named(self) -> dict[str, Ints]:
        """As engines are fed."""
        return dict(zip(NAMES, (self.ids, self.mask, self.types), strict=True))


class Engine(Protocol):
    """Runs an exported model.

    Attributes:
        precision: that it computes in.
    """

    precision: Precision

    def run(self, batches: Iterator[Padded], use: Use) -> None:
        """Compute every batch; `use` gets its outputs, which are the engine's own memory, and the batch."""
        ...


class LayerStatesOf(nn.Module):
    """A transformer whose outputs are all its layer states, each (N, L, width)."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.model: Any = AutoModel.from_pretrained(folder, dtype=torch.float32, trust_remote_code=False)
        self.eval()

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, ...]:
        """See above."""
        given = {"attention_mask": attention_mask, "token_type_ids": token_type_ids}
        return tuple(self.model(input_ids, output_hidden_states=True, **given).hidden_states)


def example() -> tuple[Tensor, ...]:
    """Two inputs of different lengths, to trace a model with."""
    mask = torch.ones(2, 6, dtype=torch.int64)
    mask[1, 4:] = 0
    return torch.randint(5, 900, (2, 6)), mask, torch.zeros_like(mask)


def export_onnx(module: nn.Module, file: Path) -> None:
    """Write a module of the three inputs as ONNX, inputs of any number and length."""
    shape = {0: torch.export.Dim("inputs"), 1: torch.export.Dim("pieces")}
    torch.onnx.export(
        module, example(), file, input_names=NAMES, opset_version=OPSET, dynamo=True, verbose=False,
        dynamic_shapes=dict.fromkeys(NAMES, shape),
    )  # fmt: skip


def to_openvino(module: nn.Module) -> Any:
    """A module of the three inputs as a model of OpenVINO's, inputs of any number and length."""
    import openvino

    with torch.no_grad():
        return openvino.convert_model(module, example_input=dict(zip(NAMES, example(), strict=True)))


class OnnxRuntime:
    """onnxruntime on as many threads as torch has; they sleep while they wait, as ours do."""

    precision: Precision = "fp32"

    def __init__(self, file: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(file, options, ["CPUExecutionProvider"])
        self._names = {given.name for given in self._session.get_inputs()}

    def run(self, batches: Iterator[Padded], use: Use) -> None:
        """See `Engine.run`."""
        for batch in batches:
            fed = {name: array for name, array in batch.named().items() if name in self._names}
            use(self._session.run(None, fed), batch)


class OpenVino:
    """OpenVINO on as many threads as torch has, shared by its streams, each of which has a batch."""

    def __init__(self, model: Any, precision: Precision, streams: int) -> None:
        import openvino

        self.precision = precision
        settings: dict[str, object] = {
            "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[precision],
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "NUM_STREAMS": streams,
        }
        self._compiled = openvino.compile_model(model, "CPU", settings)
        self._queue = openvino.AsyncInferQueue(self._compiled, streams)

    def run(self, batches: Iterator[Padded], use: Use) -> None:
        """See `Engine.run`."""
        outputs = len(self._compiled.outputs)
        self._queue.set_callback(
            lambda request, batch: use([request.get_output_tensor(i).data for i in range(outputs)], batch)
        )
        for batch in batches:
            self._queue.start_async(batch.named(), batch)
        self._queue.wait_all()


def padded_batches(tokenizer: Any, texts: Sequence[str], second: Sequence[str] | None, budget: int) -> Iterator[Padded]:
    """Tokenise, sort by length, and pad batches of about `budget` pieces."""
    read = tokenizer(list(texts), None if second is None else list(second), truncation=True)
    ids, types = read["input_ids"], read["token_type_ids"]
    for chosen in sorted_batches([len(one) for one in ids], budget):
        yield padded(chosen, [ids[i] for i in chosen], [types[i] for i in chosen])


def padded(chosen: Ints, ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]]) -> Padded:
    """Inputs side by side, zeros behind the shorter ones."""
    lengths = np.array([len(one) for one in ids])
    mask = (np.arange(lengths.max()) < lengths[:, None]).astype(np.int64)
    batch = Padded(chosen, np.zeros_like(mask), mask, np.zeros_like(mask))
    for array, rows in ((batch.ids, ids), (batch.types, types)):
        array[mask.astype(bool)] = np.concatenate([np.asarray(row) for row in rows])
    return batch


def take_means(outputs: Sequence[Floats], batch: Padded) -> Tensor:
    """(layers, N, width): means over the pieces of each input."""
    shares = torch.from_numpy((batch.mask / batch.mask.sum(1, keepdims=True)).astype(np.float32))[:, None]
    return torch.stack([torch.bmm(shares, torch.from_numpy(states))[:, 0] for states in outputs])


def engines(folder: Path, work: Path, fast: Precision) -> Mapping[str, Engine]:
    """Those that are installed, by the name of their row.

    Args:
        work: an empty folder for exported files.
        fast: bf16 is left out where the processor does not have it.
    """
    made: dict[str, Engine] = {}
    if find_spec("onnxruntime") and find_spec("onnxscript"):
        export_onnx(LayerStatesOf(folder), work / "states.onnx")
        made["onnxruntime, sorted by length"] = OnnxRuntime(work / "states.onnx")
    if find_spec("openvino"):
        model = to_openvino(LayerStatesOf(folder))
        kinds: dict[Precision, None] = dict.fromkeys(("fp32", fast))
        for precision, streams in product(kinds, STREAMS):
            label = f"OpenVINO {precision}, {streams} stream{'s'[: streams - 1]}"
            made[label] = OpenVino(model, precision, streams)
    return made


@dataclass(frozen=True)
class Distance:
    """How far layer states are from ours in fp32: the largest and the mean difference."""

    most: float
    mean: float


def apart(theirs: Tensor, ours: Tensor) -> Distance:
    """Of layer states of any dtype, in the same shape."""
    gaps = (theirs.float() - ours.float()).abs()
    return Distance(float(gaps.max()), float(gaps.mean()))


def distance(engine: Engine, batches: Sequence[Padded], encoder: Encoder, inputs: Inputs) -> Distance:
    """An engine's states of the real pieces to ours of the same inputs, in fp32.

    Raises:
        SystemExit: an fp32 engine's states are not ours to `CLOSE`.
    """
    theirs: list[Tensor] = []

    def keep(outputs: Sequence[Floats], batch: Padded) -> None:
        kept = batch.mask.astype(bool)
        theirs.append(torch.from_numpy(np.stack([states[kept] for states in outputs])))  # (layers, P, width)

    for batch in batches:  # one after the other, so that streams do not change their order
        engine.run(iter([batch]), keep)
    with torch.inference_mode():
        ours = [encoder.encode(inputs.batch(batch.chosen)).states for batch in batches]
    seen = apart(torch.cat(theirs, 1), torch.cat(ours, 1))
    if engine.precision == "fp32" and not seen.most <= CLOSE:
        raise SystemExit(f"{type(engine).__name__}: states are {seen.most:.1e} off ours, {CLOSE:.0e} are allowed")
    return seen
