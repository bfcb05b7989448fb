"""The verdict, case by case: which method, for which reason, with which doubts, and what to do next."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.judging.arms import find
from unfreeze.judging.cheaper import cheaper
from unfreeze.judging.evidence import ArmEvidence, DataTrust, Evidence, Floor
from unfreeze.judging.spread import Spread
from unfreeze.judging.stats import Difference
from unfreeze.judging.verdict import decide

Changes = Mapping[str, Any]
NONE: Changes = MappingProxyType({})
FROZEN = ArmEvidence(
    method="feature-extraction",
    recipe="bcn head",
    dev=0.85,
    test=0.848,
    test_ci95=(0.83, 0.866),
    seed_std=0.002,
    seeds=5,
    degenerate=0,
    train_s=20.0,
    extract_s=12.0,
    latency_ms=11.0,
    stored_mb=4.0,
    trained_parameters=1_000_000,
    work=2e9,
    piece_work=11e6,
)
TUNED = replace(
    FROZEN,
    method="fine-tuning",
    recipe="",
    dev=0.87,
    test=0.871,
    test_ci95=(0.85, 0.89),
    train_s=340,
    extract_s=0,
    work=51e9,
)


def evidence(
    mean: float = 2.3, lo: float = 1.1, hi: float = 3.4, frozen: Changes = NONE, tuned: Changes = NONE, **more: Any
) -> Evidence:
    """Both methods with a difference in points; `frozen`, `tuned` and `more` replace fields."""
    dev = replace(TUNED, dev=FROZEN.dev + mean / 100, test=FROZEN.test + mean / 100)
    methods = (replace(FROZEN, **frozen), replace(dev, **tuned))
    difference = Difference(mean / 100, lo / 100, hi / 100, 0.001)
    return Evidence(**{"metric": "accuracy", "arms": methods, "difference": difference, "equivalence": 0.005,
                       "test_size": 2000, **more})  # fmt: skip


@pytest.mark.parametrize(
    ("mean", "lo", "hi", "finding", "choice", "use"),
    [
        (2.3, 1.1, 3.4, "clear", "fine-tuning", "fine-tuning"),
        (-2.3, -3.4, -1.1, "clear", "feature-extraction", "feature-extraction"),
        (1.2, 0.3, 2.1, "likely", "fine-tuning", "fine-tuning"),
        (-1.2, -2.1, -0.3, "likely", "feature-extraction", "feature-extraction"),
        (1.2, 0.5, 2.1, "likely", "fine-tuning", "fine-tuning"),
        (0.1, -0.3, 0.4, "equal", "equal", "feature-extraction"),
        (0.3, 0.1, 0.5, "equal", "equal", "feature-extraction"),
        (0.0, 0.0, 0.0, "equal", "equal", "feature-extraction"),
        (0.4, 0.1, 0.7, "small", "undecided", "feature-extraction"),
        (-0.4, -0.7, -0.1, "small", "undecided", "feature-extraction"),
        (0.3, -0.8, 1.4, "undecided", "undecided", "feature-extraction"),
        (2.0, -0.1, 4.1, "undecided", "undecided", "feature-extraction"),
        (0.4, 0.0, 0.8, "undecided", "undecided", "feature-extraction"),
    ],
)
def test_the_rules(mean: float, lo: float, hi: float, finding: str, choice: str, use: str) -> None:
    asked = evidence(mean, lo, hi)
    assert find(asked.difference, asked.equivalence) == finding
    verdict = decide(asked)
    assert (verdict.choice, verdict.use) == (choice, use)


def test_a_clear_gain_is_told_with_its_numbers_and_its_price() -> None:
    verdict = decide(evidence())
    assert verdict.headline == "Fine-tune the encoder: +2.3 points [+1.1, +3.4] accuracy over feature extraction."
    assert verdict.reasons == (
        "Fine-tuning reaches 87.1 accuracy on the test set and feature extraction 84.8: a difference of +2.3 points "
        "[+1.1, +3.4] (95 % interval; p = 0.001).",
        "Even the low end of the interval, +1.1 points, is beyond the 0.5 points that count as practically equal.",
        "Fine-tuning costs 340 s against 32 s of computing, 11 ms against 11 ms to predict a text and 4 MB against "
        "4 MB to store.",
    )
    assert verdict.doubts == ()
    assert "predict" in verdict.next_step


def test_feature_extraction_wins_with_its_gain_told_as_a_gain() -> None:
    verdict = decide(evidence(-2.3, -3.4, -1.1))
    assert verdict.headline == (
        "Keep the encoder frozen and train on its features (bcn head): "
        "+2.3 points [+1.1, +3.4] accuracy over fine-tuning."
    )
    assert "Feature extraction reaches 84.8" in verdict.reasons[0]
    assert "a difference of +2.3 points [+1.1, +3.4]" in verdict.reasons[0]
    assert verdict.detail == "+2.3 points [+1.1, +3.4] accuracy over fine-tuning."
    assert "+1.1 points" in verdict.reasons[1]


@pytest.mark.parametrize(
    ("mean", "lo", "hi", "leader"),
    [
        (0.3, -0.8, 1.4, "fine-tuning"),
        (-0.3, -1.4, 0.8, "feature-extraction"),
        (0.0, -1.0, 1.0, "feature-extraction"),  # the cheaper one
        (2.3, 1.1, 3.4, "fine-tuning"),
        (-2.3, -3.4, -1.1, "feature-extraction"),
    ],
)
def test_the_leader_has_the_higher_score_whatever_is_advised(mean: float, lo: float, hi: float, leader: str) -> None:
    verdict = decide(evidence(mean, lo, hi))
    other = {"fine-tuning": "feature-extraction", "feature-extraction": "fine-tuning"}[leader]
    assert (verdict.leader, set(verdict.findings)) == (leader, {other})


def test_of_two_that_are_level_the_cheaper_one_leads_whichever_it_is() -> None:
    dear = evidence(0.0, -1.0, 1.0, frozen={"work": 1e12, "extract_s": 5000.0}, tuned={"work": 1e9})
    assert decide(dear).leader == "fine-tuning"


def test_a_detail_without_numbers_is_the_advice_as_a_sentence() -> None:
    verdict = decide(evidence(0.3, -0.8, 1.4))
    assert verdict.detail[:1].isupper() or not verdict.detail[:1].isalpha()
    assert verdict.detail.lower() in verdict.headline.lower()


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((1.2, 0.3, 2.1), "may be as small as +0.30 points"),
        ((0.1, -0.3, 0.4), "practically equal: the whole interval [-0.30, +0.40] lies within 0.5 points of 0"),
        ((-0.4, -0.7, -0.1), "of less than the 0.5 points that matter; at most it is +0.70 points"),
        ((0.3, -0.8, 1.4), "undecided, not equal: the interval [-0.80, +1.4] is too wide"),
    ],
)
def test_each_case_has_its_reason(numbers: tuple[float, float, float], said: str) -> None:
    assert said in decide(evidence(*numbers)).reasons[1]


@pytest.mark.parametrize(
    ("frozen", "tuned", "cheap", "why"),
    [
        (
            {},
            {},
            "feature-extraction",
            "takes less computing (2 against 51 billion multiply-adds; measured here: 32 s against 340 s)",
        ),
        (
            {"train_s": 9000.0},
            {"work_is_estimated": True},
            "feature-extraction",
            "takes less computing (about 2 against 51 billion multiply-adds; measured here: 9,012 s against 340 s)",
        ),
        ({"work": 66e9}, {}, "fine-tuning", "takes less computing (51 against 66 billion multiply-adds;"),
        (
            {"work": 50e9, "piece_work": 14e6},
            {"latency_ms": 30.0},
            "fine-tuning",
            "predicts with less computing (11 against 14 million multiply-adds a piece; measured here, a text: 30 ms "
            "against 11 ms)",
        ),
        ({"work": 50e9}, {"stored_mb": 91.0}, "feature-extraction", "needs less storage (4 MB against 91 MB)"),
        ({"work": 50e9}, {}, "feature-extraction", "costs about the same"),
    ],
)
def test_too_close_uses_the_cheaper_method(frozen: Changes, tuned: Changes, cheap: str, why: str) -> None:
    asked = evidence(0.1, -0.3, 0.4, frozen=frozen, tuned=tuned)
    verdict = decide(asked)
    assert (verdict.choice, verdict.use) == ("equal", cheap)
    assert why in verdict.headline
    assert cheaper(*asked.arms)[0].method == cheap


@pytest.mark.parametrize(
    ("asked", "doubt"),
    [
        (evidence(frozen={"seeds": 2}), "Only 2 seeds"),
        (evidence(frozen={"seeds": 1}, tuned={"seeds": 1}), "Only 1 seed: the interval does not cover"),
        (evidence(test_size=270), "The test set is small (270 items)"),
        (evidence(test_size=270, folds=5), "There are few labelled examples (270)"),
        (evidence(data=DataTrust(test_in_train=40)), "40 of 2,000 test items (2.0 %) are also in the training set"),
        (evidence(data=DataTrust(test_in_dev=5)), "5 of 2,000 test items (0.2 %) are also in the dev set"),
        (evidence(tuned={"degenerate": 2}), "2 of 5 final runs of fine-tuning gave one answer for every item"),
        (
            evidence(tuned={"flat": {"dev": 1}}),
            "1 of 5 final runs of fine-tuning gave one answer for every dev item, or nearly, though",
        ),
        (evidence(tuned={"flat": {"test": 3}}), "gave one answer for every test item, or nearly, though not on dev."),
        (evidence(data=DataTrust(dev_size=1)), "Dev has 1 item: recipes and epochs were chosen nearly blindly."),
        (evidence(data=DataTrust(dev_size=9, dev_is_blind=True)), "All labels of dev say the same"),
        (
            evidence(tuned={"dev": 0.84}),
            "Dev and test disagree: fine-tuning minus feature extraction is -1.0 points on dev",
        ),
        (evidence(tuned={"dev": 0.846}), "minus feature extraction is -0.40 points on dev, +2.3 points on test"),
        (evidence(tuned={"seed_std": 0.012}), "Fine-tuning is unsteady: its test score differs by 1.2 points"),
        (evidence(tuned={"selected": "judged"}), "The test score of fine-tuning may be too high: the run that chose"),
        (evidence(frozen={"selected": "left out"}), "One run of feature extraction is left out of the test score"),
        (evidence(data=DataTrust(truncated=0.25)), "25 % of the texts are cut"),
        (evidence(data=DataTrust(unread=0.98)), "98 % of what is read of the texts are unknown pieces"),
        (evidence(data=DataTrust(rare_labels=("a", "b", "c", "d"))), "4 (a, b, c, ...)"),
        (evidence(frozen={"seed_std": 0.018}), "Feature extraction is unsteady: its test score differs by 1.8 points"),
    ],
)
def test_each_doubt_is_raised_alone(asked: Evidence, doubt: str) -> None:
    doubts = decide(asked).doubts
    assert len(doubts) == 1
    assert doubt in doubts[0]


@pytest.mark.parametrize(
    "asked",
    [
        evidence(test_size=500),
        evidence(data=DataTrust(truncated=0.1)),
        evidence(data=DataTrust(unread=0.25)),
        evidence(data=DataTrust(dev_size=2)),
        evidence(tuned={"flat": {"dev": 0, "test": 0}}),
        evidence(frozen={"seed_std": 0.01}),
        evidence(frozen={"seed_std": 0.0112}),
        evidence(0.2, -0.1, 0.4, tuned={"dev": 0.849}),
    ],
)
def test_no_doubt_without_cause(asked: Evidence) -> None:
    assert decide(asked).doubts == ()


@pytest.mark.parametrize(
    ("asked", "step"),
    [
        (evidence(data=DataTrust(test_in_train=40), tuned={"degenerate": 2}), "Remove the test items"),
        (evidence(data=DataTrust(test_in_dev=4)), "unfreeze predict"),
        (evidence(0.3, -0.8, 1.4, tuned={"degenerate": 2}), "Give fine-tuning a lower learning rate"),
        (evidence(0.3, -0.8, 1.4), "would decide it"),
        (evidence(1.2, 0.3, 2.1, tuned={"seeds": 1}), "--seeds 5"),
        (evidence(0.3, -0.8, 1.4, data=DataTrust(unread=0.5)), "pretrained on this script"),
        (evidence(0.3, -0.8, 1.4, data=DataTrust(dev_is_blind=True)), "Give a dev set that can choose"),
        (evidence(tuned={"flat": {"dev": 2}}), "unfreeze predict"),
        (evidence(1.2, 0.3, 2.1, tuned={"seeds": 3}), "--seeds 5"),
        (evidence(1.2, 0.3, 2.1), "unfreeze predict"),
    ],
)
def test_the_next_step_is_the_most_useful_one(asked: Evidence, step: str) -> None:
    assert step in decide(asked).next_step


def test_texts_that_say_nothing_ask_for_another_encoder_before_a_second_method() -> None:
    single = replace(evidence(data=DataTrust(unread=0.9)), arms=evidence().arms[:1], difference=None)
    assert "pretrained on this script" in decide(single).next_step


def below(lo: float, hi: float) -> Floor:
    """A floor whose gain for fine-tuning, the better method of `evidence()`, has this interval in points."""
    gain = Difference((lo + hi) / 200, lo / 100, hi / 100, 0.1)
    other = Difference(0.1, 0.05, 0.15, 0.001)
    return Floor("bag of words", 0.86, {"fine-tuning": gain, "feature-extraction": other})


@pytest.mark.parametrize(
    ("lo", "hi", "said"),
    [
        (-0.5, 2.7, "Nothing is shown to be better than a bag of words: it reaches 86.0 accuracy without the encoder, "
                    "fine-tuning, the better method, 87.1, a difference of +1.1 points [-0.50, +2.7]."),
        (0.0, 2.2, "Nothing is shown to be better than a bag of words: "),
        (-0.5, 0.5, "A bag of words does as well: "),
        (-0.51, 0.5, "Nothing is shown to be better than a bag of words: "),
        (-0.5, 0.51, "Nothing is shown to be better than a bag of words: "),
        (-3.0, -1.0, "A bag of words does better: "),
        (0.1, 2.1, None),
    ],
)  # fmt: skip
def test_a_floor_that_is_not_cleared_is_doubted(lo: float, hi: float, said: str | None) -> None:
    verdict = decide(evidence(floor=below(lo, hi)))
    assert (verdict.choice, verdict.reasons) == ("fine-tuning", decide(evidence()).reasons)
    assert len(verdict.doubts) == (said is not None)
    assert said is None or verdict.doubts[0].startswith(said)


def test_a_floor_that_does_better_is_in_the_headline() -> None:
    """Only where that is shown; what to do among the arms stays in front."""
    usual = decide(evidence(floor=below(-3.0, 0.1))).headline
    told = decide(evidence(floor=below(-3.0, -1.0))).headline
    assert told.startswith(usual)
    assert told.removeprefix(usual).startswith(" But a bag of words does better, without the encoder: ")
    alone = decide(Evidence("accuracy", (TUNED,), None, 0.005, 900, floor=below(-3.0, -1.0))).headline
    assert alone.count("But a bag of words does better") == 1


def test_a_floor_under_one_method() -> None:
    alone = decide(Evidence("accuracy", (TUNED,), None, 0.005, 900, floor=below(-1, 1)))
    assert any("without the encoder, fine-tuning 87.1, a difference of 0.0 points" in doubt for doubt in alone.doubts)


def test_an_encoder_that_cannot_be_fine_tuned() -> None:
    verdict = decide(Evidence("accuracy", (FROZEN,), None, 0.005, 900, fixed="it is static"))
    assert verdict.headline.endswith("; the encoder cannot be fine-tuned.")
    assert verdict.doubts == ()
    assert verdict.next_step.startswith("Compare with an encoder that can be fine-tuned (--encoder)")


@pytest.mark.parametrize("only", [FROZEN, TUNED])
def test_one_method_has_nothing_to_compare_with(only: ArmEvidence) -> None:
    verdict = decide(Evidence("accuracy", (replace(only, seeds=2),), None, 0.005, 300, DataTrust(test_in_train=1)))
    assert verdict.choice == verdict.use == only.method
    assert "no other method was run" in verdict.headline
    assert "nothing to compare with" in verdict.doubts[0]
    assert len(verdict.doubts) == 4
    assert "--methods feature-extraction,fine-tuning" in verdict.next_step


@pytest.mark.parametrize("methods", [(FROZEN, FROZEN), (FROZEN, TUNED), ()])
def test_half_evidence_is_refused(methods: tuple[ArmEvidence, ...]) -> None:
    with pytest.raises(ValueError, match="evidence of"):
        decide(Evidence("accuracy", methods, None, 0.005, 300))


fractions = st.floats(-0.2, 0.2)


def test_what_is_measured_decides_nothing() -> None:
    """However long it took on this machine: the method to use is the same, in every case of the rules."""
    for mean, lo, hi in ((2.3, 1.1, 3.4), (0.1, -0.3, 0.4), (0.3, -0.8, 1.4), (-1.2, -2.1, -0.3)):
        asked = evidence(mean, lo, hi)
        for slow in ({"train_s": 1e6}, {"extract_s": 1e6}, {"latency_ms": 1e6}):
            for frozen, tuned in ((slow, {}), ({}, slow)):
                other = decide(evidence(mean, lo, hi, frozen=frozen, tuned=tuned))
                assert (other.choice, other.use) == (decide(asked).choice, decide(asked).use)


@given(fractions, fractions, fractions, st.sampled_from([0.0, 0.005, 0.03]), st.floats(0, 0.05), st.integers(1, 9))
def test_any_evidence_gives_whole_sentences_and_mirrors(
    a: float, b: float, c: float, equivalence: float, std: float, seeds: int
) -> None:
    """Swapping the methods' roles swaps the choice; every line is a sentence; the verdict is JSON-ready."""
    lo, mean, hi = sorted((a, b, c))
    same = {"seed_std": std, "seeds": seeds, "train_s": 1.0, "extract_s": 0.0}
    methods = (replace(FROZEN, **same), replace(TUNED, **same))
    asked = Evidence("accuracy", methods, Difference(mean, lo, hi, 0.5), equivalence, 900)
    verdict = decide(asked)
    mirrored = decide(replace(asked, difference=Difference(-mean, -hi, -lo, 0.5)))
    other = {"fine-tuning": "feature-extraction", "feature-extraction": "fine-tuning"}
    assert mirrored.choice == other.get(verdict.choice, verdict.choice)
    lines = (verdict.headline, *verdict.reasons, *verdict.doubts, verdict.next_step)
    assert all(line[0].isupper() or line[0].isdigit() for line in lines)
    assert all(line.endswith(".") for line in lines)
    assert json.loads(json.dumps(asdict(verdict)))["reasons"] == list(verdict.reasons)


