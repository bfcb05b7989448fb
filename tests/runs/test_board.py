"""What workers tell is read once, in its order; what trials have reached is known to all."""

from __future__ import annotations

import subprocess
import sys

from unfreeze.runs.board import Board, Event


def test_events_are_taken_once_in_their_order() -> None:
    board = Board()
    events = [Event("begin", "a", "here"), Event("step", "a", "here", 1, 2, 0.5)]
    for event in events:
        board.tell("a", event)
    board.tell("b", events[0])
    assert board.take() == [("a", events[0]), ("a", events[1]), ("b", events[0])]
    assert board.take() == []


def test_what_a_trial_has_reached_is_known_to_the_next() -> None:
    board = Board()
    assert board.reached("first", 0.5) == {"first": 0.5}
    assert board.reached("second", 0.4) == {"first": 0.5, "second": 0.4}


def test_its_process_starts_without_torch() -> None:
    """It starts beside the first worker, on the same processors."""
    code = "import sys, unfreeze.runs.board; print('torch' in sys.modules, 'transformers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
