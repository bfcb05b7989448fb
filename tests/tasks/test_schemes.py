"""Schemes against seqeval (both modes), the tables of conlleval.pl, and brute force over random tag sequences."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB2, IOBES, Entities

from unfreeze.tasks.schemes import (
    CANONICAL,
    Span,
    allowed_transitions,
    convert,
    fault,
    is_torn,
    recognise,
    spans,
    spans_conlleval,
    spans_strict,
)

BIO_TAGS = ["O", *(f"{letter}-{kind}" for letter in "BI" for kind in ("PER", "LOC", "a-b"))]
BIOES_TAGS = ["O", *(f"{letter}-{kind}" for letter in "BIES" for kind in ("PER", "LOC"))]
bio = st.lists(st.sampled_from(BIO_TAGS), max_size=12)
bioes = st.lists(st.sampled_from(BIOES_TAGS), max_size=12)


def perl_spans(tags: list[str]) -> list[Span]:
    """A line by line port of endOfChunk and startOfChunk of conlleval.pl (no `S`, no brackets)."""
    spans, start = [], 0
    a, type_a = "O", ""
    for i, tag in enumerate([*tags, "O"]):
        b, _, type_b = tag.partition("-")
        end = (a, b) in [(*"BB",), (*"BO",), (*"IB",), (*"IO",), (*"EE",), (*"EI",), (*"EO",)]
        if end or (a != "O" and type_a != type_b):
            spans.append((type_a, start, i))
        begin = (a, b) in [(*"BB",), (*"IB",), (*"OB",), (*"OI",), (*"EE",), (*"EI",), (*"OE",)]
        if begin or (b != "O" and type_a != type_b):
            start = i
        a, type_a = b, type_b
    return spans


@given(bio)
def test_lenient_spans_follow_the_perl_script(tags: list[str]) -> None:
    assert spans_conlleval(tags) == perl_spans(tags)


@given(st.one_of(bio, bioes))
def test_lenient_spans_equal_seqeval(tags: list[str]) -> None:
    assert spans_conlleval(tags) == [(kind, start, end + 1) for kind, start, end in get_entities(tags)]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("I-PER I-LOC", [("PER", 0, 1), ("LOC", 1, 2)]),
        ("O I-PER B-PER I-PER", [("PER", 1, 2), ("PER", 2, 4)]),
        ("B-PER I-LOC I-LOC O", [("PER", 0, 1), ("LOC", 1, 3)]),
        ("E-PER E-PER I-PER", [("PER", 0, 1), ("PER", 1, 2), ("PER", 2, 3)]),
        ("B-PER O E-PER S-PER", [("PER", 0, 1), ("PER", 2, 3), ("PER", 3, 4)]),
        ("B I O I B", [("", 0, 2), ("", 3, 4), ("", 4, 5)]),
        ("B-PER M-PER L-PER U-PER", [("PER", 0, 3), ("PER", 3, 4)]),
        ("", []),
    ],
)
def test_lenient_spans_on_hard_cases(tags: str, expected: list[Span]) -> None:
    assert spans_conlleval(tags.split()) == expected


@given(bio)
def test_strict_bio_spans_equal_seqeval(tags: list[str]) -> None:
    found = Entities([tags], IOB2).entities[0]
    assert spans_strict(tags, "BIO") == [(e.tag, e.start, e.end) for e in found]


@given(bioes)
def test_strict_bioes_spans_equal_seqeval(tags: list[str]) -> None:
    found = Entities([tags], IOBES).entities[0]
    assert spans_strict(tags, "BIOES") == [(e.tag, e.start, e.end) for e in found]


def test_readings_differ_where_tags_are_broken() -> None:
    assert spans_conlleval(["I-PER", "O"]) == [("PER", 0, 1)]
    assert spans_strict(["I-PER", "O"], "BIO") == []


def test_plain_tags_are_spans_of_one_word() -> None:
    assert spans(["DET", "NOUN"], None) == [("DET", 0, 1), ("NOUN", 1, 2)]


@pytest.mark.parametrize(
    ("sentences", "scheme"),
    [
        (["I-PER I-PER O I-LOC"], "IO"),
        (["I-PER B-PER O", "O I-LOC I-LOC"], "IOB1"),
        (["B-PER I-PER B-PER", "O B-LOC"], "BIO"),
        (["B-PER O"], "BIO"),
        (["B-LOC I-PER O"], "BIO"),
        (["B-PER E-PER O S-LOC"], "BIOES"),
        (["S-PER O"], "BIOES"),
        (["B-PER M-PER E-PER O"], "BMES"),
        (["B-PER I-PER L-PER O U-PER"], "BILOU"),
        (["B I O B"], "BIO"),
        (["B M E S S"], "BMES"),
        (["B-PER I-LOC I-PER B-PER"], "IOB1"),
        (["DET NOUN VERB O"], "plain"),
        (["N B V I"], "plain"),
        (["O O O"], "plain"),
        (["-LRB- NN HYPH S-bar NN VBZ"], "plain"),
        (["B-PER I-PER O"] * 9 + ["PER O"], "BIO"),
    ],
)
def test_schemes_are_recognised(sentences: list[str], scheme: str) -> None:
    assert recognise([s.split() for s in sentences]) == scheme


@pytest.mark.parametrize(
    ("tags", "scheme", "at"),
    [
        ("B-LOC I-PER", "BIO", 1),
        ("O I-PER", "BIO", 1),
        ("I-PER", "BIO", 0),
        ("B I O I", "BIO", 3),
        ("B-LOC I-PER I-LOC", "BIOES", 1),
        ("B-PER O", "BMES", 1),
        ("S-PER E-PER", "BIOES", 1),
        ("O B-PER", "BIOES", 1),
        ("O E-PER", "BIO", 1),
        ("O PER", "IOB1", 1),
    ],
)
def test_faults_are_found_at_their_tag(tags: str, scheme: str, at: int) -> None:
    found = fault(tags.split(), scheme)  # type: ignore[arg-type]
    assert found is not None
    assert found[0] == at
    assert tags.split()[at] in found[1]


def test_a_fault_says_what_is_before_it() -> None:
    assert "tag 'I-PER' after 'B-LOC' breaks the scheme BIO" in str(fault(["O", "B-LOC", "I-PER"], "BIO"))
    assert "tag 'I-PER' at the start of a sentence breaks the scheme BIO" in str(fault(["I-PER"], "BIO"))


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [("I-PER I-LOC B-LOC", "IOB1"), ("B-PER B-PER I-PER", "BIO"), ("B-X M-X E-X S-X", "BMES"), ("NN VB", "plain")],
)
def test_faultless_tags(tags: str, scheme: str) -> None:
    assert fault(tags.split(), scheme) is None  # type: ignore[arg-type]


def test_spans_over_a_sentence_edge() -> None:
    first, second = ["O", "B-ORG", "M-ORG"], ["M-ORG", "E-ORG", "O"]
    assert is_torn(first, second, "BMES")
    assert fault(first, "BMES", after=second[0]) is None
    assert fault(second, "BMES", before=first[-1]) is None
    assert not is_torn(first, ["M-PER", "E-PER"], "BMES")
    assert not is_torn(first, ["B-ORG", "E-ORG"], "BMES")
    assert is_torn(["O", "O", "B-ORG"], ["I-ORG"], "BIO")
    assert not is_torn(["B-ORG", "I-ORG", "O"], ["I-ORG"], "BIO")
    assert not is_torn(["B"], ["I"], "plain")


@given(bio)
def test_conversion_keeps_the_spans_and_leaves_no_fault(tags: list[str]) -> None:
    for scheme in ("BIO", "BIOES"):
        written = convert(tags, "IOB1", scheme)  # type: ignore[arg-type]
        assert spans_conlleval(written) == spans_strict(written, scheme) == spans_conlleval(tags)
        assert fault(written, scheme) is None  # type: ignore[arg-type]
        assert convert(written, scheme, "BIO") == convert(tags, "IOB1", "BIO")  # type: ignore[arg-type]


def test_conversion_of_each_scheme() -> None:
    assert convert(["I-PER", "I-PER", "B-PER", "O"], "IOB1", "BIO") == ("B-PER", "I-PER", "B-PER", "O")
    assert convert(["B-X", "M-X", "E-X", "S-X", "O"], "BMES", CANONICAL["BMES"]) == ("B-X", "I-X", "E-X", "S-X", "O")
    assert convert(["B-X", "I-X", "L-X", "U-X"], "BILOU", CANONICAL["BILOU"]) == ("B-X", "I-X", "E-X", "S-X")
    assert convert(["B", "I", "O"], "BIO", "BIOES") == ("B", "E", "O")
    assert convert(["NN", "O"], "plain", None) == ("NN", "O")
    assert convert(["B-X", "NN"], "plain", "BIO") == ("B-X", "NN")


@pytest.mark.parametrize(("names", "scheme"), [(BIO_TAGS, "BIO"), (BIOES_TAGS, "BIOES")])
def test_transitions_allow_exactly_the_faultless_sequences(names: list[str], scheme: str) -> None:
    steps, start, end = allowed_transitions(names, scheme)
    for path in itertools.product(range(len(names)), repeat=3):
        allowed = start[path[0]] and end[path[-1]] and all(steps[a, b] for a, b in itertools.pairwise(path))
        assert allowed == (fault([names[i] for i in path], scheme) is None)  # type: ignore[arg-type]


def test_without_a_scheme_everything_is_allowed() -> None:
    steps, start, end = allowed_transitions(["NN", "I-NN", "O"], None)
    assert steps.shape == (3, 3)
    assert np.all(steps)
    assert np.all(start)
    assert np.all(end)
