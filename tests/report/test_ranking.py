from types import SimpleNamespace

import pytest

from unfreeze.judging.gaps import PairGap
from unfreeze.report.arm_tables import turned
from unfreeze.report.ranking import finding_of, on_front
from unfreeze.report.tables import Table


def arm(name, score, work):
    return SimpleNamespace(id=name, test=SimpleNamespace(mean=score), cost=SimpleNamespace(work=work))


@pytest.mark.parametrize(
    ("arms", "front"),
    [
        ([("cheap", 0.8, 1), ("dear", 0.9, 9)], {"cheap", "dear"}),
        ([("cheap", 0.8, 1), ("worse", 0.7, 5), ("dear", 0.9, 9)], {"cheap", "dear"}),
        ([("cheap", 0.8, 1), ("same score", 0.8, 2)], {"cheap"}),
        ([("better", 0.9, 1), ("same cost", 0.8, 1)], {"better"}),
        ([("twin", 0.8, 1), ("other twin", 0.8, 1)], {"twin", "other twin"}),
    ],
)
def test_on_the_front_are_the_arms_that_no_other_beats_for_the_same_cost_or_less(arms, front):
    assert on_front([arm(*values) for values in arms]) == front


@pytest.mark.parametrize(
    ("mean", "finding", "words"),
    [
        (0.03, "clear", "better"),
        (0.02, "likely", "better, perhaps by little"),
        (-0.03, "clear", "worse"),
        (0.0, "equal", "practically equal"),
        (0.005, "undecided", "undecided"),
        (0.003, "small", "better, but too little to matter"),
        (-0.003, "small", "worse, but too little to matter"),
    ],
)
def test_a_difference_is_put_into_words_by_what_it_was_found_to_be(mean, finding, words):
    assert finding_of(PairGap("a", "b", mean, (mean, mean), 0.0, (mean, mean), 0.1, finding)) == words


def test_a_table_with_a_column_for_each_arm_is_turned_into_rows():
    table = Table("costs", ("cost", "a", "b"), (("time", "1", "2"), ("room", "3", "4")))
    assert turned(table).heads == ("arm", "time", "room")
    assert turned(table).rows == (("a", "1", "3"), ("b", "2", "4"))
