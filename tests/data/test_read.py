"""From files to a `Dataset`, on made-up files: formats, cuts, what is said, and every error."""

import subprocess
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from unfreeze.data.audit import audit
from unfreeze.data.examples import Example, LabelSpace
from unfreeze.data.read import read_dataset
from unfreeze.data.unlabelled import read_unlabelled
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import TASKS

TRAIN = "text\tlabel\n" + "".join(f"film {i} was {'good' if i % 2 else 'bad'}\t{i % 2}\n" for i in range(20))
DEV = "text\tlabel\nnice\t1\nawful\t0\n"


def folder(root: Path, **files: str) -> Path:
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        (root / f"{stem}.{suffix}").write_text(text, encoding="utf-8")
    return root


def test_a_folder_of_three_files(tmp_path: Path) -> None:
    found = read_dataset(folder(tmp_path, train_tsv=TRAIN, valid_csv=DEV.replace("\t", ","), test_tsv="\ufeff" + DEV))
    assert (found.name, found.task.kind, found.labels) == (tmp_path.name, "classification", LabelSpace(("0", "1")))
    assert found.train[0] == Example(f"{tmp_path}/train.tsv:2", "film 0 was bad", label="0")
    assert (len(found.train), [e.text for e in found.dev], len(found.test)) == (20, ["nice", "awful"], 2)
    assert found.columns == {"text": "text", "label": "label"}
    assert found.files["dev"] == f"{tmp_path}/valid.csv"
    assert found.notes == (
        "Columns: text 'text' (guessed), label 'label' (guessed).",
        "Task: classification (2 classes; guessed from the labels, --task KIND overrides).",
    )


def test_one_file_is_cut_in_three(tmp_path: Path) -> None:
    path = folder(tmp_path, reviews_tsv=TRAIN) / "reviews.tsv"
    found = read_dataset(path)
    assert (found.name, len(found.train), len(found.dev), len(found.test)) == ("reviews", 14, 2, 4)
    assert {e.text for e in (*found.train, *found.dev, *found.test)} == {
        f"film {i} was {'good' if i % 2 else 'bad'}" for i in range(20)
    }
    assert found.notes[-2].startswith("No test file: 4 of 20 training examples were cut out for it (by class")
    assert found.notes[-1].startswith("No dev file: 2 of 16")
    assert found.files == dict.fromkeys(("train", "dev", "test"), str(path))
    assert found == read_dataset(path)
    assert found.test != read_dataset(path, seed=1).test


@pytest.mark.parametrize(("missing", "sizes"), [("dev", (18, 2, 2)), ("test", (16, 2, 4))])
def test_a_missing_split_is_cut_out_of_train(tmp_path: Path, missing: str, sizes: tuple[int, int, int]) -> None:
    other = "test_tsv" if missing == "dev" else "dev_tsv"
    found = read_dataset(folder(tmp_path, train_tsv=TRAIN, **{other: DEV}))
    assert (len(found.train), len(found.dev), len(found.test)) == sizes
    assert found.notes[-1].startswith(f"No {missing} file")


def test_json_lines_and_parquet_pairs(tmp_path: Path) -> None:
    rows = [{"premise": f"p{i}", "hypothesis": "h", "label": i % 3} for i in range(9)]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "train-00000-of-00001.parquet")
    lines = "".join(f'{{"premise": "p", "hypothesis": "h", "label": {i}}}\n' for i in range(3))
    found = read_dataset(folder(tmp_path, validation_jsonl=lines, test_jsonl=lines))
    assert (found.task.kind, found.labels.names) == ("pair-classification", ("0", "1", "2"))
    assert found.train[4] == Example(f"{tmp_path}/train-00000-of-00001.parquet:5", "p4", "h", label="1")


def test_no_header_needs_indices(tmp_path: Path) -> None:
    rows = "".join(f"gj04\t{i % 2}\t{'' if i % 2 else '*'}\tSentence {i}.\n" for i in range(10))
    root = folder(tmp_path, train_tsv=rows, dev_tsv=rows, test_tsv=rows)
    with pytest.raises(InputError, match=r"no header; 0 \('gj04', ...\), 1 \('0', ...\)"):
        read_dataset(root)
    found = read_dataset(root, text="3", label="1")
    assert (found.train[0].text, found.train[0].label, len(found.train)) == ("Sentence 0.", "0", 10)


