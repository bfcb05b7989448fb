"""A question opened: what is checked, what is said, what is recorded, and which weights are left when it is closed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from families import make_encoder, make_model, make_tokenizer, save_folder

from unfreeze.data.examples import SPLITS, Dataset, Example, LabelSpace
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.errors import InputError
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.inputs import read_inputs
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.plan import Plan
from unfreeze.records.comparison import read_items
from unfreeze.records.setting import EncoderFacts, read_setting
from unfreeze.runs.cost import processor_name
from unfreeze.runs.opening import Opened, cut_and_unread, drop_weights, opened, pair_as_counted
from unfreeze.runs.question import read_data
from unfreeze.runs.watching import Quiet
from unfreeze.tasks.kinds import task

Given = Callable[[TransformerEncoder], None]
LONG = " ".join(["the cat sat"] * 9)  # 27 words, of a piece each
WEIGHTS = "weights.safetensors"


def test_fp32_where_bf16_does_not_suit_the_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FNet's Fourier transform has no kernel for bf16: `compare` ended in a traceback."""
    monkeypatch.setattr("unfreeze.runs.opening.precision_to_use", lambda device, begun: "bf16")
    data = tiny.write_data(tmp_path / "data", "classification")
    asked = tiny.tiny_plan(data, tmp_path / "fnet", tmp_path / "out", "classification")
    precisions = []
    for family in ("fnet", "bert"):
        save_folder(tmp_path / family, make_model(family), make_tokenizer())
        plan = replace(asked, encoder=str(tmp_path / family), out=str(tmp_path / f"out-{family}"))
        lines: list[str] = []
        with opened(plan, read_data(plan), Path(plan.out or ""), tell=lines.append) as it:
            precisions.append(it.bench.precision)
        setting = read_setting(Path(plan.out or ""))
        assert setting.environment.precision == precisions[-1]
        said = [line for line in lines if "is computed in fp32" in line]
        assert len(said) == (family == "fnet")
        assert set(said) <= set(setting.encoder.said)
    assert precisions == ["fp32", "bf16"]


def texts(split: str, count: int, pair: bool = False, words: bool = False) -> tuple[Example, ...]:
    """Examples of two labels, the first of them long."""
    rows = []
    for i in range(count):
        text = LONG if i == 0 else f"the {('good', 'bad')[i % 2]} {split} film {i}"
        read = tuple(text.split()) if words else None
        label = tuple("O" for _ in read) if read else ("False", "True")[i % 2]
        rows.append(Example(f"{split}:{i}", text, "the dog ran" if pair else None, read, label))
    return tuple(rows)


def dataset_of(kind: str = "classification", **changes: Any) -> Dataset:
    """Ten, eight and five examples."""
    made = task(kind)
    labels = LabelSpace(("O", "B-X"), "BIO") if made.target.per_word else LabelSpace(("False", "True"))
    sizes = zip(SPLITS, (10, 8, 5), strict=True)
    splits = [texts(split, size, made.pair, made.target.per_word) for split, size in sizes]
    return replace(Dataset("x", made, labels, *splits, notes=("Guessed so.",)), **changes)


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> TransformerEncoder:
    """The one that every plan gets: it reads 24 pieces at most."""
    made = make_encoder(limit=24)
    monkeypatch.setattr("unfreeze.runs.opening.load_encoder", lambda *given: made)
    return made


def lines_of(plan: Plan, dataset: Dataset, out: Path, **options: Any) -> tuple[Opened, list[str]]:
    """What is opened, and what was said."""
    lines: list[str] = []
    with opened(plan, dataset, out, tell=lines.append, **options) as question:
        return question, lines


@pytest.mark.parametrize(
    ("options", "fault", "stay"),
    [({}, None, False), ({"of_several": True}, None, True), ({}, KeyboardInterrupt, True)],
)
@pytest.mark.usefixtures("encoder")
def test_weights_go_once_nothing_needs_them(
    options: dict[str, Any], fault: type[BaseException] | None, stay: bool, tmp_path: Path
) -> None:
    run = tmp_path / "runs" / "a.seed0"
    with suppress(KeyboardInterrupt), opened(Plan(), dataset_of(), tmp_path, **options):
        run.mkdir(parents=True)
        for name in (WEIGHTS, "record.json"):
            (run / name).touch()
        if fault:
            raise fault
    assert (run / WEIGHTS).exists() == stay
    assert (run / "record.json").exists()


