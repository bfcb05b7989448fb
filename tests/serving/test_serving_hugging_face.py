"""Hugging Face's requests: replies say what the bundle predicts, for every kind of answer, and clients read them."""

from __future__ import annotations

import pytest
from made_bundles import CASES, items, made
from made_server import Running, running

from unfreeze.bundle.load import Predictor
from unfreeze.data.examples import Example

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")
KINDS = (
    "tuned mean", "tuned pair", "frozen pair apart", "frozen label sets", "frozen scores", "tuned scores of pairs",
    "crf", "plain tags",
)  # fmt: skip


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest):
    predictor = made(request.param)
    with running(predictor) as server:
        yield predictor, server


def as_json(example: Example) -> object:
    if example.words is not None:
        return list(example.words)
    return example.text if example.text_b is None else {"text": example.text, "text_pair": example.text_b}


def predicted(predictor: Predictor, reply: list, example: Example) -> object:
    """The label that a reply means."""
    output = predictor.model.objective.output
    if output == "scores":
        return reply[0]["score"]
    if output == "tags":
        return tuple(one["entity"] for one in reply)
    if predictor.task.target.many:
        return tuple(name for name in predictor.labels.names if name in {e["label"] for e in reply if e["predicted"]})
    return reply[0]["label"]


def test_replies_are_what_the_bundle_predicts(kind: tuple[Predictor, Running]) -> None:
    predictor, server = kind
    asked = items(predictor, labelled=False)
    tags = {"aggregation_strategy": "none", "ignore_labels": []} if predictor.task.target.per_word else {}
    replies = server.ask([as_json(example) for example in asked], **tags)
    said = predictor.predict_examples(asked)
    labels = [predicted(predictor, reply, example) for reply, example in zip(replies, asked, strict=True)]
    if predictor.model.objective.output == "scores":
        assert labels == pytest.approx(said.labels, abs=1e-4)
    else:
        assert labels == list(said.labels)
        assert len(set(labels)) > 1
    if said.probabilities is not None:
        index = predictor.labels.index()
        for reply, row in zip(replies, said.probabilities, strict=True):
            assert sorted(one["label"] for one in reply) == sorted(index)
            assert [one["score"] for one in reply] == pytest.approx(
                [row[index[one["label"]]] for one in reply], abs=1e-5
            )
            assert [one["score"] for one in reply] == sorted((one["score"] for one in reply), reverse=True)


def test_a_text_alone_gets_a_list_and_the_same_answer(kind: tuple[Predictor, Running]) -> None:
    predictor, server = kind
    if predictor.task.target.per_word:
        alone, many = server.ask("the cat sat"), server.ask(["the cat sat", ["the", "cat", "sat"]])
        assert many == [alone, alone]
        return
    value = as_json(items(predictor, 1, labelled=False)[0])
    alone, (first, second) = server.ask(value), server.ask([value, value])
    assert [one["label"] for one in alone] == [one["label"] for one in first]
    assert first == second
    assert alone[0]["score"] == pytest.approx(first[0]["score"], abs=1e-4)


def test_pairs_may_be_lists_of_two() -> None:
    with running(made("tuned pair")) as server:
        assert server.ask([["the cat", "a dog"]]) == [server.ask({"text": "the cat", "text_pair": "a dog"})]
        assert server.ask([["the cat", "a dog"]]) != server.ask([["a dog", "the cat"]])


def test_top_k_limits_the_labels() -> None:
    with running(made("tuned mean")) as server:
        every = server.ask("the cat")
        assert server.ask("the cat", top_k=2) == every[:2]
        assert server.ask(["the cat"], top_k=9) == [every]


def test_spans_have_places_in_the_text_as_it_was_sent() -> None:
    predictor = made("crf")
    text = "the  cat\tsat 𝒳 on\nxyz Éa the ... a cat"
    with running(predictor) as server:
        words = server.ask(text, aggregation_strategy="none", ignore_labels=[])
        assert [one["word"] for one in words] == text.split()
        assert [text[one["start"] : one["end"]] for one in words] == text.split()
        assert [one["index"] for one in words] == list(range(1, 12))
        tags = [one["entity"] for one in words]
        spans = server.ask(text)
        assert {one["entity_group"] for one in spans} <= {"LOC", "PER"}
        assert spans
        for one in spans:
            inside = [tag for tag, word in zip(tags, words, strict=True) if one["start"] <= word["start"] < one["end"]]
            assert {tag[2:] for tag in inside} == {one["entity_group"]}
            assert text[one["start"] : one["end"]] == one["word"]
        covered = sum(any(s["start"] <= w["start"] < s["end"] for s in spans) for w in words)
        assert covered == sum(tag != "O" for tag in tags)
        only = server.ask(text, ignore_labels=["LOC", "O"])
        assert only == [one for one in spans if one["entity_group"] == "PER"]


def test_words_are_cut_as_those_of_training() -> None:
    made_so = made("crf")
    predictor = Predictor(made_so.model, {**made_so.about, "columns": {"words": "cut"}})
    with running(predictor) as server:
        words = server.ask("cat's,dog", aggregation_strategy="none", ignore_labels=[])
        assert [one["word"] for one in words] == ["cat", "'", "s", ",", "dog"]


def test_a_text_that_is_cut_is_named_and_refused_where_that_is_asked_for() -> None:
    with running(made("tuned mean")) as server:
        texts = ["the cat", "really " * 300, "a"]
        reply = server.post("/predict", {"inputs": texts})
        assert (reply.status, reply.headers["unfreeze-cut"]) == (200, "1")
        assert "unfreeze-cut" not in server.post("/predict", {"inputs": "a"}).headers
        refused = server.post("/predict", {"inputs": texts, "parameters": {"truncation": False}})
        assert (refused.status, "inputs[1] has over" in refused.json()["error"]) == (413, True)
        assert server.post("/predict", {"inputs": "a", "parameters": {"truncation": False}}).status == 200


@pytest.mark.parametrize("case", ["crf", "tuned mean"])
def test_hugging_face_s_own_client_reads_the_replies(case: str) -> None:
    hub = pytest.importorskip("huggingface_hub")
    with running(made(case)) as server:
        client = hub.InferenceClient(f"{server.url}/")
        if case == "crf":
            said = client.token_classification("the cat sat on xyz Éa")
            assert [(one.entity_group, one.start) for one in said] == [
                (one["entity_group"], one["start"]) for one in server.ask("the cat sat on xyz Éa")
            ]
        else:
            assert client.text_classification("the cat").label == server.ask("the cat")[0]["label"]


def test_all_outputs_are_tried() -> None:
    assert {CASES[kind][0] for kind in KINDS} == {
        "classification", "multilabel-classification", "regression", "pair-classification", "pair-regression",
        "tagging",
    }  # fmt: skip
