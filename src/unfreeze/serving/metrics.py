"""What `/metrics` says, in Prometheus' text format; nothing else here imports prometheus_client."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from unfreeze.serving.model import Answer

CONTENT_TYPE: str = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """Counts and times of one server, without any text."""

    def __init__(self, model: str) -> None:
        disable_created_metrics()  # they double the text, and no query needs them
        self._registry = registry = CollectorRegistry()
        told = Gauge("unfreeze_model_info", "1; model and version.", ["model", "version"], registry=registry)
        told.labels(model, version("unfreeze")).set(1)
        self._requests = Counter(
            "unfreeze_requests", "Requests by path and status.", ["path", "status"], registry=registry
        )
        self._seconds = Histogram(
            "unfreeze_request_seconds", "From headers to reply.", ["path"], buckets=_SECONDS, registry=registry
        )
        self._texts = Counter("unfreeze_texts", "Texts that were answered.", registry=registry)
        self._cut = Counter("unfreeze_texts_cut", "Those of them not read to their end.", registry=registry)
        self._batch = Histogram("unfreeze_batch_texts", "Texts of a batch.", buckets=_TEXTS, registry=registry)
        self._model = Histogram(
            "unfreeze_batch_seconds", "That the model took for a batch.", buckets=_SECONDS, registry=registry
        )

    def follow(self, name: str, about: str, value: Callable[[], float]) -> None:
        """A gauge that is read whenever it is asked for."""
        Gauge(f"unfreeze_{name}", about, registry=self._registry).set_function(value)

    def request(self, path: str, status: int, seconds: float) -> None:
        """A request has ended; `path` is a route, not what was asked for."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def batch(self, answers: Sequence[Answer], seconds: float) -> None:
        """Some texts were answered together."""
        self._texts.inc(len(answers))
        self._cut.inc(sum(answer.cut for answer in answers))
        self._batch.observe(len(answers))
        self._model.observe(seconds)

    def text(self) -> bytes:
        """All of it."""
        return bytes(generate_latest(self._registry))
