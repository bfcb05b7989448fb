"""Which column of a column file contains the words and which the tags: as given, named, or by a stated rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from unfreeze.data.column_lines import WORD_NAMES, Block
from unfreeze.data.star_brackets import is_star_column
from unfreeze.data.tag_spellings import spelling_of
from unfreeze.data.tally import take_others
from unfreeze.errors import InputError, nearest
from unfreeze.language.message import joined, say, template

CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
CONLL_2009: tuple[str, ...] = ("id", "form", "lemma", "plemma", "pos", "ppos", "feat", "pfeat", "head", "phead")
CONLL_2009 += ("deprel", "pdeprel", "fillpred", "pred")
CONLL_2012 = ("document", "part", "number", "word", "pos", "parse", "predicate", "frameset", "sense", "speaker", "ner")
_LOOKED_AT = 2000
_PHRASES = frozenset({"NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP", "NC", "VC", "PC"})
_PHRASES |= {"AP", "AVP", "NX", "VX", "PX", "VGF", "VGNF", "VGNN", "JJP", "RBP", "CCP", "NEGP", "FRAGP", "BLK"}
_USUAL: tuple[str, ...] = (
    "ner",
    "ner_tags",
    "ner_tag",
    "ne",
    "entity",
    "entities",
    "iob",
    "bio",
    "tag",
    "tags",
    "label",
    "labels",
)
_USUAL += ("upos", "pos", "pos_tag", "pos_tags", "xpos", "chunk", "chunk_tag", "chunk_tags")


@dataclass(frozen=True)
class Roles:
    """Columns in use.

    Attributes:
        word, tag: indices from 0; no tag where none is needed.
        names: of all columns, as far as known.
        more: the columns behind `tag` that contain spans, too: inner ones, as a rule.
        before: as `Block.before`.
        guessed: which of `"--text"` and `"--label"` were not given.
        width: the file's number of columns.
    """

    word: int
    tag: int | None
    names: tuple[str, ...] = ()
    more: tuple[int, ...] = ()
    before: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()
    width: int = 0

    def name(self, at: int) -> str:
        """A column's name, or its number where it has none."""
        return self.names[at] if at < len(self.names) else str(at)


def roles_of(path: Path, block: Block, text: str | None, label: str | None, *, tagged: bool = True) -> Roles:
    """Decide which columns are words and tags.

    The words: as given; named so; else the first column without numbers of words, sentences or documents. The
    tags: as given; `upos` of CoNLL-U, `pos` of CoNLL-2009, the named entities of CoNLL-2012; else the last column in a
    span scheme, or the first of several side by side (outer spans before inner ones) but phrases; else the last column
    that does not have one value throughout.

    Raises:
        InputError: an unknown column, or one column for both.
    """
    names = _names(path, block)
    places = {name.casefold(): at for at, name in reversed([*enumerate(names)])}
    word = _told(path, text, names, block.width, "--text")
    tag = _told(path, label, names, block.width, "--label") if tagged else None
    spans = span_columns(block) if (word is None and not block.before) or (tagged and tag is None) else {}
    if word is None:
        word = _word_column(block, places, spans)
    more: tuple[int, ...] = ()
    guessed = (*(["--text"] if text is None else []), *(["--label"] if tagged and label is None else []))
    if tagged and tag is None:
        tag, more = _tag_column(block, names, places, spans, word)
    if tag == word:
        problem = say(
            "one column would be both word and tag; the file has columns 0 to {width}, give --label",
            width=block.width - 1,
        )
        raise InputError(problem, where=f"{path}:{block.sentences[0][0][0]}")
    return Roles(word, tag, names, more, block.before, guessed, block.width)


def _names(path: Path, block: Block) -> tuple[str, ...]:
    """The columns' names: the file's own, or those of the shared task whose layout it has."""
    if block.names is not None:
        if len(block.names) != block.width:
            problem = say(
                "{names} columns are named, the lines have {width}; fix `# global.columns`",
                names=len(block.names),
                width=block.width,
            )
            raise InputError(problem, where=str(path))
        return block.names
    if block.before == ("same", "numbers", "number") and block.width >= len(CONLL_2012) + 1:
        return CONLL_2012
    if block.before == ("number",) and block.width >= len(CONLL_2009):
        heads = {row[8] for sentence in block.sentences for _, row in sentence}
        if all(head.isdecimal() or head == "_" for head in heads):
            return CONLL_2009
    return ()


