"""An encoder that somebody adds runs to a verdict and a bundle by the one line of the list of families."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
from encoders.hashed_ngrams import OPTIONS, HashedNgrams, is_published

import unfreeze
from unfreeze.encoders import load
from unfreeze.encoders.random_twin import random_twin


@pytest.fixture
def hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of such an encoder, and the line that adds its kind."""
    monkeypatch.setattr(load, "FAMILIES", (*load.FAMILIES, (is_published, HashedNgrams.load)))
    folder = tmp_path / "encoder"
    folder.mkdir()
    (folder / OPTIONS).write_text('{"width": 32}', encoding="utf-8")
    return folder


@pytest.mark.parametrize("kind", ["classification", "pair-regression", "tagging-BIO"])
def test_an_added_encoder_runs_to_a_verdict(kind: str, hashed: Path, tmp_path: Path) -> None:
    data, (frozen, *_) = tiny.write_data(tmp_path / "data", kind), tiny.recipes(kind)
    plan = tiny.tiny_plan(
        data, hashed, tmp_path / "out", kind, methods=["feature-extraction"], recipes=[tiny.plain(frozen)]
    )
    result = unfreeze.compare(plan=plan)
    assert "the encoder cannot be fine-tuned" in result.verdict.headline
    assert result.used.test.mean > 0.7
    texts = {"pair-regression": [("good film", "bad film")], "tagging-BIO": ["anna was in paris"]}
    assert len(unfreeze.load(tmp_path / "out" / "bundle", "cpu").predict(texts.get(kind, ["a good film"]))) == 1


def test_its_options_are_kept_and_its_states_depend_on_words_alone(hashed: Path, tmp_path: Path) -> None:
    encoder = load.load_encoder(str(hashed), options={"ngram": "2"})
    encoder.save(tmp_path / "saved")
    again = load.load_encoder(str(tmp_path / "saved"))
    assert again.fingerprint() == encoder.fingerprint() != load.load_encoder(str(hashed)).fingerprint()
    inputs, other = encoder.read_texts(["the cat sat", "sat cat"]), again.read_texts(["sat"])
    one, two = encoder.encode(inputs.batch([0, 1])).states[0], again.encode(other.batch([0])).states[0]
    assert one[2].tolist() == one[3].tolist() == two[0].tolist()
    assert one[0].tolist() != one[1].tolist()


def test_one_that_cannot_be_drawn_afresh_has_no_random_twin(hashed: Path) -> None:
    assert random_twin(load.load_encoder(str(hashed))) is None
