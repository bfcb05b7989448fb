"""Machines of Ray on this one: a processor, a folder for states and one for passing files each. Or no Ray."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


@dataclass
class Machines:
    """Those of a cluster beside the one that this process is on, which computes nothing."""

    cluster: Any
    folder: Path
    nodes: list[Any] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where others join it."""
        return str(self.cluster.address)

    def cache(self, number: int) -> Path:
        """The folder of layer states of a machine."""
        return self.folder / f"cache-{number}"

    def passing(self, number: int) -> Path:
        """The folder of a machine's passing files."""
        return self.folder / f"tmp-{number}"

    def living(self) -> list[Any]:
        """Those that were not killed."""
        return [node for node in self.nodes if node in self.cluster.worker_nodes]

    def add(self) -> Any:
        """One more machine."""
        number = len(self.nodes)
        self.passing(number).mkdir(parents=True)
        own = {"UNFREEZE_CACHE": str(self.cache(number)), "TMPDIR": str(self.passing(number))}
        node = self.cluster.add_node(num_cpus=1, env_vars=own)
        self.nodes.append(node)
        return node

    def kill(self, node: Any) -> None:
        """End a machine at once."""
        self.cluster.remove_node(node, allow_graceful=False)


@contextmanager
def started(folder: Path, count: int = 2) -> Iterator[Machines]:
    """A Ray with some machines, which this process has not joined."""
    patch = pytest.MonkeyPatch()
    patch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "src"), prepend=os.pathsep)
    # Its machines ask for no token, so whoever joins them must not either, although this user may have one.
    patch.setenv("RAY_AUTH_MODE", "disabled")
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'unfreeze[ray]'")
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    made = Machines(cluster, folder)
    try:
        for _ in range(count):
            made.add()
        yield made
    finally:
        cluster.shutdown()
        patch.undo()


@contextmanager
def machines(folder: Path, count: int = 2) -> Iterator[Machines]:
    """A Ray with some machines, which this process has joined."""
    with started(folder, count) as made:
        import ray

        try:
            ray.init(made.address, log_to_driver=False, logging_level="ERROR")
            yield made
        finally:
            ray.shutdown()


class InOrder:
    """A place in this process, as far as `Place.mapped` goes: no Ray."""

    def mapped(self, work: Callable[[Any], Any], items: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
        """See `Place.mapped`."""
        return ((number, work(item)) for number, item in items)
