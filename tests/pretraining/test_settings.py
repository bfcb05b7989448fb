from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from unfreeze.errors import InputError
from unfreeze.pretraining.settings import (
    KINDS,
    OBJECTIVES,
    SIZES,
    BilmSize,
    TransformerSize,
    pretraining_from,
    size_of,
)

GIVEN: dict[str, Any] = {"corpus": ("text.txt",), "out": "out"}


@pytest.mark.parametrize(("values", "where", "problem"), [
    ({"objective": "clm"}, "--objective", "'mlm', 'bilm' or 'skip-thoughts'"),
    ({"corpus": ()}, "CORPUS", "name a file"),
    ({"tokens": 5, "hours": 1.0}, "--tokens", "one of"),
    ({"passes": 0.0}, "--passes", "above 0"),
    ({"hours": -1.0}, "--hours", "above 0"),
    ({"learning_rate": 0.0}, "--learning-rate", "above 0"),
    ({"seed": -1}, "--seed", "from 0"),
    ({"seed": 1 << 32}, "--seed", "below 4294967296"),
    ({"dropout": 1.0}, "--dropout", "below 1"),
    ({"dropout": -0.1}, "--dropout", "from 0"),
    ({"mask_share": 0.0}, "--mask-share", "above 0"),
    ({"mask_share": 1.0}, "--mask-share", "below 1"),
    ({"hours": float("nan")}, "--hours", "above 0"),
    ({"passes": float("inf")}, "--passes", "above 0"),
    ({"tokens": 0}, "--tokens", "above 0"),
    ({"tokens": 1.5}, "--tokens", "integer"),
    ({"most": -1}, "--most", "above 0"),
    ({"batch": 0}, "--batch", "above 0"),
    ({"checkpoint_minutes": 0.0}, "--checkpoint-minutes", "above 0"),
    ({"hours": 1.0, "passes": 1.0}, "--tokens", "one of"),
    ({"tokenizer": "spaces"}, "--tokenizer", "'treebank' or 'whitespace'"),
    ({"flavour": 1}, "--flavour", "Unexpected"),
    ({"masking": "some"}, "--masking", "80-10-10"),
    ({"objective": "bilm", "whole_words": True}, "--whole-words", "a setting of mlm"),
    ({"objective": "bilm", "masking": "all"}, "--masking", "a setting of mlm"),
    ({"objective": "skip-thoughts", "next_sentence": True}, "--next-sentence", "a setting of mlm"),
    ({"objective": "skip-thoughts", "start": "x"}, "--from", "no decoders"),
    ({"objective": "bilm", "architecture": "bert"}, "--architecture", "a setting of mlm"),
    ({"architecture": "gpt"}, "--architecture", "'modernbert' or 'bert'"),
    ({"next_sentence": True}, "--next-sentence", "needs --architecture bert"),
    ({"start": "x", "size": "small"}, "--size", "has its own"),
    ({"start": "x", "architecture": "bert"}, "--architecture", "has its own"),
])  # fmt: skip
def test_wrong_settings_are_reported_with_their_option(values: dict[str, Any], where: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as error:
        pretraining_from({**GIVEN, **values})
    assert error.value.where == where


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("name", ["tiny", "mini", "small"])
def test_every_objective_has_its_sizes(objective: Any, name: str) -> None:
    asked = pretraining_from({**GIVEN, "objective": objective, "size": name})
    assert size_of(asked) == SIZES[objective][name]
    assert isinstance(size_of(asked), KINDS[objective])
    over = pretraining_from({**GIVEN, "objective": objective, "size": name, "batch": 7, "learning_rate": 0.5})
    assert (size_of(over).batch, size_of(over).learning_rate) == (7, 0.5)
    assert size_of(over).length == size_of(asked).length


YAML = "{layers: 1, width: 8, heads: 2, inner: 16, vocabulary: 50, length: 16, batch: 64, learning_rate: 0.001}"


def test_a_size_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "size.yaml"
    file.write_text(YAML, encoding="utf-8")
    found = size_of(pretraining_from({**GIVEN, "size": str(file)}))
    assert found == TransformerSize(1, 8, 2, 16, 50, 16, 64, 0.001)
    over = size_of(pretraining_from({**GIVEN, "size": str(file), "batch": 32, "learning_rate": 0.5}))
    assert over == replace(found, batch=32, learning_rate=0.5)


def test_filters_from_a_file(tmp_path: Path) -> None:
    size = SIZES["bilm"]["tiny"]
    assert isinstance(size, BilmSize)
    file = tmp_path / "size.yaml"
    file.write_text(yaml.safe_dump(json.loads(json.dumps(asdict(size)))), encoding="utf-8")
    assert size_of(pretraining_from({**GIVEN, "objective": "bilm", "size": str(file)})) == size
    file.write_text(file.read_text(encoding="utf-8").replace("- 16\n", "- 0\n"), encoding="utf-8")
    with pytest.raises(InputError, match="filters"):
        size_of(pretraining_from({**GIVEN, "objective": "bilm", "size": str(file)}))


@pytest.mark.parametrize(("text", "problem"), [
    (YAML.replace("heads: 2, ", ""), "heads"), (YAML.replace("heads", "head"), "head"),
    (YAML.replace("heads: 2", "heads: two"), "heads"), ("{layers: [", "is not YAML"), ("", "it"),
    (YAML.replace("layers: 1", "layers: 0"), "layers: is 0; must be above 0"),
    (YAML.replace("batch: 64", "batch: -64"), "batch: is -64; must be above 0"),
    (YAML.replace("0.001", ".nan"), "learning_rate: is nan; must be above 0"),
])  # fmt: skip
def test_a_wrong_file_is_reported(text: str, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "size.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=problem) as error:
        size_of(pretraining_from({**GIVEN, "size": str(file)}))
    assert error.value.where == str(file)


@pytest.mark.parametrize(("size", "problem"), [("mni", "did you mean 'mini'"), ("absent.yaml", "cannot be read")])
def test_an_unknown_size_is_reported(size: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        size_of(pretraining_from({**GIVEN, "size": size}))
