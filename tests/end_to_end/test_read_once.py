"""What a comparison needs often it makes once: texts in pieces, digests of weights, records of runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import tiny

from unfreeze.bundle.load import load
from unfreeze.commands.compare import compare
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.records.comparison import read_choices
from unfreeze.runs import bench

SIZES = {"train": 48, "dev": 24, "test": 40}  # of which latency reads at most 32 at a time


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often whole splits are tokenised (pairs read side by side are two), weights are hashed, records are read."""
    counted: Counter[str] = Counter()
    by_size = {size: split for split, size in SIZES.items()}
    read_texts, fingerprint, read = TransformerEncoder.read_texts, TransformerEncoder.fingerprint, bench.read_record

    def reading(self: TransformerEncoder, texts: Sequence[str], texts_b: Sequence[str] | None = None) -> object:
        if len(texts) in by_size:
            counted[f"{by_size[len(texts)]} {'alone' if texts_b is None else 'jointly'}"] += 1
        return read_texts(self, texts, texts_b)

    def hashing(self: TransformerEncoder) -> str:
        counted["hashed"] += 1
        return fingerprint(self)

    def reading_record(run: Path) -> object:
        counted[run.name] += 1
        return read(run)

    monkeypatch.setattr(TransformerEncoder, "read_texts", reading)
    monkeypatch.setattr(TransformerEncoder, "fingerprint", hashing)
    monkeypatch.setattr(bench, "read_record", reading_record)
    return counted


@pytest.mark.parametrize("kind", ["classification", "pair-classification"])
def test_texts_are_tokenised_and_weights_hashed_once(
    kind: str, tmp_path: Path, encoder: Path, seen: Counter[str]
) -> None:
    """Pairs once in each way in which a recipe reads them: here jointly by one recipe of each method, else apart."""
    data = tiny.write_data(tmp_path / "data", kind, tuple(SIZES.values()))  # type: ignore[arg-type]
    result = compare(tiny.tiny_plan(data, encoder, tmp_path / "out", kind))
    hashed = seen.pop("hashed")
    assert hashed == (1 if result.used.method == "feature-extraction" else 2), "a moved encoder has weights of its own"
    each = {"jointly": 1, "alone": 2} if kind.startswith("pair") else {"alone": 1}
    assert dict(seen) == {f"{split} {how}": count for split in SIZES for how, count in each.items()}


def test_records_are_read_once_where_runs_are_finished(tmp_path: Path, encoder: Path, seen: Counter[str]) -> None:
    data = tiny.write_data(tmp_path / "data", "classification")
    plan = tiny.tiny_plan(data, encoder, tmp_path / "out", "classification")
    compare(plan)
    runs = [run for choice in read_choices(tmp_path / "out").values() for run in (*choice.trials, *choice.runs)]
    assert not set(runs) & set(seen), "whoever wrote a record need not read it"
    compare(plan)
    assert {run: seen[run] for run in runs} == dict.fromkeys(runs, 1)


def test_a_bundle_knows_the_weights_that_are_in_it(
    tmp_path: Path, encoder: Path, data_of: Callable[[str], Path]
) -> None:
    """A digest that was made once is that of the pretrained encoder: a bundle of a moved one would not open."""
    for method in ("feature-extraction", "fine-tuning"):
        out = tmp_path / method
        compare(tiny.tiny_plan(data_of("classification"), encoder, out, "classification", methods=[method]))
        bundled = load(out / "bundle", "cpu").model.encoder.fingerprint()
        assert (bundled == load_encoder(str(encoder)).fingerprint()) == (method == "feature-extraction")
