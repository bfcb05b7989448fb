"""Real ONNX files: what the example prints without torch, other sizes than the exporter's example, 8 bits, refusals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from made_bundles import items, made, save

from unfreeze.bundle import export
from unfreeze.errors import InputError
from unfreeze.export import onnx_files
from unfreeze.export.graph import Graph
from unfreeze.records.comparison import write_items

for package in ("onnx", "onnxscript", "onnxruntime"):
    pytest.importorskip(package, reason=f"{package} is not installed (pip install 'unfreeze[onnx]')")
CommandLine = Callable[..., tuple[int, str, str]]
ALONE = """
import runpy, sys
for name in ("torch", "transformers", "unfreeze"):
    sys.modules[name] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def _printed(folder: Path, *arguments: object) -> str:
    """What the example prints in a process that cannot import torch, transformers or unfreeze."""
    command = [sys.executable, "-I", "-c", ALONE, str(folder / "predict.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=True).stdout


def _assert_alike(printed: str, other: str) -> None:
    """Cells are equal, numbers to the last place that is printed."""
    for line, wanted in zip(printed.splitlines(), other.splitlines(), strict=True):
        for cell, gold in zip(line.split("\t"), wanted.split("\t"), strict=True):
            if gold.replace(".", "").replace(";", "").isdigit():
                assert np.allclose([*map(float, cell.split(";"))], [*map(float, gold.split(";"))], atol=1.01e-4)
            else:
                assert cell == gold


@pytest.fixture(scope="module")
def label_sets(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A comparison's folder with a bundle of several labels, exported with 8 bits, too."""
    folder, predictor = tmp_path_factory.mktemp("comparison"), made("frozen label sets", num_hidden_layers=1)
    predictor.about["metric"] = "micro_f1"  # type: ignore[index]
    test = items(predictor, 40)
    write_items(folder, test)
    bundle = save(folder / "bundle", predictor, test)
    return bundle, export(bundle, "onnx", int8=True)


def test_the_example_prints_what_predict_prints(
    label_sets: tuple[Path, Any], command_line: CommandLine, tmp_path: Path
) -> None:
    bundle, made_export = label_sets
    texts = tmp_path / "texts.txt"
    texts.write_text("good film\nthe cat sat and ran\nÅ bad dog in paris\nx\n" + "rome " * 60 + "\n", encoding="utf-8")
    code, said, _ = command_line("predict", bundle, texts)
    assert code == 0
    assert len(set(said.splitlines())) == 6
    _assert_alike(_printed(made_export.folder, texts), said.replace(("rome " * 60).strip(), "rome " * 60))


def test_the_folder_says_how_it_was_checked_and_how_well_it_does(label_sets: tuple[Path, Any]) -> None:
    bundle, done = label_sets
    assert done.folder == bundle.with_name("bundle-onnx")
    assert sorted(file.name for file in done.folder.iterdir()) == [
        "README.md", "model.int8.onnx", "model.json", "model.onnx", "predict.py", "tokenizer.json",
    ]  # fmt: skip
    assert done.agreement.items > 40
    assert done.agreement.same == 1
    assert done.agreement.furthest < 1e-5
    told = json.loads((done.folder / "model.json").read_text(encoding="utf-8"))
    assert told["labels"] == ["a", "b", "c"]
    assert np.allclose(told["thresholds"], [0.3, 0.5, 0.8])
    _, metadata, text = (done.folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    result = yaml.safe_load(metadata)["model-index"][0]["results"][0]
    assert result["metrics"] == [{"type": "micro_f1", "name": "micro F1", "value": 0.5}]
    assert "the same labels as the original" in text
    assert f"{done.int8.after:.4f}" in text


def test_8_bits_are_judged_beside_the_original_on_the_labelled_items(label_sets: tuple[Path, Any]) -> None:
    judged = label_sets[1].int8
    assert judged.items == 40
    assert judged.metric == "micro_f1"
    assert judged.difference.mean == pytest.approx(judged.after - judged.before)
    assert judged.difference.lo <= judged.difference.mean <= judged.difference.hi
    assert judged.before > 0.8  # labels are the model's own, but for some
    assert judged.same > 0.5
    import onnx

    names = {
        model: {tensor.name: tensor.data_type for tensor in onnx.load(label_sets[1].folder / model).graph.initializer}
        for model in ("model.onnx", "model.int8.onnx")
    }
    kept = {name for name in names["model.int8.onnx"] if "head" in name}
    assert kept
    assert all(names["model.int8.onnx"][name] == names["model.onnx"][name] for name in kept)
    assert onnx.TensorProto.INT8 in names["model.int8.onnx"].values()


def test_a_tagger_decodes_in_its_graph_windows_joined(tmp_path: Path, command_line: CommandLine) -> None:
    predictor = made("bilstm-crf", num_hidden_layers=1)
    bundle = save(tmp_path / "bundle", predictor, items(predictor))
    code, said, _ = command_line("export", bundle, "--to", "onnx", "--out", tmp_path / "out")
    assert code == 0
    assert "the same labels as the original" in said
    sentences = tmp_path / "sentences.txt"
    sentences.write_text("anna sat\nthe " * 2 + "cat " * 90 + "\nx\n", encoding="utf-8")
    code, said, _ = command_line("predict", bundle, sentences)
    assert code == 0
    assert len({line.split("\t")[-1] for line in said.splitlines()}) > 2
    assert _printed(tmp_path / "out", sentences) == said
    import onnx

    (tags,) = onnx.load(tmp_path / "out" / "model.onnx").graph.output
    assert [size.dim_param for size in tags.type.tensor_type.shape.dim] == ["batch", "words"]


@pytest.mark.slow
@pytest.mark.parametrize("case", ["bcn", "esim on pairs together", "biattention"])
def test_other_heads_are_exported_too(case: str, tmp_path: Path) -> None:
    predictor = made(case, num_hidden_layers=1)
    done = export(save(tmp_path / "bundle", predictor, items(predictor)), "onnx")
    assert done.agreement.furthest is not None
    assert done.agreement.furthest < 1e-5


def test_an_export_that_predicts_otherwise_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    predictor = made("tuned mean", num_hidden_layers=1)
    bundle = save(tmp_path / "bundle", predictor, items(predictor))

    def wrong(graph: Graph, folder: Path) -> None:
        import onnx
        from onnx import TensorProto, helper

        ids = [
            helper.make_tensor_value_info(n, TensorProto.INT64, ["b", "l"])
            for n in ("input_ids", "attention_mask", "token_type_ids")
        ]
        out = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["b", 3])
        nodes = [
            helper.make_node("ReduceSum", ["input_ids", "axis"], ["sum"], keepdims=1),
            helper.make_node("Mul", ["sum", "zeros"], ["nothing"]),
            helper.make_node("Cast", ["nothing"], ["probabilities"], to=TensorProto.FLOAT),
        ]
        constants = [helper.make_tensor("axis", TensorProto.INT64, [1], [1]),
                     helper.make_tensor("zeros", TensorProto.INT64, [3], [0, 0, 0])]  # fmt: skip
        onnx.save(helper.make_model(helper.make_graph(nodes, "g", ids, [out], constants), ir_version=10,
                                    opset_imports=[helper.make_opsetid("", 20)]), folder / "model.onnx")  # fmt: skip

    monkeypatch.setattr("unfreeze.export.onnx_form.write_graph", wrong)
    with pytest.raises(InputError, match="does not predict as the bundle does"):
        export(bundle, "onnx", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_what_the_exporter_cannot_do_is_one_line_with_what_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: object, **named: object) -> None:
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr(torch.onnx, "export", fail)
    with pytest.raises(InputError, match=r"cannot do this model \(first line\); use `unfreeze predict`"):
        onnx_files.write_graph(Graph(made("tuned mean", num_hidden_layers=1)), tmp_path)


def test_onnxruntime_leaves_no_file_of_its_telemetry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    code = "from unfreeze.export.onnx_files import check_installed; check_installed(); import onnxruntime"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)}, timeout=100, check=True)
    assert list(tmp_path.iterdir()) == []


def test_wrong_requests_are_refused(tmp_path: Path, command_line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    predictor = made("tuned mean", num_hidden_layers=1)
    bundle = save(tmp_path / "bundle", predictor, [])
    (tmp_path / "there").mkdir()
    assert "did you mean 'onnx'?" in command_line("export", bundle, "--to", "onx")[2]
    assert "already exists" in command_line("export", bundle, "--out", tmp_path / "there")[2]
    assert "contains no bundle.json" in command_line("export", tmp_path / "none")[2]
    code, _, said = command_line("export", bundle)
    assert code == 2
    assert "give some with --test FILE" in said
    monkeypatch.setattr("unfreeze.errors.find_spec", lambda name: None if name == "onnxscript" else name)
    save(tmp_path / "bundle", predictor, items(predictor))
    assert "needs onnxscript: pip install 'unfreeze[onnx]'" in command_line("export", bundle)[2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "there"]