def test_scores_and_a_task_that_is_reported(tmp_path: Path) -> None:
    rows = "text\tstars\n" + "".join(f"film {i}\t{i % 5 + 1}\n" for i in range(10))
    root = folder(tmp_path, train_tsv=rows, dev_tsv=rows, test_tsv=rows)
    assert read_dataset(root).task.kind == "classification"
    found = read_dataset(root, task="regression")
    assert (found.labels, found.train[1].label) == (LabelSpace(low=1.0, high=5.0), 2.0)


def test_tagging_folder(tmp_path: Path) -> None:
    conll = "-DOCSTART- -X- O\n\nEU NNP I-ORG\nsays VBZ O\n\nIt PRP O\n"
    (tmp_path / "eng.train").write_text(conll)
    (tmp_path / "eng.testa").write_text(conll)
    (tmp_path / "eng.testb").write_text(conll + "\nBonn NNP I-LOC\n")
    found = read_dataset(tmp_path)
    assert (found.task.kind, found.labels) == ("tagging", LabelSpace(("O", "B-ORG"), "BIO"))
    assert (found.test[-1].label, len(found.test)) == (("B-LOC",), 3)
    plain = read_dataset(tmp_path, label="1")
    assert (plain.labels.names, plain.labels.scheme, plain.columns) == (("NNP", "PRP", "VBZ"), None, {"label": "1"})


ROW = "text\tlabel\n"


