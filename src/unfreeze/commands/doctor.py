"""What this installation is, and what this machine can do: for people who wonder, and for reports of faults."""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path

import torch

from unfreeze.encoders.packaged import listed_encoders
from unfreeze.encoders.precision import bf16_speed, fast_precision, pick_device
from unfreeze.features.cache import cache_folder
from unfreeze.language.message import say
from unfreeze.plan import Plan
from unfreeze.runs.cost import free_bytes, processor_name

PACKAGES = ("torch", "transformers", "tokenizers", "safetensors", "numpy", "scipy", "scikit-learn", "pyarrow")
"""Whose versions numbers and files depend on."""
_EXTRA = re.compile(r"""^([A-Za-z0-9_.-]+).*;.*extra == ['"]([^'"]+)['"]""")


@dataclass(frozen=True)
class Doctor:
    """An installation and its machine.

    Attributes:
        packages: name to version of those that numbers depend on.
        device: what computes, with the threads that torch has.
        precision: in which the encoder is computed here.
        bf16: how many times as fast as fp32 this processor multiplies bf16 matrices, measured now; None on a GPU.
        free_gb: memory that a process may still take.
        extras: name to the versions of its packages that are here; None where one is missing.
        encoders: name to where it is, or how to install it.
        cache: the folder of layer states, and what is in it: stores, their megabytes, the disk's free gigabytes.
    """

    unfreeze: str
    python: str
    system: str
    packages: Mapping[str, str | None]
    device: str
    precision: str
    bf16: float | None
    free_gb: float
    extras: Mapping[str, str | None]
    encoders: Mapping[str, str]
    cache: Mapping[str, str | float]

    def lines(self) -> Iterator[str]:
        """The same for people."""
        yield say(
            "unfreeze {unfreeze}, Python {python}, {system}",
            unfreeze=self.unfreeze,
            python=self.python,
            system=self.system,
        )
        yield "packages: " + ", ".join(f"{name} {number or 'missing'}" for name, number in self.packages.items())
        yield say("device: {device}; {free_gb:,.1f} GB of memory free", device=self.device, free_gb=self.free_gb)
        measured = (
            ""
            if self.bf16 is None
            else say(" (bf16 multiplies {bf16:.1f} times as fast as fp32 here, measured now)", bf16=self.bf16)
        )
        yield say("precision: {precision}{measured}", precision=self.precision, measured=measured)
        for name, found in self.extras.items():
            yield say("extra {name}: {value}", name=name, value=found or f"missing; pip install 'unfreeze[{name}]'")
        for name, where in self.encoders.items():
            yield say("encoder {name}: {where}", name=name, where=where)
        about = self.cache
        yield (
            say(
                "cache: {about}, {about2:,.0f} stores of layer states with {about3:,.1f} MB, at most {about4:g} "
                "GB (--cache-gb); {about5:,.1f} GB of the disk free",
                about=about["folder"],
                about2=about["stores"],
                about3=about["mb"],
                about4=about["cap_gb"],
                about5=about["free_gb"],
            )
        )


def examined(device: str = "auto") -> Doctor:
    """This installation and machine; takes a tenth of a second to measure bf16.

    Raises:
        InputError: there is no such device.
    """
    chosen = pick_device(device)
    cpu = chosen.type == "cpu"
    threads = torch.get_num_threads()
    computing = f", {threads} {'thread' if threads == 1 else 'threads'} of {os.cpu_count()}" if cpu else ""
    return Doctor(
        unfreeze=version("unfreeze"),
        python=platform.python_version(),
        system=platform.platform(),
        packages={name: _version(name) for name in PACKAGES},
        device=f"{chosen.type}, {processor_name(chosen)}{computing}",
        precision=fast_precision(chosen),
        bf16=bf16_speed() if cpu else None,
        free_gb=free_bytes() / 1e9,
        extras=_extras(),
        encoders={one.name: one.origin for one in listed_encoders()},
        cache=_cache(cache_folder()),
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _extras() -> dict[str, str | None]:
    """Of this package, as its metadata has them, but for that of its tests."""
    wanted: dict[str, list[str]] = {}
    for line in metadata("unfreeze").get_all("Requires-Dist") or ():
        if (found := _EXTRA.match(line)) and found[2] != "dev":
            wanted.setdefault(found[2], []).append(found[1])
    return {name: _all_there(packages) for name, packages in sorted(wanted.items())}


def _all_there(packages: list[str]) -> str | None:
    found = {name: _version(name) for name in packages}
    return None if None in found.values() else ", ".join(f"{name} {number}" for name, number in found.items())


def _cache(folder: Path) -> dict[str, str | float]:
    stores = [path.parent for path in folder.glob("*/meta.json")] if folder.is_dir() else []
    size = sum(file.stat().st_size for store in stores for file in store.iterdir())
    there = next(one for one in (folder, *folder.parents) if one.is_dir())
    return {
        "folder": str(folder),
        "stores": len(stores),
        "mb": size / 1e6,
        "cap_gb": Plan.cache_gb,
        "free_gb": shutil.disk_usage(there).free / 1e9,
    }
