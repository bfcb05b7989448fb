"""Graphs as ONNX files; nothing else here imports onnx, onnxscript or onnxruntime."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from unfreeze.errors import InputError, check_packages
from unfreeze.export.graph import Graph

MODEL, INT8 = "model.onnx", "model.int8.onnx"
PACKAGES = ("onnx", "onnxscript", "onnxruntime")
_SCOPES, _OF_ENCODER = "pkg.torch.onnx.name_scopes", "'encoder."
"""Where the exporter says which modules a node is of, and how that begins for `Graph.encoder`."""
_ONE_FILE = 1_900_000_000
"""Bytes of weights that one file may hold: protobuf ends at 2 GiB."""


def check_installed() -> None:
    """Raise `InputError` where a package is missing.

    onnxruntime, imported later, is kept from its telemetry, for which it leaves a file in the temporary folder.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    check_packages(PACKAGES, "onnx", where="--to onnx")


def write_graph(graph: Graph, folder: Path) -> None:
    """Write `model.onnx`, for inputs of any number and length.

    Raises:
        InputError: the exporter cannot do this model; the message has its reason.
    """
    example = graph.example()
    size = sum(t.numel() * t.element_size() for t in (*graph.parameters(), *graph.buffers()))
    with _quiet(), torch.no_grad():
        try:
            program: Any = torch.onnx.export(
                graph.eval(), (), kwargs=example, dynamo=True, input_names=list(graph.names),
                output_names=[graph.output], dynamic_shapes=dict(graph.axes()), verbose=False,
            )  # fmt: skip
        except Exception as error:
            told = str(error.__cause__ or error).strip().splitlines() or [type(error).__name__]
            problem = f"torch's exporter cannot do this model ({told[0][:200]}); use `unfreeze predict`"
            raise InputError(problem, where="export") from error
        proto = program.model_proto
        _forget_sizes(proto.graph, graph.result_axes())
        _drop_unread(proto.graph)
        _save(proto, folder / MODEL, size > _ONE_FILE)


def session_of(model: Path) -> Any:
    """What runs a model on the processor."""
    import onnxruntime

    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


def write_int8(folder: Path) -> None:
    """Write `model.int8.onnx` from `model.onnx`: weights of the encoder's products in 8 bits, a scale for each column.

    The head is small, and what it decides is near; it stays as it is.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    graph = onnx.load(str(folder / MODEL), load_external_data=False).graph
    with _quiet():
        quantize_dynamic(
            folder / MODEL, folder / INT8, weight_type=QuantType.QInt8, per_channel=True,
            nodes_to_exclude=list(_nodes_of_head(graph)),
        )  # fmt: skip


def _nodes_of_head(proto: Any) -> Iterator[str]:
    """Names of the nodes that no part of the encoder made, those inside loops too."""
    for node in proto.node:
        scopes = [entry.value for entry in node.metadata_props if entry.key == _SCOPES]
        if not any(_OF_ENCODER in scope for scope in scopes):
            yield node.name
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _nodes_of_head(attribute.g)


def _forget_sizes(proto: Any, axes: Mapping[int, str]) -> None:
    """Sizes in between may be declared to be those of the example, and the quantiser takes them at their word."""
    _forget_inner(proto)
    for axis, name in axes.items():
        proto.output[0].type.tensor_type.shape.dim[axis].dim_param = name


def _forget_inner(proto: Any) -> None:
    del proto.value_info[:]
    for node in proto.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                _forget_inner(attribute.g)


def _drop_unread(proto: Any) -> None:
    """Constants that were folded into others; onnxruntime tells of each at every start."""
    read = set(_names_read(proto))
    kept = [constant for constant in proto.initializer if constant.name in read]
    del proto.initializer[:]
    proto.initializer.extend(kept)


def _names_read(proto: Any) -> Iterator[str]:
    yield from (value.name for value in proto.output)
    for node in proto.node:
        yield from node.input
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _names_read(attribute.g)


def _save(proto: Any, file: Path, apart: bool) -> None:
    import onnx

    onnx.save(proto, str(file), save_as_external_data=apart, location=f"{file.name}.data" if apart else None)


@contextmanager
def _quiet() -> Iterator[None]:
    """Exporters tell of packages that are not needed, and of names of axes."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir", "root", "")]
    before = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, before, strict=True):
                logger.setLevel(level)
