"""Words, word pairs and a tagged word's features."""

from __future__ import annotations

import pytest

from unfreeze.floor.words import EMPTY, LONGEST, grams_of, word_features, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't STOP, now!", ["don't", "stop", ",", "now", "!"]),
        ("“quoted” (100%) a_b", ["“", "quoted", "”", "(", "100", "%", ")", "a", "_", "b"]),
        ("很好吃。Very好", ["很", "好", "吃", "。", "very", "好"]),
        ("カタ𠀀", ["カ", "タ", "𠀀"]),
        ("हिन्दी भाषा।", ["हिन्दी", "भाषा", "।"]),
        ("naïve café🙂 🙂", ["naïve", "café🙂", "🙂"]),
        (" \n\t", []),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_word_pairs_are_character_pairs_where_characters_are_words() -> None:
    assert grams_of("a good film") == ["a", "good", "film", "a good", "good film"]
    assert grams_of("很好吃") == ["很", "好", "吃", "很 好", "好 吃"]
    assert grams_of("  ") == [EMPTY]


def test_long_texts_are_read_to_a_bound() -> None:
    assert len(words_of("a " * 10_000)) == LONGEST


def test_a_tagged_word_knows_itself_its_neighbours_shape_and_ends() -> None:
    found = word_features(["Anna", "went", "to", "McDonald's", "in", "2024"])
    assert len(found) == 6
    assert {"word anna", "+1 went", "+2 to", "-1 <s>", "-2 <s>", "begins an", "ends na", "shape Xxx"} <= set(found[0])
    assert {"0 +1 anna went", "-1 0 <s> anna", "shape +1 xx", "shape -1 <x>"} <= set(found[0])
    assert {"shape XxXxx'x", "ends 's", "begins mcdo"} <= set(found[3])
    assert {"shape 00", "+1 </s>", "ends 4"} <= set(found[5])
    assert "begins to" not in found[2]  # the word itself
    assert word_features([]) == []
    assert {"shape ww", "word 北京"} <= set(word_features(["北京"])[0])
