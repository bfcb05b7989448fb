"""Column files in the layouts of shared tasks and tools give the same words and spans, and what is read is said."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unfreeze.data.examples import Dataset
from unfreeze.data.read import read_dataset
from unfreeze.data.unlabelled import read_unlabelled
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import TASKS

Sentence = tuple[Sequence[str], Sequence[str]]
SENTENCES: list[Sentence] = [
    (["anna", "was", "in", "new", "york"], ["B-PER", "O", "O", "B-LOC", "I-LOC"]),
    (["berlin", "is", "big", "."], ["B-LOC", "O", "O", "O"]),
    (["#", "lol", "#nlp", "@bob"], ["O", "O", "O", "B-PER"]),
    (["yes"], ["O"]),
    (["acme", "corp", "hires", "bob", "smith"], ["B-ORG", "I-ORG", "O", "B-PER", "I-PER"]),
    (["#win"], ["O"]),
]
Row = Callable[[int, int, str, str], Sequence[object]]


def written(
    row: Row, gap: str = "\t", head: str = "", end: str = "\n", sentences: Sequence[Sentence] = SENTENCES
) -> str:
    """A file; `row` gives the fields of a word from the numbers of sentence and word, word and tag."""
    blocks = []
    for i, (words, tags) in enumerate(sentences):
        lines = [gap.join(map(str, row(i, j, w, t))) for j, (w, t) in enumerate(zip(words, tags, strict=True))]
        blocks.append(head.format(i=i, text=" ".join(words)) + "".join(line + end for line in lines))
    return end.join(blocks) + end


def stars(tags: Sequence[str]) -> list[str]:
    """CoNLL-2012's brackets for tags in BIO."""
    ends = [after[:1] != "I" for after in (*tags[1:], "O")]
    begun = ["(" + tag[2:] if tag[0] == "B" else "" for tag in tags]
    return [f"{b}*{')' if tag != 'O' and end else ''}" for b, tag, end in zip(begun, tags, ends, strict=True)]


def conll_2012(gap: str = "   ") -> str:
    def row(i: int, j: int, word: str, tag: str) -> Sequence[object]:
        of = stars(SENTENCES[i][1])[j]
        tree = ("(TOP(S(NP*)" if j == 0 else "*") + ("))" if j + 1 == len(SENTENCES[i][0]) else "")
        return ["bc/a", 0, j, word, "NN", tree, "-", "-", "-", "Speaker#1", of, *["*"] * (i % 3), "-"]

    return "#begin document (bc/a); part 000\n" + written(row, gap) + "#end document\n"


def conll_2009() -> str:
    def row(i: int, j: int, word: str, tag: str) -> Sequence[object]:
        return [j + 1, word, word, word, tag, tag, "_", "_", j, j, "X", "X", "_", "_", *["_"] * (i % 3)]

    return written(row)


def read(folder: Path, name: str, content: str, **told: str) -> Dataset:
    path = folder / name
    path.write_bytes(content.encode())
    return read_dataset(path, dev=path, test=path, **told)  # type: ignore[arg-type]


def expect(found: Dataset, columns: str, sentences: Sequence[Sentence] = SENTENCES) -> None:
    assert found.task.kind == "tagging"
    assert [(e.words, e.label) for e in found.train] == [(tuple(w), tuple(t)) for w, t in sentences]
    assert any(columns in line for line in found.notes), found.notes


