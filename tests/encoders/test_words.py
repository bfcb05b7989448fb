"""Texts to words: sentence by sentence, and one sentence as the plain Treebank tokenizer has it."""

from __future__ import annotations

import pytest
from nltk.tokenize.destructive import NLTKWordTokenizer

from unfreeze.encoders.skip_thoughts import reading
from unfreeze.encoders.words import sentences_of, treebank_words, words_of


@pytest.mark.parametrize(("text", "expected"), [
    ("I liked it. The plot was good.", "I liked it . The plot was good ."),
    ("No. I did n't! Why? it ends", "No . I did n't ! Why ? it ends"),
    ('He said "Wait." Then he left.', 'He said " Wait . " Then he left .'),
    ("First line.\nSecond line.", "First line . Second line ."),
    ("J. R. Smith of the U.S. Army, J.C. Penney Co. and Mrs. Ng came.",
     "J. R. Smith of the U.S. Army , J.C. Penney Co. and Mrs. Ng came ."),
    ("a .b.c. 3.5 e.g. this", "a .b.c . 3.5 e.g. this"),
    ("很好。 ok. 好", "很 好 。 ok . 好"),
])  # fmt: skip
def test_full_stops_inside_a_text_are_words_too(text: str, expected: str) -> None:
    assert words_of(text, "treebank") == expected.split()
    if '"' not in text and "很" not in text:
        assert reading.words_of(text, "treebank") == expected.split()


@pytest.mark.parametrize("text", [
    "The cat sat.", "well , it 's good .", "can't (won't) do it!", "a 3.5 % gain of $4 ...", "🙂 naïve",
    "Dr. No et al. came .", "in myrtle beach , s.c. , it rains", "so what?", "", "  ",
])  # fmt: skip
def test_one_sentence_is_as_the_plain_tokenizer_has_it(text: str) -> None:
    assert words_of(text, "treebank") == (NLTKWordTokenizer().tokenize(text) or [""])


def test_whitespace_leaves_words_as_they_are() -> None:
    assert words_of(" It was. So ", "whitespace") == ["It", "was.", "So"]
    assert words_of(" ", "whitespace") == [""]


@pytest.mark.parametrize(("text", "expected"), [
    ("Mr. A came. He left!  Did he? Yes", ["Mr. A came.", "He left!", "Did he?", "Yes"]),
    ("一。二！“三？”四。 five. 六", ["一。", "二！", "“三？”四。 five.", "六"]),
    ("one line\nno end", ["one line\nno end"]), ("", []), (" \n ", []),
])  # fmt: skip
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences_of(text) == expected


@pytest.mark.parametrize("text", [
    "J. R. Smith of the U.S. Army came.  He saw (so he said) 3.5 ships! \"Why?\" she asked. \t Nobody knew ...",
    "He said \"Wait.\" Then he left.\nA new line.",
])  # fmt: skip
def test_sentences_are_the_text_and_have_its_words(text: str) -> None:
    sentences = sentences_of(text)
    assert len(sentences) > 1
    assert all(sentence == sentence.strip() for sentence in sentences)
    assert "".join("".join(sentences).split()) == "".join(text.split())
    assert [word for sentence in sentences for word in treebank_words(sentence)] == treebank_words(text)
