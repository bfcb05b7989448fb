"""KServe's V2: tensors in and out, as the model's own description says, and the same answers as elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
from made_bundles import items, made
from made_server import Running, running

from unfreeze.bundle.load import Predictor

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")
KINDS = ("tuned mean", "tuned pair", "frozen label sets", "frozen scores", "crf", "plain tags")
TYPES = {"BYTES": str, "FP32": float, "BOOL": bool, "INT64": int}


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest):
    predictor = made(request.param)
    with running(predictor) as server:
        yield predictor, server


def tensor(name: str, texts: list[Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "shape": [len(texts)], "datatype": "BYTES", "data": texts, **more}


def asked(predictor: Predictor) -> tuple[list[dict[str, Any]], Any]:
    examples = items(predictor, 7, labelled=False)
    tensors = [tensor("text", [e.text for e in examples])]
    if predictor.task.pair:
        tensors.append(tensor("text_pair", [e.text_b for e in examples]))
    return tensors, predictor.predict_examples(examples)


def by_name(reply: Mapping[str, Any]) -> dict[str, Any]:
    return {one["name"]: one["data"] for one in reply["outputs"]}


def test_the_answers_are_the_bundle_s(kind: tuple[Predictor, Running]) -> None:
    predictor, server = kind
    tensors, said = asked(predictor)
    out = by_name(server.infer(*tensors).json())
    output = predictor.model.objective.output
    if output == "scores":
        assert out["score"] == pytest.approx(said.labels, abs=1e-4)
    elif output == "tags":
        left = iter(out["tag"])
        assert tuple(tuple(next(left) for _ in range(count)) for count in out["words"]) == said.labels
        assert out["word"] == " ".join(tensors[0]["data"]).split()
        texts = iter(tensors[0]["data"])
        place, text = 0, ""
        for count in out["words"]:
            text = next(texts)
            for word, a, b in zip(*(out[n][place : place + count] for n in ("word", "start", "end")), strict=True):
                assert text[a:b] == word
            place += count
    else:
        names = out["labels"]
        assert names == list(predictor.labels.names)
        assert out["probabilities"] == pytest.approx(said.probabilities.ravel().tolist(), abs=1e-5)
        if predictor.task.target.many:
            rows = [out["predicted"][i : i + len(names)] for i in range(0, len(out["predicted"]), len(names))]
            assert [tuple(n for n, yes in zip(names, row, strict=True) if yes) for row in rows] == list(said.labels)
        else:
            assert out["label"] == list(said.labels)


def test_replies_are_as_the_model_describes_them(kind: tuple[Predictor, Running]) -> None:
    predictor, server = kind
    about = server.get("/v2/models/tiny").json()
    tensors, _ = asked(predictor)
    assert [one["name"] for one in about["inputs"]] == [one["name"] for one in tensors]
    outputs = server.infer(*tensors).json()["outputs"]
    assert [(one["name"], one["datatype"]) for one in outputs] == [
        (one["name"], one["datatype"]) for one in about["outputs"]
    ]
    for one, told in zip(outputs, about["outputs"], strict=True):
        assert len(one["data"]) == math.prod(one["shape"])
        assert all(told in (-1, n) for told, n in zip(told["shape"], one["shape"], strict=True))
        assert all(type(value) is TYPES[one["datatype"]] for value in one["data"])


def test_an_id_comes_back_and_outputs_can_be_chosen() -> None:
    with running(made("tuned mean")) as server:
        reply = server.infer(tensor("text", ["a"]), id="x-7", outputs=[{"name": "label"}]).json()
        assert (reply["id"], reply["model_name"], reply["model_version"]) == ("x-7", "tiny", "1")
        assert list(by_name(reply)) == ["label"]
        assert "id" not in server.infer(tensor("text", ["a"])).json()


def test_data_may_be_flat_or_nested() -> None:
    with running(made("tuned mean")) as server:
        flat = server.infer(tensor("text", ["a", "the cat"])).json()
        for data in (["a", "the cat"], [["a"], ["the cat"]]):
            assert server.infer(tensor("text", data, shape=[2, 1])).json() == flat


@pytest.mark.parametrize(
    ("path", "status"),
    [("/v2/models/tiny", 200), ("/v2/models/tiny/ready", 200), ("/v2/models/tiny/versions/1", 200),
     ("/v2/models/tiny/versions/1/ready", 200), ("/v2/models/other", 404), ("/v2/models/tiny/versions/2", 404),
     ("/v2", 200), ("/v2/health/live", 200), ("/v2/health/ready", 200)],
)  # fmt: skip
def test_paths_of_health_and_metadata(path: str, status: int, texts: Running) -> None:
    reply = texts.get(path)
    assert reply.status == status
    assert ("error" in reply.json()) == (status == 404)


@pytest.fixture(scope="module")
def texts():
    with running(made("tuned mean")) as server:
        yield server


@pytest.mark.parametrize(
    ("inputs", "found"),
    [
        ([], "has no tensor 'text'"), ([tensor("txt", ["a"])], "did you mean 'text'"),
        ([tensor("text", ["a"]), tensor("text", ["a"])], "two tensors of one name"),
        ([tensor("text", ["a"], datatype="FP32")], "texts are BYTES"),
        ([tensor("text", ["a"], shape=[2])], "1 elements"),
        ([tensor("text", ["a"], shape=[1, 2])], "[N] or [N, 1]"),
        ([tensor("text", ["a"], shape=[-1])], "[N] or [N, 1]"),
        ([tensor("text", [], shape=[0])], "has no text"), ([tensor("text", [3])], "inputs[0]: must be a text"),
        ([tensor("text", ["a"], colour=1)], "unknown field 'inputs.0.colour'"),
    ],
)  # fmt: skip
def test_wrong_tensors_are_named(inputs: list[dict[str, Any]], found: str, texts: Running) -> None:
    reply = texts.infer(*inputs)
    assert reply.status == 422
    assert found in reply.json()["error"]


def test_other_models_versions_and_outputs_are_named(texts: Running) -> None:
    assert texts.infer(tensor("text", ["a"]), model="other").status == 404
    reply = texts.infer(tensor("text", ["a"]), outputs=[{"name": "lable"}])
    assert (reply.status, "did you mean 'label'" in reply.json()["error"]) == (422, True)
    body = {"inputs": [tensor("text", ["a"])]}
    assert texts.post("/v2/models/tiny/versions/1/infer", body).status == 200
    assert texts.post("/v2/models/tiny/versions/3/infer", body).status == 404
