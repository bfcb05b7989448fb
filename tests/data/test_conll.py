"""Column files and CoNLL-U: which lines are words, which columns are read, what is refused."""

from pathlib import Path
from typing import Any

import pytest

from unfreeze.data.conll import Sentence, has_segment_digits, strip_segment_digits
from unfreeze.data.conll import read_sentences as read_columns
from unfreeze.data.text_files import Format
from unfreeze.errors import InputError

PATH = Path("a.conll")


def read_sentences(path: Path, kind: Format, text: str, **told: Any) -> tuple[list[Sentence], str]:
    """The sentences, and the name of the tag column."""
    sentences, roles = read_columns(path, kind, text, **told)
    return sentences, "" if roles.tag is None else roles.name(roles.tag)


CONLL = "-DOCSTART- -X- O O\n\nEU NNP I-NP I-ORG\nsays VBZ I-VP O\n\n\n-DOCSTART- -X- O O\nIt PRP I-NP O\n"


def test_words_tags_and_lines() -> None:
    sentences, column = read_sentences(PATH, "conll", CONLL)
    assert sentences == [Sentence(("EU", "says"), ("I-ORG", "O"), (3, 4)), Sentence(("It",), ("O",), (8,))]
    assert column == "3"


def test_another_column_by_index() -> None:
    assert read_sentences(PATH, "conll", CONLL, label="1")[0][0].tags == ("NNP", "VBZ")
    with pytest.raises(
        InputError, match="no column '4' for --label; the columns have no names, give an index from 0 to 3"
    ):
        read_sentences(PATH, "conll", CONLL, label="4")
    with pytest.raises(InputError, match="no column 'ner' for --label"):
        read_sentences(PATH, "conll", CONLL, label="ner")


def test_odd_white_space_stays_in_words() -> None:
    text = "New\u00a0York\tB-LOC\n\u3000\tO\n\u2028\tO\nat dawn\tO\n"
    assert read_sentences(PATH, "conll", text)[0][0].words == ("New\u00a0York", "\u3000", "\u2028", "at dawn")


def test_windows_line_ends_and_blank_lines_of_spaces() -> None:
    sentences, _ = read_sentences(PATH, "conll", "EU B-ORG\r\n \r\nIt O\r\n")
    assert [s.words for s in sentences] == [("EU",), ("It",)]
    assert sentences[0].tags == ("B-ORG",)


@pytest.mark.parametrize("gap", [" ", "\t"])
def test_comments_before_a_sentence_are_no_words(gap: str) -> None:
    rows = ["# id b91 domain=en", "EU _ _ B-ORG", "# _ _ O", "", "# _ _ O", "It _ _ O", "", "# only a comment", ""]
    text = "\n".join(row if row.startswith("# id") else row.replace(" ", gap) for row in rows)
    sentences, column = read_sentences(PATH, "conll", text)
    assert [(s.words, s.lines) for s in sentences] == [(("EU", "#"), (2, 3)), (("#", "It"), (5, 6))]
    assert column == "3"


def test_ragged_lines_and_empty_cells() -> None:
    with pytest.raises(InputError, match=r"a\.conll:4: 3 columns \(parted by spaces\), other lines have 2"):
        read_sentences(PATH, "conll", "EU B-ORG\nsays O\n\nIt was O\n")
    with pytest.raises(InputError, match=r"a\.conll:2: the word is empty"):
        read_sentences(PATH, "conll", "EU\tB-ORG\n\tO\n")
    with pytest.raises(InputError, match=r"a\.conll:1: the tag is empty"):
        read_sentences(PATH, "conll", "EU\t\nIt\tO\n")


def test_one_column_is_enough_only_without_tags() -> None:
    with pytest.raises(InputError, match="one column would be both word and tag"):
        read_sentences(PATH, "conll", "EU\nsays\n")
    assert read_sentences(PATH, "conll", "EU\nsays\n\nIt\n", tagged=False)[0][0] == Sentence(
        ("EU", "says"), None, (1, 2)
    )


def word(number: str, form: str, upos: str) -> str:
    return "\t".join([number, form, form, upos, upos.lower(), "_", "0", "root", "_", "_"]) + "\n"


CONLLU = "# text = vámonos\n" + word("1-2", "vámonos", "_") + word("1", "vamos", "VERB") + word("2", "nos", "PRON")
CONLLU += word("2.1", "hid", "X") + "\n# only a comment\n\n" + word("1", "1 000", "NUM")


def test_conllu_skips_comments_ranges_and_empty_nodes() -> None:
    sentences, column = read_sentences(PATH, "conllu", CONLLU)
    assert sentences == [Sentence(("vamos", "nos"), ("VERB", "PRON"), (3, 4)), Sentence(("1 000",), ("NUM",), (9,))]
    assert column == "upos"


def test_conllu_columns_have_names() -> None:
    sentences, column = read_sentences(PATH, "conllu", CONLLU, label="XPOS")
    assert (sentences[0].tags, column) == (("verb", "pron"), "xpos")
    with pytest.raises(InputError, match=r"no column .upso. for --label \(did you mean .upos.\?"):
        read_sentences(PATH, "conllu", CONLLU, label="upso")


def test_conllu_faults() -> None:
    with pytest.raises(InputError, match=r"a\.conll:2: 3 columns, CoNLL-U has 10"):
        read_sentences(PATH, "conllu", word("1", "a", "X") + "2\tb\tc\n")
    with pytest.raises(InputError, match=r"a\.conll:1: 'one' is not a CoNLL-U word id"):
        read_sentences(PATH, "conllu", word("one", "a", "X"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("科0", "技1"), True),
        (("20", "00"), True),
        (("\ufffd\ufffd0",), True),
        (("科", "技1"), False),
        (("B1", "A2"), False),
    ],
)
def test_segment_digits(words: tuple[str, ...], expected: bool) -> None:
    sentence = Sentence(words, None, tuple(range(len(words))))
    assert has_segment_digits([sentence]) is expected
    if expected:
        assert strip_segment_digits([sentence])[0].words == tuple(word[:-1] for word in words)
