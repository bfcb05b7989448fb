"""Messages are English strings that can be said in another language, whatever they are made of."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import asdict, dataclass

import pytest

from unfreeze.errors import InputError
from unfreeze.language import catalogue as catalogues
from unfreeze.language.choice import speaking, told
from unfreeze.language.message import Message, in_language, joined, opening, put_together, say, template

CHINESE = {
    "{first} and then {second}": "先{second}，后{first}",
    "{share:.1f} % of {whole:,}": "{whole:,} 的 {share:.1f} %",
    "frozen": "冻结",
    "no such file": "没有这个文件",
    "dev": "开发集",
    ", ": "、",
    " and ": "和",
}


@pytest.fixture(autouse=True)
def few_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "catalogue", lambda language: CHINESE)


def test_a_message_is_its_english_sentence() -> None:
    message = say("{share:.1f} % of {whole:,}", share=12.345, whole=6789)
    assert message == "12.3 % of 6,789"
    assert json.dumps({"said": message}) == '{"said": "12.3 % of 6,789"}'
    assert {message: 1}["12.3 % of 6,789"] == 1


def test_values_stand_where_the_language_puts_them() -> None:
    message = say("{first} and then {second}", first="A", second="B")
    assert (message, in_language(message, "zh")) == ("A and then B", "先 B，后 A")


def test_messages_among_the_values_are_said_in_the_same_language() -> None:
    message = say("{first} and then {second}", first=say("frozen"), second=say("dev"))
    assert in_language(message, "zh") == "先开发集，后冻结"
    unknown = say("{name} is unknown here", name=say("frozen"))
    assert in_language(unknown, "zh") == "冻结 is unknown here"


def test_braces_in_values_and_in_sentences_without_values_are_only_braces() -> None:
    assert say("{first} and then {second}", first="{second}", second="{x!r}") == "{second} and then {x!r}"
    assert say("give {}") == "give {}"


def test_a_name_without_a_value_is_an_error_at_once() -> None:
    with pytest.raises(KeyError):
        say("{first} and then {second}", first="A")


def test_a_message_that_opens_a_sentence_has_a_large_letter_in_english_alone() -> None:
    assert opening(say("frozen")) == "Frozen"
    assert in_language(opening(say("frozen")), "zh") == "冻结"
    assert opening("plain") == "Plain"


def test_lists_have_the_signs_of_their_language() -> None:
    names = joined([say("frozen"), "b", say("dev")], last=" and ")
    assert (names, in_language(names, "zh")) == ("frozen, b and dev", "冻结、b 和开发集")
    assert joined([]) == ""
    assert joined(["one"], last=" and ") == "one"


def test_a_space_parts_chinese_from_what_stands_for_a_name_and_nothing_else() -> None:
    assert put_together(["用", "minilm", "的微调", "，", "B"], "zh") == "用 minilm 的微调，B"
    assert put_together(["是", "“", "x", "”"], "zh") == "是“x”"
    assert put_together(["用", "minilm"], "en") == "用minilm"
    # A value itself stays as it is.
    assert in_language(say("{first} and then {second}", first="x好y", second="z"), "zh") == "先 z，后 x好y"


def test_a_message_stays_one_when_it_is_said_copied_or_sent() -> None:
    message = say("{first} and then {second}", first=say("frozen"), second=joined(["a", say("dev")]))
    chinese = in_language(message, "zh")
    for other in (say(message), copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        assert (other, in_language(other, "zh")) == (message, chinese)
    large = pickle.loads(pickle.dumps(opening(say("frozen"))))
    assert isinstance(large, Message)
    assert (large, large.opens) == ("Frozen", True)


def test_dataclasses_with_messages_become_plain_values() -> None:
    @dataclass(frozen=True)
    class Held:
        lines: tuple[str, ...]

    held = Held((say("frozen"), say("dev")))
    assert json.loads(json.dumps(asdict(held))) == {"lines": ["frozen", "dev"]}
    assert told(asdict(held)) == {"lines": ("frozen", "dev")}
    with speaking("zh"):
        assert told(asdict(held)) == {"lines": ("冻结", "开发集")}
    assert told(held) is held


def test_a_template_of_a_table_is_a_plain_string_until_it_is_said() -> None:
    known = template("{first} and then {second}")
    assert type(known) is str
    assert in_language(say(known, first=1, second=2), "zh") == "先 2，后 1"


def test_an_error_is_english_and_can_be_told_in_another_language() -> None:
    error = InputError("no such file", where="数据/train.tsv")
    assert str(error) == "数据/train.tsv: no such file"
    assert in_language(error, "zh") == "数据/train.tsv: 没有这个文件"
    sent = pickle.loads(pickle.dumps(InputError(say("{first} and then {second}", first="a", second="b"))))
    assert (str(sent), in_language(sent, "zh")) == ("a and then b", "先 b，后 a")


def test_an_error_inside_of_a_message_is_told_in_its_language() -> None:
    outer = say("{first} and then {second}", first=InputError("no such file", where="x"), second="B")
    assert outer == "x: no such file and then B"
    assert in_language(outer, "zh") == "先 B，后 x: 没有这个文件"


def test_what_a_library_says_is_made_bearable_in_every_language() -> None:
    error = InputError(say("{first} and then {second}", first="line\none", second="\x1b[31m" + "x" * 900))
    for line in (str(error), in_language(error, "zh")):
        assert "\n" not in line
        assert "\x1b" not in line
        assert len(line) <= 500
