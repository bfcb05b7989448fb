"""Text files become a `Dataset`: what was not told is guessed where that is safe, and said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from unfreeze.data.cells import INVISIBLE, without_edges
from unfreeze.data.collector import collector_paused
from unfreeze.data.columns import Columns, choose_columns, find_column, guess_task, task_of
from unfreeze.data.examples import SPLITS, Dataset, Example, LabelSpace, SplitName
from unfreeze.data.folders import find_splits
from unfreeze.data.label_cells import drop_unnamed, no_value, read_labels
from unfreeze.data.labels import Splits, drop_unlabelled, label_space, tags_of
from unfreeze.data.measurable import check_measurable, one_answer, without
from unfreeze.data.spellings import missing_texts, one_spelling
from unfreeze.data.splits import cut_places, parted, text_groups
from unfreeze.data.tables import Table, read_table
from unfreeze.data.tagged import column_sentences, tagged_examples
from unfreeze.data.tagging_tables import TaggedTables, tagging_in
from unfreeze.data.text_files import Format, load
from unfreeze.errors import InputError
from unfreeze.tasks import Task
from unfreeze.tasks import task as task_called

NULL = "\\N"
TEST_SHARE, DEV_SHARE = 0.2, 0.1
"""Shares of the labelled rows that are cut out where a file of that split is missing."""

Loaded = Mapping[SplitName, tuple[Format, str]]


@dataclass(frozen=True)
class _Told:
    """What the caller said about columns and task."""

    text: str | None
    text_b: str | None
    label: str | None
    task: Task | None


@collector_paused()
def read_dataset(
    data: Path | None,
    *,
    train: Path | None = None,
    dev: Path | None = None,
    test: Path | None = None,
    text: str | None = None,
    text_b: str | None = None,
    label: str | None = None,
    task: str | None = None,
    seed: int = 0,
) -> Dataset:
    """Read labelled text; splits without a file are cut out of train.

    Args:
        data: a file, or a folder of splits named as people name them.
        train, dev, test: files that win over what `data` holds.
        text, text_b, label: column names, or 0-based indices; None guesses.
        task: a task kind; None guesses.
        seed: of the splits that are made.

    Raises:
        InputError: anything wrong with the files, or a guess that would not be safe; nothing is read in part.
    """
    named: dict[SplitName, Path | None] = {"train": train, "dev": dev, "test": test}
    files, said = find_splits(data, {split: path for split, path in named.items() if path is not None})
    told = _Told(text, text_b, label, task_called(task) if task else None)
    tagged = told.task is not None and told.task.target == "tags"
    loaded = {split: load(path, tagged=tagged) for split, path in files.items()}
    in_columns = {split: kind in ("conll", "conllu") for split, (kind, _) in loaded.items()}
    if len(set(in_columns.values())) == 2:
        odd = next(split for split in in_columns if in_columns[split] != in_columns["train"])
        raise InputError(
            f"holds {_form(loaded[odd][0])}, the training file {_form(loaded['train'][0])}", where=str(files[odd])
        )
    folder = data if data is not None else files["train"]
    name = folder.resolve().name if folder.is_dir() else folder.stem
    assemble = _tagging if in_columns["train"] else _texts
    dataset = assemble(files, loaded, told, seed)
    paths: dict[str, str] = {split: str(files.get(split, files["train"])) for split in named}
    return replace(dataset, name=name, files=paths, said=(*said, *dataset.said))


def _form(kind: Format) -> str:
    return "tagged word columns" if kind in ("conll", "conllu") else f"{kind} rows"


def _tagging(files: Mapping[SplitName, Path], loaded: Loaded, told: _Told, seed: int) -> Dataset:
    if told.task and told.task.target != "tags":
        raise InputError(
            f"holds tagged word columns, which do not fit --task {told.task.kind}", where=str(files["train"])
        )
    sentences, roles, said = column_sentences(files, loaded, told.text, told.label)
    columns = {"label": roles.name(roles.tag or 0)} | ({"text": told.text} if told.text else {})
    return _of_sentences(files, TaggedTables(sentences, columns, said), seed)


def _of_sentences(files: Mapping[SplitName, Path], read: TaggedTables, seed: int) -> Dataset:
    splits, scheme, found = tagged_examples(files, read.sentences, in_bio=read.in_bio)
    task = task_of("tags", False)
    splits, cuts = fill_splits(splits, task, seed)
    labels = tags_of(splits["train"], scheme)
    check_measurable(splits, task, scheme, files)
    return _dataset(task, labels, splits, read.columns, (f"Task: {task.kind}.", *read.said, *found, *cuts))


def _texts(files: Mapping[SplitName, Path], loaded: Loaded, told: _Told, seed: int) -> Dataset:
    tables = _tables(files, loaded, told)
    if told.text_b is None and (told.task is None or told.task.target == "tags"):
        read = tagging_in(tables, told.text, told.label, sure=told.task is not None)
        if read is not None:
            said = [_of_split(split, sentence) for split, table in tables.items() for sentence in table.said]
            return _of_sentences(files, replace(read, said=[*said, *read.said]), seed)
    columns = choose_columns(tables["train"], text=told.text, text_b=told.text_b, label=told.label, task=told.task)
    for split, table in tables.items():
        _check_labels_there(table, columns.label, split)
    labels, named, read_so = read_labels(tables, columns.label or "")
    splits: Splits = {split: examples_of(table, columns, labels.pop(split)) for split, table in tables.items()}
    told_so = [_of_split(split, sentence) for split, table in tables.items() for sentence in table.said]
    said = [*told_so, _columns_said(columns, told, tables["train"]), *read_so]
    del tables  # as large as the examples
    splits, unnamed = drop_unnamed(splits)
    pair = columns.text_b is not None
    task = told.task or (task_of("class", pair) if named else guess_task([str(e.label) for e in splits["train"]], pair))
    said += [*unnamed, *missing_texts(splits)]
    if task.target == "class":
        splits, dropped = drop_unlabelled(splits)
        if one_answer(splits["train"], None) is None:
            check_measurable(splits, task, None, files)  # before a placeholder is told as what it is not
        splits, merged = one_spelling(splits, named)
        said += [*dropped, *merged]
    splits, cuts = fill_splits(splits, task, seed)
    splits, space = label_space(splits, task, files)
    size = f"{len(space.names)} classes" if space.names else f"scores from {space.low:g} to {space.high:g} in train"
    guessed = "" if told.task else "; guessed from the labels, --task KIND overrides"
    said.append(f"Task: {task.kind} ({size}{guessed}).")
    used = {"text": columns.text, "text_b": columns.text_b, "label": columns.label}
    return _dataset(task, space, splits, {k: v for k, v in used.items() if v is not None}, (*said, *cuts))


def _dataset(
    task: Task, labels: LabelSpace, splits: Splits, columns: Mapping[str, str], said: tuple[str, ...]
) -> Dataset:
    return Dataset("", task, labels, splits["train"], splits["dev"], splits["test"], said, columns)


def fill_splits(splits: Splits, task: Task, seed: int) -> tuple[Splits, list[str]]:
    """All three splits: a missing test or dev split is cut out of train, and said.

    Raises:
        InputError: train is too small to cut from.
    """
    filled, said = dict(splits), []
    groups = text_groups(splits["train"]) if len(splits) < len(SPLITS) else None
    shares: tuple[tuple[SplitName, float], ...] = (("test", TEST_SHARE), ("dev", DEV_SHARE))
    for split, share in shares:
        if split not in splits:
            whole = filled["train"]
            # Shares are of the rows that the files hold, also for the second cut.
            of_rest = share if len(whole) == len(splits["train"]) else share / (1 - TEST_SHARE)
            assert groups is not None
            taken = cut_places(whole, task, of_rest, seed, groups)
            filled["train"], filled[split] = parted(whole, taken)
            groups = groups[~taken]
            said.append(
                f"No {split} file: {len(filled[split])} of {len(whole)} training examples were cut out for it "
                f"({'by class, ' if task.target == 'class' else ''}equal texts together, seed {seed})."
            )
    return filled, said


def _tables(files: Mapping[SplitName, Path], loaded: Loaded, told: _Told) -> dict[SplitName, Table]:
    wanted = {name for name in (told.text, told.text_b, told.label) if name and not name.isdecimal()}
    tables: dict[SplitName, Table] = {}
    for split in sorted(files, key=lambda name: name != "train"):
        kind, content = loaded[split]
        if kind == "txt":
            problem = "plain text has no labels; a table (.csv, .tsv, .jsonl, .parquet) or CoNLL columns are needed"
            raise InputError(problem, where=str(files[split]))
        as_train = tables["train"].header if tables and kind == loaded["train"][0] else None
        tables[split] = read_table(files[split], kind, content, header=as_train, wanted=wanted)
        if not tables[split].header and len(tables[split].columns) != len(tables["train"].columns):
            width, other = len(tables[split].columns), len(tables["train"].columns)
            problem = f"{width} columns without a header, the training file has {other}"
            advice = f"; if its labels are not there, {without(split)}" if width < other else ""
            raise InputError(problem + advice, where=str(files[split]))
    return tables


def _check_labels_there(table: Table, label: str | None, split: SplitName) -> None:
    """Say what to do about a dev or test file whose label column is empty, as shared tasks give out their test sets."""
    column = label and split != "train" and label in table.columns and label
    if column and not any(value == value and str(value or "").strip() for value in table.values(column)):
        raise InputError(f"no row has a label (column '{column}'); {without(split)}", where=str(table.path))


def examples_of(table: Table, columns: Columns, labels: Sequence[str | None]) -> tuple[Example, ...]:
    """The rows of a table as examples, labels still as written."""
    texts = _cells(table, columns.text, "--text")
    texts_b = _cells(table, columns.text_b, "--text-b")
    path = str(table.path)
    return tuple(
        Example(f"{path}:{line}", text or "", text_b, None, label)
        for line, text, text_b, label in zip(table.lines, texts, texts_b, labels, strict=True)
    )


def _cells(table: Table, name: str | None, option: str) -> list[str | None]:
    """The cells of the column that plays a role, or None in each row when none does."""
    column = find_column(table, name, option)
    if column is None:
        return [None] * len(table.lines)
    cells = table.column(column)
    if None in cells:
        raise no_value(cells, column, table.where)
    if NULL in cells:
        problem = f"'{NULL}' for '{column}' is what data bases write for no value; fill it in or take the row out"
        raise InputError(problem, where=table.where(cells.index(NULL)))
    # What nobody sees is an empty text, which the audit counts.
    return [cell if not cell or cell[0] not in INVISIBLE or without_edges(cell) else "" for cell in cells]


def _of_split(split: SplitName, sentence: str) -> str:
    """A sentence about the file of a split; a warning stays one."""
    doubt = "Warning: " if sentence.startswith("Warning: ") else ""
    return f"{doubt}{split}: {sentence.removeprefix(doubt)}"


def _columns_said(columns: Columns, told: _Told, table: Table) -> str:
    parts = []
    for role, name, given in (
        ("text", columns.text, told.text),
        ("second text", columns.text_b, told.text_b),
        ("label", columns.label, told.label),
    ):
        if name is not None:
            parts.append(f"{role} '{name}'{'' if given else ' (guessed)'}")
    return f"Columns: {', '.join(parts)}{'' if table.header else '; the files have no header'}."
