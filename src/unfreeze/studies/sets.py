"""The standard data sets that studies use, in the layouts that people have them in. No torch here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfreeze.data.hub_sets import HubSet, load
from unfreeze.disk.files import write_text
from unfreeze.errors import InputError, nearest
from unfreeze.language.message import say


@dataclass(frozen=True)
class Layout:
    """Files of a set as one collection has them.

    Attributes:
        folder: under the data root, case ignored.
        dev: None where it is cut out of train.
        text, text_b, label: columns, by name or index.
        note: what differs from the paper's, for the page; empty if nothing does.
    """

    folder: str
    train: str
    dev: str | None
    test: str
    text: str | None = None
    text_b: str | None = None
    label: str | None = None
    note: str = ""


@dataclass(frozen=True)
class StandardSet:
    """A set.

    Attributes:
        title: as tables write it.
        task: its kind.
        where: to get it from.
        hub: configuration of `HUB` on the Hugging Face hub, and its columns of texts; None where it is not
            there.
    """

    name: str
    title: str
    task: str
    layouts: tuple[Layout, ...]
    where: str
    hub: tuple[str, tuple[str, ...]] | None = None


HUB = "nyu-mll/glue"
_GLUE = "GLUE (gluebenchmark.com/tasks)"
_SENTEVAL = "SentEval's data scripts"
_SICK = ("sentence_A", "sentence_B")
_DEV_AS_TEST = "GLUE's test labels are not public: dev is the test set, and dev is cut out of train"
_PART = f"a part of the whole; {_DEV_AS_TEST}"
_PHRASES = f"{_DEV_AS_TEST}; train has phrases too"
_CUT = "dev is cut out of train"


def _sick(label: str) -> tuple[Layout, ...]:
    return (
        Layout("sick", "train.tsv", "dev.tsv", "test.tsv", *_SICK, label),
        Layout("SICK", "SICK_train.txt", "SICK_trial.txt", "SICK_test_annotated.txt", *_SICK, label),
    )


SETS: dict[str, StandardSet] = {
    one.name: one
    for one in (
        StandardSet(
            "ner", "CoNLL-2003", "tagging",
            (
                Layout("conll2003", "eng.train", "eng.testa", "eng.testb"),
                Layout("conll2003", "train.txt", "valid.txt", "test.txt"),
            ),
            "the CoNLL-2003 shared task, with the Reuters corpus",
        ),
        StandardSet(
            "wnut17", "WNUT-17", "tagging",
            (
                Layout("wnut17", "train.conll", "dev.conll", "test.conll"),
                Layout("wnut17", "wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated"),
            ),
            "the W-NUT 2017 shared task (github.com/leondz/emerging_entities_17)",
        ),
        StandardSet(
            "sst2", "SST-2", "classification",
            (
                Layout("sst2", "train.tsv", "dev.tsv", "test.tsv", "sentence", None, "label"),
                Layout("SST/binary", "sentiment-train", "sentiment-dev", "sentiment-test", "0", None, "1"),
                Layout("SST-2", "train.tsv", None, "dev.tsv", "sentence", None, "label", _PHRASES),
            ),
            f"{_SENTEVAL}, or {_GLUE}", ("sst2", ("sentence",)),
        ),
        StandardSet(
            "mnli", "MNLI", "pair-classification",
            (
                Layout("mnli_part", "train.tsv", None, "dev_matched.tsv", "premise", "hypothesis", "label", _PART),
                Layout(
                    "MNLI", "train.tsv", None, "dev_matched.tsv", "sentence1", "sentence2", "gold_label", _DEV_AS_TEST
                ),
            ),
            _GLUE, ("mnli", ("premise", "hypothesis")),
        ),
        StandardSet("sick-e", "SICK-E", "pair-classification", _sick("entailment_judgment"), _SENTEVAL),
        StandardSet("sick-r", "SICK-R", "pair-regression", _sick("relatedness_score"), _SENTEVAL),
        StandardSet(
            "mrpc", "MRPC", "pair-classification",
            (
                Layout("mrpc", "train.tsv", "dev.tsv", "test.tsv", "#1 String", "#2 String", "Quality"),
                Layout(
                    "MRPC", "msr_paraphrase_train.txt", None, "msr_paraphrase_test.txt", "#1 String", "#2 String",
                    "Quality", _CUT,
                ),
                Layout("MRPC", "train.tsv", None, "dev.tsv", "#1 String", "#2 String", "Quality", _DEV_AS_TEST),
            ),
            f"{_SENTEVAL}, or {_GLUE}", ("mrpc", ("sentence1", "sentence2")),
        ),
        StandardSet(
            "stsb", "STS-B", "pair-regression",
            (
                Layout("stsb", "train.tsv", "dev.tsv", "test.tsv", "sentence1", "sentence2", "score"),
                Layout("STS-B", "train.tsv", None, "dev.tsv", "sentence1", "sentence2", "score", _DEV_AS_TEST),
            ),
            _GLUE, ("stsb", ("sentence1", "sentence2")),
        ),
        StandardSet(
            "cola", "CoLA", "classification",
            (
                Layout("cola", "in_domain_train.tsv", None, "in_domain_dev.tsv", "3", None, "1", _DEV_AS_TEST),
                Layout("CoLA", "train.tsv", None, "dev.tsv", "3", None, "1", _DEV_AS_TEST),
            ),
            _GLUE, ("cola", ("sentence",)),
        ),
        StandardSet(
            "pos", "POS (UD-EWT)", "tagging",
            tuple(
                Layout(
                    folder, "en_ewt-ud-train.conllu", "en_ewt-ud-dev.conllu", "en_ewt-ud-test.conllu", None, None,
                    "upos",
                )
                for folder in ("ud_ewt", "UD_English-EWT")
            ),
            "universaldependencies.org",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """An available set: paths of its files, and its columns, as a plan takes them; and its layout's note."""

    standard: StandardSet
    files: dict[str, str]
    columns: dict[str, str]
    note: str

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a plan that name its data."""
        return {**self.files, **self.columns, "task": self.standard.task}


def standard_set(name: str) -> StandardSet:
    """The set of that name. Raises `InputError` naming the nearest."""
    if name not in SETS:
        raise InputError(say("unknown set '{name}'{name2}", name=name, name2=nearest(name, SETS)), where="--tasks")
    return SETS[name]


def find_set(standard: StandardSet, root: Path, downloads: Path) -> Found | None:
    """The set in one of its layouts under `root`, or else from the hub if `datasets` is installed; None if neither.

    Args:
        downloads: folder for what comes from the hub.
    """
    for layout in standard.layouts:
        for folder in _folders(root, layout.folder):
            files = {"train": layout.train, "dev": layout.dev, "test": layout.test}
            paths = {split: folder / name for split, name in files.items() if name is not None}
            given = {"text": layout.text, "text_b": layout.text_b, "label": layout.label}
            columns = {role: name for role, name in given.items() if name is not None}
            if all(path.is_file() and _has(path, columns.values()) for path in paths.values()):
                return Found(standard, {k: str(p) for k, p in paths.items()}, columns, layout.note)
    return _from_hub(standard, downloads / standard.name)


def _folders(root: Path, name: str) -> Iterator[Path]:
    """Folders of that name under `root`, the case of each part ignored."""
    found = [root]
    for part in name.split("/"):
        inside = [path for folder in found if folder.is_dir() for path in sorted(folder.iterdir())]
        found = [path for path in inside if path.name.lower() == part.lower() and path.is_dir()]
    yield from found


def _has(path: Path, columns: Iterable[str]) -> bool:
    """Whether a file's first line names these columns; those that are indices, and CoNLL-U's, it need not name."""
    if path.suffix == ".conllu":
        return True
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        header = {name.strip() for name in file.readline().rstrip("\r\n").split("\t")}
    return all(name.isdecimal() or name in header for name in columns)


def _from_hub(standard: StandardSet, folder: Path) -> Found | None:
    """GLUE's files through the optional `datasets` package, written to `folder` once; its dev is the test set."""
    if standard.hub is None:
        return None
    configuration, texts = standard.hub
    files = {split: folder / f"{split}.jsonl" for split in ("train", "test")}
    if not all(path.is_file() for path in files.values()):
        try:
            loaded: Any = load(HubSet(HUB, configuration))
        except Exception:  # without the package or a network it fails in many ways; the set is then a missing one
            return None
        dev = "validation_matched" if configuration == "mnli" else "validation"
        for split, path in (("train", files["train"]), (dev, files["test"])):
            _write_rows(path, loaded[split], texts)
    columns = dict(zip(("text", "text_b"), texts, strict=False))
    return Found(standard, {k: str(p) for k, p in files.items()}, {**columns, "label": "label"}, _DEV_AS_TEST)


def _write_rows(path: Path, rows: Any, texts: Sequence[str]) -> None:
    names = getattr(rows.features["label"], "names", None)
    lines = []
    for row in rows:
        label = row["label"] if names is None else names[row["label"]]
        lines.append(json.dumps({**{name: row[name] for name in texts}, "label": label}, ensure_ascii=False))
    write_text(path, "\n".join(lines) + "\n")
