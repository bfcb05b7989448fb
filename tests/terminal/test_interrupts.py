"""An interruption that a library has swallowed is raised at the next step."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
import typer

from unfreeze.terminal.display import Display, resumable
from unfreeze.terminal.interrupts import remembered

LATER: tuple[Callable[[Display], None], ...] = (
    lambda display: display.begin("a run", 1),
    lambda display: display.step("a run", 1, 2, None),
    lambda display: display.end("a run", 0.5),
)


def swallowed() -> None:
    with suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("later", LATER)
def test_a_swallowed_interruption_ends_the_command_at_the_next_step(
    later: Callable[[Display], None], capsys: pytest.CaptureFixture[str]
) -> None:
    went_on = False
    with pytest.raises(typer.Exit) as ended, resumable("the same command continues") as display:
        display.begin("a run", 2)
        swallowed()
        later(display)
        went_on = True
    assert (ended.value.exit_code, went_on) == (130, False)
    assert capsys.readouterr().err == "unfreeze: interrupted; the same command continues\n"


@pytest.mark.parametrize("later", LATER)
def test_without_an_interruption_all_goes_on(later: Callable[[Display], None]) -> None:
    with resumable("") as display:
        display.begin("a run", 2)
        later(display)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_handled_interruptions_before_does_so_again() -> None:
    with remembered():
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_ignored_signal_stays_ignored_and_other_threads_change_nothing() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with remembered() as interrupts:
            signal.raise_signal(signal.SIGINT)
            interrupts.check()
    finally:
        signal.signal(signal.SIGINT, before)
    seen: list[object] = []

    def elsewhere() -> None:
        with remembered():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
