"""Tags: spans in a scheme and plain tags, what train lacks, and the linear model of the floor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from unfreeze.data.examples import Example, LabelSpace
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import TAGS, task
from unfreeze.tasks.metrics import best_constant
from unfreeze.tasks.targets.target import MARKED, FloorSplit

SENTENCES = [("B-X", "I-X", "O", "B-Y"), ("O", "B-X"), ("O",)]
PLAIN = [("DT", "NN", "VB"), ("NN",)]


def test_a_label_space_has_o_first_and_needs_two_tags() -> None:
    rows = [Example(f"a:{number}", "x", label=tags) for number, tags in enumerate(SENTENCES, start=1)]
    assert TAGS.space(rows, "BIO") == LabelSpace(("O", "B-X", "B-Y", "I-X"), "BIO")
    with pytest.raises(InputError, match="a:3: every training word has the tag 'O'; two are needed"):
        TAGS.space(rows[2:], "BIO")


def test_spans_are_counted_in_a_scheme_and_words_in_none() -> None:
    assert TAGS.counts(SENTENCES, "BIO") == {"X": 2, "Y": 1}
    assert TAGS.counts(PLAIN, None) == {"DT": 1, "NN": 2, "VB": 1}
    assert TAGS.several({"X": 2}, "BIO")
    assert not TAGS.several({}, "BIO")
    assert not TAGS.several({"NN": 2}, None)
    assert TAGS.several({"NN": 2, "DT": 1}, None)


def test_what_one_answer_says() -> None:
    assert TAGS.one_answer([("O", "O"), ("O",)], "BIO") == "no word is in a span"
    assert TAGS.one_answer([("B-X",), ("B-X",)], "BIO") is None
    assert TAGS.one_answer([], "BIO") is None
    assert TAGS.one_answer([("NN",), ("NN", "NN")], None) == "every word has the tag 'NN'"
    assert TAGS.one_answer(PLAIN, None) is None
    assert TAGS.one_answer([], None) is None


def test_an_answer_marks_something_or_nothing() -> None:
    assert [TAGS.answer(tags) for tags in (("O", "O"), (), None)] == [None] * 3
    assert TAGS.answer(("O", "B-X")) == TAGS.answer(("B-Y",)) == MARKED


def test_spans_with_a_tag_that_train_lacks_are_counted_by_type() -> None:
    train = [("B-X", "O"), ("O", "B-Y")]
    labels = [("B-X", "I-X", "B-X"), ("B-Z", "B-Y"), ("B-Z",), ("B-X", "O")]
    assert TAGS.unseen(train, labels, "BIO") == {"Z": 2, "X": 1}
    assert list(TAGS.unseen(train, labels, "BIO") or ()) == ["Z", "X"], "the most frequent first"
    assert TAGS.unseen(train, train, "BIO") == {}


@pytest.mark.parametrize(
    ("space", "problem"),
    [
        (LabelSpace(("O", "B-X"), "BIO"), None),
        (LabelSpace(("O", "S-X"), "BIOES"), None),
        (LabelSpace(("DT", "NN")), None),
        (LabelSpace(("O",), "BIO"), "1 labels, 1 of them different, for tagging"),
        (LabelSpace(("O", "B-X"), "IOB1"), "the tagging scheme 'IOB1' for tagging"),
    ],
)
def test_label_spaces_that_were_read_back_are_of_tags(space: LabelSpace, problem: str | None) -> None:
    assert TAGS.space_problem(space, "tagging") == problem


@pytest.mark.parametrize(
    ("label", "gold", "problem"),
    [
        (("O", "B-X"), False, None),
        (("O", "B-Z"), True, None),  # counts as missed
        (("O", "B-Z"), False, "the tag 'B-Z' is none of the 2 tags"),
        (("O",), True, "('O',) for 2 words"),
        (("O", "O", "O"), False, "('O', 'O', 'O') for 2 words"),
        ("OO", True, "'OO' for 2 words"),
        (None, True, "None for 2 words"),
    ],
)
def test_labels_that_were_read_back_are_a_tag_a_word(label: Any, gold: bool, problem: str | None) -> None:
    item = Example("a:1", "the cat", words=("the", "cat"))
    assert TAGS.label_problem(label, item, frozenset({"O", "B-X"}), gold) == problem


def test_an_error_is_a_missed_or_false_span() -> None:
    said = [("B-X", "O", "O", "B-Y"), ("O", "B-X"), ("B-X",)]
    errors = [TAGS.item_error(*pair, "BIO") for pair in zip(SENTENCES, said, strict=True)]
    assert errors == [2, 0, 1]
    assert TAGS.how_wrong(errors) == "2 of 3 test sentences have an error"
    counts = TAGS.found(SENTENCES, said, "BIO")
    assert counts is not None
    assert (counts.gold, counts.predicted, counts.both) == ({"X": 2, "Y": 1}, {"X": 3, "Y": 1}, {"X": 1, "Y": 1})


def test_marks_are_spans() -> None:
    assert TAGS.marks(SENTENCES[0], "BIO") == {("X", 0, 2), ("Y", 3, 4)}
    assert TAGS.marks(None, "BIO") == set()
    assert TAGS.cell(("O", "B-X")) == TAGS.shown(("O", "B-X")) == "O B-X"
    assert set(TAGS.answers(PLAIN)) == {"DT", "NN", "VB"}
    assert len(TAGS.answers(PLAIN)) == sum(map(len, PLAIN))


def test_the_best_constant_is_the_most_frequent_plain_tag() -> None:
    assert best_constant(task("tagging"), PLAIN)[1] == 0.5
    assert best_constant(task("tagging"), [("NN",)]) == (("NN",), 1)


def test_items_whose_tags_are_not_as_many_are_refused_by_their_place() -> None:
    TAGS.check_items(SENTENCES, SENTENCES)
    with pytest.raises(ValueError, match="item 1 has 2 gold and 1 predicted tags"):
        TAGS.check_items(SENTENCES, [SENTENCES[0], ("O",), ("O",)])


def test_the_linear_model_tags_each_word_and_gives_each_sentence_its_own() -> None:
    tags = [("O", "B-X", "O"), ("B-X",), ("O", "O", "B-Y", "O"), ("B-Y", "O")] * 5
    counts, names = [len(sentence) for sentence in tags], ("O", "B-X", "B-Y")
    features = csr_matrix(np.eye(3)[[names.index(tag) for sentence in tags for tag in sentence]])
    split = FloorSplit(features, tags, counts)
    weak, strong = (TAGS.linear(("C", c), split, split, LabelSpace(names, "BIO"), "span_f1") for c in (100.0, 1e-4))
    assert weak.predict(features, counts) == tags
    assert weak.predict(features[4:8], [3, 1]) == [("O", "O", "B-Y"), ("O",)]
    assert strong.predict(features, counts) == [("O",) * count for count in counts]
    assert (weak.chosen, strong.chosen) == ({"C": 100.0}, {"C": 1e-4})


def test_penalties_are_inverse_ones_from_the_strongest() -> None:
    named, penalties = zip(*TAGS.penalties(), strict=True)
    assert set(named) == {"C"}
    assert np.divide(penalties[1:], penalties[:-1]) == pytest.approx(10**0.5, rel=0.06), "half a power of ten apart"