GERMEVAL = written(
    lambda i, j, w, t: (j + 1, w, t, "B-ORG" if w == "new" else "O"), head="#\thttp://x.org/{i} [2009-10-17]\n"
)
UNER = written(lambda i, j, w, t: (j + 1, w, t, "-", "-"), head="# sent_id = {i}\n# text = {text}\n")
PLUS = "# global.columns = ID FORM UPOS NER\n" + written(
    lambda i, j, w, t: (j + 1, w, "X", t), head="# text = {text}\n"
)
TWO = written(lambda i, j, w, t: (w, t))
DIALECTS = {
    "germeval.tsv": (GERMEVAL, "words 1 (0 counts them), tags 2 (3 contains spans, too"),
    "germeval.conll": (GERMEVAL, "words 1 (0 counts them), tags 2 (3 contains spans, too"),
    "de.train": (GERMEVAL, "words 1 (0 counts them), tags 2"),
    "uner.iob2": (UNER, "words 1 (0 counts them), tags 2;"),
    "plus.conllup": (PLUS, "words FORM, tags NER;"),
    "plus.txt": (PLUS, "words FORM, tags NER;"),
    "a.conll": (conll_2012(), "Columns of CoNLL-2012: words word, tags ner;"),
    "a.v4_gold_conll": (conll_2012("\t"), "Columns of CoNLL-2012: words word, tags ner;"),
    "2009.txt": (conll_2009(), "Columns of CoNLL-2009: words form, tags pos;"),
    "wnut.tsv": (TWO, "words 0, tags 1;"),
    "no_name": ("-DOCSTART- -X- O O\n\n" + written(lambda i, j, w, t: (w, "NN", "I-NP", t), " "), "words 0, tags 3;"),
    "2003.txt": ("-DOCSTART-\tO\n\n" + TWO, "words 0, tags 1;"),
    "numbered_docstart.conll": ("1\t-DOCSTART-\tO\n\n" + written(lambda i, j, w, t: (j + 1, w, t)), "words 1 (0"),
    "coner.conll": (written(lambda i, j, w, t: (w, "_", "_", t), " ", "# id 0c{i} domain=en\n"), "words 0, tags 3;"),
    "jnlpba.iob2": (written(lambda i, j, w, t: (w, t), head="###MEDLINE:9{i}\n\n"), "words 0, tags 1;"),
    "bc5.tsv": (written(lambda i, j, w, t: (w, 2275, 7 * j, t)), "words 0, tags 3;"),
    "mit.bio": (written(lambda i, j, w, t: (t, w)), "Warning: the tags seem to stand before the words"),
    "chinese.tsv": ("字\t标签\n" + written(lambda i, j, w, t: (w, t)), "words 字, tags 标签;"),
    "header.tsv": ("word\tpos\tner_tag\n" + written(lambda i, j, w, t: (w, "NN", t)), "words word, tags ner_tag;"),
    "table.tsv": ("text\tlabel\n" + TWO, "words text, tags label;"),
    "numbers.conll": (written(lambda i, j, w, t: (j, w, t), " "), "words 1 (0 counts them), tags 2;"),
    "gaps.conll": (written(lambda i, j, w, t: (2 * j + i, w, t)), "words 1 (0 contains numbers), tags 2;"),
    "sentence.tsv": (written(lambda i, j, w, t: (i, w, t)), "words 1 (0 contains numbers), tags 2;"),
    "both.tsv": (written(lambda i, j, w, t: (i, j + 1, w, t)), "words 2 (0 contains numbers, 1 counts them), tags 3;"),
    "document.tsv": (written(lambda i, j, w, t: (f"d{i}", w, t)), "words 1 (0 is the same all through each sentence)"),
    "mate.conll": (written(lambda i, j, w, t: (f"{i}_{j + 1}", w, t)), "words 1 (0 counts them)"),
    "windows.conll": (TWO.replace("\n", "\r\n"), "words 0, tags 1;"),
    "old_mac.conll": (TWO.replace("\n", "\r"), "words 0, tags 1;"),
    "invisible.conll": (TWO.replace("\n\n", "\n\u00a0\u200b\n"), "words 0, tags 1;"),
    "trailing_tabs.conll": (written(lambda i, j, w, t: (w, t, "")), "words 0, tags 1;"),
    "some_trailing.conll": (written(lambda i, j, w, t: (w, t + " ", *[""] * (j % 2))), "words 0, tags 1;"),
    "spaces_and_tabs.conll": (written(lambda i, j, w, t: (f"{w} \t NN{' ' if j % 2 else chr(9)}{t}",)), "tags 2;"),
    "ids.conll": (written(lambda i, j, w, t: (w, t), " ", "#id {i}\n#sentence-text {text}\n"), "words 0, tags 1;"),
    "brackets.conll": (written(lambda i, j, w, t: (w, stars(SENTENCES[i][1])[j]), " "), "words 0, tags 1;"),
}  # fmt: skip


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_gives_the_same_sentences(tmp_path: Path, name: str) -> None:
    text, columns = DIALECTS[name]
    expect(read(tmp_path, name, text), columns)


