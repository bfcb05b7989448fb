"""What the files of a comparison say must fit each other; which file does not is reported with what to do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from made_comparison import make_comparison

from unfreeze.data.examples import LabelSpace
from unfreeze.errors import InputError
from unfreeze.judging.judge import judge
from unfreeze.judging.read import read_comparison
from unfreeze.plan import Plan
from unfreeze.records.comparison import TestRecord, read_choices
from unfreeze.records.fitting import check_metrics, check_score
from unfreeze.records.setting import Setting
from unfreeze.tasks.kinds import task

KINDS = ("classification", "tagging", "pair-regression")
WRONG = (None, True, -1, 0.5, "text", "a" * 3000, [], [1], {}, {"a": 1}, 1e140, "\u2028\x1b[0m")


_WHOLE: dict[str, Path] = {}


@pytest.fixture
def copy(
    comparison: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> Callable[[str], Path]:
    """`copy(kind)`: a finished comparison that may be changed; it is made once."""

    def copied(kind: str) -> Path:
        if kind not in _WHOLE:
            made = comparison(kind, items=12, seeds=2, floor=0.3, probes=True)
            _WHOLE[kind] = Path(shutil.copytree(made, tmp_path_factory.mktemp("whole") / kind))
        return Path(shutil.copytree(_WHOLE[kind], tmp_path / "copy" / kind))

    return copied


def change(path: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    values = json.loads(path.read_text(encoding="utf-8"))
    edit(values)
    path.write_text(json.dumps(values), encoding="utf-8")


def replace_column(path: Path, name: str, cells: list[Any]) -> None:
    table = pyarrow.parquet.read_table(path)
    pyarrow.parquet.write_table(table.set_column(table.column_names.index(name), name, pyarrow.array(cells)), path)


def test_whole_ones_are_judged(copy: Callable[[str], Path]) -> None:
    for kind in KINDS:
        judge(copy(kind))


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda v: v["labels"].update(names=["a"]), "has 1 labels, 1 of them different, for classification"),
        (lambda v: v["labels"].update(names=["a", "a"]), "has 2 labels, 1 of them different"),
        (lambda v: (v["labels"].update(names=["a"]), v.update(metric="pearson")), "has 1 labels"),
        (lambda v: v["labels"].update(scheme="BIO"), "has the tagging scheme 'BIO' for classification"),
        (lambda v: v.update(metric="pearson"), "has the metric 'pearson' for classification"),
        (lambda v: v.update(task="regresion"), "did you mean 'regression'?"),
        (lambda v: v["plan"].update(seeds="many"), "seeds: "),
        (lambda v: v["plan"].update(equivalence=-1), "equivalence: -1"),
        (lambda v: v["plan"].update(novelty=1), "unknown key 'novelty'"),
        (lambda v: v["data"]["sizes"].update(train="many"), "data.sizes.train: input should be a valid integer"),
        (lambda v: v["audit"]["overlaps"][0].update(count=None), "audit.overlaps.0.count: "),
        (lambda v: v["audit"].update(lines="one"), "audit.lines: "),
        (lambda v: v["encoder"].update(fixed=3), "encoder.fixed: "),
        (lambda v: v["labels"].update(names=["negative", "neutral"]), "row "),
    ],
)
def test_settings_that_do_not_fit_are_reported(
    edit: Callable[[dict[str, Any]], object], problem: str, copy: Callable[[str], Path]
) -> None:
    folder = copy("classification")
    change(folder / "comparison.json", edit)
    with pytest.raises(InputError) as raised:
        read_comparison(folder)
    assert problem in str(raised.value)
    assert str(raised.value).startswith(str(folder))
    assert any(advice in str(raised.value) for advice in ("remove the folder", "start the same command again"))


@pytest.mark.parametrize(
    ("kind", "column", "cell", "problem"),
    [
        ("classification", "prediction", "none of them", "row 3: 'none of them' is none of the 3 classes"),
        ("tagging", "prediction", ["B-PER", "O"], "row 3: ('B-PER', 'O') for 8 words"),
        ("tagging", "prediction", ["X"] * 8, "row 3: the tag 'X' is none of the 7 tags"),
        ("classification", "confidence", 1.5, "column 'confidence' has a number outside 0 to 1"),
        ("classification", "confidence", float("nan"), "column 'confidence' has a number outside 0 to 1"),
        ("classification", "prediction", "swapped", "says accuracy"),
        ("pair-regression", "prediction", -1e3, "says pearson"),
        ("tagging", "prediction", ["O"] * 8, "says span_f1"),
    ],
)
def test_predictions_that_do_not_fit_are_reported(
    kind: str, column: str, cell: Any, problem: str, copy: Callable[[str], Path]
) -> None:
    folder = copy(kind)
    run = read_choices(folder)["fine-tuning"].runs[0]
    path = folder / "runs" / run / "test.parquet"
    cells = pyarrow.parquet.read_table(path)[column].to_pylist()
    cells[2] = {"neutral": "negative"}.get(cells[2], "neutral") if cell == "swapped" else cell
    replace_column(path, column, cells)
    with pytest.raises(InputError) as raised:
        judge(folder)
    assert problem in str(raised.value)
    assert str(raised.value).startswith(str(path.parent))
    assert str(raised.value).endswith("delete the folder of this run and start the same command again")


@pytest.mark.parametrize(
    ("kind", "column", "cell", "problem"),
    [
        ("classification", "gold", "none of them", "column 'gold', row 3: 'none of them' is none of the 3 classes"),
        ("pair-regression", "gold", float("inf"), "column 'gold', row 3: inf is not a score"),
        ("pair-regression", "text_b", None, "row 3 is not an item of pair-regression"),
        ("tagging", "words", None, "row 3 is not an item of tagging"),
        ("tagging", "gold", ["O"], "column 'gold', row 3: ('O',) for 8 words"),
    ],
)
def test_items_that_do_not_fit_are_reported(
    kind: str, column: str, cell: Any, problem: str, copy: Callable[[str], Path]
) -> None:
    path = copy(kind) / "items.parquet"
    cells = pyarrow.parquet.read_table(path)[column].to_pylist()
    cells[2] = cell
    replace_column(path, column, cells)
    with pytest.raises(InputError) as raised:
        judge(path.parent)
    assert problem in str(raised.value)
    assert str(raised.value).startswith(str(path))


def test_a_comparison_without_items_is_reported(copy: Callable[[str], Path]) -> None:
    path = copy("classification") / "items.parquet"
    pyarrow.parquet.write_table(pyarrow.parquet.read_table(path).slice(0, 0), path)
    with pytest.raises(InputError, match=r"items\.parquet: contains no test items; delete it and start"):
        read_comparison(path.parent)


def test_metrics_that_the_fewest_runs_have_are_reported(tmp_path: Path) -> None:
    usual, odd = TestRecord({"accuracy": 1.0, "macro_f1": 1.0}, False, ()), TestRecord({"accuracy": 1.0}, False, ())
    check_metrics(tmp_path, {})
    check_metrics(tmp_path, {"a": usual, "b": usual})
    with pytest.raises(InputError, match=r"b/test\.json: has the metrics accuracy, other runs accuracy, macro_f1"):
        check_metrics(tmp_path, {"a": usual, "b": odd, "c": usual})


@pytest.mark.parametrize(
    ("told", "computed", "fits"),
    [(0.5, 0.5, True), (0.0, 5e-7, True), (1.0, 1 - 5e-7, True), (0.5, 0.50001, False), (0.0, 1e-5, False),
     (0.5, float("nan"), True), (-0.5, 0.5, False)],
)  # fmt: skip
def test_a_score_is_what_the_predictions_give_but_for_rounding(told: float, computed: float, fits: bool) -> None:
    setting = Setting(task("classification"), LabelSpace(("a", "b")), "accuracy", Plan())
    if fits:
        check_score(setting, told, computed, Path("test.json"), "delete it")
    else:
        with pytest.raises(InputError, match=rf"test\.json: says accuracy {told:.6g}, but .* delete it"):
            check_score(setting, told, computed, Path("test.json"), "delete it")


@pytest.mark.parametrize("file", ["test.parquet", "floor.parquet"])
def test_what_is_ranked_needs_its_probabilities(file: str, tmp_path: Path) -> None:
    out = make_comparison(tmp_path, "classification", items=12, seeds=2, floor=0.3, metric="average_precision:neutral")
    judge(out)
    path = next(out.rglob(file))
    table = pyarrow.parquet.read_table(path)
    pyarrow.parquet.write_table(table.drop_columns("likely"), path)
    with pytest.raises(InputError, match=rf"{file}: has no probabilities, of which average_precision:neutral is comp"):
        judge(out)
    pairs = pyarrow.list_(pyarrow.float32(), 2)
    short = pyarrow.array([row[:2] for row in table["likely"].to_pylist()], pairs)
    pyarrow.parquet.write_table(table.set_column(table.column_names.index("likely"), "likely", short), path)
    with pytest.raises(InputError, match=rf"{file}: probabilities of other items or labels than the 12 test items' 3"):
        judge(out)


def test_fewer_predictions_than_items_are_reported(copy: Callable[[str], Path]) -> None:
    folder = copy("classification")
    pyarrow.parquet.write_table(pyarrow.table({"prediction": ["neutral"]}), folder / "floor.parquet")
    with pytest.raises(InputError, match=r"floor\.json: 1 predictions for 12 test items; delete it"):
        read_comparison(folder)


@pytest.mark.parametrize(
    ("file", "edit", "problem"),
    [
        ("record.json", lambda v: v.update(id="another"), "is the record of another run, another"),
        ("record.json", lambda v: v.update(method="feature-extraction"), "is of feature-extraction, but its recipe of"),
        ("record.json", lambda v: v["dev"].clear(), "dev: has no accuracy, the metric of this comparison"),
        ("record.json", lambda v: v["recipe"].update(new=1), "recipe: unknown key 'new'"),
        ("test.json", lambda v: v["metrics"].pop("accuracy"), "metrics: has no accuracy"),
        (
            "test.json",
            lambda v: v["metrics"].pop("macro_f1"),
            "has the metrics accuracy, other runs accuracy, macro_f1",
        ),
        ("test.json", lambda v: v["metrics"].update(accuracy=0.123), "says accuracy 0.123, but the predictions beside"),
        ("test.json", lambda v: v.update(new=1), "'new' is not known to this version"),
    ],
)
def test_runs_that_do_not_fit_are_reported(
    file: str, edit: Callable[[dict[str, Any]], object], problem: str, copy: Callable[[str], Path]
) -> None:
    folder = copy("classification")
    path = folder / "runs" / read_choices(folder)["fine-tuning"].runs[0] / file
    change(path, edit)
    with pytest.raises(InputError) as raised:
        judge(folder)
    assert problem in str(raised.value)
    assert str(raised.value).startswith(str(path))


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda v: v.clear(), "names no method; the comparison did not finish"),
        (lambda v: v.update(probing=v.pop("fine-tuning")), "probing"),
        (lambda v: v["fine-tuning"].update(runs=[]), "fine-tuning has no run that it chose"),
        (lambda v: v["fine-tuning"].update(best_run="x"), "fine-tuning has no run that it chose"),
        (lambda v: v["fine-tuning"]["latency_ms"].pop("1"), "fine-tuning has no run that it chose"),
        (lambda v: v["fine-tuning"]["trials"].append("../../x"), "the record is missing"),
        (lambda v: v["fine-tuning"]["trials"].append("y" * 4000), "the record is missing"),
        (lambda v: v["fine-tuning"].update(trials=v["feature-extraction"]["trials"]), "has a run of another method"),
    ],
)
def test_choices_that_do_not_fit_are_reported(
    edit: Callable[[dict[str, Any]], object], problem: str, copy: Callable[[str], Path]
) -> None:
    folder = copy("classification")
    change(folder / "choice.json", edit)
    with pytest.raises(InputError) as raised:
        judge(folder)
    assert problem in str(raised.value)
    assert len(str(raised.value)) < 600


def paths(values: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every value, of lists only in their first."""
    yield at
    inside = values.items() if isinstance(values, dict) else enumerate(values[:1]) if isinstance(values, list) else ()
    for key, value in inside:
        yield from paths(value, (*at, key))


