"""Texts to pooled layer states: each distinct text is encoded once, and kept in the feature store with its own name.

A store of `features` is of one list of inputs. Cross-validation asks for other lists of the same texts every time, so
beside the stores lies which text is in which row of which store, and only texts that are in none are encoded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from unfreeze.disk.files import new_file
from unfreeze.errors import InputError
from unfreeze.plan import Plan, check_length

if TYPE_CHECKING:
    from unfreeze.encoders.protocol import Encoder
    from unfreeze.features.extract import Features
    from unfreeze.features.layout import Form

Floats = npt.NDArray[np.float32]
FEW = 8
"""Fewer unknown texts than that are encoded and not kept: a service that asks for one at a time would fill the disk."""
_AT_ONCE = 512  # texts whose states are in memory together
_DIGEST = 16  # bytes that name a text
_LOADED, _LOADING = 2, Lock()


@dataclass(frozen=True)
class Asked:
    """Which encoder, and how it is run.

    Attributes:
        name: of the encoder, as for `load_encoder`.
        max_length, prefix: see `Plan`.
        device: `auto`, `cpu` or `cuda`.
    """

    name: str
    max_length: int | None = None
    prefix: str | None = None
    device: str = "auto"


@dataclass(frozen=True)
class Shelf:
    """Stores of pooled states of one encoder.

    Attributes:
        asked: the encoder.
        fingerprint: of that very encoder.
        pooling: pieces to one vector a text.
        folder: of the feature store.
    """

    asked: Asked
    fingerprint: str
    pooling: Form
    folder: Path

    @property
    def names(self) -> Path:
        """The folder with a file for each store: names of the texts in it, in the order of its inputs."""
        decides = [self.fingerprint, self.asked.max_length, self.asked.prefix, self.pooling]
        return self.folder / f"texts-{hashlib.blake2b(json.dumps(decides).encode(), digest_size=16).hexdigest()}"


@dataclass(frozen=True)
class _Part:
    """Features, and the inputs to read of them and their places among the texts."""

    features: Features
    places: npt.NDArray[np.int64]
    inputs: npt.NDArray[np.int64]


def loaded(asked: Asked) -> tuple[Encoder, str]:
    """An encoder, frozen in fp32, and its fingerprint; the last ones stay in memory for all estimators of the process.

    Raises:
        InputError: see `load_encoder`; or its states depend on what it has read before.
    """
    from unfreeze.encoders.packaged import packaged_folder

    check_length(asked.max_length)
    folder = packaged_folder(asked.name) or Path(asked.name)
    files = sorted(folder.rglob("*")) if folder.is_dir() else []
    stamp = tuple((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files if file.is_file())
    with _LOADING:
        return _loaded(asked, stamp)


@lru_cache(_LOADED)
def _loaded(asked: Asked, stamp: tuple[tuple[str, int, int], ...]) -> tuple[Encoder, str]:
    from unfreeze.encoders.load import load_encoder
    from unfreeze.encoders.precision import pick_device

    options = {} if asked.prefix is None else {"prefix": asked.prefix}
    encoder = load_encoder(asked.name, asked.max_length, options).to(pick_device(asked.device))
    if encoder.ordered is not None:
        raise InputError("reads texts one after another, so a text has no states of its own", where=asked.name)
    encoder.eval().requires_grad_(False)
    return encoder, encoder.fingerprint()


def vectors(shelf: Shelf, texts: Sequence[str], chosen: Callable[[Any], Any]) -> Floats:
    """(texts, D) float32: one row a text.

    Args:
        chosen: layer states (layers, texts, width) to rows (texts, D).

    Raises:
        InputError: the encoder cannot be loaded, is not the one with this fingerprint, or gives states that are not
            finite.
    """
    names = [_name(text) for text in texts]
    known = _known(shelf, set(names))
    missing = {name: text for name, text in zip(names, texts, strict=True) if name not in known}
    parts = [*_stored(shelf, names, known, missing, texts), *_encoded(shelf, names, missing)]
    rows: Floats | None = None
    for part in parts:
        for start in range(0, len(part.places), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            made = chosen(_as_kept(part.features, part.inputs[some])).numpy()
            rows = np.empty((len(texts), made.shape[1]), np.float32) if rows is None else rows
            rows[part.places[some]] = made
    assert rows is not None
    return rows


def _as_kept(features: Features, inputs: npt.NDArray[np.int64]) -> Any:
    """States (layers, inputs, width), rounded as a store rounds them: a text has one vector, kept or not."""
    states = features.read(inputs).states
    half = states.half().float() if features.kind == "recomputed" else states
    return half if bool(half.isfinite().all()) else states


def _name(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=_DIGEST).digest()


def _known(shelf: Shelf, wanted: set[bytes]) -> dict[bytes, tuple[str, int]]:
    """The store and the input in it of each text that is in one."""
    known: dict[bytes, tuple[str, int]] = {}
    for path in sorted(shelf.names.glob("*.bin")):
        if not (shelf.folder / path.stem).exists():
            path.unlink(missing_ok=True)  # its store has made room for others
            continue
        data = path.read_bytes()
        for place, start in enumerate(range(0, len(data), _DIGEST)):
            if (name := data[start : start + _DIGEST]) in wanted:
                known.setdefault(name, (path.stem, place))
    return known


def _stored(
    shelf: Shelf,
    names: Sequence[bytes],
    known: Mapping[bytes, tuple[str, int]],
    missing: dict[bytes, str],
    texts: Sequence[str],
) -> Iterator[_Part]:
    """What is in stores; texts of a store that cannot be read any more are added to `missing`."""
    from unfreeze.features.cache import discard
    from unfreeze.features.store import TornStoreError, open_store

    by_store: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        if name in known:
            by_store.setdefault(known[name][0], []).append(place)
    for key, places in by_store.items():
        try:
            features = open_store(shelf.folder / key)
        except (TornStoreError, OSError):
            discard(shelf.folder / key)
            missing.update({names[place]: texts[place] for place in places})
            continue
        yield _Part(features, np.array(places), np.array([known[names[place]][1] for place in places]))


def _encoded(shelf: Shelf, names: Sequence[bytes], missing: Mapping[bytes, str]) -> Iterator[_Part]:
    """What is in no store is encoded, and kept where it is not few."""
    from unfreeze.features.extract import extract
    from unfreeze.features.store import StoredFeatures

    if not missing:
        return
    encoder, fingerprint = loaded(shelf.asked)
    if fingerprint != shelf.fingerprint:
        raise InputError("is another encoder than at fit; fit again", where=shelf.asked.name)
    inputs = encoder.read_texts(list(missing.values()))
    cap = int(Plan().cache_gb * 1e9) if len(missing) >= FEW else 0
    features = extract(
        encoder, inputs, shelf.pooling, folder=shelf.folder, cap_bytes=cap, precision="fp32", fingerprint=fingerprint
    )
    if isinstance(features, StoredFeatures):
        _write_names(shelf, features.about.key, missing)
    order = {name: place for place, name in enumerate(missing)}
    places = [place for place, name in enumerate(names) if name in missing]
    yield _Part(features, np.array(places), np.array([order[names[place]] for place in places]))


def _write_names(shelf: Shelf, key: str, names: Mapping[bytes, str]) -> None:
    with suppress(InputError), new_file(shelf.names / f"{key}.bin") as file:  # a full disk: encoded again next time
        file.write_bytes(b"".join(names))
