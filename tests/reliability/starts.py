"""What the runner of kills starts: every command that resumes, on tiny data with tiny encoders, in its own folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import made_corpus
import made_studies
import tiny
from forks import forked

from unfreeze.plan import plain

COMPARED = ("classification", "regression", "pair-classification", "pair-regression", "tagging-BIOES")
EXPORTED = {"onnx": ("onnx", "onnxscript", "onnxruntime"), "sentence-transformers": ("sentence_transformers",)}
"""Forms, and the packages without which they are not tried."""
STUDIED = ("table2", "layers", "mutual-information")


@dataclass(frozen=True)
class Start:
    """A command, told in the folder that it works in: `out` and everything else it makes is below.

    Attributes:
        quicken: applied in the child before the command: fewer steps, no figure that takes a second to measure.
        finished: files that nobody may write again once they are there, as globs.
        over: what a start says, with status 2, where the command has finished before.
        needs: makes what it reads, run in a child before the first start.
        rebuild: makes from a finished folder what is derived from it again, and `derived` are these files, as globs.
    """

    name: str
    arguments: tuple[str, ...]
    quicken: Callable[[], None] = lambda: None
    finished: tuple[str, ...] = ()
    over: str | None = None
    rebuild: Callable[[Path], None] | None = None
    needs: Callable[[], None] = lambda: None
    derived: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


def make_starts(world: Path) -> dict[str, Start]:
    """All starts by name, with what they read made in `world` unless it is there."""
    if not (world / "made").exists():
        ended = forked(lambda: _make(world))
        assert ended.status == 0, ended.complained
    made = [_compare(world, kind) for kind in COMPARED]
    made += [_jobs(world, "classification")]
    made += [_pretrain(world, objective) for objective in made_corpus.SIZES]
    made += [_study(world, name) for name in STUDIED]
    made += [_probe(world), *(_convert(world, name) for name in ("bert", "elmo", "glove.txt", "skip"))]
    made += [_encode(world), *(_predict(world, suffix) for suffix in ("tsv", "jsonl"))]
    made += [Start("examples", ("examples", "--out", "out"), finished=("out/**/[!.]*.*",))]
    made += [_export(world, form) for form, needed in EXPORTED.items() if all(map(find_spec, needed))]
    made += [_log(world)] if find_spec("tensorboard") else []
    return {start.name: start for start in made}


def _make(world: Path) -> None:
    world.mkdir(parents=True, exist_ok=True)
    made_studies.write_encoders(world / "encoders")
    vectors = (f"{word} " + " ".join(f"{(i * 7 + k * 3) % 11 / 11:.3f}" for k in range(8)) for i, word in
               enumerate(tiny.WORDS))  # fmt: skip
    (world / "encoders" / "glove.txt").write_text("\n".join(vectors) + "\n", encoding="utf-8")
    for kind in COMPARED:
        tiny.write_data(world / "data" / kind, kind)
        values = tiny.plan_values(world / "data" / kind, world / "encoders" / "bert", Path("out"), kind)
        values["recipes"] = [plain(replace(recipe, epochs=3)) for recipe in tiny.recipes(kind)]
        tiny.write_plan(world / f"{kind}.yaml", values)
    made_studies.write_sets(world / "sets")
    made_corpus.write_corpus(world / "corpus.txt", documents=20)
    for objective, size in made_corpus.SIZES.items():
        (world / f"{objective}.yaml").write_text(size, encoding="utf-8")
    (world / "made").touch()


def make_bundle(world: Path) -> None:
    """What `predict` predicts with, unless it is there."""
    from unfreeze.commands.compare import compare
    from unfreeze.plan import plan_from

    if not (world / "answered" / "bundle").exists():
        values = json.loads((world / "classification.yaml").read_text(encoding="utf-8"))
        compare(plan_from({**values, "out": str(world / "answered")}))


def _compare(world: Path, kind: str) -> Start:
    return Start(
        f"compare {kind}", ("compare", "--plan", str(world / f"{kind}.yaml")),
        finished=("out/runs/[!.]*/record.json", "out/runs/[!.]*/test.json"),
        rebuild=_report, derived=("result.json", "report.html"),
    )  # fmt: skip


def _jobs(world: Path, kind: str) -> Start:
    def prepared() -> None:
        from unfreeze.commands.prepare import prepare
        from unfreeze.plan import read_plan

        if not Path("out", "comparison.json").exists():
            prepare(read_plan(world / f"{kind}.yaml"))

    return Start(
        "jobs", ("jobs", "out", "--part", "0/1"), quicken=prepared,
        finished=("out/runs/[!.]*/record.json", "out/runs/[!.]*/test.json"),
    )  # fmt: skip


def _report(out: Path) -> None:
    from unfreeze.judging.judge import judge
    from unfreeze.report.render import render

    judge(out)
    render(out)


def _pretrain(world: Path, objective: str) -> Start:
    return Start(
        f"pretrain {objective}",
        ("pretrain", str(world / "corpus.txt"), "--objective", objective, "--size", str(world / f"{objective}.yaml"),
         "--tokens", "1500", "--checkpoint-minutes", "0.001", "--device", "cpu", "--out", "out"),
        quicken=_no_peak, over="contains a finished run",
    )  # fmt: skip


def _no_peak() -> None:
    from unfreeze.pretraining import run

    run.matmul_peak = lambda device, precision: 1e9


def _study(world: Path, name: str) -> Start:
    tasks = {"table2": "sst2,mrpc", "layers": "sst2", "mutual-information": "sst2"}[name]
    encoders = ",".join(str(world / "encoders" / one) for one in (("bert", "skip") if name == "table2" else ("bert",)))
    arguments = ("study", name, "--data-root", str(world / "sets"), "--encoders", encoders, "--seeds", "2",
                 "--tasks", tasks, "--device", "cpu", "--out", "out")  # fmt: skip
    return Start(
        f"study {name}", arguments, quicken=_few_steps,
        finished=("out/runs/*/runs/[!.]*/record.json", "out/runs/*/runs/[!.]*/test.json", "out/cells/[!.]*.json"),
    )  # fmt: skip


def _few_steps() -> None:
    from unfreeze.studies import recipes

    recipes.recipes = made_studies.short


def _probe(world: Path) -> Start:
    arguments = ("probe", str(world / "data" / "classification"), "--encoder", str(world / "encoders" / "bert"),
                 "--device", "cpu", "--seeds", "2", "--out", "out")  # fmt: skip
    return Start("probe", arguments, quicken=_quick_tuning)


def _quick_tuning() -> None:
    from unfreeze.commands import probe as probing

    probing.recipes = lambda *_: tiny.recipes("classification")[2:]


def _convert(world: Path, name: str) -> Start:
    return Start(
        f"convert {name}", ("convert", str(world / "encoders" / name), "--out", "out"), over="already exists"
    )  # fmt: skip


def _encode(world: Path) -> Start:
    arguments = ("encode", str(world / "data" / "classification"), "--encoder", str(world / "encoders" / "bert"),
                 "--device", "cpu", "--out", "out/states.safetensors")  # fmt: skip
    return Start("encode", arguments)


def _predict(world: Path, suffix: str) -> Start:
    file = world / "data" / "classification" / "test.tsv"
    return Start(
        f"predict {suffix}",
        ("predict", str(world / "answered" / "bundle"), str(file), "--device", "cpu", "--out", f"out/said.{suffix}"),
        needs=lambda: make_bundle(world),
    )  # fmt: skip


def _export(world: Path, form: str) -> Start:
    return Start(
        f"export {form}", ("export", str(world / "answered" / "bundle"), "--to", form, "--out", "out"),
        over="already exists", needs=lambda: make_bundle(world),
    )  # fmt: skip


def _log(world: Path) -> Start:
    return Start(
        "log tensorboard", ("log", str(world / "answered"), "--to", "tensorboard", "--address", "out"),
        needs=lambda: make_bundle(world),
    )  # fmt: skip


def command(start: Start) -> Callable[[], Any]:
    """The work of a child: the command line, as a person would start it."""

    def work() -> None:
        import sys

        from unfreeze.terminal.cli import main

        start.quicken()
        sys.argv = ["unfreeze", *start.arguments]
        main()

    return work
