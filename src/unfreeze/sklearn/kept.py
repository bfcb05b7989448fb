"""A bundle that belongs to an estimator: it travels inside a pickle, and its model is loaded once it is asked for."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from unfreeze.bundle.description import read_about
from unfreeze.errors import InputError
from unfreeze.sklearn.texts import as_value_error

if TYPE_CHECKING:
    from unfreeze.bundle.load import Predictor
    from unfreeze.runs.parcels import Parcel


class KeptBundle:
    """The folder of a bundle, which `unfreeze.load` takes as it is.

    A pickle contains the files themselves (safetensors and JSON); unpickled, they lie in a temporary folder.

    Args:
        folder: of the bundle.
        run: whose model it is; a folder with another one is refused.
        temporary: the folder that is deleted with this object; None keeps it.
    """

    def __init__(self, folder: Path, run: str, temporary: TemporaryDirectory[str] | None = None) -> None:
        self.folder, self.run = folder, run
        self._temporary = temporary
        self._predictor: Predictor | None = None

    def __fspath__(self) -> str:
        return str(self.folder)

    def __str__(self) -> str:
        return str(self.folder)

    def __repr__(self) -> str:
        return f"KeptBundle({str(self.folder)!r})"

    def predictor(self, device: str) -> Predictor:
        """The model. Raises `InputError` where the folder is gone or contains another model by now."""
        if self._predictor is None:
            from unfreeze.bundle.load import load

            self._check()
            self._predictor = load(self.folder, device)
        return self._predictor

    def _check(self) -> None:
        if read_about(self.folder)[0].run != self.run:
            raise InputError("contains a model that was fitted later; give each its own `out`", where=str(self.folder))

    def __getstate__(self) -> dict[str, object]:
        from unfreeze.runs.parcels import packed

        with as_value_error():
            self._check()
        return {"run": self.run, "parcel": packed(self.folder)}

    def __setstate__(self, state: dict[str, object]) -> None:
        from unfreeze.runs.parcels import unpacked

        parcel: Parcel = state["parcel"]  # type: ignore[assignment]
        temporary = TemporaryDirectory(prefix="unfreeze-")
        folder = Path(temporary.name) / "bundle"
        unpacked(parcel, folder)
        self.__init__(folder, str(state["run"]), temporary)  # type: ignore[misc]
