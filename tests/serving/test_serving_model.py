"""The bundle of a server: answers as predicted, which texts are cut, and how much of a batch a text is."""

from __future__ import annotations

import pytest
from made_bundles import items, made

from unfreeze.data.examples import Example
from unfreeze.serving.model import Model


@pytest.mark.parametrize("case", ["tuned mean", "frozen label sets", "frozen scores", "crf"])
def test_answers_are_what_is_predicted_and_say_what_was_cut(case: str) -> None:
    predictor = made(case)
    examples = items(predictor, 6, labelled=False)
    tagged = predictor.task.target.per_word
    for text in ("cat", "cat " * 300):
        examples.append(Example("", text, words=tuple(text.split()) if tagged else None))
    answers = Model(predictor, "tiny").answers(examples)
    said = predictor.predict_examples(examples)
    if said.probabilities is None:
        assert all(answer.likely is None for answer in answers)
    else:
        assert [answer.likely for answer in answers] == [tuple(row) for row in said.probabilities.tolist()]
    assert [answer.label for answer in answers] == list(said.labels)
    assert [answer.cut for answer in answers[-2:]] == [False, not tagged]  # words are read in windows


def test_a_text_is_as_much_of_a_batch_as_is_read_of_it() -> None:
    texts, words = Model(made("tuned mean"), "a"), Model(made("crf"), "b")
    most = texts.predictor.model.encoder.max_length
    costs = [texts.cost(Example("", "cat " * n)) for n in (0, 1, 10, 20, 10_000, 20_000)]
    assert costs[:4] == sorted(set(costs[:4]))
    assert costs[4] == costs[5] == 2 * most
    assert words.cost(Example("", "cat " * 10_000, words=("cat",) * 10_000)) >= 10_000
    pair = Example("", "cat " * 10, "dog " * 10)
    assert texts.cost(pair) > texts.cost(Example("", "cat " * 10))


def test_an_encoder_that_remembers_gets_requests_apart() -> None:
    predictor = made("tuned mean")
    assert not Model(predictor, "a").whole
    predictor.model.encoder.ordered = 4
    assert Model(predictor, "a").whole
