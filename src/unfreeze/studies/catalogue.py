"""All studies by name, and how they run: each writes its page, and one page leads to all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from unfreeze.disk.claim import claimed
from unfreeze.disk.files import write_json, write_text
from unfreeze.errors import InputError, nearest, shown
from unfreeze.language.message import say
from unfreeze.runs.watching import Watcher
from unfreeze.studies import domains, label_count, layers, mutual_information, ner_capacity, pairs, table2, tricks
from unfreeze.studies.asked import Asked
from unfreeze.studies.desk import Desk
from unfreeze.studies.findings import findings_markdown, gathered
from unfreeze.studies.page import Page
from unfreeze.studies.rendering import read_study, write_index, write_study

MARK = "studies.json"


@dataclass(frozen=True)
class Study:
    """A question of the paper and what answers it."""

    question: str
    run: Callable[[Desk], Page]


STUDIES: Mapping[str, Study] = {
    "table2": Study(table2.QUESTION, table2.table2),
    "bi-attention": Study(pairs.BI_ATTENTION, pairs.bi_attention),
    "joint-encoding": Study(pairs.JOINT_ENCODING, pairs.joint_encoding),
    "ner-capacity": Study(ner_capacity.QUESTION, ner_capacity.ner_capacity),
    "fine-tuning-tricks": Study(tricks.QUESTION, tricks.tricks),
    "layers": Study(layers.QUESTION, layers.layers),
    "mutual-information": Study(mutual_information.QUESTION, mutual_information.mutual_information),
    "domains": Study(domains.QUESTION, domains.domains),
    "label-count": Study(label_count.QUESTION, label_count.label_count),
}


def studies_named(given: Sequence[str]) -> list[str]:
    """Studies by their names, `all` among them for every one, each once. Raises `InputError` naming the nearest."""
    if not given:
        raise InputError("name a study, `all` or `list`, or a plan with `studies`", where="NAME")
    for name in given:
        if name not in (*STUDIES, "all"):
            raise InputError(
                say("no study '{name}'{name2}", name=shown(name), name2=nearest(name, (*STUDIES, "all", "list"))),
                where="NAME",
            )
    return list(STUDIES) if "all" in given else list(dict.fromkeys(given))


def run_studies(
    names: Sequence[str], asked: Asked, watcher: Watcher, tell: Callable[[str], None] = lambda line: None
) -> list[Page]:
    """Run studies one after another; cells that were measured before, for whichever study, are not measured again.

    Writes `NAME.html`, `NAME.md`, `NAME.json` each, and after each `index.html` and `findings.md` over all that
    exist. A study that fails does not stop the others.

    Raises:
        InputError: an encoder, a set or the output folder is invalid; raised after all other studies have run.
    """
    with claimed(asked.out, MARK):
        write_json(asked.out / MARK, {"studies": list(STUDIES)})
        desk, pages = Desk(asked, watcher, tell), []
        before = [] if asked.before is None else _there(asked.before)
        failed: list[InputError] = []
        for name in names:
            tell(f"{name}: {STUDIES[name].question}")
            try:
                page = STUDIES[name].run(desk)
            except InputError as error:
                failed.append(error)
                tell(f"  {name} could not run: {error}")
                continue
            desk.tidy()
            write_study(asked.out, page)
            tell(f"  {page.lead}")
            pages.append(page)
            there = _there(asked.out)
            write_index(asked.out, there, gathered(there))
            write_text(asked.out / "findings.md", findings_markdown(there, before))
    if failed:
        raise failed[0]
    return pages


def _there(folder: Path) -> list[Page]:
    """The pages of all studies that a folder has."""
    return [page for page in (read_study(folder, name) for name in STUDIES) if page is not None]