def test_weights_of_the_runs_that_are_named_stay(tmp_path: Path) -> None:
    for run in ("a", "b", "c"):
        (tmp_path / "runs" / run).mkdir(parents=True)
        (tmp_path / "runs" / run / WEIGHTS).touch()
    drop_weights(tmp_path, (run for run in ("b", "other")))
    assert [path.parent.name for path in tmp_path.glob(f"runs/*/{WEIGHTS}")] == ["b"]
    drop_weights(tmp_path)
    assert list(tmp_path.glob(f"runs/*/{WEIGHTS}")) == []


@pytest.mark.parametrize("kind", ["classification", "pair-classification"])
def test_notes_of_data_and_encoder_come_first_and_the_audit_last(
    kind: str, encoder: TransformerEncoder, tmp_path: Path
) -> None:
    encoder.notes, encoder.notes_on_pairs = ("Loaded so.",), ("Pairs so.",)
    _, lines = lines_of(Plan(), dataset_of(kind), tmp_path)
    audit = read_setting(tmp_path).audit.lines
    assert audit
    assert lines == ["Guessed so.", "Loaded so.", *["Pairs so."] * kind.startswith("pair"), *audit]


def no_tuning(encoder: TransformerEncoder) -> None:
    encoder.fixed = "it is a table"


def test_methods_that_the_encoder_does_not_allow_are_left_out(encoder: TransformerEncoder, tmp_path: Path) -> None:
    both, lines = lines_of(Plan(), dataset_of(), tmp_path / "both")
    assert both.plan.methods == ("feature-extraction", "fine-tuning")
    assert not [line for line in lines if " alone: " in line]
    no_tuning(encoder)
    alone, lines = lines_of(Plan(), dataset_of(), tmp_path / "alone")
    assert alone.plan.methods == read_setting(tmp_path / "alone").plan.methods == ("feature-extraction",)
    assert lines[1] == "Feature extraction alone: bert cannot be fine-tuned: it is a table."


@pytest.mark.parametrize(
    ("asked", "of_several", "left"),
    [
        (("feature-extraction",), False, ("feature-extraction",)),
        (("feature-extraction", "fine-tuning"), True, ("feature-extraction",)),
        (("feature-extraction", "fine-tuning"), False, None),
        (("fine-tuning",), True, None),
        (("fine-tuning",), False, None),
    ],
)
def test_a_method_that_is_asked_for_and_not_allowed_is_an_error_unless_another_is_left(
    asked: tuple[str, ...], of_several: bool, left: tuple[str, ...] | None, encoder: TransformerEncoder, tmp_path: Path
) -> None:
    no_tuning(encoder)
    plan = Plan(encoder="some/table", methods=asked)
    if left is None:
        with pytest.raises(InputError, match="--methods: some/table cannot be fine-tuned: it is a table"):
            lines_of(plan, dataset_of(), tmp_path, of_several=of_several)
    else:
        assert lines_of(plan, dataset_of(), tmp_path, of_several=of_several)[0].plan.methods == left


def test_recipes_of_the_methods_that_take_part_are_checked(encoder: TransformerEncoder, tmp_path: Path) -> None:
    absurd = Plan(recipes=(FrozenRecipe("linear"), TunedRecipe("linear", "deep", reinit_top=99)))
    with pytest.raises(InputError, match=r"recipes\[1\] deep: reinit_top is 99"):
        lines_of(absurd, dataset_of(), tmp_path)
    assert not (tmp_path / "comparison.json").exists()
    no_tuning(encoder)
    assert lines_of(absurd, dataset_of(), tmp_path)[0].plan.methods == ("feature-extraction",)


