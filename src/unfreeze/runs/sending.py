"""What other machines are sent once: folders, which they keep, and encoders, by name or as such a folder."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from filelock import FileLock

from unfreeze.disk.files import new_folder
from unfreeze.disk.unfinished import discard, hidden, sweep
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.packaged import PACKAGED
from unfreeze.encoders.precision import pick_device
from unfreeze.encoders.protocol import Encoder
from unfreeze.errors import InputError
from unfreeze.features.cache import cache_folder
from unfreeze.language.message import say
from unfreeze.plan import Plan
from unfreeze.runs.opening import versions
from unfreeze.runs.parcels import Parcel, packed, unpacked

Key = TypeVar("Key")
Value = TypeVar("Value")
ENCODERS, PASSING = "encoders", "passing"  # folders of the cache


class Last(Generic[Key, Value]):
    """The last thing that this process was asked for, kept until it is asked for another."""

    def __init__(self) -> None:
        self._kept: tuple[Key, Value] | None = None

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """That of a key, made where it is not the last one; then that is let go of first."""
        if self._kept is None or self._kept[0] != key:
            self._kept = None
            self._kept = key, make()
        return self._kept[1]


@dataclass(frozen=True)
class SentEncoder:
    """Which encoder is meant, wherever it is loaded.

    Attributes:
        fingerprint: which must be the same everywhere.
        packaged: it comes with an installed package, by its name; else its files travel.
        max_length, options: see `load_encoder`.
        device: as it is asked for.
    """

    name: str
    fingerprint: str
    packaged: bool
    max_length: int | None
    options: tuple[tuple[str, str], ...]
    device: str

    def loaded(self, files: Callable[[], Parcel]) -> Encoder:
        """The encoder, on this machine.

        Args:
            files: fetches its files, where it is not a packaged one.

        Raises:
            InputError: the package here has another one.
        """
        name = self.name if self.packaged else str(kept_folder(ENCODERS, self.fingerprint, files))
        encoder = load_encoder(name, self.max_length, dict(self.options)).to(pick_device(self.device))
        if encoder.fingerprint() != self.fingerprint:
            problem = say(
                "has other weights on {node}; install the same version of its package there", node=platform.node()
            )
            raise InputError(problem, where=f"encoder {self.name}")
        encoder.name = self.name
        return encoder


def encoder_of(plan: Plan, fingerprint: str) -> SentEncoder:
    """The one encoder of a plan."""
    return sent_encoder(plan.only_encoder, fingerprint, plan.max_length, plan.all_options, plan.device)


def sent_encoder(
    name: str, fingerprint: str, max_length: int | None, options: Mapping[str, str], device: str
) -> SentEncoder:
    """An encoder of this name, which some package may have."""
    return SentEncoder(name, fingerprint, name in PACKAGED, max_length, tuple(sorted(options.items())), device)


def packed_encoder(encoder: Encoder) -> Parcel:
    """The encoder's files, as it saves itself."""
    with passing_folder("encoder") as folder:
        encoder.save(folder / "encoder")
        return packed(folder / "encoder")


def kept_folder(kind: str, digest: str, files: Callable[[], Parcel]) -> Path:
    """A folder as this machine keeps it; its files are fetched once, whichever process asks first.

    Args:
        kind: what such folders are, as the name of the folder of all of them.
        digest: of what is in it.
    """
    folder = cache_folder() / kind / digest
    with one_at_a_time(folder):
        if not folder.exists():
            with new_folder(folder) as unfinished:
                unpacked(files(), unfinished)
    return folder


@contextmanager
def passing_folder(name: str) -> Iterator[Path]:
    """A folder for as long as the block takes, below the cache, where `tidy` deletes those of processes that died."""
    folder = hidden(cache_folder() / PASSING / name)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        discard(folder)


def tidy() -> None:
    """Delete what killed processes left unfinished in this machine's cache: states, encoders, other passing folders."""
    for folder in (cache_folder(), cache_folder() / ENCODERS, cache_folder() / PASSING):
        sweep(folder)


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Processes of this machine that make the same thing wait for the first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        yield


def check_version(version: str) -> None:
    """Raise `InputError` where another version of this package asks."""
    if version != versions()["unfreeze"]:
        problem = say(
            "has unfreeze {versions}, the command {version}; install the same on all machines",
            versions=versions()["unfreeze"],
            version=version,
        )
        raise InputError(problem, where=platform.node())
