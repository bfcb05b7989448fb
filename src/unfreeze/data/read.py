"""Text files become a `Dataset`: what was not given is guessed where that is safe, and noted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from unfreeze.data.collector import collector_paused
from unfreeze.data.columns import Columns, choose_columns, find_column, guess_task, task_of
from unfreeze.data.examples import SPLITS, Dataset, LabelSpace, SplitName
from unfreeze.data.folders import find_splits
from unfreeze.data.grouped import cut_out, grouped
from unfreeze.data.groups import group_column, group_notes, refuse_groups
from unfreeze.data.label_cells import drop_unnamed, read_labels
from unfreeze.data.label_sets import certain_sets, read_sets, set_columns
from unfreeze.data.labels import Splits, drop_unlabelled, label_space
from unfreeze.data.measurable import check_measurable, check_placeholder_tags, one_answer, without
from unfreeze.data.parts import Joined, dataset_in_parts, joined, told_in_parts
from unfreeze.data.sources import Source, plain_name
from unfreeze.data.spellings import missing_texts, one_spelling
from unfreeze.data.splits import cut_places, parted, text_groups
from unfreeze.data.table_examples import examples_of, is_joined, names_of, with_joined_texts
from unfreeze.data.tables import Table, read_table
from unfreeze.data.tagged import column_sentences, tagged_examples
from unfreeze.data.tagging_tables import TaggedTables, tagging_in
from unfreeze.data.text_files import Format
from unfreeze.errors import InputError
from unfreeze.language.message import joined as comma_joined
from unfreeze.language.message import say, template
from unfreeze.tasks.kinds import CLASSES, LABEL_SETS, TAGS, Task
from unfreeze.tasks.kinds import task as task_called

TEST_SHARE, DEV_SHARE = 0.2, 0.1
"""Shares of the labelled rows that are cut out where a file of that split is missing."""

TOGETHER = (say("equal texts"), say("equal texts and groups"))

Loaded = Mapping[SplitName, tuple[Format, str]]
Cuts = Mapping[SplitName, str]


@dataclass(frozen=True)
class _Told:
    """What the caller said about columns and task."""

    text: str | None
    text_b: str | None
    label: str | None
    task: Task | None
    group: str | None = None

    def names(self) -> frozenset[str]:
        """Columns that are named and not numbered."""
        given = self.text, self.text_b, self.label, self.group
        return frozenset(name for column in given for name in names_of(column))


@collector_paused()
def read_dataset(
    data: Path | None,
    *,
    train: Path | Sequence[Path] | None = None,
    dev: Path | Sequence[Path] | None = None,
    test: Path | Sequence[Path] | None = None,
    text: str | None = None,
    text_b: str | None = None,
    label: str | None = None,
    task: str | None = None,
    group: str | None = None,
    seed: int = 0,
) -> Dataset:
    """Read labelled text; splits without a file are cut out of train.

    Args:
        data: a file, or a folder of splits named as people, tools and hubs name them.
        train, dev, test: files, folders of one split or patterns, one or several, that win over what `data` contains.
        text, text_b, label: column names, or 0-based indices; None guesses.
        task: a task kind; None guesses.
        group: column of authors, documents or the like, none of which is in two of the splits that are made.
        seed: of the splits that are made.

    Raises:
        InputError: anything wrong with the files, or a guess that would not be safe; nothing is read in part.
    """
    given = {"train": train, "dev": dev, "test": test}
    named = {split: [paths] if isinstance(paths, Path) else list(paths) for split, paths in given.items() if paths}
    sources, said = find_splits(data, named)  # type: ignore[arg-type]
    told = _Told(text, text_b, label, task_called(task) if task else None, group)
    tagged = told.task is not None and told.task.target.per_word
    parts: dict[SplitName, Joined] = {}
    with told_in_parts(parts):
        for split, source in sources.items():
            parts[split] = joined(source, tagged=tagged, wanted=told.names())
        dataset = dataset_in_parts(_assembled(parts, told, seed), parts)
    paths: dict[str, str | tuple[str, ...]] = {s: sources.get(s, sources["train"]).told for s in SPLITS}
    name = _name(data, sources["train"])
    return replace(dataset, name=name, files=paths, notes=(*said, *dataset.notes))


def _name(data: Path | None, train: Source) -> str:
    """Of the data set: its folder's, or its file's."""
    whole = data if data is not None else train.folder or train.paths[0]
    return whole.resolve().name if whole.is_dir() else plain_name(whole).stem


def _assembled(parts: Mapping[SplitName, Joined], told: _Told, seed: int) -> Dataset:
    files = {split: one.source.shown for split, one in parts.items()}
    loaded = {split: (one.kind, one.text) for split, one in parts.items()}
    in_columns = {split: kind in ("conll", "conllu") for split, (kind, _) in loaded.items()}
    if len(set(in_columns.values())) == 2:
        odd = next(split for split in in_columns if in_columns[split] != in_columns["train"])
        raise InputError(
            say(
                "contains {loaded}, the training file {loaded2}",
                loaded=_form(loaded[odd][0]),
                loaded2=_form(loaded["train"][0]),
            ),
            where=str(files[odd]),
        )
    return _tagging(files, loaded, parts, told, seed) if in_columns["train"] else _texts(files, parts, told, seed)


def _form(kind: Format) -> str:
    return "tagged word columns" if kind in ("conll", "conllu") else f"{kind} rows"


def _tagging(
    files: Mapping[SplitName, Path], loaded: Loaded, parts: Mapping[SplitName, Joined], told: _Told, seed: int
) -> Dataset:
    if told.task and not told.task.target.per_word:
        raise InputError(
            say("holds tagged word columns, which do not fit --task {kind}", kind=told.task.kind),
            where=str(files["train"]),
        )
    refuse_groups(told.group, files["train"])
    for split in files:
        _check_tags_there(files[split], loaded[split][1], split)
    sentences, roles, said = column_sentences(files, loaded, told.text, told.label)
    counts = [parts[split].notes([s.lines[0] for s in found], "sentences") for split, found in sentences.items()]
    said = [*_of_splits(sentences, counts), *said]
    columns = {"label": roles.name(roles.tag or 0)} | ({"text": told.text} if told.text else {})
    return _of_sentences(files, TaggedTables(sentences, columns, said), seed)


def _check_tags_there(path: Path, text: str, split: SplitName) -> None:
    """Say what to do about a dev or test file of words alone, as shared tasks give out their test sets."""
    lines = (line for line in text.split("\n") if not line.startswith("#"))
    if split != "train" and not any(len(line.split()) > 1 for line in lines):
        raise InputError(say("has words and no tags; {split}", split=without(split)), where=str(path))


def _of_sentences(files: Mapping[SplitName, Path], read: TaggedTables, seed: int) -> Dataset:
    tags = {split: [sentence.tags or () for sentence in found] for split, found in read.sentences.items()}
    check_placeholder_tags(tags, files)
    splits, scheme, found = tagged_examples(files, read.sentences, in_bio=read.in_bio)
    task = task_of(TAGS, False)
    splits, cuts = fill_splits(splits, task, seed)
    labels = task.target.space(splits["train"], scheme)
    check_measurable(splits, task, scheme, files)
    return _dataset(
        task, labels, splits, read.columns, (say("Task: {kind}.", kind=task.kind), *read.notes, *found), cuts
    )


def _texts(files: Mapping[SplitName, Path], parts: Mapping[SplitName, Joined], told: _Told, seed: int) -> Dataset:
    tables = _tables(files, parts, told)
    for split, table in tables.items():
        tables[split] = with_joined_texts(table, told.text)
    told = replace(told, group=group_column(tables, told.group))
    counts = _of_splits(tables, [parts[split].notes(table.lines, "rows") for split, table in tables.items()])
    if told.text_b is None and (told.task is None or told.task.target.per_word):
        read = tagging_in(tables, told.text, told.label, sure=told.task is not None)
        if read is not None:
            refuse_groups(told.group, files["train"])
            return _of_sentences(files, replace(read, notes=[*counts, *_table_notes(tables), *read.notes]), seed)
    texts = _label_sets(tables, told) or _single_labels(files, tables, told)
    by_group = group_notes(texts.splits, told.group)
    splits, cuts = fill_splits(texts.splits, texts.task, seed)
    splits, space = label_space(splits, texts.task, files)
    guessed = "" if told.task else say("; guessed from the labels, --task KIND overrides")
    size = texts.task.target.size_in_words(space)
    kind = say("Task: {kind} ({size}{guessed}).", kind=texts.task.kind, size=size, guessed=guessed)
    columns = texts.columns if told.group is None else {**texts.columns, "group": told.group}
    return _dataset(texts.task, space, splits, columns, (*counts, *texts.notes, *by_group, kind), cuts)


@dataclass(frozen=True)
class _Read:
    """Texts with labels as files write them, which columns they are, and what is to be said of them."""

    task: Task
    splits: Splits
    columns: Mapping[str, str]
    notes: tuple[str, ...]


def _label_sets(tables: dict[SplitName, Table], told: _Told) -> _Read | None:
    """Texts with several labels each, where that was told or is certain; else None."""
    train = tables["train"]
    guessed = certain_sets(train, told.label) if told.task is None and told.text_b is None else None
    if not (told.task.target.many if told.task else guessed):
        return None
    used = (guessed,) if guessed else set_columns(train, told.label)
    beside = replace(train, columns=tuple(name for name in train.columns if name not in used))
    text = find_column(train, told.text, "--text")
    columns = choose_columns(beside, text=text, text_b=told.text_b, task=told.task, group=told.group, labelled=False)
    read = read_sets(tables, used)
    splits: Splits = {split: examples_of(table, columns, read.labels[split]) for split, table in tables.items()}
    task = told.task or task_of(LABEL_SETS, False)
    label = ",".join(used)
    named = _columns_said(replace(columns, label=label), told, train)
    never = sorted(set(used) - {name for one in read.labels["train"] for name in one}) if len(used) > 1 else ()
    lacking = [say("Warning: no training row has the label '{name}', so it is left out.", name=name) for name in never]
    notes = (*_table_notes(tables), named, *read.notes, *missing_texts(splits), *lacking)
    tables.clear()  # as large as the examples
    return _Read(task, splits, {"text": columns.text, "label": label}, notes)


def _table_notes(tables: Mapping[SplitName, Table]) -> list[str]:
    return [_of_split(split, sentence) for split, table in tables.items() for sentence in table.notes]


def _single_labels(files: Mapping[SplitName, Path], tables: dict[SplitName, Table], told: _Told) -> _Read:
    columns = choose_columns(
        tables["train"], text=told.text, text_b=told.text_b, label=told.label, task=told.task, group=told.group
    )
    for split, table in tables.items():
        _check_labels_there(table, columns.label, split)
    labels, named, read_so = read_labels(tables, columns.label or "")
    splits: Splits = {split: examples_of(table, columns, labels.pop(split)) for split, table in tables.items()}
    said = [*_table_notes(tables), _columns_said(columns, told, tables["train"]), *read_so]
    tables.clear()  # as large as the examples
    splits, unnamed = drop_unnamed(splits)
    pair = columns.text_b is not None
    task = told.task or (task_of(CLASSES, pair) if named else guess_task([str(e.label) for e in splits["train"]], pair))
    said += [*unnamed, *missing_texts(splits)]
    if task.target.one_name:
        splits, dropped = drop_unlabelled(splits)
        if one_answer(splits["train"], task, None) is None:
            check_measurable(splits, task, None, files)  # before a placeholder is reported as what it is not
        splits, merged = one_spelling(splits, named)
        said += [*dropped, *merged]
    used = {"text": columns.text, "text_b": columns.text_b, "label": columns.label}
    return _Read(task, splits, {k: v for k, v in used.items() if v is not None}, tuple(said))


def _dataset(
    task: Task, labels: LabelSpace, splits: Splits, columns: Mapping[str, str], said: tuple[str, ...], cuts: Cuts
) -> Dataset:
    notes = (*said, *cuts.values())
    return Dataset("", task, labels, splits["train"], splits["dev"], splits["test"], notes, columns, cut=cuts)


def fill_splits(splits: Splits, task: Task, seed: int) -> tuple[Splits, Cuts]:
    """All three splits: a missing test or dev split is cut out of train, and what is said of it.

    Raises:
        InputError: train is too small to cut from, or has too few rows with other labels.
    """
    filled, said = dict(splits), dict[SplitName, str]()
    groups = text_groups(splits["train"]) if len(splits) < len(SPLITS) else None
    shares: tuple[tuple[SplitName, float], ...] = (("test", TEST_SHARE), ("dev", DEV_SHARE))
    for split, share in shares:
        if split not in splits:
            whole = filled["train"]
            # Shares are of the rows in the files, also for the second cut.
            of_rest = share if len(whole) == len(splits["train"]) else share / (1 - TEST_SHARE)
            assert groups is not None
            tied = grouped(whole)
            taken = cut_out(whole, task, of_rest, seed) if tied else cut_places(whole, task, of_rest, seed, groups)
            filled["train"], filled[split] = parted(whole, taken)
            if (only := one_answer(filled["train"], task, "BIO")) and not one_answer(whole, task, "BIO"):
                problem = say(
                    "after {split} was cut out of train, {only} there; add rows with other labels, or give --{split}",
                    split=split,
                    only=only,
                )
                raise InputError(problem, where=whole[0].where)
            groups = groups[~taken]
            said[split] = say(
                "No {split} file: {filled} of {whole} training examples were cut out for it ({cut_by}{together} "
                "together, seed {seed}).",
                split=split,
                filled=len(filled[split]),
                whole=len(whole),
                cut_by=task.target.words.cut_by,
                together=TOGETHER[tied],
                seed=seed,
            )
    return filled, said


def _tables(files: Mapping[SplitName, Path], parts: Mapping[SplitName, Joined], told: _Told) -> dict[SplitName, Table]:
    tables: dict[SplitName, Table] = {}
    for split in sorted(files, key=lambda name: name != "train"):
        kind, content, ready = parts[split].kind, parts[split].text, parts[split].table
        if ready is not None:
            tables[split] = ready
            continue
        if kind == "txt":
            problem = say(
                "plain text has no labels; a table (.csv, .tsv, .jsonl, .parquet) or CoNLL columns are needed"
            )
            raise InputError(problem, where=str(files[split]))
        as_train = tables["train"].header if tables and kind == parts["train"].kind else None
        tables[split] = read_table(files[split], kind, content, header=as_train, wanted=told.names())
        if not tables[split].header and len(tables[split].columns) != len(tables["train"].columns):
            width, other = len(tables[split].columns), len(tables["train"].columns)
            problem = say("{width} columns without a header, the training file has {other}", width=width, other=other)
            advice = say("; if its labels are not there, {split}", split=without(split)) if width < other else ""
            raise InputError(problem + advice, where=str(files[split]))
    return tables


def _check_labels_there(table: Table, label: str | None, split: SplitName) -> None:
    """Say what to do about a dev or test file whose label column is empty, as shared tasks give out their test sets."""
    column = label and split != "train" and label in table.columns and label
    if column and not any(map(_is_there, table.values(column))):
        raise InputError(
            say("no row has a label (column '{column}'); {split}", column=column, split=without(split)),
            where=str(table.path),
        )


def _is_there(value: Any) -> bool:
    return value is not None and value == value and bool(str(value).strip())


def _of_splits(splits: Iterable[SplitName], sentences: Iterable[str | None]) -> list[str]:
    """A sentence about each split, where there is one."""
    return [_of_split(split, sentence) for split, sentence in zip(splits, sentences, strict=True) if sentence]


def _of_split(split: SplitName, sentence: str) -> str:
    """A sentence about the file of a split; a warning stays one."""
    doubt = "Warning: " if sentence.startswith("Warning: ") else ""
    return f"{doubt}{split}: {sentence.removeprefix(doubt)}"


def _columns_said(columns: Columns, told: _Told, table: Table) -> str:
    parts = []
    for column, name, given in (
        (_TEXT, columns.text, told.text),
        (_SECOND, columns.text_b, told.text_b),
        (_LABEL, columns.label, told.label),
    ):
        if name is not None:
            together = say(" (joined by a line break)") if column == _TEXT and is_joined(table, name) else ""
            parts.append(say(column, name=name, joined=together, guessed="" if given else say(" (guessed)")))
    return say(_HEADED if table.header else _HEADLESS, parts=comma_joined(parts))


_TEXT, _SECOND = template("text '{name}'{joined}{guessed}"), template("second text '{name}'{joined}{guessed}")
_LABEL = template("label '{name}'{joined}{guessed}")
_HEADED, _HEADLESS = template("Columns: {parts}."), template("Columns: {parts}; the files have no header.")
