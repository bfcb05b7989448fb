"""The bundle: exactly the predictions that were judged, in a fresh process, from files, Python and odd input."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import tiny

import unfreeze
from unfreeze.commands import predict as predicting
from unfreeze.data.examples import Example
from unfreeze.data.word_cutting import cut_words
from unfreeze.errors import InputError
from unfreeze.records.comparison import read_items, read_test
from unfreeze.tasks.kinds import TASKS
from unfreeze.training.objectives import Decoded


def _judged(out: Path) -> list[Any]:
    """The predictions that the winner's best run was judged by."""
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    run = tiny.methods(result)[result["verdict"]["use"]]["best_run"]
    return list(pq.read_table(out / "runs" / run / "test.parquet")["prediction"].to_pylist())


def _texts(out: Path) -> list[Any]:
    """The test items, as `predict` takes them."""
    items = pq.read_table(out / "items.parquet").to_pylist()
    return [r["words"] or (r["text"] if r["text_b"] is None else (r["text"], r["text_b"])) for r in items]


def _same(said: list[Any], judged: list[Any]) -> bool:
    if isinstance(judged[0], float):
        return said == pytest.approx(judged, abs=1e-5)
    return [list(s) if isinstance(s, tuple) else s for s in said] == judged


@pytest.mark.parametrize("kind", ["classification", "pair-classification", "multilabel-classification"])
def test_loaded_bundle_gives_the_judged_probabilities(kind: str, answered: Callable[[str], Path]) -> None:
    out = answered(kind)
    kept = read_test(out / "runs" / str(json.loads((out / "bundle" / "bundle.json").read_text("utf-8"))["run"]))
    assert kept is not None
    assert kept.forecasts is not None
    said = unfreeze.load(out / "bundle").predict_examples(read_items(out)).probabilities
    np.testing.assert_allclose(said, kept.forecasts.likely, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_loaded_bundle_gives_the_judged_predictions(kind: str, answered: Callable[[str], Path]) -> None:
    out = answered(kind)
    texts, judged = _texts(out), _judged(out)
    predictor = unfreeze.load(out / "bundle")
    assert _same(predictor.predict(texts), judged)
    assert _same([label for text in texts for label in predictor.predict([text])], judged), "one by one as in a batch"
    assert _same(predictor.predict(texts[::-1]), judged[::-1])
    assert predictor.predict([]) == []


def test_fresh_process_predicts_the_judged_predictions(
    answered: Callable[[str], Path], data_of: Callable[[str], Path], tmp_path: Path
) -> None:
    kind = "tagging-BIOES"
    out = answered(kind)
    moved = shutil.copytree(out / "bundle", tmp_path / "moved")  # nothing of the comparison beside it
    test_file = next(data_of(kind).glob("test.*"))
    done = tiny.unfreeze("predict", moved, test_file, "--out", tmp_path / "x.jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()]
    assert _same([row["label"] for row in rows], _judged(out))
    assert [row["words"] for row in rows] == _texts(out)


def test_three_lines_of_python_in_a_fresh_process(answered: Callable[[str], Path], tmp_path: Path) -> None:
    out = answered("classification")
    code = (
        "import json, sys, unfreeze\n"
        "texts = json.load(sys.stdin)\n"
        "print(json.dumps(unfreeze.load(sys.argv[1]).predict(texts)))"
    )
    command = [sys.executable, "-c", code, str(out / "bundle")]
    done = subprocess.run(
        command, input=json.dumps(_texts(out)), capture_output=True, text=True, timeout=120, check=True, cwd=tmp_path
    )
    assert json.loads(done.stdout) == _judged(out)


def test_both_methods_make_bundles_that_predict_what_was_judged(
    tmp_path: Path, encoder: Path, data_of: Callable[[str], Path]
) -> None:
    """`answered` bundles the winner only; here each method wins once, so that neither way of saving goes untried."""
    for recipe in (r for r in tiny.recipes("pair-classification") if r.name in ("esim", "low")):
        out = tmp_path / recipe.name
        unfreeze.compare(
            data_of("pair-classification"), encoder=encoder, out=out, methods=[recipe.method], recipes=[recipe], seeds=1
        )
        assert _same(unfreeze.load(out / "bundle").predict(_texts(out)), _judged(out))


def test_unknown_words_odd_spaces_and_long_texts_are_predicted(answered: Callable[[str], Path]) -> None:
    texts = ["", " ", "\t\n", "zzz qqq", "très 好 🙂", "good " * 500, "good\u2028great"]
    said = unfreeze.load(answered("classification") / "bundle").predict(texts)
    assert len(said) == len(texts)
    assert set(said) <= {"True", "False"}


def test_tagger_gives_one_tag_a_word_past_the_encoders_limit(answered: Callable[[str], Path]) -> None:
    predictor = unfreeze.load(answered("tagging-BIO") / "bundle")
    words = ["bob", "was", "\u200b", "new", "york"] * 20  # 100 words, and the encoder reads 32 pieces
    (tags,) = predictor.predict([words])
    assert len(tags) == len(words)
    assert predictor.predict(["bob was fine"])[0] == predictor.predict([["bob", "was", "fine"]])[0]
    assert set(tags) <= set(predictor.labels.names)


@pytest.mark.parametrize(
    ("kind", "texts", "found"),
    [
        ("classification", ["fine", ("a", "b")], "texts[1]: must be one string"),
        ("pair-classification", ["one text"], "texts[0]: must be two texts"),
        ("pair-classification", [("a", "b"), ("a", "b", "c")], "texts[1]: must be two texts"),
        ("tagging-BIO", [["a"], []], "texts[1]: must be a list of words"),
        ("tagging-BIO", [["a", 3]], "texts[0]: must be a list of words"),
    ],
)
def test_wrong_kind_of_text_is_told_by_its_place(
    kind: str, texts: list[Any], found: str, answered: Callable[[str], Path]
) -> None:
    with pytest.raises(InputError, match=found.replace("[", r"\[")):
        unfreeze.load(answered(kind) / "bundle").predict(texts)


def test_tsv_output_can_be_read_again(answered: Callable[[str], Path], tmp_path: Path, command_line: Callable) -> None:
    out = answered("pair-classification")
    (tmp_path / "new.jsonl").write_text(
        '{"text": "good\\tfilm\\n", "text_b": "a \\"great\\" film"}\n{"text": "bad", "text_b": "awful"}\n', "utf-8"
    )
    code, said, _ = command_line("predict", out / "bundle", tmp_path / "new.jsonl", "--out", tmp_path / "x.tsv")
    assert (code, said) == (0, f"2 predictions in {tmp_path / 'x.tsv'}\n")
    lines = [line.split("\t") for line in (tmp_path / "x.tsv").read_text(encoding="utf-8").splitlines()]
    assert lines[0] == ["label", "confidence", "text", "text_b"]
    assert [line[2:] for line in lines[1:]] == [["good film", 'a "great" film'], ["bad", "awful"]]
    assert all(0 < float(line[1]) <= 1 for line in lines[1:])
    code, printed, _ = command_line("predict", out / "bundle", tmp_path / "new.jsonl")
    assert printed == (tmp_path / "x.tsv").read_text(encoding="utf-8")
    code, again, _ = command_line("predict", out / "bundle", tmp_path / "x.tsv")
    assert code == 0
    assert again.splitlines()[2] == printed.splitlines()[2]


def test_tags_are_printed_as_columns(answered: Callable[[str], Path], tmp_path: Path, command_line: Callable) -> None:
    (tmp_path / "new.txt").write_text("bob was fine\nrome\n", encoding="utf-8")
    _, said, _ = command_line("predict", answered("tagging-BIO") / "bundle", tmp_path / "new.txt")
    blocks = [[line.split("\t") for line in block.splitlines()] for block in said.strip("\n").split("\n\n")]
    assert [[word for word, _ in block] for block in blocks] == [["bob", "was", "fine"], ["rome"]]


@pytest.mark.parametrize("kind", ["classification", "pair-regression", "tagging-BIO"])
@pytest.mark.parametrize("suffix", [".tsv", ".jsonl"])
def test_a_file_is_predicted_part_by_part_with_the_same_lines(
    kind: str, suffix: str, answered: Callable[[str], Path], data_of: Callable[[str], Path], tmp_path: Path,
    command_line: Callable, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    texts = next(data_of(kind).glob("test.*"))
    said = []
    for part in (8192, 7):
        monkeypatch.setattr(predicting, "PART", part)
        code, _, _ = command_line("predict", answered(kind) / "bundle", texts, "--out", tmp_path / f"{part}{suffix}")
        assert code == 0
        said.append((tmp_path / f"{part}{suffix}").read_text(encoding="utf-8"))
    number = re.compile(r"-?\d+\.\d+")  # which texts share a batch moves its last digit
    assert number.sub("", said[0]) == number.sub("", said[1])
    found = [list(map(float, number.findall(text))) for text in said]
    assert found[0] == pytest.approx(found[1], abs=2e-4)


def test_cells_that_a_spreadsheet_would_run_can_be_made_inert(
    answered: Callable[[str], Path], tmp_path: Path, command_line: Callable
) -> None:
    texts = ["=1+1", "+1", "-1", "@a", "＝1", " =1+1", "fine", "a=b"]
    (tmp_path / "new.txt").write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    bundle = answered("classification") / "bundle"
    _, plain, _ = command_line("predict", bundle, tmp_path / "new.txt")
    _, inert, _ = command_line("predict", bundle, tmp_path / "new.txt", "--escape-formulas")
    told = [[line.split("\t") for line in said.splitlines()[1:]] for said in (plain, inert)]
    assert [row[2] for row in told[0]] == [text.strip() for text in texts]
    assert [row[2] for row in told[1]] == ["'=1+1", "'+1", "'-1", "'@a", "'＝1", "'=1+1", "fine", "a=b"]
    assert [row[:2] for row in told[0]] == [row[:2] for row in told[1]]
    (tmp_path / "words.txt").write_text("- bob\n", encoding="utf-8")
    _, tagged, _ = command_line(
        "predict", answered("tagging-BIO") / "bundle", tmp_path / "words.txt", "--escape-formulas"
    )
    assert [line.split("\t")[0] for line in tagged.splitlines()] == ["'-", "bob", ""]


def test_negative_scores_stay_numbers_where_cells_are_made_inert() -> None:
    table = predicting._Table(TASKS["regression"], (), escape_formulas=True)
    rows = list(table([Example("a:1", "-x")], Decoded((-0.5,))))
    assert rows[1] == "-0.5000\t\t'-x"


@pytest.fixture
def bundle(answered: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of a bundle, to be broken."""
    return Path(shutil.copytree(answered("classification") / "bundle", tmp_path / "broken"))


def _change_weights(bundle: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = bundle / "encoder" / "model.safetensors"
    tensors = load_file(path)
    tensors["embeddings.word_embeddings.weight"][0, 0] += 1
    save_file(tensors, path, metadata={"format": "pt"})


def _no_number_in_the_head(bundle: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(bundle / "head.safetensors")
    next(tensor for name, tensor in tensors.items() if "weight" in name).view(-1)[0] = float("nan")
    save_file(tensors, bundle / "head.safetensors")


def _change(name: str, change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def do(bundle: Path) -> None:
        values = json.loads((bundle / name).read_text(encoding="utf-8"))
        change(values)
        (bundle / name).write_text(json.dumps(values), encoding="utf-8")

    return do


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda b: (b / "bundle.json").unlink(), "contains no bundle.json"),
        (lambda b: (b / "bundle.json").write_text("{", encoding="utf-8"), "bundle.json: cannot be read"),
        (_change("bundle.json", lambda v: v.update(schema=9)), "has schema 9, this unfreeze reads 1"),
        (_change("bundle.json", lambda v: v["recipe"].update(head="fancy")), "head"),
        (_change("bundle.json", lambda v: v.pop("labels")), "is not as this version of unfreeze writes it"),
        (lambda b: (b / "head.safetensors").unlink(), "head.safetensors: cannot be loaded"),
        (lambda b: (b / "head.safetensors").write_bytes(b"torn"), "head.safetensors: cannot be loaded"),
        (_no_number_in_the_head, "weights that are infinite or NaN"),
        (lambda b: shutil.rmtree(b / "encoder"), "encoder"),
        (lambda b: (b / "encoder" / "model.safetensors").write_bytes(b"torn"), "cannot be loaded"),
        (_change_weights, "the encoder is not the one that was saved"),
    ],
)
def test_damaged_bundle_is_one_clear_line(
    damage: Callable[[Path], Any], found: str, bundle: Path, data_of: Callable[[str], Path], command_line: Callable
) -> None:
    damage(bundle)
    code, said, complaint = command_line("predict", bundle, data_of("classification") / "test.tsv")
    assert (code, said) == (2, "")
    assert complaint.startswith("unfreeze: ")
    assert complaint.count("\n") == 1
    assert found in complaint
    assert "Traceback" not in complaint


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("missing.tsv",), "missing.tsv: no such file"),
        (("test.tsv", "--out", "x.xlsx"), "known: .tsv, .jsonl"),
        (("test.tsv", "--out", "file/x.tsv"), "cannot be written"),
        (("test.tsv", "--text", "sentense"), "no column 'sentense'"),
        (("test.tsv", "--device", "gpu"), "unknown device 'gpu'"),
        (("words.conll",), "contains word columns, which do not fit classification"),
    ],
)
def test_bad_input_to_predict_is_one_clear_line(
    arguments: tuple[str, ...], found: str, answered: Callable[[str], Path], data_of: Callable[[str], Path],
    command_line: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    shutil.copy(data_of("classification") / "test.tsv", tmp_path)
    shutil.copy(data_of("tagging-BIO") / "test.conll", tmp_path / "words.conll")
    (tmp_path / "file").write_text("a file, no folder", encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    code, said, complaint = command_line("predict", answered("classification") / "bundle", *arguments)
    assert (code, said) == (2, "")
    assert complaint.count("\n") == 1
    assert found in complaint
    assert sorted(tmp_path.iterdir()) == before


def test_one_string_is_no_list_of_texts(answered: Callable[[str], Path]) -> None:
    with pytest.raises(InputError, match="a list of texts, not one string"):
        unfreeze.load(answered("classification") / "bundle").predict("good film")


def test_texts_that_are_cut_are_told(answered: Callable[[str], Path], tmp_path: Path, command_line: Callable) -> None:
    (tmp_path / "long.txt").write_text("good film\n" + "really " * 60 + "\n", encoding="utf-8")
    code, _, complaint = command_line("predict", answered("classification") / "bundle", tmp_path / "long.txt")
    assert (code, complaint) == (0, "1 of 2 texts are cut at 32 pieces.\n")


def test_a_text_without_words_cannot_be_tagged(
    answered: Callable[[str], Path], tmp_path: Path, command_line: Callable
) -> None:
    (tmp_path / "a.csv").write_text('text,id\nanna sat,1\n"",2\n', encoding="utf-8")
    code, said, complaint = command_line("predict", answered("tagging-BIO") / "bundle", tmp_path / "a.csv")
    assert (code, said) == (2, "")
    assert "a.csv:3: has no word to tag" in complaint


def test_texts_are_cut_into_words_as_the_training_texts_were(answered: Callable[[str], Path], tmp_path: Path) -> None:
    bundle = shutil.copytree(answered("tagging-BIO") / "bundle", tmp_path / "bundle")
    about = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    (tmp_path / "new.txt").write_text("Anna's film, new york\n", encoding="utf-8")
    for rule, words in (
        ({}, ["Anna's", "film,", "new", "york"]),
        ({"words": "cut"}, list(cut_words("Anna's film, new york"))),
    ):
        about["columns"] = {"label": "spans"} | rule
        (bundle / "bundle.json").write_text(json.dumps(about), encoding="utf-8")
        assert predicting.predict_file(bundle, tmp_path / "new.txt", tmp_path / "x.jsonl", text=None, text_b=None) == 1
        row = json.loads((tmp_path / "x.jsonl").read_text(encoding="utf-8"))
        assert row["words"] == words
        assert [list(tags) for tags in unfreeze.load(bundle).predict(["Anna's film, new york"])] == [row["label"]]
