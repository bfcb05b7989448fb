from hypothesis import given
from hypothesis import strategies as st

from unfreeze.data.examples import Example, LabelSpace
from unfreeze.records.comparison import TestRecord
from unfreeze.report.cases import (
    ELLIPSIS,
    LONGEST,
    MOST_PIECES,
    Piece,
    Run,
    errors,
    join,
    mistakes,
    pieces,
    shortened,
    won_by,
)
from unfreeze.tasks.kinds import task

BIO = LabelSpace(("O", "B-LOC", "I-LOC", "B-PER", "I-PER"), "BIO")
WORDS = ("Bob", "saw", "New", "York")
TAGGED = Example("a:1", "Bob saw New York", words=WORDS, label=("B-PER", "O", "B-LOC", "I-LOC"))


def texts(*labels):
    return tuple(Example(f"f:{i}", f"text {i}", label=label) for i, label in enumerate(labels))


def run(kind, items, predictions, confidence=(), labels=LabelSpace()):
    return Run("m", TestRecord({}, False, predictions, confidence), errors(task(kind), labels, items, predictions))


def test_errors_of_each_kind():
    assert errors(task("classification"), LabelSpace(("a", "b")), texts("a", "b"), ("a", "a")) == (0.0, 1.0)
    assert errors(task("regression"), LabelSpace(), texts(1.0, 2.0), (1.5, 2.0)) == (0.5, 0.0)
    one_missed_one_false = ("B-PER", "O", "B-LOC", "O")
    assert errors(task("tagging"), BIO, (TAGGED,), (one_missed_one_false,)) == (2.0,)
    assert errors(
        task("tagging"), LabelSpace(("N", "V")), (Example("", "", words=("a",), label=("N",)),), (("V",),)
    ) == (2.0,)


def test_mistakes_are_the_most_confident_wrong_answers():
    items = texts("a", "a", "a", "a")
    answers = run("classification", items, ("b", "a", "b", "b"), (0.6, 0.99, 0.9, 0.7))
    found = mistakes(task("classification"), LabelSpace(("a", "b")), items, answers, limit=2)
    assert [case.where for case in found] == ["f:2", "f:3"]
    assert found[0].answers[0].label == "b"
    assert found[0].answers[0].confidence == 0.9
    assert not found[0].answers[0].right


def test_mistakes_of_scores_are_the_largest_distances():
    items = texts(0.0, 0.0, 0.0)
    found = mistakes(task("regression"), LabelSpace(), items, run("regression", items, (0.1, -3.0, 2.0)))
    assert [case.where for case in found] == ["f:1", "f:2", "f:0"]


def test_won_by_lists_only_items_where_the_winner_is_nearer():
    items, kind = texts("a", "a", "a"), "classification"
    good, bad = run(kind, items, ("a", "b", "a")), run(kind, items, ("b", "b", "b"), (0.5, 0.9, 0.8))
    assert [case.where for case in won_by(task(kind), LabelSpace(), items, good, bad)] == ["f:2", "f:0"]
    assert won_by(task(kind), LabelSpace(), items, bad, good) == []


def test_pieces_mark_spans_that_gold_has_and_those_it_has_not():
    found, gold = [("PER", 0, 1), ("LOC", 2, 3)], [("PER", 0, 1), ("LOC", 2, 4)]
    assert pieces(WORDS, found, gold) == (
        Piece("Bob", "PER", True),
        Piece("saw"),
        Piece("New", "LOC", False),
        Piece("York"),
    )


def test_tagging_case_shows_gold_and_predicted_spans():
    (case,) = mistakes(task("tagging"), BIO, (TAGGED,), run("tagging", (TAGGED,), (("O",) * 4,), labels=BIO))
    assert [piece.kind for piece in case.pieces] == ["PER", None, "LOC"]
    assert case.answers[0].pieces == (Piece("Bob saw New York"),)


@given(st.lists(st.text("abc东京", min_size=1, max_size=3), max_size=8), st.data())
def test_pieces_keep_every_word(words, data):
    cuts = sorted(data.draw(st.sets(st.integers(0, len(words)), max_size=6)))
    spans = [("X", a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    text = "".join(piece.text for piece in pieces(words, spans, []))
    assert text.replace(" ", "") == "".join(words)


def test_join_puts_no_space_between_chinese_characters():
    assert join(("北", "京", "is", "a", "city", "。")) == "北京 is a city 。"


def test_long_texts_are_cut_with_an_ellipsis():
    items = (Example("f:0", "word " * 1000, label="a"),)
    (case,) = mistakes(task("classification"), LabelSpace(), items, run("classification", items, ("b",)))
    assert len(case.text) < 710
    assert case.text.endswith("…")


def test_long_sentences_are_shown_with_every_span_but_without_the_middle_of_what_stands_between_them():
    words = ["far"] * 9000
    found = [("PER", 10, 12), ("LOC", 8000, 8001)]
    whole = pieces(words, found, found)
    short = shortened(whole)
    assert [(piece.kind, piece.right) for piece in short] == [(piece.kind, piece.right) for piece in whole]
    assert sum(len(piece.text) for piece in short) < 3 * LONGEST
    assert shortened(pieces(words[:50], [("PER", 3, 4)], [])) == pieces(words[:50], [("PER", 3, 4)], [])


def test_of_a_sentence_full_of_spans_the_first_are_shown():
    found = [("PER", i, i + 1) for i in range(500)]
    short = shortened(pieces(["Bob"] * 500, found, found))
    assert len(short) == MOST_PIECES + 1
    assert short[-1] == Piece(ELLIPSIS)
