"""Texts are cut into words by one rule, whatever the language."""

from itertools import pairwise

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.data.word_cutting import cut_words, words_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Anna's H2O costs 3.14€.", ["Anna", "'", "s", "H2O", "costs", "3", ".", "14", "€", "."]),
        ("foo_bar @bob #nlp", ["foo", "_", "bar", "@", "bob", "#", "nlp"]),
        ("北京大学在2020年。", ["北", "京", "大", "学", "在", "2020", "年", "。"]),
        ("カタカナのー", ["カ", "タ", "カ", "ナ", "の", "ー"]),
        ("안나는 서울에", ["안", "나", "는", "서", "울", "에"]),
        ("สวัสดี ok", ["ส", "วั", "ส", "ดี", "ok"]),
        ("cafe\u0301 हिन्दी", ["cafe\u0301", "हिन्दी"]),
        ("نمی\u200cخواهم", ["نمی\u200cخواهم"]),
        ("❤\ufe0f👍🏽ok", ["❤\ufe0f", "👍", "🏽", "ok"]),
        ("\u200ba\u00a0b\u3000c\u2028d\n\te", ["a", "b", "c", "d", "e"]),
        ("Привет, мир!", ["Привет", ",", "мир", "!"]),
        (" \n\u200b ", []),
    ],
)
def test_words_of_every_language(text: str, words: list[str]) -> None:
    assert list(cut_words(text)) == words


ALPHABET = "aZé9½_-.'’北のカ한ส😀\u0301\u200d \u00a0\n١ख"


@given(st.text(ALPHABET, max_size=30))
def test_the_rule_as_a_regular_expression_says_the_same(text: str) -> None:
    alone = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}&&\p{L}]"
    stands_alone = rf"(?:{alone}|[^\p{{L}}\p{{N}}\p{{M}}\p{{C}}\p{{Z}}])[\p{{M}}\p{{Cf}}]*"
    run = rf"(?:(?!{alone})[\p{{L}}\p{{N}}])(?:(?!{alone})[\p{{L}}\p{{N}}\p{{M}}\p{{Cf}}])*"
    rule = rf"(?V1){stands_alone}|{run}"
    assert [m.span() for m in regex.finditer(rule, text)] == list(words_in(text))


@given(st.text(max_size=40))
def test_words_are_in_order_and_leave_out_nothing_that_is_seen(text: str) -> None:
    places = list(words_in(text))
    assert all(a < b <= c < d for (a, b), (c, d) in pairwise(places))
    left = set(range(len(text))) - {i for a, b in places for i in range(a, b)}
    assert not any(text[i].isalnum() for i in left)
