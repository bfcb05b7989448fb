"""The thread that computes: batches of what came meanwhile, faults that stay with their text, an end without loss."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from unfreeze.data.examples import Example
from unfreeze.serving.limits import RefusedError
from unfreeze.serving.model import Answer
from unfreeze.serving.worker import Worker

BAD = "a secret that breaks"


class Slow:
    """A model that answers when it may, with the text as label."""

    whole, budget = False, 1000

    def __init__(self) -> None:
        self.may, self.seen = threading.Event(), list[list[str]]()
        self.begun = threading.Event()

    def cost(self, example: Example) -> int:
        return len(example.text)

    def answers(self, examples: Sequence[Example]) -> list[Answer]:
        self.begun.set()
        assert self.may.wait(30)
        self.seen.append([example.text for example in examples])
        if BAD in self.seen[-1]:
            raise KeyError(BAD)
        return [Answer(example.text) for example in examples]


class Heard:
    """Counts batches."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def batch(self, answers: Sequence[Answer], seconds: float) -> None:
        assert seconds >= 0
        self.sizes.append(len(answers))


@contextmanager
def working(most: int = 100) -> Iterator[tuple[Worker, Slow, Heard, list[str]]]:
    model, heard, logged = Slow(), Heard(), list[str]()
    worker = Worker(model, most, heard, logged.append)  # type: ignore[arg-type]
    worker.start()
    yield worker, model, heard, logged
    model.may.set()
    worker.close(10)
    assert not worker.alive


def asked(worker: Worker, *texts: str):
    return worker.ask([Example(text, text) for text in texts])


def test_what_comes_while_it_computes_is_one_batch() -> None:
    with working() as (worker, model, heard, _):
        first = asked(worker, "a")
        assert model.begun.wait(10)
        others = [asked(worker, text) for text in "bcd"]
        assert worker.texts() == 3
        model.may.set()
        assert [one.result(10)[0].label for one in (first, *others)] == list("abcd")
        assert heard.sizes == [1, 3]
        assert worker.texts() == 0


def test_only_the_text_that_breaks_fails_and_the_log_does_not_quote_it() -> None:
    with working() as (worker, model, _, logged):
        hold = asked(worker, "a")
        assert model.begun.wait(10)
        good, bad, both = asked(worker, "b"), asked(worker, BAD), asked(worker, "c", BAD)
        model.may.set()
        assert good.result(10)[0].label == "b"
        for one in (bad, both):
            with pytest.raises(KeyError):
                one.result(10)
        assert hold.result(10)
        assert logged
        assert all("KeyError" in lines and BAD not in lines for lines in logged)
        assert asked(worker, "after").result(10)[0].label == "after"


def test_too_many_are_refused_and_may_come_again() -> None:
    with working(most=2) as (worker, model, _, _):
        asked(worker, "a")
        assert model.begun.wait(10)
        asked(worker, "b", "c")
        with pytest.raises(RefusedError) as refused:
            asked(worker, "d")
        assert (refused.value.status, refused.value.retry) == (503, True)
        model.may.set()


def test_what_was_given_up_is_not_computed() -> None:
    with working() as (worker, model, _, _):
        asked(worker, "a")
        assert model.begun.wait(10)
        gone, last = asked(worker, "gone"), asked(worker, "b")
        assert gone.cancel()
        model.may.set()
        last.result(10)
        assert model.seen == [["a"], ["b"]]


def test_at_the_end_all_that_waits_is_answered_and_no_more_is_taken() -> None:
    with working() as (worker, model, _, _):
        waiting = [asked(worker, text) for text in "abc"]
        closing = threading.Thread(target=worker.close, args=(10,))
        closing.start()
        model.may.set()
        closing.join(10)
        assert [one.result(0)[0].label for one in waiting] == list("abc")
        with pytest.raises(RefusedError, match="stops"):
            asked(worker, "d")
