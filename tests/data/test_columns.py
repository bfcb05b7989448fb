"""Columns and tasks: guessed where safe, as raised otherwise, refused with the choices where not."""

from pathlib import Path

import pytest

from unfreeze.data.columns import Columns, choose_columns, find_column, guess_task
from unfreeze.data.tables import Table
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import TASKS


def table(*columns: str, header: bool = True, rows: list[list[str]] | None = None) -> Table:
    rows = rows or [[f"{name} {i}" for name in columns] for i in range(3)]
    return Table(Path("a.tsv"), columns, rows, [2, 3, 4], header)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (("sentence", "label"), Columns("sentence", None, "label")),
        (("idx", "Review", "Stars"), Columns("Review", None, "Stars")),
        (("Quality", "#1 ID", "#2 ID", "#1 String", "#2 String"), Columns("#1 String", "#2 String", "Quality")),
        (("premise", "hypothesis", "label", "genre"), Columns("premise", "hypothesis", "label")),
        (("pair_ID", "sentence_A", "sentence_B", "score"), Columns("sentence_A", "sentence_B", "score")),
        (("question", "sentence", "label"), Columns("question", "sentence", "label")),
        (("id", "Kommentar", "label"), Columns("Kommentar", None, "label")),
        (("text", "Klasse"), Columns("text", None, "Klasse")),
        (("序号", "评论", "情感"), Columns("评论", None, "情感")),
        (("句子1", "句子2", "相似度"), Columns("句子1", "句子2", "相似度")),
        (("前提", "假设", "标签"), Columns("前提", "假设", "标签")),
    ],
)
def test_safe_guesses(columns: tuple[str, ...], expected: Columns) -> None:
    assert choose_columns(table(*columns)) == expected


def test_what_is_reported_wins() -> None:
    sick = table("sentence_A", "sentence_B", "relatedness_score", "entailment_judgment")
    assert choose_columns(sick, label="entailment_judgment") == Columns(
        "sentence_A", "sentence_B", "entailment_judgment"
    )
    assert choose_columns(sick, label="2", text="0") == Columns("sentence_A", None, "relatedness_score")
    assert choose_columns(sick, label="2", text="1", text_b="0").text_b == "sentence_A"
    assert choose_columns(table("sentence1", "sentence2", "text", "label"), task=TASKS["classification"]).text == "text"
    assert choose_columns(table("left", "right", "label"), task=TASKS["pair-classification"]).text_b == "right"


@pytest.mark.parametrize(
    ("columns", "told", "problem"),
    [
        (
            ("sentence_A", "sentence_B", "relatedness_score", "entailment_judgment"),
            {},
            "as in --label entailment_judgment",
        ),
        (("title", "body", "label"), {}, "text column is not safe to guess; say which, as in --text"),
        (("left", "right", "label"), {}, "columns: 'left', 'right', 'label'"),
        (("text", "a", "b"), {}, "label column is not safe to guess"),
        (("text", "label"), {"text": "txet"}, "no column 'txet' for --text .did you mean 'text'"),
        (("text", "label"), {"label": "2"}, "no column '2' for --label"),
        (("text", "label"), {"task": TASKS["pair-classification"]}, "as in --text"),
        (("text", "label"), {"text": "text", "task": TASKS["pair-classification"]}, "as in --text-b"),
        (("sentence1", "sentence2", "label"), {"text_b": "sentence2"}, "--text-b needs --text"),
    ],
)
def test_unsafe_guesses_list_the_choices(columns: tuple[str, ...], told: dict[str, str], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        choose_columns(table(*columns), **told)  # type: ignore[arg-type]


def test_two_columns_without_header() -> None:
    rows = [[f"text {i}", "ab"[i % 2]] for i in range(6)]
    assert choose_columns(table("0", "1", header=False, rows=rows)) == Columns("0", None, "1")
    swapped = [row[::-1] for row in rows]
    assert choose_columns(table("0", "1", header=False, rows=swapped)) == Columns("1", None, "0")


def test_columns_without_header_are_reported_by_their_first_cell() -> None:
    rows = [["gj04", "1", "", "It works."]] * 2
    with pytest.raises(InputError, match=r"--label INDEX; columns: no header; 0 \('gj04', ...\), 1 \('1', ...\)"):
        choose_columns(table("0", "1", "2", "3", header=False, rows=rows))
    with pytest.raises(InputError, match="no column '4' for --text"):
        choose_columns(table("0", "1", "2", "3", header=False, rows=rows), text="4", label="1")


def test_a_name_that_is_a_number_is_a_name_first() -> None:
    assert find_column(table("1", "0"), "0", "--text") == "0"
    assert find_column(table("Text", "Label"), "label", "--label") == "Label"


def test_nested_columns_are_no_texts() -> None:
    nested = Table(Path("a.jsonl"), ("text", "label"), [["[1]", "x"]], [1], nested=frozenset({"text"}))
    with pytest.raises(InputError, match="column 'text' contains lists"):
        choose_columns(nested)


def test_without_labels() -> None:
    assert choose_columns(table("id", "text"), labelled=False) == Columns("text")
    assert choose_columns(table("0", header=False), labelled=False) == Columns("0")


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (["0", "1", "1"], "classification"),
        (["1.0", "2.0", "5.0"], "classification"),
        (["3.8", "1", "2"], "regression"),
        ([str(i % 20) for i in range(60)], "classification"),
        ([*(f"{i}.5" for i in range(19)), "n/a"], "regression"),
        (["a", "b", "1.5"], "classification"),
    ],
)
def test_task_by_labels(labels: list[str], kind: str) -> None:
    assert guess_task(labels, pair=False) == TASKS[kind]
    assert guess_task(labels, pair=True) == TASKS[f"pair-{kind}"]


def test_many_whole_numbers_may_be_classes_or_scores() -> None:
    with pytest.raises(InputError, match=r"classes or scores\? Say --task pair-classification or"):
        guess_task([str(i) for i in range(21)], pair=True)


def test_one_column_cannot_be_text_and_label() -> None:
    with pytest.raises(InputError, match="--text: one column cannot be two"):
        choose_columns(table("label", "x"), text="label", label="label")


def test_decimal_commas_are_reported_and_underscores_are_no_digits() -> None:
    with pytest.raises(
        InputError, match="'3,5' look like numbers with a decimal comma; write a point, or say --task cl"
    ):
        guess_task(["3,5", "4", "0,25"], pair=False)
    assert guess_task(["1_5", "2_0"], pair=False) == TASKS["classification"]


def test_thousands_of_columns_make_a_line_of_bearable_length() -> None:
    wide = table(*(f"column {i} {'x' * 200}" for i in range(3000)))
    for options in ({}, {"label": "colum"}):
        with pytest.raises(InputError, match=r"\(3,000 in all\)") as caught:
            choose_columns(wide, **options)
        assert len(str(caught.value)) < 2000


@pytest.mark.parametrize("index", ["", "Unnamed: 0", "__index_level_0__"])
def test_row_numbers_of_pandas_are_no_choice(index: str) -> None:
    assert choose_columns(table(index, "text", "kind")) == Columns("text", None, "kind")
    assert choose_columns(table(index, "utt"), labelled=False) == Columns("utt")


def test_a_byte_order_mark_hides_no_name() -> None:
    assert choose_columns(table("\ufefftext", "label")) == Columns("\ufefftext", None, "label")
