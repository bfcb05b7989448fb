"""An encoder that several questions share: loaded at the first use, tried once for each precision."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from unfreeze.plan import Plan
from unfreeze.runs import opening
from unfreeze.runs.opening import Loaded


class Stub(SimpleNamespace):
    """What `Loaded` asks of an encoder."""

    def to(self, device: torch.device) -> Stub:
        self.device = device
        return self

    def fingerprint(self) -> str:
        self.hashed += 1
        return "abc"


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Stub:
    made = Stub(notes=("first",), hashed=0, loaded=0, tried=[])

    def load(*given: Any) -> Stub:
        made.loaded += 1
        return made

    def usable(encoder: Stub, wanted: str) -> tuple[str, str | None]:
        made.tried.append(wanted)
        return ("fp32", "in fp32 and not in bf16") if wanted == "bf16" else (wanted, None)

    monkeypatch.setattr(opening, "load_encoder", load)
    monkeypatch.setattr(opening, "usable_precision", usable)
    return made


def test_nothing_is_loaded_before_it_is_used_and_nothing_twice(stub: Stub) -> None:
    loaded = Loaded(Plan(encoder="tiny", device="cpu"))
    assert stub.loaded == 0
    assert loaded.encoder is loaded.encoder is stub
    assert (loaded.fingerprint, loaded.fingerprint) == ("abc", "abc")
    assert (stub.loaded, stub.hashed, stub.device) == (1, 1, torch.device("cpu"))


def test_a_precision_is_tried_once_and_one_that_is_not_usable_noted_once(stub: Stub) -> None:
    loaded = Loaded(Plan(encoder="tiny", device="cpu"))
    assert [loaded.usable("fp32"), loaded.usable("bf16"), loaded.usable("bf16")] == ["fp32"] * 3
    assert stub.tried == ["fp32", "bf16"]
    assert stub.notes == ("first", "in fp32 and not in bf16")
