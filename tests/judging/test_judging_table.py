"""Each field of a record, setting, choice, floor and plan changes exactly these fields of the evidence and the result.

One field is changed at a time in a comparison that was read; what moved in the flattened outputs is compared with the
table. Sentences of the verdict are left out here: they follow from the evidence (`test_verdict.py`, `test_doubts.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from made_comparison import make_comparison

from unfreeze.data.audit import Lengths, Overlap, SplitAudit
from unfreeze.data.unread import Unread
from unfreeze.judging import judge
from unfreeze.judging.evidence import Evidence
from unfreeze.judging.read import Compared, Comparison, read_compared, statistics_of
from unfreeze.judging.result import Result
from unfreeze.recipe import MethodName
from unfreeze.records.comparison import Choice, EpochPoint, Rung, RunRecord

Edit = Callable[[Comparison], Comparison]
FROZEN, TUNED = "feature-extraction", "fine-tuning"
SIZES = {"train": 1000, "dev": 200, "test": 60}


def overlaps(train_test: int, dev_test: int, train_dev: int) -> tuple[Overlap, ...]:
    """So many test items that are in train, in dev, and dev items that are in train."""
    return Overlap("train", "test", train_test), Overlap("dev", "test", dev_test), Overlap("train", "dev", train_dev)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """A comparison whose runs differ in every field that is judged."""
    folder = make_comparison(
        tmp_path_factory.mktemp("table"), "classification", items=60, seeds=2, floor=0.5, probes=True
    )
    compared = read_compared(make_comparison(folder, "classification", items=60, seeds=2, floor=0.5, probes=True))
    (comparison,) = compared.comparisons.values()
    records = {
        name: replace(run, work=1000 + number, states={"joint mean": 50}, diverged=False, degenerate=False)
        for number, (name, run) in enumerate(comparison.records.items())
    }
    labels = {"negative": 80, "neutral": 70, "positive": 50}
    audit = replace(
        comparison.setting.audit,
        splits={"dev": SplitAudit(200, labels, words=Lengths(20))},
        overlaps=overlaps(4, 3, 2),
        unread={split: Unread("pieces", 100, 10) for split in SIZES},
    )
    encoder = replace(comparison.setting.encoder, piece_work=700)
    setting = replace(comparison.setting, audit=audit, encoder=encoder)
    return replace(compared, comparisons={"minilm": replace(comparison, setting=setting, records=records)})


def judged(compared: Compared) -> tuple[Result, Evidence]:
    """The result, and the evidence that its verdict was made from."""
    seen: list[Evidence] = []
    with pytest.MonkeyPatch.context() as patch:
        decide = judge.decide
        patch.setattr(judge, "decide", lambda evidence: (seen.append(evidence), decide(evidence))[1])
        result = judge.result_of(compared)
    return result, seen[0]


def flat(values: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of nested ones with its path."""
    if isinstance(values, dict | list | tuple):
        items = values.items() if isinstance(values, dict) else enumerate(values)
        for key, value in items:
            yield from flat(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, values


SENTENCES = ("headline", "detail", "reasons", "doubts", "next_step")


def outputs(compared: Compared) -> tuple[dict[str, Any], dict[str, Any]]:
    result, evidence = judged(compared)
    values = result.to_dict()
    values["verdict"] = {key: value for key, value in values["verdict"].items() if key not in SENTENCES}
    return dict(flat(values)), dict(flat(asdict(evidence)))


def moved(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {path for path in {*before, *after} if before.get(path, "none") != after.get(path, "none")}


def record(run: str, **fields: Any) -> Edit:
    """Changes a run of fine-tuning: `first` or `final` (seeds 0 and 1), or `trial` (the first recipe tried)."""

    def edit(comparison: Comparison) -> Comparison:
        choice = comparison.choices[TUNED]
        name = {"first": choice.runs[0], "final": choice.runs[1], "trial": choice.trials[0]}[run]
        return replace(comparison, records={**comparison.records, name: replace(comparison.records[name], **fields)})

    return edit


def choice(**fields: Any) -> Edit:
    return lambda c: replace(c, choices={**c.choices, TUNED: replace(c.choices[TUNED], **fields)})


def setting(part: str, **fields: Any) -> Edit:
    return lambda c: replace(c, setting=replace(c.setting, **{part: replace(getattr(c.setting, part), **fields)}))


def floor(**fields: Any) -> Edit:
    return lambda c: replace(c, floor=replace(c.floor, **fields))  # type: ignore[type-var]


RUN = "arms.1.runs.1"
TABLE: dict[str, tuple[Edit, set[str], set[str]]] = {
    "final dev": (
        record("final", dev={"accuracy": 0.9}),
        {f"{RUN}.dev", "arms.1.dev.mean", "arms.1.dev.std"},
        {"arms.1.dev"},
    ),
    "final degenerate on dev": (
        record("final", degenerate=True),
        {f"{RUN}.degenerate", f"{RUN}.degenerate_on.0"},
        {"arms.1.flat.dev"},
    ),
    "final diverged": (record("final", diverged=True), {f"{RUN}.diverged"}, {"arms.1.diverged"}),
    "final seed": (record("final", seed=9), {f"{RUN}.seed"}, set()),
    "final train_s": (
        record("final", train_s=50.0),
        {"arms.1.cost.train_s", "arms.1.cost.all_runs_s"},
        {"arms.1.train_s"},
    ),
    "final peak_mb": (record("final", peak_mb=1e6), {"arms.1.cost.peak_mb"}, set()),
    "final work": (record("final", work=5000), {"arms.1.cost.work"}, {"arms.1.work"}),
    "final states": (record("final", states={"joint max": 7}), {"arms.1.cost.work"}, {"arms.1.work"}),
    "final uncounted": (
        record("final", work=None),
        {"arms.1.cost.work", "arms.1.cost.work_is_estimated"},
        {"arms.1.work", "arms.1.work_is_estimated"},
    ),
    "final trained_parameters": (record("final", trained_parameters=77), set(), set()),
    "final best_epoch": (record("final", best_epoch=0), set(), set()),
    "first stored_mb": (record("first", stored_mb=5.0), {"arms.1.cost.stored_mb"}, {"arms.1.stored_mb"}),
    "first trained_parameters": (
        record("first", trained_parameters=77),
        {"arms.1.cost.trained_parameters"},
        {"arms.1.trained_parameters"},
    ),
    "trial dev": (record("trial", dev={"accuracy": 0.1}), {"arms.1.trials.0.dev"}, set()),
    "trial train_s": (
        record("trial", train_s=50.0),
        {"arms.1.trials.0.train_s", "arms.1.cost.all_runs_s"},
        {"arms.1.train_s"},
    ),
    "trial work": (record("trial", work=5000), {"arms.1.cost.work"}, {"arms.1.work"}),
    "trial peak_mb": (record("trial", peak_mb=1e6), set(), set()),
    "trial diverged": (record("trial", diverged=True), set(), set()),
    "trial stopped": (record("trial", stopped=0.8), {"arms.1.trials.0.stopped"}, set()),
    "trial rung": (record("trial", rung=Rung((EpochPoint(1, 9, 0.5, 0.6, 1.0, 0.1),), 5, last=False)), set(), set()),
    "choice extract_s": (
        choice(extract_s=5.5),
        {"arms.1.cost.extract_s", "arms.1.cost.extract_all_s"},
        {"arms.1.extract_s"},
    ),
    "choice extract_all_s": (choice(extract_all_s=7.5), {"arms.1.cost.extract_all_s"}, {"arms.1.extract_s"}),
    "choice latency of one": (
        choice(latency_ms={"1": 7.0, "32": 88.0}),
        {"arms.1.cost.latency_ms.1"},
        {"arms.1.latency_ms"},
    ),
    "choice latency of many": (choice(latency_ms={"1": 6.1, "32": 89.0}), {"arms.1.cost.latency_ms.32"}, set()),
    "final machine": (record("final", machine="x"), {"arms.1.cost.machines.1"}, {"arms.1.machines.1"}),
    "trial machine": (
        record("trial", machine="x"),
        {"arms.1.cost.machines.0", "arms.1.cost.machines.1"},
        {"arms.1.machines.0", "arms.1.machines.1"},
    ),
    "final host": (record("final", host="x"), set(), set()),
    "choice machine": (
        choice(machine="x"),
        {"arms.1.cost.latency_machines.0"},
        {"arms.1.latency_machines.0"},
    ),
    "choice best_run": (choice(best_run="another"), {"arms.1.best_run"}, set()),
    "plan equivalence": (
        lambda c: c,  # of the whole, see below
        {"equivalence", "plan.equivalence", "differences.0.finding"},
        {"equivalence"},
    ),
    "data name": (setting("data", name="other"), {"data.name"}, set()),
    "data files": (setting("data", files={"train": "x"}), {f"data.files.{split}" for split in SIZES}, set()),
    "data said": (setting("data", said=("Other.",)), {"data.said.0"}, set()),
    "data question": (setting("data", question="z"), {"data.question", "encoders.minilm.question"}, set()),
    "data truncated": (
        setting("data", truncated={"train": 0.5, "dev": 0.0, "test": 0.004}),
        {"data.truncated.train", "encoders.minilm.truncated.train"},
        {"data.truncated"},
    ),
    "data sizes of dev": (
        setting("data", sizes={**SIZES, "dev": 201}),
        {"data.sizes.dev"},
        {"data.dev_size", "data.truncated"},
    ),
    "audit overlap of train and test": (
        setting("audit", overlaps=overlaps(9, 3, 2)),
        {"data.audit.overlaps.0.count"},
        {"data.test_in_train"},
    ),
    "audit overlap of dev and test": (
        setting("audit", overlaps=overlaps(4, 9, 2)),
        {"data.audit.overlaps.1.count"},
        {"data.test_in_dev"},
    ),
    "audit overlap of train and dev": (
        setting("audit", overlaps=overlaps(4, 3, 9)),
        {"data.audit.overlaps.2.count"},
        set(),
    ),
    "audit rare": (setting("audit", rare={"neutral": 3}), {"data.audit.rare.neutral"}, {"data.rare_labels.0"}),
    "audit lines": (setting("audit", lines=("Other.",)), {"data.audit.lines.0"}, set()),
    "audit unread": (
        setting("audit", unread={split: Unread("pieces", 100, 10 if split == "dev" else 40) for split in SIZES}),
        {f"{at}.unread.{split}.unknown" for at in ("data.audit", "encoders.minilm") for split in ("train", "test")},
        {"data.unread"},
    ),
    "audit labels of dev": (
        setting("audit", splits={"dev": SplitAudit(200, {"neutral": 200}, words=Lengths(20))}),
        {f"data.audit.splits.dev.labels.{label}" for label in ("negative", "neutral", "positive")},
        {"data.dev_is_blind", "arms.0.flat.dev", "arms.1.flat.dev"},
    ),
    "encoder name": (setting("encoder", name="other"), {"encoders.minilm.name"}, set()),
    "encoder fixed": (setting("encoder", fixed="it is static"), {"encoders.minilm.fixed"}, {"fixed"}),
    "encoder piece_work": (
        setting("encoder", piece_work=900),
        {"encoders.minilm.piece_work", "arms.0.cost.piece_work", "arms.1.cost.piece_work"},
        {"arms.0.piece_work", "arms.1.piece_work"},
    ),
    "encoder layers": (setting("encoder", layers=9), {"encoders.minilm.layers"}, set()),
    "environment date": (setting("environment", date="now"), {"environment.date"}, set()),
    "environment precision": (
        setting("environment", precision="bf16"),
        {"environment.precision", "encoders.minilm.precision"},
        set(),
    ),
    "floor dev": (floor(dev={"accuracy": 0.2}), {"floor.dev"}, set()),
    "floor name": (floor(name="bag-of-letters"), {"floor.name"}, {"floor.name"}),
    "floor chosen": (floor(chosen={"C": 9.0}), {"floor.chosen.C"}, set()),
    "floor train_s": (floor(train_s=9.0), {"floor.train_s"}, set()),
    "floor trained_on": (floor(trained_on=9), {"floor.trained_on"}, set()),
    "no probes": (lambda c: replace(c, probes=None), {"probes"}, set()),
}  # fmt: skip


@pytest.fixture(scope="module")
def before(whole: Compared) -> tuple[dict[str, Any], dict[str, Any]]:
    return outputs(whole)


@pytest.mark.parametrize("name", TABLE)
def test_a_field_moves_what_it_should_and_nothing_else(
    name: str, whole: Compared, before: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    edit, in_result, in_evidence = TABLE[name]
    changed = replace(whole, comparisons={"minilm": edit(whole.first)})
    if name == "plan equivalence":
        changed = replace(changed, plan=replace(changed.plan, equivalence=0.02))
    result, evidence = outputs(changed)
    found = moved(before[0], result)
    if name == "no probes":
        found = {path.split(".")[2] for path in found}
    assert found - {path for path in found if path.startswith("verdict.findings.")} == in_result
    assert moved(before[1], evidence) == in_evidence


def own_deviation(whole: Compared, method: MethodName) -> float:
    """Between the runs of a method, less what single items are right in the one and wrong in the other by luck."""
    right = statistics_of(whole.first, method)[..., 0]
    own = right - right.mean(0)
    luck = ((own - own.mean(1, keepdims=True)) ** 2).sum() / (len(right) - 1) / right.shape[1] ** 2
    return float(max(0.0, right.mean(1).var(ddof=1) - luck)) ** 0.5


def test_the_evidence_has_the_numbers_of_the_result(whole: Compared) -> None:
    """Not only does it move with the right fields: each number is the right one."""
    result, evidence = judged(whole)
    frozen, tuned = result.arms
    assert evidence.difference is not None
    assert evidence.difference.mean == pytest.approx(tuned.test.mean - frozen.test.mean)
    assert (evidence.difference.lo, evidence.difference.hi) == result.differences[0].ci95
    for arm, found in zip(result.arms, evidence.arms, strict=True):
        assert (found.id, found.encoder, found.recipe) == (arm.id, None, arm.recipe.brief)
        assert (found.dev, found.test, found.test_ci95) == (arm.dev.mean, arm.test.mean, arm.test.ci95)
        assert found.seed_std == pytest.approx(own_deviation(whole, arm.method), abs=0.004)
        assert (found.seeds, found.train_s, found.extract_s) == (2, arm.cost.all_runs_s, arm.cost.extract_all_s)
        assert (found.latency_ms, found.stored_mb, found.work, found.piece_work) == (
            arm.cost.latency_ms["1"], arm.cost.stored_mb, arm.cost.work, arm.cost.piece_work,
        )  # fmt: skip
    assert evidence.data.truncated == pytest.approx((0.012 * 1000 + 0.004 * 60) / 1260)
    assert evidence.data.unread == pytest.approx(0.1)
    assert (evidence.data.test_in_train, evidence.data.test_in_dev, evidence.data.dev_size) == (4, 3, 200)
    assert (evidence.test_size, evidence.equivalence, evidence.metric) == (60, 0.005, "accuracy")
    assert evidence.floor is not None
    assert evidence.floor.name == "bag of words"
    for arm in result.arms:
        assert evidence.floor.gains[arm.id].mean == pytest.approx(arm.test.mean - evidence.floor.test)


def test_one_answer_on_dev_and_test_is_a_failed_training(whole: Compared) -> None:
    comparison = whole.first
    run = comparison.choices[TUNED].runs[1]
    test = comparison.tests[run]
    gold = [item.label for item in comparison.items]
    share = float(np.mean([label == "neutral" for label in gold]))
    flat_test = replace(test, predictions=("neutral",) * len(gold), metrics={**test.metrics, "accuracy": share})
    flat_run = replace(comparison.records[run], degenerate=True)
    changed = replace(
        comparison, records={**comparison.records, run: flat_run}, tests={**comparison.tests, run: flat_test}
    )
    result, evidence = judged(replace(whole, comparisons={"minilm": changed}))
    assert result.arms[1].runs[1].degenerate_on == ("dev", "test")
    assert [(arm.degenerate, dict(arm.flat)) for arm in evidence.arms] == [
        (0, {"dev": 0, "test": 0}),
        (1, {"dev": 0, "test": 0}),
    ]


def test_fewer_seeds_are_counted(whole: Compared) -> None:
    comparison = whole.first
    alone = {name: replace(choice, runs=choice.runs[:1]) for name, choice in comparison.choices.items()}
    alone[FROZEN] = comparison.choices[FROZEN]
    _, evidence = judged(replace(whole, comparisons={"minilm": replace(comparison, choices=alone)}))
    assert [arm.seeds for arm in evidence.arms] == [2, 1]


def test_every_field_of_a_record_and_a_choice_is_in_the_table_or_plays_no_part() -> None:
    named = {name.split()[1] for name in TABLE if name.startswith(("first", "final", "trial", "choice"))}
    fields = {*RunRecord.__dataclass_fields__, *Choice.__dataclass_fields__}
    elsewhere = {
        "id", "method", "recipe", "curve", "layer_weights", "chosen", "examples_per_s",
        "trials", "runs", "latency_ms",
    }  # fmt: skip
    assert fields - named == elsewhere
