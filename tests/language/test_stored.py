"""Sentences in files are English, and come back as messages where it is kept what they were made from."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from unfreeze.language.message import Message, in_language, joined, opening, say
from unfreeze.language.stored import plain_messages, revived

SIZES = joined(say("{split} {number:,}", split=say(s), number=n) for s, n in (("train", 1200), ("dev", 30)))
RARE = say("labels with fewer than {least} training examples: {labels}.", least=2, labels="a 1")
MESSAGES = (
    say("Examples: {sizes}.", sizes=SIZES),
    say("Warning: {line}", line=RARE),
    opening(say("the tags follow {scheme}.", scheme="BIO")),
    say("Repeated texts in {split}: {number} ({share}).", split=say("test"), number=np.int64(3), share="1.0 %"),
)  # fmt: skip


def test_messages_come_back_from_a_file_and_say_the_same_in_every_language() -> None:
    file = json.loads(json.dumps({"lines": [*MESSAGES, "plain"], "messages": plain_messages([*MESSAGES, "plain"])}))
    assert [type(line) for line in file["lines"]] == [str] * 5
    again = revived(file["lines"], file["messages"])
    assert again == (*MESSAGES, "plain")
    for one, other in zip(again, MESSAGES, strict=False):
        assert in_language(one, "zh") == in_language(other, "zh") != one
    assert not isinstance(again[-1], Message)


@pytest.mark.parametrize(
    "kept",
    [
        None, 3, {}, [None, 3, [], {}], [{"template": "x"}],
        [{"template": "{x:>99999999999}", "values": {"x": 1}, "opens": 0}],
        [{"template": "Examples: {sizes}.", "values": {}, "opens": False}],
        [{"template": "{number:,} of {all:,}", "values": {"number": "many", "all": 2}, "opens": False}],
        [{"template": "Examples: {sizes}.", "values": {"sizes": "other"}, "opens": False}],
        [{"items": 3, "separator": ", ", "last": ", "}],
    ],
)  # fmt: skip
def test_what_is_damaged_or_not_known_leaves_the_sentence_as_it_is(kept: Any) -> None:
    (line,) = revived(["Examples: 3."], kept)
    assert (line, type(line)) == ("Examples: 3.", str)
