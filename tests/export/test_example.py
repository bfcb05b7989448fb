"""The example that is shipped with an ONNX model: short, valid, and with nothing that this model does not need."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from made_bundles import CASES, items, made

from unfreeze.encoders.transformer_options import TransformerOptions
from unfreeze.export import onnx_files, onnx_form
from unfreeze.export.agreement import check
from unfreeze.export.description import describe
from unfreeze.export.example import ENCODING, write_example
from unfreeze.export.graph import Graph, exportable

TEXTS = [case for case, (kind, _, _) in CASES.items() if kind != "tagging"]
ROOT = Path(__file__).parents[2]


def _written(case: str, folder: Path) -> str:
    predictor = made(case, num_hidden_layers=1)
    told, _ = describe(predictor, exportable(predictor))
    write_example(folder, told, Graph(predictor).names)
    return (folder / "predict.py").read_text(encoding="utf-8")


def _code(text: str) -> list[str]:
    """Lines of code, without those of the docstrings."""
    lines, quoted = [], False
    for line in map(str.strip, text.splitlines()):
        quotes = line.count('"""')
        if line and not quoted and not quotes:
            lines.append(line)
        quoted ^= quotes == 1
    return lines


def test_labels_of_texts_need_fifteen_lines_and_five_to_print_them(tmp_path: Path) -> None:
    code = _code(_written("tuned mean", tmp_path))
    assert code.index('if __name__ == "__main__":') == 15
    assert len(code) == 20
    assert not any(word in line for line in code for word in ("pair", "segment", "thresholds", "prefix"))


@pytest.mark.parametrize("case", TEXTS)
def test_examples_are_as_if_a_person_had_formatted_them(case: str, tmp_path: Path) -> None:
    pytest.importorskip("ruff", reason="ruff is not installed")
    text = _written(case, tmp_path)
    config = ("--config", str(ROOT / "pyproject.toml"), str(tmp_path / "predict.py"))
    for arguments in (("check", *config), ("format", "--diff", *config)):
        done = subprocess.run([sys.executable, "-m", "ruff", *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    kind = CASES[case][0]
    assert ("thresholds" in text) == (kind == "multilabel-classification")
    assert ("labels" in text) == ("regression" not in kind)
    assert ("segment" in text) == (case == "esim on pairs together")


@pytest.mark.parametrize("case", ["tuned mean", "tuned pair", "tuned pair apart"])
def test_what_stands_before_each_text_does_so_in_the_example(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in onnx_files.PACKAGES:
        pytest.importorskip(package, reason=f"{package} is not installed (pip install 'unfreeze[onnx]')")
    predictor = made(case, num_hidden_layers=1)
    plain = predictor.predict_examples(items(predictor)).probabilities
    monkeypatch.setattr(predictor.model.encoder, "options", TransformerOptions(prefix="rome dog: "))
    monkeypatch.setattr(predictor.model.encoder, "prefix", "rome dog: ", raising=False)
    other = predictor.predict_examples(items(predictor)).probabilities
    assert plain is not None
    assert other is not None
    assert abs(plain - other).max() > 0.01
    answer = onnx_form.write_onnx(predictor, tmp_path)
    check(predictor, answer, [replace(item, label=None) for item in items(predictor)], "onnx")


def test_every_input_of_a_graph_has_its_place_in_an_encoding() -> None:
    from tokenizers import Encoding

    assert all(hasattr(Encoding, name) for name in ENCODING.values())
    for case in TEXTS:
        assert set(Graph(made(case, num_hidden_layers=1)).names) <= {*ENCODING, "segment"}