def test_the_order_of_the_methods_does_not_matter() -> None:
    asked = evidence(1.2, 0.3, 2.1)
    assert decide(replace(asked, arms=asked.arms[::-1])) == decide(asked)


def test_one_seed_shows_nothing_clearly_and_no_equality() -> None:
    unseen = Spread(1e-6, 0.0, math.inf, seeds_seen=False)
    for whole, half in ((evidence(), "likely"), (evidence(0.1, -0.3, 0.4), "undecided")):
        asked = replace(whole, difference=replace(whole.between, spread=unseen))
        assert find(asked.between, asked.equivalence) == half
    clear = evidence(tuned={"seeds": 1})
    asked = replace(clear, difference=replace(clear.between, spread=unseen))
    assert decide(asked).reasons[1].startswith("One seed does not show")
    assert decide(asked).next_step.startswith("Compare again with --seeds 5")


def test_runs_that_learned_nothing_measure_nothing() -> None:
    """Not equal, though the interval lies inside the region."""
    failed = {"degenerate": 5}
    verdict = decide(evidence(0.0, -0.1, 0.1, frozen=failed, tuned={"degenerate": 3, "flat": {"test": 2}}))
    assert (verdict.choice, verdict.use) == ("not-measured", "feature-extraction")
    assert verdict.headline.startswith("Nothing was measured: each of the 10 final runs")
    assert "lower learning rate" in verdict.next_step
    assert decide(evidence(0.0, -0.1, 0.1, frozen=failed, tuned={"degenerate": 4})).choice == "equal"
    assert decide(evidence(0.0, -0.1, 0.1, frozen=failed, tuned={"flat": {"dev": 5}})).choice == "equal"


@pytest.mark.parametrize(
    ("mean", "lo", "hi", "beginning", "until"),
    [(0.1, -0.3, 0.4, "No difference that matters: ", "; use "), (0.3, -0.8, 1.4, "Undecided: ", "; until then use ")],
)
def test_equal_is_an_answer_and_undecided_is_none_yet(
    mean: float, lo: float, hi: float, beginning: str, until: str
) -> None:
    headline = decide(evidence(mean, lo, hi)).headline
    assert headline.startswith(beginning)
    assert until in headline
