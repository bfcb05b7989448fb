"""Texts like Wikipedia's are nearer than others, and texts without its words are farthest."""

from __future__ import annotations

import math

import numpy as np

from unfreeze.advice.distance import distance_of, wikipedia_terms
from unfreeze.advice.terms import VOCABULARY


def test_the_words_of_wikipedia_are_as_many_as_are_compared() -> None:
    terms = wikipedia_terms()
    assert len(terms) == VOCABULARY
    assert terms["the"] == max(terms.values())
    assert list(terms.values()) == sorted(terms.values(), reverse=True)


def test_texts_like_it_are_near_and_other_languages_far() -> None:
    like = ["the village is located in the province of the same name , and was founded in the 19th century ."] * 50
    talk = ["lol omg u r so funny , cant wait 2 c u 2nite !!! :)"] * 50
    assert distance_of(like) < distance_of(talk) < distance_of(["这家酒店的服务非常好"]) <= math.log(2) + 1e-9
    words, counts = zip(*wikipedia_terms().items(), strict=True)
    drawn = np.random.default_rng(0).choice(words, 20_000, p=np.array(counts) / sum(counts))
    assert distance_of([" ".join(drawn)]) < 0.1 < distance_of(like)
