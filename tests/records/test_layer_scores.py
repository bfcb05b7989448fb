"""`probes.json` is read as it was written, and torn ones are reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_layer_scores import make_layer_scores

from unfreeze.errors import InputError
from unfreeze.records.layer_scores import read_layer_scores, write_layer_scores


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert read_layer_scores(tmp_path) is None
    for kind in ("classification", "tagging"):
        scores = make_layer_scores(kind)
        write_layer_scores(tmp_path / "new", scores)
        assert read_layer_scores(tmp_path / "new") == scores
        tuned = replace(scores, layers=tuple(replace(one, gain=(0.02, 0.01, 0.03)) for one in scores.layers))
        write_layer_scores(tmp_path / "tuned", tuned)
        assert read_layer_scores(tmp_path / "tuned") == tuned
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["probes.json"]


@pytest.mark.parametrize(
    "harm",
    [
        lambda values: values.pop("layers"),
        lambda values: values.update(odd=1),
        lambda values: values["layers"][0].pop("tried"),
        lambda values: values["layers"][0].update(tried=[1.0]),
        lambda values: values["layers"][0].update(ci95=None),
        lambda values: values.update(layers=[]),
        lambda values: values.update(chosen=99),
    ],
)
def test_a_file_of_another_make_is_an_input_error(harm: Callable[[dict[str, Any]], object], tmp_path: Path) -> None:
    write_layer_scores(tmp_path, make_layer_scores("classification"))
    values = json.loads((tmp_path / "probes.json").read_text(encoding="utf-8"))
    harm(values)
    (tmp_path / "probes.json").write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(InputError, match=r"probes\.json"):
        read_layer_scores(tmp_path)


def test_a_torn_file_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "probes.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"probes\.json"):
        read_layer_scores(tmp_path)
