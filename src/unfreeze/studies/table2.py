"""Table 2: frozen or tuned, per encoder and task, each with the paper's task model."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations, product

from unfreeze.methods.table import method_named
from unfreeze.recipe import MethodName
from unfreeze.studies.asked import About, Measured
from unfreeze.studies.desk import Desk
from unfreeze.studies.evidence import difference, gap_entry, gap_row, score_entry, sign_claim, sign_of
from unfreeze.studies.figures import gaps
from unfreeze.studies.page import Claim, Entry, Page, Table
from unfreeze.studies.page_of import NAMES, page_of
from unfreeze.studies.published import COLUMNS, WAYS, published, published_difference
from unfreeze.studies.recipes import paper_recipes
from unfreeze.studies.sets import SETS
from unfreeze.tasks.kinds import task as task_called

QUESTION = "Frozen or fine-tuned, for each encoder and task?"
_Key = tuple[str, MethodName, str]  # encoder, method, set
_PAIRS = ("mnli", "sick-e", "sick-r", "mrpc", "stsb")
DIFFERS = (
    "Tuned transformers read the mean of all pieces, where the paper took [CLS]; frozen heads are 128 wide, and a "
    "frozen tagger has a CRF and one sentence at a time, where the paper's for BERT had none and read documents; SST-2 "
    "is trained on whole sentences.",
    "Of the published skip-thoughts numbers, MRPC has hand-made features beside and SICK-R a second encoder trained on "
    "captions; tuned BERT is Devlin et al.'s, but for SICK.",
)


def table2(desk: Desk) -> Page:
    """Every set with every encoder, both ways."""
    tasks, encoders = desk.tasks(*COLUMNS), desk.encoders()
    cells = {
        (one.name, method, task): desk.cell(task, one, paper_recipes(desk.asked, one, task, method_named(method)))
        for one in encoders for task in tasks for method in _ways(one, task)
    }  # fmt: skip
    results = desk.measured(cells)
    rows: list[tuple[str | Entry, ...]] = []
    claims: list[Claim] = []
    drawn: list[dict[str, object]] = []
    for one in encoders:
        for method in WAYS:
            found = [results.get((one.name, method, task)) for task in tasks]
            if any(found):
                entries = (
                    score_entry(cell, published(one.role, method, task))
                    for cell, task in zip(found, tasks, strict=True)
                )
                rows.append((f"{one.shown}, {NAMES[method]}", *entries))
        if not one.tunable:
            continue
        gap_entries = []
        for task in tasks:
            frozen, tuned = (results.get((one.name, method, task)) for method in WAYS)
            gap_entries.append(_gap(one, task, frozen, tuned, claims, drawn))
        rows.append((f"{one.shown}, difference", *gap_entries))
    claims += _order(encoders, tasks, results)
    claims += _conclusions(encoders, tasks, results)
    titles = tuple(SETS[task].title for task in tasks)
    table = Table(
        "Test scores, mean ± standard deviation over seeds; differences (fine-tuning minus feature extraction) with "
        "95 % intervals over items and seeds",
        ("", *titles), tuple(rows),
        "Accuracy; Pearson correlation for SICK-R and STS-B; span F1 for CoNLL-2003. Beside our numbers what the paper "
        "printed for ELMo, BERT-base and skip-thoughts of the published sizes.",
    )  # fmt: skip
    return page_of(
        desk, "table2", QUESTION, "Table 2", (table,) if results else (), claims, list(results.values()),
        differs=DIFFERS,
        figure=gaps(drawn, "Fine-tuning minus feature extraction, points: ours with intervals, the paper's as rings"),
    )  # fmt: skip


def _conclusions(encoders: list[About], tasks: list[str], results: Mapping[_Key, Measured]) -> list[Claim]:
    """What practitioners conclude about pairs: extract features from an ELMo; a BERT is better than an ELMo."""
    made = []
    for task in (task for task in tasks if task in _PAIRS):
        title = SETS[task].title
        for one in (one for one in encoders if one.role == "ELMo"):
            frozen, tuned = (results[one.name, method, task] for method in WAYS)
            about, gap = f"{one.shown}, tuned minus frozen", difference(tuned, frozen)
            made.append(sign_claim(f"{title}: extract features", about, gap, -1, (tuned, frozen), 3))
            for other in (other for other in encoders if other.role == "BERT"):
                for method in WAYS:
                    both = results[other.name, method, task], results[one.name, method, task]
                    about = f"{other.shown} minus {one.shown}, {NAMES[method]}"
                    made.append(sign_claim(f"{title}: BERT is good at pairs", about, difference(*both), 1, both, 4))
    return made


def _order(encoders: list[About], tasks: list[str], results: Mapping[_Key, Measured]) -> list[Claim]:
    """For every two encoders in different places of the paper's table: which is better, each frozen and tuned."""
    made = []
    for first, second in permutations(encoders, 2):
        for method, task in product(WAYS, tasks):
            better, worse = (published(one.role, method, task) for one in (first, second))
            cells = results.get((first.name, method, task)), results.get((second.name, method, task))
            if better is None or worse is None or cells[0] is None or cells[1] is None or better <= worse:
                continue
            known = round(better - worse, 1)
            text = f"{SETS[task].title}: {first.role} above {second.role}" if sign_of(known) else (
                f"{SETS[task].title}: {first.role} within a point of {second.role}"
            )  # fmt: skip
            about = f"{first.shown} minus {second.shown}, {NAMES[method]}"
            gap = difference(cells[0], cells[1])
            made.append(
                sign_claim(f"{text} (published {known:+.1f})", about, gap, sign_of(known), (cells[0], cells[1]))
            )
    return made


def _ways(one: About, task: str) -> tuple[MethodName, ...]:
    if not one.tags and task_called(SETS[task].task).target.per_word:
        return ()
    return WAYS if one.tunable else WAYS[:1]


def _gap(
    one: About, task: str, frozen: Measured | None, tuned: Measured | None, claims: list[Claim],
    drawn: list[dict[str, object]],
) -> Entry:  # fmt: skip
    """The difference's entry; its claim and its row of the figure are added."""
    if frozen is None or tuned is None:
        return Entry("–")
    gap, known = difference(tuned, frozen), published_difference(one.role, task)
    title = SETS[task].title
    drawn.append(gap_row(f"{one.shown}, {title}", gap, known))
    if known is not None:
        sign = sign_of(known)
        says = {1: "fine-tuning is better", -1: "feature extraction is better", 0: "the two are within a point"}[sign]
        about = f"{one.shown} ({one.role}), {title}"
        claims.append(sign_claim(f"{title}: {says} (published {known:+.1f})", about, gap, sign, (tuned, frozen)))
    return gap_entry(gap, known)
