"""`encoders.json`: the encoders of a comparison of several, and the folder of each one's question. No torch here.

encoders.json               this file
encoders/<name>/            one encoder's comparison, as `records.comparison` describes it
result.json, report.html    of all of them together
bundle/                     the winner's model
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from unfreeze.disk.files import write_json
from unfreeze.disk.typed import read_typed
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.records.comparison import AGAIN

FILE = "encoders.json"


@dataclass(frozen=True)
class Encoders:
    """The encoders that are compared.

    Attributes:
        folders: name of an encoder in this comparison to its folder under `encoders/`, in the plan's order.
        dropped: name of an encoder that was not trained to the reason.
    """

    folders: Mapping[str, str]
    dropped: Mapping[str, str] = field(default_factory=dict)

    @property
    def trained(self) -> tuple[str, ...]:
        """Names of the encoders that were not dropped."""
        return tuple(name for name in self.folders if name not in self.dropped)


def encoders_of(names: Sequence[str]) -> Encoders:
    """Short names and folders for encoders given by name or path; those that share a short name are numbered."""
    folders: dict[str, str] = {}
    for given in names:
        short = Path(given).name or given
        name, number = short, 1
        while name in folders:
            number += 1
            name = f"{short}-{number}"
        folder = re.sub(r"[^\w.+-]", "_", name).lstrip(".") or "encoder"
        while folder in folders.values():
            folder += "_"
        folders[name] = folder
    return Encoders(folders)


def folder_of(out: Path, encoders: Encoders, name: str) -> Path:
    """Where an encoder's comparison is."""
    return out / "encoders" / encoders.folders[name]


def write_encoders(out: Path, encoders: Encoders) -> None:
    """Write `encoders.json`."""
    write_json(out / FILE, asdict(encoders))


def read_encoders(out: Path) -> Encoders | None:
    """The encoders of a comparison; None where it is of a single one.

    Raises:
        InputError: the file is torn, or names folders that are not below `encoders/`.
    """
    path = out / FILE
    if not path.exists():
        return None
    encoders = read_typed(path, Encoders, remedy=AGAIN)
    names = encoders.folders.values()
    outside = any(Path(name).name != name or name in ("", ".", "..") for name in names)
    if not encoders.trained or outside or len(set(names)) < len(names) or set(encoders.dropped) - set(encoders.folders):
        raise InputError(say("is not as this version of unfreeze writes it; {again}", again=AGAIN), where=str(path))
    return encoders