@pytest.mark.parametrize(
    ("here", "begun", "fast", "precision", "said"),
    [
        (None, None, "fp32", "fp32", False),
        (None, None, "bf16", "bf16", False),
        (None, "fp32", "bf16", "fp32", True),
        (None, "bf16", "bf16", "bf16", False),
        ("bf16", None, "fp32", "bf16", True),
        ("fp32", "bf16", "bf16", "fp32", True),
    ],
)
@pytest.mark.usefixtures("encoder")
def test_work_goes_on_in_the_precision_in_which_it_was_begun(
    here: str | None, begun: str | None, fast: str, precision: str, said: bool, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What the folder's own runs were begun in comes before what the whole was begun in."""

    def now(name: str | None) -> None:
        monkeypatch.setattr("unfreeze.encoders.precision.fast_precision", lambda device: name)
        monkeypatch.setattr("unfreeze.runs.opening.fast_precision", lambda device: name)

    if here:
        now(here)
        lines_of(Plan(), dataset_of(), tmp_path)
    now(fast)
    question, lines = lines_of(Plan(), dataset_of(), tmp_path, begun=begun)
    told = [line for line in lines if line.startswith("Computing goes on")]
    assert told == [f"Computing goes on in {precision}, in which it was begun."] * said
    environment = read_setting(tmp_path).environment
    assert (question.bench.precision, environment.precision, environment.begun_in) == (precision,) * 3


@pytest.mark.usefixtures("encoder")
def test_a_folder_with_runs_holds_one_question(tmp_path: Path) -> None:
    first, _ = lines_of(Plan(), dataset_of(), tmp_path)
    second, _ = lines_of(Plan(cache_dtype="int8"), dataset_of(), tmp_path)  # nothing is lost: no run was begun
    assert first.question != second.question
    (tmp_path / "runs").mkdir()
    assert lines_of(Plan(cache_dtype="int8"), dataset_of(), tmp_path)[0].question == second.question
    with pytest.raises(InputError, match="holds a comparison of other data"):
        lines_of(Plan(), dataset_of(), tmp_path)
    assert read_setting(tmp_path).data.question == second.question


def test_what_is_known_before_training_is_written_down(encoder: TransformerEncoder, tmp_path: Path) -> None:
    encoder.notes = ("Loaded so.",)
    dataset = dataset_of(files={"train": "a.tsv", "dev": ("b.tsv", "c.tsv")}, columns={"text": "review"})
    question, _ = lines_of(Plan(device="cpu"), dataset, tmp_path)
    setting = read_setting(tmp_path)
    numbers = sum(p.numel() for p in encoder.parameters())
    assert setting.encoder == EncoderFacts(
        "bert", 4, 16, numbers, sum(encoder.piece_work()), 4 * numbers / 1e6, 24, None, ("Loaded so.",),
        encoder.fingerprint(),
    )  # fmt: skip
    data = setting.data
    assert (data.name, data.said, data.question) == ("x", ("Guessed so.",), question.question)
    assert (data.files, data.columns) == (dataset.files, dataset.columns)
    assert data.sizes == {"train": 10, "dev": 8, "test": 5}
    assert data.truncated == {"train": 0.1, "dev": 0.125, "test": 0.2}
    assert setting.audit.over_limit == {"train": 1, "dev": 1, "test": 1}
    assert setting.audit.unread is not None
    assert setting.audit.unread.keys() == set(SPLITS)
    assert setting.metric == "accuracy"
    assert setting.plan.out == str(tmp_path)
    environment = setting.environment
    packages = [getattr(environment, name) for name in ("unfreeze", "torch", "transformers", "numpy")]
    assert packages == [version(name) for name in ("unfreeze", "torch", "transformers", "numpy")]
    assert (environment.device, environment.threads) == ("cpu", torch.get_num_threads())
    assert environment.processor == processor_name(torch.device("cpu"))
    age = datetime.now(UTC) - datetime.fromisoformat(environment.date or "")
    assert timedelta(seconds=-1) < age < timedelta(hours=1)
    assert len(environment.date or "") == len("2020-01-01T00:00:00+00:00")
    assert read_items(tmp_path) == dataset_of().test


@pytest.mark.usefixtures("encoder")
def test_of_tagged_sentences_nothing_is_cut(tmp_path: Path) -> None:
    lines_of(Plan(), dataset_of("tagging"), tmp_path)
    setting = read_setting(tmp_path)
    assert setting.data.truncated == {"train": 0.0, "dev": 0.0, "test": 0.0}
    assert setting.audit.over_limit == {"train": 1, "dev": 1, "test": 1}


@pytest.mark.parametrize(("jointly", "over"), [(True, 3), (False, 2)])
def test_pairs_are_counted_as_the_encoder_reads_them(jointly: bool, over: int) -> None:
    """A text that has room alone may have none beside the other one."""
    encoder = make_encoder(limit=24)
    encoder.reads_pairs = jointly
    twenty = " ".join(["cat"] * 20)
    rows = ((LONG, "dog"), (twenty, "the dog ran"), ("cat", LONG), ("cat", "dog"))
    dev = tuple(Example(f"dev:{i}", *row, label="True") for i, row in enumerate(rows))
    dataset = dataset_of("pair-classification", dev=dev)
    inputs = read_inputs(encoder, dataset.task, pair_as_counted(encoder, dataset.task), dataset.dev)
    assert cut_and_unread(encoder, dataset.task, inputs)[0] == over


@pytest.mark.usefixtures("encoder")
def test_the_bench_is_as_the_plan_says(tmp_path: Path) -> None:
    watcher = Quiet()
    plan = Plan(cache_gb=0.25, cache_dtype="int8")
    bench = lines_of(plan, dataset_of(), tmp_path, watcher=watcher)[0].bench
    assert bench.cache[1] == 250_000_000
    assert (bench.cache_dtype, bench.folder) == ("int8", tmp_path)
    assert bench.watcher is watcher
    assert isinstance(lines_of(plan, dataset_of(), tmp_path)[0].bench.watcher, Quiet)
