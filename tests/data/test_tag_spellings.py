"""Span tags in any spelling mean the same spans; what is doubtful is a warning, and parts of speech are none of it."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from unfreeze.data.tag_spellings import Spelling, spelling_of, spelling_said
from unfreeze.tasks.schemes import CANONICAL, convert, recognise, spans_conlleval

Tags = tuple[str, ...]
BASE: list[Tags] = [
    ("B-PER", "I-PER", "O", "O", "B-ORG-CORP", "O"),
    ("O", "B-LOC_x", "B-LOC_x", "I-LOC_x", "I-LOC_x", "O", "O"),
    ("O", "O", "B-PER", "O"),
]
BIOES = [convert(tags, "BIO", "BIOES") for tags in BASE]


def spelled(sequences: list[Tags], write: Callable[[str, str], str], outside: str = "O") -> list[Tags]:
    """The tags as `write` puts letter and type together."""
    return [tuple(outside if tag == "O" else write(tag[0], tag[2:]) for tag in tags) for tags in sequences]


def read(sequences: list[Tags]) -> tuple[list[Tags], str, str]:
    """Canonical tags, their scheme as recognised, and what is said."""
    spelling = spelling_of(sequences)
    found = [spelling.read(tags) for tags in sequences]
    scheme = "plain" if spelling.form == "none" else recognise(found)
    said = spelling_said(spelling, scheme, CANONICAL[scheme], sequences)
    return [convert(tags, scheme, CANONICAL[scheme]) for tags in found], scheme, said


WRITTEN: list[tuple[str, Callable[[str, str], str]]] = [
    *((f"B{sign}PER", lambda letter, kind, sign=sign: letter + sign + kind) for sign in "-_:/.+"),
    *((f"PER{sign}B", lambda letter, kind, sign=sign: kind + sign + letter) for sign in "-_:/.+"),
    *((f"B{sign}PER", lambda letter, kind, sign=sign: letter + sign + kind) for sign in "\u2011\u2013"),
    ("b-PER", lambda letter, kind: f"{letter.lower()}-{kind}"),
    ("PER_b", lambda letter, kind: f"{kind}_{letter.lower()}"),
]  # type: ignore[misc]


@pytest.mark.parametrize("outside", ["O", "o", "OTHER", "other", "_", "-", "0", "None"])
@pytest.mark.parametrize("write", [write for _, write in WRITTEN], ids=[name for name, _ in WRITTEN])
def test_all_spellings_and_names_of_outside_mean_the_same(write: Callable[[str, str], str], outside: str) -> None:
    tags, scheme, said = read(spelled(BASE, write, outside))
    assert (tags, scheme) == (BASE, "BIO")
    assert said.startswith("The tags follow BIO")
    usual = write("B", "PER") == "B-PER"
    assert (", written as '" in said, f"'{outside}' for O" in said) == (not usual, outside != "O")


@pytest.mark.parametrize(
    ("letters", "scheme"), [("BIES", "BIOES"), ("BILU", "BILOU"), ("BMES", "BMES"), ("BMEW", "BMEWO")]
)
@pytest.mark.parametrize("behind", [False, True])
def test_letters_of_every_scheme_in_front_and_behind(letters: str, scheme: str, behind: bool) -> None:
    of = dict(zip("BIES", letters, strict=True))
    tags, found, said = read(
        spelled(BIOES, lambda letter, kind: f"{kind}_{of[letter]}" if behind else f"{of[letter]}-{kind}")
    )
    assert (tags, found) == (BIOES, scheme)
    assert ("turned into BIOES" in said) is (scheme != "BIOES" or behind)


def test_lower_case_types_stay_as_they_are() -> None:
    tags, _, said = read([tuple(tag.lower() for tag in tags) for tags in BASE])
    assert tags[0] == ("B-per", "I-per", "O", "O", "B-org-corp", "O")
    assert said == (
        "The tags follow BIO, written as 'b-per' with 'o' for O. They were turned into BIO ('B-per', 'O'), and so "
        "reports and predictions write them."
    )


def test_two_separators_in_one_set() -> None:
    mixed = [BASE[0], *spelled(BASE[1:], lambda letter, kind: f"{letter}_{kind}")]
    assert read(mixed)[:2] == (BASE, "BIO")


def test_letters_right_before_types() -> None:
    plain = [tuple(tag.replace("-CORP", "").replace("_x", "") for tag in tags) for tags in BASE]
    tags, scheme, said = read(spelled(plain, lambda letter, kind: letter + kind))
    assert (tags, scheme) == (plain, "BIO")
    assert said.startswith("The tags follow BIO, written as 'B")
    brands = [("BRAND", "BRAND", "BRAND", *["O"] * 9, "INGREDIENT", "INGREDIENT", "O")]
    assert spelling_of(brands).form == "type"


def test_an_unknown_name_of_outside_is_a_warning() -> None:
    tags, _, said = read(spelled(BASE, lambda letter, kind: f"{letter}-{kind}", "X"))
    assert tags == BASE
    assert said.startswith("Warning: the tags follow BIO, with 'X' for O.")
    assert spelling_of([*BASE[:1] * 9, ("B-PER", "PER")]).read(("O", "PER")) == ("O", "PER")  # rare: a fault


@pytest.mark.parametrize("outside", ["O", "o", "OTHER", "_"])
def test_bare_types_in_runs_are_spans_with_a_warning(outside: str) -> None:
    tags, scheme, said = read(spelled([*BASE, ("O",) * 9], lambda letter, kind: kind, outside))
    assert tags[0] == BASE[0]
    assert tags[1] == ("O", "B-LOC_x", "I-LOC_x", "I-LOC_x", "I-LOC_x", "O", "O")  # two that touch are one
    assert scheme == "IO"
    assert said.startswith(f"Warning: the tags are bare types (LOC_x, PER, ORG-CORP) beside '{outside}'.")
    assert "write B-LOC_x and I-LOC_x" in said


def test_bare_types_beside_o_need_no_more_runs_than_by_chance() -> None:
    dense = [
        ("PER", "O", "O", "LOC", "LOC"),
        ("LOC", "O", "O", "O"),
        ("ORG", "ORG", "O", "PER", "PER"),
        ("O", "PER", "O"),
    ]
    assert spelling_of(dense).form == "type"
    assert spelling_of([("O", "X", "O"), ("X", "O", "O", "O", "X")]).form == "none"
    assert spelling_of([("LOC", "LOC", "O", "PER", "PER", "PER"), ("LOC", "LOC", "O", "O")]).form == "type"
    assert spelling_of([("N", "N", "O", "V", "V", "V"), ("N", "N", "O", "O")]).form == "none"  # O is a pronoun there


def test_faults_of_bare_types_stay_faults() -> None:
    spelling = Spelling("type")
    assert spelling.read(("PER", "O", "o", "_", "B-PER")) == ("I-PER", "O", "o", "_", "B-PER")


def test_letters_alone_have_no_types() -> None:
    assert read([("b", "i", "o"), ("o", "b")])[0] == [("B", "I", "O"), ("O", "B")]
    assert read([("B", "M", "E", "S")])[0] == [("B", "I", "E", "S")]
    assert read([("N", "V", "B", "O")])[2] == "The tags are plain tags, in no span scheme."


@pytest.mark.parametrize(
    ("sequences", "warning"),
    [
        ([("O", "O", "COMMA", "O"), ("O", "PERIOD")], "'O' is the most frequent tag"),
        ([("X", "X", "PER", "PER", "X"), ("X", "X", "X", "LOC", "LOC")], "'X' is the most frequent tag"),
        ([("B-PER", "I-PER", "FOO", "O", "BAR", "O")], "many tags look like span tags"),
        ([("O",) * 9 + ("1", "1")], "'O' is the most frequent tag"),
    ],
)
def test_doubts_about_plain_tags_are_warnings(sequences: list[Tags], warning: str) -> None:
    tags, scheme, said = read(sequences)
    assert (tags, scheme) == (sequences, "plain")
    assert said.startswith(f"Warning: {warning}")
    assert "B-TYPE and I-TYPE" in said


UPOS = ["DET", "ADJ", "NOUN", "VERB", "ADP", "DET", "NOUN", "PUNCT"]
TWITTER = ["N", "V", "O", "D", "A", ",", "^", "!", "B"]  # where O is a pronoun


@pytest.mark.parametrize(
    "tags", [UPOS, TWITTER, ["X", "SYM", "NOUN"], ["NN-TL", "IN", "NP-HL", "VB", "NN"], ["S", "B", "N", "N"]]
)
def test_parts_of_speech_stay_plain_without_a_warning(tags: list[str]) -> None:
    sequences = [tuple(tags), tuple(reversed(tags)), tuple(tags[1:])]
    assert read(sequences) == (sequences, "plain", "The tags are plain tags, in no span scheme.")


@pytest.mark.parametrize("kinds", [["a_b"], ["a_b", "PER"], ["unit_s", "x"]])
def test_types_that_end_as_tags_of_another_spelling_do(kinds: list[str]) -> None:
    found = [(f"B:{kind}", f"I:{kind}", "O") for kind in kinds for _ in range(1 + 12 * (kind == "a_b"))]
    tags, scheme, _ = read(found)
    assert tags == [tuple(tag.replace(":", "-") for tag in row) for row in found]
    assert scheme == "BIO"


@st.composite
def bio(draw: st.DrawFn) -> list[Tags]:
    """Sentences in BIO with a first span in them, the types such as people have."""
    kinds = st.sampled_from(["PER", "B", "ORG-CORP", "a_b", "O", "E-I", "x"])
    pieces = st.one_of(st.just(("O",)), st.builds(lambda k, n: (f"B-{k}", *([f"I-{k}"] * n)), kinds, st.integers(0, 3)))
    found = [sum(draw(st.lists(pieces, min_size=1, max_size=6)), ()) for _ in range(draw(st.integers(1, 5)))]
    return [("B-PER", "I-PER", "O"), ("O", "O"), *found]


@settings(max_examples=60, deadline=None)
@given(bio(), st.sampled_from([write for _, write in WRITTEN]), st.sampled_from(["O", "o", "other"]))
def test_any_sentences_have_seqevals_spans_in_every_spelling(
    sequences: list[Tags], write: Callable[[str, str], str], outside: str
) -> None:
    tags, _, _ = read(spelled(sequences, write, outside))
    for mine, theirs in zip(tags, sequences, strict=True):
        # The oracle parts a tag at its last hyphen or its first, so it gets types without one.
        plain = [tag[:2] + tag[2:].replace("-", "~").replace("_", "~") for tag in theirs]
        wanted = [(kind, start, end + 1) for kind, start, end in get_entities(plain)]
        assert [(k.replace("-", "~").replace("_", "~"), a, b) for k, a, b in spans_conlleval(mine)] == wanted