def test_columns_that_are_reported_decide_in_every_layout(tmp_path: Path) -> None:
    for name, text, columns in (
        ("germeval.tsv", GERMEVAL, ("1", "2")),
        ("germeval.conll", GERMEVAL, ("1", "2")),
        ("uner.iob2", UNER, ("1", "2")),
        ("plus.conllup", PLUS, ("form", "NER")),
        ("a.conll", conll_2012(), ("word", "10")),
        ("2009.conll", conll_2009(), ("FORM", "ppos")),
        ("header.tsv", "word\tner\tpos\n" + written(lambda i, j, w, t: (w, t, "X")), ("0", "ner")),
    ):
        found = read(tmp_path, name, text, text=columns[0], label=columns[1])
        expect(found, "words", SENTENCES)
        assert not any("--text" in line for line in found.notes)
    inner = read(tmp_path, "germeval.tsv", GERMEVAL, label="3")
    assert inner.train[0].label == ("O", "O", "O", "B-ORG", "O")
    assert read(tmp_path, "germeval.tsv", GERMEVAL, text="0").train[0].words == ("1", "2", "3", "4", "5")
    assert read(tmp_path, "plus.conllup", PLUS, text="ID", label="3").train[0].words == ("1", "2", "3", "4", "5")


def test_a_parse_tree_and_chains_are_no_tags(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.conll:2: the brackets of this column lie inside each other"):
        read(tmp_path, "a.conll", conll_2012(), label="parse")
    with pytest.raises(InputError, match=r"'\(12' is a mention of a coreference chain"):
        read(tmp_path, "b.conll", written(lambda i, j, w, t: (w, "(12" if j == 1 else "-")), label="1")
    with pytest.raises(InputError, match=r"'1:VID' is a numbered multiword expression"):
        read(tmp_path, "c.conll", written(lambda i, j, w, t: (w, "1:VID" if j == 1 else "*")), label="1")
    with pytest.raises(InputError, match=r"d\.conll:1: 'B-PER\|I-ORG' contains several tags"):
        read(tmp_path, "d.conll", TWO.replace("B-PER", "B-PER|I-ORG"))
    with pytest.raises(InputError, match=r"e\.conll:2: the bracket of 'PER' is not closed"):
        read(tmp_path, "e.conll", "a *\nb (PER*\n\nc *\n")
    with pytest.raises(InputError, match=r"f\.conll:4: '\*\)' closes a bracket that is not open"):
        read(tmp_path, "f.conll", "a *\nb (PER*)\n\nc *)\n")


def test_nested_brackets_keep_the_outer_span_and_are_counted(tmp_path: Path) -> None:
    found = read(tmp_path, "a.conll", "a (ORG*\nb (LOC)\nc *)\n\nd (PER*)\ne *\n")
    assert [e.label for e in found.train] == [("B-ORG", "I-ORG", "I-ORG"), ("B-PER", "O")]
    assert "Warning: train: 1 spans lie inside others and were left out." in found.notes


FAULTS = [
    (GERMEVAL.replace("\n\n", "\n", 1).replace("#\thttp://x.org/1 [2009-10-17]\n", ""),
     r"a\.conll:7: column 0 counts the words of other sentences, but here '1' comes after 5"),
    (UNER.replace("was\tO\t-\t-\n", "was\tO\t-\n"), r"a\.conll:4: 4 columns \(parted by tabs\), other lines have 5"),
    (TWO.replace("was\tO", "was O").replace("in\tO", "in it\tO"), r"a\.conll:2: 1 column \(parted by tabs\), other l"),
    (TWO.replace("was\tO", "was\t\tO"), r"a\.conll:2: 3 columns \(parted by tabs\), other lines have 2"),
    (written(lambda i, j, w, t: (w, t), " ").replace("was O", "was it O"), r"a\.conll:2: 3 columns \(parted by sp"),
    ("# global.columns = ID FORM\n" + UNER, "2 columns are named, the lines have 5"),
    ("#FORMAT=WebAnno TSV 3.3\n#T_SP=x|value\n\n\n#Text=a b\n1-1\t0-1\ta\t_\n", "is WebAnno TSV, which is not read"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "problem"), FAULTS)
def test_faults_are_reported_with_their_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read(tmp_path, "a.conll", text)


def test_one_line_with_spaces_where_others_have_tabs_is_read_when_all_fit(tmp_path: Path) -> None:
    expect(read(tmp_path, "a.conll", TWO.replace("was\tO", "was O")), "words 0, tags 1")


def test_inner_spans_of_other_types_are_inner_spans_too(tmp_path: Path) -> None:
    text = "1\tanna\tB-PER\tO\n2\twas\tO\tO\n3\tin\tO\tO\n4\tnew\tB-LOC\tB-ORG\n5\tyork\tI-LOC\tO\n\n"
    expect(read(tmp_path, "a.tsv", text * 8), "tags 2 (3 contains spans, too", SENTENCES[:1] * 8)


def test_a_slip_in_a_column_of_other_tags_takes_no_tags_away(tmp_path: Path) -> None:
    text = written(lambda i, j, w, t: (w, "B-NP" if j % 2 else "B-VP", t), " ") + "slip B-PER B-PER\n"
    found = read(tmp_path, "a.conll", text)
    expect(found, "words 0, tags 2;", [*SENTENCES, (["slip"], ["B-PER"])])


def test_other_files_have_the_columns_of_train(tmp_path: Path) -> None:
    paths = [tmp_path / f"{split}.conll" for split in ("train", "test")]
    paths[0].write_text(GERMEVAL, encoding="utf-8")
    # By themselves, the last column would be the tags.
    paths[1].write_text("1\tBonn\tO\tB-LOC\n\n1\tKiel\tB-LOC\tO\n", encoding="utf-8")
    found = read_dataset(paths[0], dev=paths[0], test=paths[1])
    assert (found.test[0].words, found.test[0].label) == (("Bonn",), ("O",))
    paths[1].write_text(written(lambda i, j, w, t: (w, "NN", "X", t)), encoding="utf-8")
    with pytest.raises(
        InputError, match=r"test\.conll: no column counts the words, in the training file column 0 does"
    ):
        read_dataset(paths[0], dev=paths[0], test=paths[1])
    paths[1].write_text(TWO, encoding="utf-8")
    found = read_dataset(paths[0], dev=paths[0], test=paths[1])
    assert [e.words for e in found.test] == [tuple(words) for words, _ in SENTENCES]
    assert any(
        line.startswith("Warning: test has 2 columns, train 4. Columns, counted from 0: words 0")
        for line in found.notes
    )


def test_files_without_blank_lines_are_doubted(tmp_path: Path) -> None:
    one = tmp_path / "one.conll"
    one.write_text(TWO.replace("\n\n", "\n") * 60, encoding="utf-8")
    (tmp_path / "test.conll").write_text(TWO, encoding="utf-8")
    found = read_dataset(one, dev=one, test=tmp_path / "test.conll")
    assert f"Warning: train is one sentence of {60 * 20:,} words; blank lines part sentences." in found.notes
    with pytest.raises(InputError, match=r"has 1 item of 1,200 words \(blank lines part sentences\)"):
        read_dataset(one, dev=one, test=one)


def test_words_without_tags_are_found_behind_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "new.conll"
    path.write_text("# text = anna was\n1\tanna\n2\twas\n\n1-2\tzum\n1\tzu\n2\tdem\n", encoding="utf-8")
    found = read_unlabelled(path, task=TASKS["tagging"])
    assert [e.words for e in found] == [("anna", "was"), ("zu", "dem")]
    path.write_text(GERMEVAL, encoding="utf-8")
    assert [e.words for e in read_unlabelled(path, task=TASKS["tagging"])] == [tuple(w) for w, _ in SENTENCES]


words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Zs", "Zl", "Zp", "Cc", "Cs", "Cf")), min_size=1, max_size=6
)
spans = st.one_of(st.just(("O",)), st.sampled_from(["PER", "a-b"]).map(lambda k: (f"B-{k}", f"I-{k}")))
tagged = st.lists(spans, min_size=1, max_size=4).map(lambda parts: sum(parts, ()))
sentence = tagged.flatmap(lambda tags: st.lists(words, min_size=len(tags), max_size=len(tags)).map(lambda w: (w, tags)))


