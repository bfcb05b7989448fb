"""More than two arms: which to use, in which words; several encoders read from their folders and judged together."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from made_comparison import make_comparison

from unfreeze.errors import InputError
from unfreeze.judging.cheaper import cheapest, cheapest_first
from unfreeze.judging.evidence import ArmEvidence, DataTrust, Evidence, Floor
from unfreeze.judging.judge import judge
from unfreeze.judging.result import Verdict
from unfreeze.judging.result_json import read_result
from unfreeze.judging.simultaneous import Differences, Pair
from unfreeze.judging.spread import Spread
from unfreeze.judging.stats import Difference
from unfreeze.judging.verdict import decide
from unfreeze.records.encoders import encoders_of, folder_of, write_encoders

FROZEN, TUNED = "feature-extraction", "fine-tuning"


def arm(method: str, encoder: str, test: float, work: float, **more: Any) -> ArmEvidence:
    values = {"recipe": "linear head", "dev": test, "test_ci95": (test - 0.02, test + 0.02), "seed_std": 0.002,
              "seeds": 5, "degenerate": 0, "train_s": 10.0, "extract_s": 1.0, "latency_ms": 5.0, "stored_mb": 4.0,
              "trained_parameters": 10, "piece_work": 1e6, **more}  # fmt: skip
    return ArmEvidence(method=method, encoder=encoder, test=test, work=work, **values)


def table(arms: Sequence[ArmEvidence], half: float, **more: Any) -> Evidence:
    """Evidence in which every difference has an interval of this half-width jointly, and of a half of it alone."""
    pairs = []
    for first, second in combinations(range(len(arms)), 2):
        mean = arms[first].test - arms[second].test
        alone, jointly = (
            Difference(mean, mean - half / 2, mean + half / 2, 0.01),
            Difference(mean, mean - half, mean + half, 0.02),
        )
        pairs.append(Pair(first, second, alone, jointly))
    differences = Differences(tuple(pairs), 0.0164)  # 2.4 standard errors
    values = {
        "equivalence": 0.005,
        "test_size": 2000,
        "encoders": dict.fromkeys((a.encoder or "" for a in arms), DataTrust()),
    }
    return Evidence("accuracy", tuple(arms), None, differences=differences, **{**values, **more})


ARMS = (
    arm(FROZEN, "glove", 0.80, 1e9),
    arm(FROZEN, "minilm", 0.85, 2e9),
    arm(TUNED, "minilm", 0.87, 50e9),
)


def verdict_of(half: float, arms: Sequence[ArmEvidence] = ARMS, **more: Any) -> Verdict:
    return decide(table(arms, half, **more))


def test_an_arm_that_is_better_than_every_other_is_the_choice() -> None:
    verdict = verdict_of(0.01)
    assert (verdict.choice, verdict.use, verdict.leader) == ("minilm/fine-tuning",) * 3
    assert verdict.contenders == ("minilm/fine-tuning",)
    assert verdict.findings == {"glove/feature-extraction": "clear", "minilm/feature-extraction": "clear"}
    assert verdict.headline == (
        "Fine-tune minilm (linear head): 87.0 accuracy on the test set, better than each of the 2 others; the nearest "
        "is feature extraction of minilm, behind by +2.0 points [+1.0, +3.0]."
    )
    assert verdict.reasons[0] == (
        "Of 3 arms fine-tuning of minilm has the highest score: 87.0 accuracy on the test set (95 % interval 85.0 to "
        "89.0)."
    )
    assert verdict.reasons[1].startswith("Worse by more than 0.5 points: feature extraction of glove (behind by +7.0 ")
    assert verdict.doubts == ()
    assert "unfreeze predict" in verdict.next_step


def test_among_those_that_cannot_be_told_from_the_leader_the_cheapest_is_used() -> None:
    verdict = verdict_of(0.03)
    assert (verdict.choice, verdict.use) == ("undecided", "minilm/feature-extraction")
    assert verdict.contenders == ("minilm/feature-extraction", "minilm/fine-tuning")
    assert verdict.findings == {"glove/feature-extraction": "clear", "minilm/feature-extraction": "undecided"}
    assert verdict.headline == (
        "Undecided: fine-tuning of minilm has the highest score, 87.0 accuracy, but feature extraction of "
        "minilm is not worse beyond doubt; until then use feature extraction of minilm (linear head), which takes less "
        "computing (2 against 50 billion multiply-adds; measured here: 11 s against 11 s)."
    )
    assert any(reason.startswith("Undecided, not equal") for reason in verdict.reasons)
    assert verdict.next_step.startswith("Fine-tuning of minilm or feature extraction of minilm? More ")


def test_three_methods_on_one_encoder_are_called_by_their_methods() -> None:
    arms = (
        replace(ARMS[1], encoder=None),
        replace(ARMS[1], encoder=None, method="lora", test=0.868, work=30e9),
        replace(ARMS[2], encoder=None),
    )
    verdict = verdict_of(0.03, arms, encoders={}, data=DataTrust(truncated=0.2))
    assert (verdict.use, verdict.leader) == (FROZEN, TUNED)
    assert verdict.contenders == (FROZEN, "lora", TUNED)
    assert verdict.headline.startswith("Undecided: fine-tuning has the highest score, 87.0 accuracy, but feature ")
    assert (
        "use feature extraction (linear head), which takes the least computing (2 against 30 billion"
        in verdict.headline
    )
    assert verdict.doubts == ("20 % of the texts are cut at the encoder's limit; what is cut is not read.",)
    clear = verdict_of(0.001, (*arms[:2], replace(arms[2], test=0.9)), encoders={})
    assert clear.headline.startswith("Fine-tune the encoder (linear head): 90.0 accuracy on the test set, better than")


def test_intervals_of_pairs_alone_would_choose_but_the_simultaneous_ones_decide() -> None:
    """The nearest rival is 2 points behind: alone its interval is 1.25 to 2.75 points, jointly 0.5 to 3.5."""
    assert verdict_of(0.0149).choice == "minilm/fine-tuning"
    assert verdict_of(0.0201).choice == "undecided"


def test_what_would_decide_is_planned_for_the_simultaneous_interval() -> None:
    """0.5 points of standard error from items: 1 point takes (2.4 + 0.84)² / 2² = 2.63 times; with 1.96 it is 1.96."""
    evidence = table(ARMS, 0.03)
    assert evidence.differences is not None
    spread = Spread(0.005**2, 0.0, 8.0)
    pairs = tuple(replace(pair, jointly=replace(pair.jointly, spread=spread)) for pair in evidence.differences.pairs)
    planned = decide(replace(evidence, differences=replace(evidence.differences, pairs=pairs))).next_step
    assert planned.endswith(
        "About 5,300 test items instead of 2,000 would show a true difference of 1 point in 4 of 5 cases."
    )


def test_a_leader_that_is_cheapest_of_its_contenders_is_used_though_it_is_too_close() -> None:
    arms = (ARMS[0], replace(ARMS[1], test=0.869), replace(ARMS[2], work=1.9e9))
    verdict = verdict_of(0.03, arms)
    assert (verdict.choice, verdict.leader) == ("undecided", "minilm/fine-tuning")
    assert verdict.use == "minilm/feature-extraction"  # within a quarter of the cost: the one that shares the encoder
    verdict = verdict_of(0.03, (ARMS[0], replace(ARMS[1], work=50e9, test=0.869), replace(ARMS[2], work=1e9)))
    assert verdict.use == verdict.leader == "minilm/fine-tuning"
    assert "; until then use it, which takes less computing" in verdict.headline
    assert "unfreeze predict" in verdict.next_step  # what is undecided would change nothing


@pytest.mark.parametrize(
    ("arms", "order"),
    [
        (ARMS, (0, 1, 2)),
        (ARMS[::-1], (2, 1, 0)),
        ((ARMS[2], replace(ARMS[1], work=49e9, piece_work=9e6), replace(ARMS[0], work=51e9, stored_mb=1.0)), (2, 0, 1)),
        ((ARMS[2], replace(ARMS[1], work=50e9)), (1, 0)),
    ],
)
def test_the_order_of_costs(arms: Sequence[ArmEvidence], order: tuple[int, ...]) -> None:
    """By work, among those of about the same work by piece work, then by megabytes, then the one that shares most."""
    assert cheapest_first(arms) == [arms[place] for place in order]
    assert cheapest(arms)[0] == arms[order[0]]


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ({"encoders": {"glove": DataTrust(unread=0.5), "minilm": DataTrust()}}, "unknown pieces to glove"),
        (
            {"encoders": {"glove": DataTrust(), "minilm": DataTrust(truncated=0.3)}},
            "30 % of the texts are cut at minilm's",
        ),
        ({"data": DataTrust(test_in_train=40)}, "40 of 2,000 test items"),
        ({"test_size": 100}, "The test set is small (100 items)"),
        (
            {"floor": Floor("bag of words", 0.86, {"minilm/fine-tuning": Difference(0.01, -0.01, 0.03, 0.2)})},
            "Nothing is shown to be better than a bag of words: it reaches 86.0 accuracy without the encoder, "
            "fine-tuning of minilm, the "
            "best, 87.0,",
        ),
    ],
)
def test_doubts_name_the_encoder_or_the_arm(change: dict[str, Any], doubt: str) -> None:
    (only,) = verdict_of(0.01, **change).doubts
    assert doubt in only


def test_dev_that_prefers_another_arm_is_doubted() -> None:
    arms = (ARMS[0], replace(ARMS[1], dev=0.9), ARMS[2])
    (doubt,) = verdict_of(0.01, arms).doubts
    assert doubt == (
        "Dev and test disagree: fine-tuning of minilm minus feature extraction of minilm is -3.0 points on dev, "
        "+2.0 points on test."
    )


def test_failed_training_comes_before_everything_else() -> None:
    arms = (*ARMS[:2], replace(ARMS[2], degenerate=2))
    verdict = verdict_of(0.01, arms)
    assert verdict.next_step.startswith("Give fine-tuning of minilm a lower learning rate")
    assert "2 of 5 final runs of fine-tuning of minilm gave one answer for every item" in verdict.doubts[0]


def change(folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """Changes `comparison.json`."""
    path = folder / "comparison.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    edit(values)
    path.write_text(json.dumps(values), encoding="utf-8")


RATES = {"glove": {FROZEN: 0.3, TUNED: 0.28}, "minilm": {FROZEN: 0.12, TUNED: 0.02}}


@pytest.fixture
def several(tmp_path: Path) -> Callable[..., Path]:
    """`several(kind)`: comparisons of two encoders on the same items in one folder."""

    def make(kind: str = "classification", items: int = 80, **other: int) -> Path:
        encoders = encoders_of(["glove", "minilm"])
        for name, rates in RATES.items():
            folder = folder_of(tmp_path, encoders, name)
            folder.mkdir(parents=True)
            make_comparison(folder, kind, items=other.get(name, items), seeds=2, rates=rates, floor=0.5)
            change(folder, lambda values: values["encoder"].update(name=name))  # noqa: B023
            change(folder, lambda values: values["plan"].update(encoder=name))  # noqa: B023
        write_encoders(tmp_path, encoders)
        return tmp_path

    return make


def test_several_encoders_are_judged_together(several: Callable[..., Path]) -> None:
    folder = several()
    result = judge(folder)
    assert [arm.id for arm in result.arms] == [f"{e}/{m}" for e in ("glove", "minilm") for m in (FROZEN, TUNED)]
    assert list(result.encoders) == ["glove", "minilm"]
    assert len(result.differences) == 6
    assert result.verdict.leader == "minilm/fine-tuning"
    assert set(result.floor.gains) == {arm.id for arm in result.arms} if result.floor else False
    assert (result.plan.encoder, result.plan.out) == (("glove", "minilm"), str(folder))
    assert result.difference is None
    with pytest.raises(ValueError, match="methods of 2 encoders"):
        _ = result.methods
    assert read_result(folder) == result
    for pair in result.differences:
        first, second = result.arm(pair.first), result.arm(pair.second)
        assert pair.mean == pytest.approx(first.test.mean - second.test.mean)
        assert pair.joint_ci95[0] <= pair.ci95[0] <= pair.mean <= pair.ci95[1] <= pair.joint_ci95[1]
        assert pair.p <= pair.joint_p <= 1
        assert result.between(pair.second, pair.first).mean == -pair.mean
    for found in result.arms:
        assert found.test.joint_ci95[0] <= found.test.ci95[0] < found.test.ci95[1] <= found.test.joint_ci95[1]


def test_an_encoder_alone_gets_the_scores_that_it_gets_among_several(several: Callable[..., Path]) -> None:
    folder = several()
    together, alone = judge(folder), judge(folder / "encoders" / "minilm")
    for found in alone.arms:
        other = together.arm(f"minilm/{found.method}")
        assert (other.test.mean, other.test.ci95, other.runs, other.cost) == (
            found.test.mean, found.test.ci95, found.runs, found.cost,
        )  # fmt: skip


def test_encoders_with_other_test_items_or_another_task_are_refused(
    several: Callable[..., Path],
) -> None:
    folder = several(glove=40)
    with pytest.raises(InputError, match=r"minilm/items\.parquet: has other test items than .*glove; delete it"):
        judge(folder)
    names = ["neutral", "negative", "positive"]
    change(folder / "encoders" / "minilm", lambda values: values["labels"].update(names=names))
    with pytest.raises(InputError, match=r"minilm/comparison\.json: is about another task or other labels than"):
        judge(folder)


def test_the_only_encoder_that_is_left_keeps_its_name_and_its_doubts_are_raised_once(
    several: Callable[..., Path],
) -> None:
    folder = several()
    write_encoders(folder, replace(encoders_of(["glove", "minilm"]), dropped={"glove": "far behind"}))
    change(folder / "encoders" / "minilm", lambda values: values["data"]["truncated"].update(train=0.9))
    result = judge(folder)
    assert [arm.id for arm in result.arms] == ["minilm/feature-extraction", "minilm/fine-tuning"]
    assert dict(result.dropped) == {"glove": "far behind"}
    assert "fine-tuning of minilm minus feature extraction of minilm is" in result.verdict.headline
    assert [doubt for doubt in result.verdict.doubts if "are cut at" in doubt] == [
        "70 % of the texts are cut at minilm's limit; what is cut is not read."
    ]


@pytest.mark.parametrize(("blind", "doubted"), [(("glove", "minilm"), True), (("glove",), False), ((), False)])
def test_dev_is_blind_where_it_is_so_for_every_encoder(
    blind: tuple[str, ...], doubted: bool, several: Callable[..., Path]
) -> None:
    folder = several()
    for name in blind:
        audited = {"dev": {"labels": {"neutral": 200}}}
        change(folder / "encoders" / name, lambda values: values["audit"].update(splits=audited))  # noqa: B023
    assert any("labels of dev" in doubt for doubt in judge(folder).verdict.doubts) is doubted


def test_folders_of_one_encoder_are_refused(several: Callable[..., Path]) -> None:
    folder = several()
    change(folder / "encoders" / "minilm", lambda values: values["plan"].update(encoder="glove"))
    with pytest.raises(InputError, match=r"encoders\.json: has folders of the same encoder"):
        judge(folder)


def test_arms_that_differ_between_seeds_are_named_in_one_doubt() -> None:
    unsteady = tuple(replace(a, seed_std=std) for a, std in zip(ARMS, (0.03, 0.002, 0.05), strict=True))
    doubts = [doubt for doubt in verdict_of(0.01, unsteady).doubts if "unsteady" in doubt]
    assert doubts == [
        "2 of 3 arms are unsteady between seeds, fine-tuning of minilm most: its test score differs by 5.0 points "
        "(std)."
    ]
    one = verdict_of(0.01, (*ARMS[:2], replace(ARMS[2], seed_std=0.05)))
    assert [doubt for doubt in one.doubts if "unsteady" in doubt] == [
        "Fine-tuning of minilm is unsteady: its test score differs by 5.0 points (std) between seeds."
    ]
