"""`unfreeze probe` from data to table and file, and the same probes inside a comparison."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skip_folder
import tiny

import unfreeze
from unfreeze import InputError
from unfreeze.commands import probe as probing
from unfreeze.commands import steps
from unfreeze.commands.compare import compare
from unfreeze.judging.wording import points
from unfreeze.probes import layers
from unfreeze.probes.layers import L2
from unfreeze.records.layer_scores import VARIANTS, LayerScores, read_layer_scores, write_layer_scores

Line = Callable[..., tuple[int, str, str]]
Data = Callable[[str], Path]


def scores_of(scores: LayerScores) -> LayerScores:
    """Without what differs from run to run."""
    return replace(scores, extract_s=0.0, probe_s=0.0)


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_a_table_and_a_file(kind: str, encoder: Path, data_of: Data, tmp_path: Path, command_line: Line) -> None:
    out = tmp_path / "made" / "out"
    code, said, complaint = command_line(
        "probe", data_of(kind), "--encoder", encoder, "--device", "cpu", "--seeds", 2, "--out", out, "--only-layers"
    )
    assert (code, complaint) == (0, "")
    scores = read_layer_scores(out)
    assert scores is not None
    assert (scores.task, scores.train_size, scores.trained_on) == (kind.partition("-B")[0], 48, 48)
    assert [one.layer for one in scores.layers] == [0, 1, 2]
    assert all(len(one.resamples) == 2 for one in scores.layers)
    assert all(one.settled or one.l2 == min(L2) for one in scores.layers)  # with next to none the optimum may be far
    assert scores.finding in said
    for one in scores.layers:
        assert f"{one.layer:5}  {100 * one.dev:5.1f}  {100 * one.test:5.1f}" in said
        assert one.ci95[0] <= one.test <= one.ci95[1]
    assert f"Written: {out / 'probes.json'}" in said


@pytest.mark.parametrize("kind", ["pair-classification", "tagging-BIO"])
def test_a_comparison_holds_the_very_same_probes(
    kind: str, answered: Callable[[str], Path], encoder: Path, data_of: Data
) -> None:
    alone = unfreeze.probe(data_of(kind), encoder=encoder, device="cpu")
    beside = read_layer_scores(answered(kind))
    assert beside is not None
    assert scores_of(alone) == scores_of(beside)
    result = json.loads((answered(kind) / "result.json").read_text(encoding="utf-8"))
    assert [one["test"] for one in tiny.encoder(result)["probes"]["layers"]] == [one.test for one in alone.layers]
    assert alone.finding in (answered(kind) / "report.html").read_text(encoding="utf-8")


def test_a_comparison_probes_once_for_a_question(
    answered: Callable[[str], Path], data_of: Data, encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, out = "classification", tmp_path / "out"
    shutil.copytree(answered(kind), out)
    made: list[str] = []
    plain = steps.probes.probe_layers
    monkeypatch.setattr(
        steps.probes, "probe_layers", lambda bench, question: (made.append(question), plain(bench, question))[1]
    )
    plan = tiny.tiny_plan(data_of(kind), encoder, out, kind)
    compare(plan)
    assert made == []
    first = read_layer_scores(out)
    assert first is not None
    for stale in (replace(first, question="another"), replace(first, version=0), None):
        if stale is None:
            (out / "probes.json").unlink()
        else:
            write_layer_scores(out, stale)
        compare(plan)
        again = read_layer_scores(out)
        assert again is not None
        assert scores_of(again) == scores_of(first)
    assert made == [first.question] * 3


@pytest.mark.parametrize("kind", ["pair-classification", "tagging-BIO"])
def test_controls_and_the_layers_after_fine_tuning(
    kind: str, encoder: Path, data_of: Data, tmp_path: Path, command_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "recipes", lambda *_: tiny.recipes(kind)[2:])
    out = tmp_path / "out"
    code, said, complaint = command_line("probe", data_of(kind), "--encoder", encoder, "--seeds", 2, "--out", out)
    assert (code, complaint) == (0, "")
    found = {variant: read_layer_scores(out, probing.file_of(variant)) for variant in VARIANTS}
    assert all(found.values())
    layers_of = {variant: scores.layers for variant, scores in found.items() if scores is not None}
    assert {variant: len(many) for variant, many in layers_of.items()} == dict.fromkeys(found, 3) | {"adjacent": 2}
    tests = {variant: [one.test for one in many] for variant, many in layers_of.items()}
    assert tests["tuned"][-1] > tests["layers"][-1]  # what is learned shows in the top layer
    control = tests["random-labels"]  # of texts nothing can be known, of words they can be learned by heart
    assert max(control) < 0.75 if kind.startswith("pair") else control[0] > control[-1]
    assert tests["random-weights"] != tests["layers"]
    gains = [one.gain or (0.0, 0.0, 0.0) for one in layers_of["tuned"]]
    assert [gain for gain, *_ in gains] == pytest.approx(np.subtract(tests["tuned"], tests["layers"]))
    assert all(low <= gain <= high for gain, low, high in gains)
    assert all(one.gain is None for variant in VARIANTS if variant != "tuned" for one in layers_of[variant])
    assert f"In the top layer it adds {points(gains[-1][0])} [" in said
    for number, one in enumerate(layers_of["tuned"]):
        row = next(line for line in said.splitlines() if line.startswith(f"{number:5}  ") and "to" not in line)
        assert f"{100 * one.test:.1f}" in row


def test_only_what_is_used_is_read(
    encoder: Path, data_of: Data, command_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "MOST_TEXTS", 12)
    scores = unfreeze.probe(data_of("classification"), encoder=encoder, device="cpu", seeds=1)
    assert (scores.trained_on, scores.train_size) == (12, 48)
    code, said, _ = command_line(
        "probe", data_of("classification"), "--encoder", encoder, "--train-size", 30, "--only-layers"
    )
    assert code == 0
    assert "30 of 48 training examples are used (--train-size)." in said
    assert "(12 of 30 examples)" in said
    assert "Written" not in said


def test_a_plan_gives_data_and_encoder(encoder: Path, data_of: Data, tmp_path: Path) -> None:
    plan = tiny.tiny_plan(data_of("regression"), encoder, tmp_path / "out", "regression")
    scores = unfreeze.probe(plan=plan, seeds=3)
    assert len(scores.layers[0].resamples) == 3
    assert read_layer_scores(tmp_path / "out") == scores


def test_an_encoder_of_one_layer(data_of: Data, tmp_path: Path, command_line: Line) -> None:
    rng = np.random.default_rng(0)
    rows = (f"{word} {' '.join(f'{x:.3f}' for x in rng.normal(size=8))}" for word in tiny.WORDS)
    (tmp_path / "vectors.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    for kind in ("classification", "tagging-BIO"):
        code, said, complaint = command_line("probe", data_of(kind), "--encoder", tmp_path / "vectors.txt")
        assert (code, complaint) == (0, "")
        assert "random labels" in said
        assert "with next" not in said
        assert "A linear probe on the encoder's one layer reaches" in said


FAULTS: dict[str, tuple[tuple[str, ...], str]] = {
    "no data": ((), "DATA: name a file or folder"),
    "missing data": (("no/such/folder",), "no such file or folder"),
    "no encoder there": (("DATA", "--encoder", "no/such/encoder"), "encoder"),
    "no resamples": (("DATA", "--seeds", "0"), "at least 1"),
    "unknown device": (("DATA", "--device", "gpu"), "device"),
    "option without a value": (("DATA", "--encoder-option", "stateful"), "NAME=VALUE"),
    "output folder is a file": (("DATA", "--encoder", "ENCODER", "--out", "FILE"), "cannot be written"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_input_is_one_line(fault: str, encoder: Path, data_of: Data, tmp_path: Path, command_line: Line) -> None:
    (tmp_path / "file").touch()
    known: dict[str, Any] = {"DATA": data_of("classification"), "ENCODER": encoder, "FILE": tmp_path / "file"}
    arguments, told = FAULTS[fault]
    code, _, complaint = command_line("probe", *(known.get(word, word) for word in arguments))
    assert code == 2
    assert complaint.startswith("unfreeze: ")
    assert complaint.count("\n") == 1
    assert told in complaint


def test_one_vector_a_text_cannot_be_probed_for_tags(data_of: Data, tmp_path: Path) -> None:
    folder = skip_folder.write_folder(tmp_path / "skip", ("<eos>", "UNK", *tiny.WORDS))
    with pytest.raises(InputError, match="one vector per text; tagging needs one per word"):
        unfreeze.probe(data_of("tagging-BIO"), encoder=folder)
