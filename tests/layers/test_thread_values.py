"""Values of a thread, and changes that threads share."""

from __future__ import annotations

from threading import Thread

import pytest

from unfreeze.layers.threads import SharedChange, ThreadValue


def in_a_thread(work: object) -> None:
    thread = Thread(target=work)  # type: ignore[arg-type]
    thread.start()
    thread.join()


def test_a_value_is_there_inside_its_block_alone() -> None:
    value: ThreadValue[int] = ThreadValue()
    assert value.get() is None
    with value.set_to(1):
        with value.set_to(2):
            assert value.get() == 2
        assert value.get() == 1
    assert value.get() is None


def test_a_block_that_fails_gives_the_earlier_value_back() -> None:
    value: ThreadValue[int] = ThreadValue()
    with value.set_to(1):
        with pytest.raises(KeyError), value.set_to(2):
            raise KeyError
        assert value.get() == 1


def test_other_threads_do_not_see_a_value() -> None:
    value: ThreadValue[int] = ThreadValue()
    seen: list[int | None] = []
    with value.set_to(1):
        in_a_thread(lambda: seen.append(value.get()))
    assert seen == [None]


def test_the_first_makes_a_change_and_the_last_undoes_it() -> None:
    """Whoever leaves first: here the one that came first."""
    setting = {"a": "old"}
    change: SharedChange[str, str] = SharedChange(lambda key, before: setting.update({key: before}))

    def make() -> str:
        before, setting["a"] = setting["a"], "new"
        return before

    first, second = change.made("a", make), change.made("a", make)
    assert first.__enter__() == "old"
    assert second.__enter__() == "old"  # not what the first has made
    first.__exit__(None, None, None)
    assert setting == {"a": "new"}
    second.__exit__(None, None, None)
    assert setting == {"a": "old"}


def test_changes_of_two_things_do_not_touch() -> None:
    undone: list[str] = []
    change: SharedChange[str, int] = SharedChange(lambda key, before: undone.append(f"{key}{before}"))
    with change.made("a", lambda: 1):
        with change.made("b", lambda: 2):
            pass
        assert undone == ["b2"]
    assert undone == ["b2", "a1"]


def test_a_block_that_fails_undoes_its_change() -> None:
    undone: list[int] = []
    change: SharedChange[str, int] = SharedChange(lambda _, before: undone.append(before))
    with pytest.raises(KeyError), change.made("a", lambda: 1):
        raise KeyError
    assert undone == [1]


def test_a_change_that_cannot_be_made_leaves_nothing() -> None:
    change: SharedChange[str, int] = SharedChange(lambda _, before: None)
    with pytest.raises(ZeroDivisionError), change.made("a", lambda: 1 // 0):
        pass
    with change.made("a", lambda: 3) as before:
        assert before == 3