def _told(path: Path, given: str | None, names: Sequence[str], width: int, option: str) -> int | None:
    if given is None:
        return None
    folded = [name.casefold() for name in names]
    if given.casefold() in folded:
        return folded.index(given.casefold())
    if given.isdecimal() and int(given) < width:
        return int(given)
    allowed = (
        nearest(given, names)
        if names
        else say("; the columns have no names, give an index from 0 to {width}", width=width - 1)
    )
    raise InputError(
        say("no column '{given}' for {option}{allowed}", given=given, option=option, allowed=allowed), where=str(path)
    )


def span_columns(block: Block) -> dict[int, Counter[str]]:
    """The columns in a span scheme with letters or star-brackets, each with how often it has which type.

    As it seems from some sentences, evenly spread.
    """
    found: dict[int, Counter[str]] = {}
    some = block.sentences[:: 1 + len(block.sentences) // _LOOKED_AT]
    for at in range(len(block.before), block.width):
        column = [[row[at] for _, row in sentence] for sentence in some]
        spelling = spelling_of(column)
        if is_star_column(column):
            found[at] = Counter(kind for tags in column for tag in tags if (kind := tag.strip("(*)")))
        elif spelling.form not in ("none", "type"):
            found[at] = Counter(tag[2:] for tags in column for tag in spelling.read(tags) if tag != "O")
    return found


def _are_phrases(kinds: Counter[str]) -> bool:
    """Whether spans are mostly phrases (chunks), which files have beside named entities."""
    return 2 * sum(kinds[kind] for kind in _PHRASES) > kinds.total()


def _word_column(block: Block, places: dict[str, int], spans: dict[int, Counter[str]]) -> int:
    named = [places[name] for name in places if name in WORD_NAMES]
    if named:
        return min(named)
    first = len(block.before)
    if not first and 0 in spans and len(spans) < block.width:  # the tags stand in front, as in MIT's movie corpus
        left = [at for at in range(block.width) if at not in spans]
        words = [at for at in left if not all(row[at].isdecimal() for rows in block.sentences for _, row in rows)]
        return (words or left)[0]  # numbers are offsets, as behind the tags of files made from brat's
    return first


def _tag_column(
    block: Block, names: Sequence[str], places: dict[str, int], spans: dict[int, Counter[str]], word: int
) -> tuple[int, tuple[int, ...]]:
    """The tag column, and the columns of spans behind it."""
    for layout, usual in ((CONLLU, "upos"), (CONLL_2009, "pos"), (CONLL_2012, "ner")):
        if tuple(names) == layout:
            return layout.index(usual), ()
    found = [at for at in spans if at != word]
    named = [places[name] for name in _USUAL if name in places and places[name] != word]
    if found and set(named) & set(found):
        return next(at for at in named if at in found), ()
    if found:
        last = found[-1]
        first = last
        while first - 1 in found and not _are_phrases(spans[first - 1]):
            first -= 1
        return first, tuple(range(first + 1, last + 1))
    if named:
        return named[0], ()
    left = [at for at in range(block.width) if at != word]
    varied = [at for at in left if len({row[at] for sentence in block.sentences for _, row in sentence}) > 1]
    return ((varied or left or [word])[-1]), ()


def roles_said(roles: Roles) -> str:
    """Which columns are read as what, in a sentence."""
    layout = {CONLL_2009: say(" of CoNLL-2009"), CONLL_2012: say(" of CoNLL-2012")}.get(roles.names, "")
    named = layout if roles.names else say(", counted from 0")
    words = say("{name}{before}", name=roles.name(roles.word), before=_before_said(roles))
    parts = [say("Columns{named}: words {words}", named=named, words=words)]
    if roles.tag is not None:
        tags = say("tags {tag}", tag=roles.name(roles.tag))
        if roles.more:
            others = joined((roles.name(at) for at in roles.more), " and ")
            tags = say("{tags}{more}", tags=tags, more=say(_MORE[len(roles.more) == 1], others=others))
        parts.append(tags)
    line = say("{parts}{take_others}.", parts=joined(parts), take_others=take_others(roles.guessed))
    in_front = roles.tag is not None and roles.tag < roles.word and "--text" in roles.guessed and not roles.names
    return say("Warning: the tags seem to stand before the words. {line}", line=line) if in_front else line


def _before_said(roles: Roles) -> str:
    if roles.names or "--text" not in roles.guessed or not roles.before:
        return ""
    says = {
        say("number"): say("counts them"),
        "numbers": say("contains numbers"),
        "same": say("is the same all through each sentence"),
    }
    each = joined(say("{column} {says}", column=at, says=says[kind]) for at, kind in enumerate(roles.before))
    return say(" ({columns})", columns=each)


_MORE = {
    True: template(" ({others} contains spans, too, inner ones as a rule, which are not read)"),
    False: template(" ({others} contain spans, too, inner ones as a rule, which are not read)"),
}
"""By whether there is one alone."""