@settings(max_examples=60, deadline=None)
@given(st.lists(sentence, min_size=1, max_size=4), st.sampled_from(["uner", "germeval", "plus", "2012", "coner"]))
def test_any_words_and_tags_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, found: list[Sentence], dialect: str
) -> None:
    sentences = [*SENTENCES, *found]
    rows: dict[str, tuple[Row, str, str]] = {
        "uner": (lambda i, j, w, t: (j + 1, w, t, "-", "-"), "\t", "# sent_id = {i}\n"),
        "germeval": (lambda i, j, w, t: (j + 1, w, t, "O"), "\t", "#\thttp://x.org [2009]\n"),
        "plus": (lambda i, j, w, t: (j + 1, "X", w, t), "\t", "# global.columns = ID UPOS FORM NER\n"),
        "2012": (lambda i, j, w, t: ("d", 0, j, w, *"PP---S", stars(sentences[i][1])[j], *"**"[: i % 3], "-"), " ", ""),
        "coner": (lambda i, j, w, t: (w, "_", "_", t), " ", "# id {i} domain=en\n"),
    }
    row, gap, head = rows[dialect]
    text = written(row, gap, head, sentences=sentences)
    expect(read(tmp_path_factory.mktemp("a"), "a.conll", text), "words", sentences)