@pytest.mark.parametrize(
    ("train", "told", "message"),
    [
        ("", {}, r"train.tsv: the file is empty"),
        (TRAIN + "a\tb\tc\n", {}, r"train.tsv:22: 3 fields"),
        (TRAIN + "no label\t \n", {}, r"train.tsv:22: the label .column 'label'. is empty"),
        (TRAIN, {"label": "lable"}, "no column 'lable' for --label .did you mean 'label'"),
        (TRAIN, {"task": "classificaton"}, "unknown task 'classificaton' .did you mean 'classification'"),
        (TRAIN, {"task": "tagging"}, "tagging needs words with tags"),
        (ROW + "a\t1\nb\t1\n" * 9, {}, "every training row has the label '1'"),
        (
            ROW + "".join(f"t{i}\t{i}.5\n" for i in range(19)) + "x\tnan\n",
            {},
            r"train.tsv:21: score 'nan' is not a finite",
        ),
        ("EU B-ORG\nsays O\n\nIt O\n", {"task": "classification"}, "cannot tell|tagged word columns"),
    ],
)
def test_faulty_training_files(tmp_path: Path, train: str, told: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_dataset(folder(tmp_path, train_tsv=train, dev_tsv=DEV, test_tsv=DEV), **told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dev", "message"),
    [
        (DEV + "fine\t2\n", r"dev.tsv:4: class '2' of dev is not in the training split, which has 0, 1"),
        (DEV.replace("label", "mark"), r"dev.tsv: no column 'label' for --label"),
        ("EU\tB-ORG\nsays\tO\n\nIt\tO\n", r"dev.tsv: contains tagged word columns, the training file tsv rows"),
    ],
)
def test_faulty_dev_files(tmp_path: Path, dev: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_dataset(folder(tmp_path, train_tsv=TRAIN, dev_tsv=dev, test_tsv=DEV))


def test_files_of_different_width_or_none(tmp_path: Path) -> None:
    rows = "".join(f"text {i}\t{'ab'[i % 2]}\n" for i in range(10))
    root = folder(tmp_path, train_tsv=rows, dev_tsv="a\tx\ty\n", test_tsv=rows)
    with pytest.raises(InputError, match=r"dev.tsv: 3 columns without a header, the training file has 2"):
        read_dataset(root)
    with pytest.raises(InputError, match="no such file"):
        read_dataset(root, dev=tmp_path / "gone.tsv")
    with pytest.raises(InputError, match="plain text has no labels"):
        read_dataset(folder(tmp_path, notes_txt="one\ntwo\n") / "notes.txt")


def test_a_json_line_without_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a", "label": 1}\n{"label": 0}\n')
    with pytest.raises(InputError, match=r"a.jsonl:2: no value for 'text'"):
        read_dataset(tmp_path / "a.jsonl")


def test_texts_to_predict(tmp_path: Path) -> None:
    single, pair, tags = TASKS["classification"], TASKS["pair-classification"], TASKS["tagging"]
    folder(tmp_path, a_txt="one text\n\nit is\tthis\n", b_csv="id,text\n1,hello\n", c_conll="科0 x\n技1 y\n\n全0 z\n")
    folder(
        tmp_path,
        d_jsonl='{"premise": "p", "hypothesis": "h"}\n',
        e_tsv="just one\nand two\n",
        f_txt="New\u00a0York is  big\n",
    )
    assert [e.text for e in read_unlabelled(tmp_path / "a.txt", task=single)] == ["one text", "", "it is\tthis"]
    assert read_unlabelled(tmp_path / "b.csv", task=single)[0] == Example(f"{tmp_path}/b.csv:2", "hello")
    assert read_unlabelled(tmp_path / "b.csv", task=single, text="id")[0].text == "1"
    assert [e.words for e in read_unlabelled(tmp_path / "c.conll", task=tags)] == [("科", "技"), ("全",)]
    assert read_unlabelled(tmp_path / "d.jsonl", task=pair)[0].text_b == "h"
    assert [e.text for e in read_unlabelled(tmp_path / "e.tsv", task=single)] == ["just one", "and two"]
    assert read_unlabelled(tmp_path / "f.txt", task=tags)[0].words == ("New\u00a0York", "is", "big")


def test_texts_that_do_not_fit_the_task(tmp_path: Path) -> None:
    folder(tmp_path, a_conll="a O\n\nb O\n", b_tsv="text\tlabel\nx\t1\n")
    with pytest.raises(InputError, match="contains word columns"):
        read_unlabelled(tmp_path / "a.conll", task=TASKS["classification"])
    with pytest.raises(InputError, match="no column 'sentence' for --text"):
        read_unlabelled(tmp_path / "b.tsv", task=TASKS["classification"], text="sentence")


def test_reading_imports_nothing_heavy() -> None:
    code = "import sys, unfreeze.data.read, unfreeze.data.audit_lines; print([m for m in %r if m in sys.modules])"
    heavy = ("torch", "transformers", "pandas", "sklearn", "pyarrow", "scipy")
    done = subprocess.run([sys.executable, "-c", code % (heavy,)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("usual", "texts"), [
    ((None, None), ["utt", "great film", "bad film"]), (("utt", None), ["great film", "bad film"]),
])  # fmt: skip
def test_no_text_to_predict_is_taken_for_a_header(
    usual: tuple[str | None, None], texts: list[str], tmp_path: Path
) -> None:
    (tmp_path / "a.tsv").write_text("utt\tx\ngreat film\ty\nbad film\tz\n", encoding="utf-8")
    column = None if usual[0] else "0"
    found = read_unlabelled(tmp_path / "a.tsv", task=TASKS["classification"], text=column, usual=usual)
    assert [e.text for e in found] == texts


def test_texts_that_nobody_sees_are_empty(tmp_path: Path) -> None:
    rows = ["text,label", *(f"film {i},{'xy'[i % 2]}" for i in range(20)), "\0,x", "\ufeff \u200b,y", "\0seen,x"]
    (tmp_path / "a.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    dataset = read_dataset(None, train=tmp_path / "a.csv", dev=tmp_path / "a.csv", test=tmp_path / "a.csv")
    assert [example.text for example in dataset.train[-3:]] == ["", "", "\0seen"]
    assert audit(dataset).splits["train"].empty == 2


def test_nulls_of_data_bases_are_no_texts(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("text\tlabel\ngood\tx\n\\N\ty\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.tsv:3: '\\N' for 'text' is what data bases write for no value"):
        read_dataset(tmp_path / "a.tsv")
