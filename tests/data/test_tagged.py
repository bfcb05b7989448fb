"""One scheme for a whole tagged data set: found in train, checked and converted everywhere."""

from pathlib import Path

import pytest

from unfreeze.data.examples import Example, SplitName
from unfreeze.data.tagged import column_sentences, tagged_examples
from unfreeze.data.text_files import Format
from unfreeze.errors import InputError


def read(train: str, test: str | None = None) -> tuple[dict[SplitName, tuple[Example, ...]], str | None, list[str]]:
    texts: dict[SplitName, str] = {"train": train} | ({"test": test} if test else {})  # type: ignore[dict-item]
    files = {split: Path(f"{split}.conll") for split in texts}
    loaded: dict[SplitName, tuple[Format, str]] = {split: ("conll", text) for split, text in texts.items()}
    sentences, _, columns = column_sentences(files, loaded, None, None)
    splits, scheme, said = tagged_examples(files, sentences)
    return splits, scheme, [*columns, *said]


def column(tags: str, word: str = "w") -> str:
    """A file with one sentence per `|`-separated part."""
    return "\n\n".join("\n".join(f"{word} {tag}" for tag in part.split()) for part in tags.split("|")) + "\n"


def test_iob1_of_all_splits_becomes_bio() -> None:
    splits, scheme, said = read(column("I-PER I-PER B-PER O | I-LOC"), column("O I-LOC I-LOC I-PER"))
    assert splits["train"][0].label == ("B-PER", "I-PER", "B-PER", "O")
    assert splits["test"][0].label == ("O", "B-LOC", "I-LOC", "B-PER")
    assert scheme == "BIO"
    assert "The tags follow IOB1 and were turned into BIO." in said


def test_words_text_and_place() -> None:
    example = read("EU B-ORG\nsays O\n\nIt O\n")[0]["train"][1]
    assert example == Example("train.conll:4", "It", words=("It",), label=("O",))


def test_bmes_becomes_bioes() -> None:
    splits, scheme, _ = read(column("B-X M-X E-X S-X O"))
    assert (splits["train"][0].label, scheme) == (("B-X", "I-X", "E-X", "S-X", "O"), "BIOES")


@pytest.mark.parametrize(
    ("train", "test", "where"),
    [
        ("B-PER E-PER O | B-LOC I-PER E-PER", "O S-PER", "train.conll:6: tag 'I-PER' after 'B-LOC'"),
        ("B-PER M-PER E-PER | O", "B-PER E-LOC", "test.conll:2: tag 'E-LOC' after 'B-PER'"),
        ("B-PER I-PER O B-LOC", "B-LOC I-PER", "test.conll:2: tag 'I-PER' after 'B-LOC' breaks the scheme BIO"),
        ("B-PER I-PER O | B-LOC I-PER", "O", "train.conll:6: tag 'I-PER' after 'B-LOC'"),
        ("B-PER I-PER O B-LOC", "B-PER O I-PER | O I-LOC", r"test.conll:3: .* \(and 1 more sentences"),
        ("I-PER I-LOC O", "O S-PER", "test.conll:2: tag 'S-PER' is not a tag of the scheme IO"),
        ("PER_B PER_I O", "O PER_I", r"test.conll:2: tag 'I-PER' after 'O' .* \(the file writes 'PER_I'\)"),
        ("B-PER E-PER O", "O B-PER", "test.conll:2: tag 'B-PER' ends the sentence inside a span"),
    ],
)
def test_broken_tags_are_reported_with_their_line(train: str, test: str, where: str) -> None:
    with pytest.raises(InputError, match=where):
        read(column(train), column(test))


def test_a_span_over_a_sentence_edge_is_two_spans() -> None:
    splits, _, said = read(column("O B-X M-X | M-X E-X O | S-X"))
    assert [e.label for e in splits["train"]] == [("O", "B-X", "E-X"), ("B-X", "E-X", "O"), ("S-X",)]
    assert "Spans that run on into the next sentence, each read as two: 1." in said


def test_habitually_loose_bio_is_read_loosely_and_reported() -> None:
    loose = "B-PER I-PER O | " * 9 + "O I-PER | I-LOC I-PER | B-LOC O I-LOC"
    splits, scheme, said = read(column(loose), column("O I-PER"))
    assert splits["train"][-1].label == ("B-LOC", "O", "B-LOC")
    assert (splits["test"][0].label, scheme) == (("O", "B-PER"), "BIO")
    assert any(
        line.startswith("Warning: 3 of 12 training sentences break BIO") and "train.conll:" in line for line in said
    )


def test_slips_are_a_share_of_a_large_training_set() -> None:
    with pytest.raises(InputError, match=r"train\.conll:"):
        read(column("B-PER I-PER O | " * 1500 + "O I-PER | I-LOC I-PER | B-LOC O I-LOC"))


def test_plain_tags_stay() -> None:
    splits, scheme, said = read(column("DET NOUN"), column("X I-PER"))
    assert (splits["test"][0].label, scheme) == (("X", "I-PER"), None)
    assert "The tags are plain tags, in no span scheme." in said


def test_segment_digits_are_taken_off_only_when_all_words_have_one() -> None:
    splits, _, said = read("科0 B-X\n技1 O\n", "全0 O\n")
    assert (splits["train"][0].words, splits["test"][0].words) == (("科", "技"), ("全",))
    assert any("segment digit" in line for line in said)
    assert read("科0 B-X\n技1 O\n", "全 O\n")[0]["train"][0].words == ("科0", "技1")


def test_two_spellings_of_one_tag_are_said() -> None:
    splits, _, said = read(column("B_PER I_PER O | B_LOC O"), column("B-PER O"))
    assert splits["test"][0].label == ("B-PER", "O")
    assert "Warning: tags in two spellings mean the same, such as 'B_PER' and 'B-PER'." in said