def with_value(values: Any, at: tuple[Any, ...], value: Any) -> Any:
    copied = json.loads(json.dumps(values))
    if not at:
        return value
    inside = copied
    for key in at[:-1]:
        inside = inside[key]
    inside[at[-1]] = value
    return copied


def problem_of(folder: Path) -> str:
    """What is said; nothing where the folder is taken."""
    try:
        read_comparison(folder)
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", ["comparison.json", "choice.json", "floor.json", "probes.json", "record", "test"])
def test_any_wrong_value_anywhere_is_taken_or_reported_in_a_line(name: str, copy: Callable[[str], Path]) -> None:
    """Whatever stands in a file: the folder is read, or one line says what is wrong with it."""
    folder = copy("classification")
    chosen = folder / "runs" / read_choices(folder)["feature-extraction"].runs[0]
    path = chosen / f"{name}.json" if "." not in name else folder / name
    values = json.loads(path.read_text(encoding="utf-8"))
    told = 0
    for number, at in enumerate(paths(values)):
        for wrong in (WRONG[number % len(WRONG)], WRONG[(number * 5 + 3) % len(WRONG)]):
            path.write_text(json.dumps(with_value(values, at, wrong)), encoding="utf-8")
            said = problem_of(folder)
            told += bool(said)
            assert len(said) < 700
            assert said.isprintable()
    assert told > 3
