"""Run every benchmark, keep what they find, rewrite docs/performance.md, and check the decisive ratios. `make bench`.

    .venv-bench/bin/python benchmarks/run_all.py --data ../shared/data

About 50 minutes on two quiet cores, and with `--long` twenty more. Results go to the folder of this processor's class
in `results/`; those of other classes stay on the page as they are. A script that fails or has no data stops none of the
others, and what it found earlier stays. The sets of `examples/`, which every clone has, are taken where there
is nothing better.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_sets import Kind, present
from page import PAGE, Outcome, read_outcomes, write_outcomes, write_page
from processors import GPU, processor_here
from results import RESULTS, ROOT, shown_command

HERE = Path(__file__).resolve().parent
FLAIR = ROOT / ".venv-bench-flair" / ".installed"
BESIDE = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class Script:
    """One benchmark as it is run here.

    Attributes:
        data: arguments; `{data}` stands for the folder of sets, `{texts}` for the name of a set of texts there,
            `{many}` for its largest file.
        sizes, tiny: further arguments: of a measurement, and of a run which only shows that the script works.
        needs: kinds of sets, without which it is skipped.
        minutes: on two quiet cores, as a guide.
        beside: a file that is there when the peer's own environment is.
        long: run only where that is asked for.
        gpu: needs a GPU, but for a tiny run; its results are kept in that class.
    """

    name: str
    data: str
    sizes: str
    tiny: str
    needs: tuple[Kind, ...]
    minutes: float
    beside: Path | None = None
    long: bool = False
    gpu: bool = False


# Sizes are such that all of them and the check take 50 minutes on two quiet cores; fixed costs still weigh little.
SCRIPTS = (
    Script("extraction", "--data {data}", "--texts 1200", "--texts 40 --turns 1", ("pairs", "texts"), 9),
    Script(
        "fine_tuning", "--data {data}", "--train-size 500 --test-size 800",
        "--train-size 64 --dev-size 30 --test-size 30 --epochs 2 --seeds 2", ("pairs", "texts"), 10,
    ),
    Script("predicting", "--data {data}/{texts}", "--lines 10000 40000", "--lines 100 200 --turns 3", ("texts",), 3),
    Script("serving", "--data {data}/{texts}", "", "--seconds 0.5 --turns 1 --clients 2", ("texts",), 1.5,
           long=True),
    Script(
        "store_epochs", "--data {data}", "--train-size 400", "--train-size 40 --turns 1", ("pairs", "texts", "tags"), 3
    ),
    Script(
        "heads", "--data {data}", "--train-size 600 --turns 2", "--train-size 40 --turns 1",
        ("pairs", "texts", "tags"), 4, long=True,
    ),
    Script("heads_scores", "--data {data}", "--sets sick sst2 wnut17:2000:1000 --seeds 10",
           "--sets ewt_genre:40:20 --seeds 1", ("texts",), 60, long=True),
    Script("unfreezing_stages", "--data {data}/{texts}", "--train-size 500 --seeds 2", "--train-size 64 --seeds 1",
           ("texts",), 2),
    Script("probes", "--data {data}/{texts}", "", "--train-size 60 --seeds 2 --turns 1", ("texts",), 3),
    Script("taggers", "--data {data}", "", "--train-size 120 --hidden 16 --seeds 1", ("tags",), 5, beside=FLAIR),
    Script(
        "elmo", "--data {data}/{texts}", "--words 25600 6400 --batch 512 128 --turns 2",
        "--words 1600 --batch 32 --turns 1", ("texts",), 5,
    ),
    Script("memory_growth", "--data {many}", "--counts 5000 30000", "--counts 100 200", ("texts",), 2),
    Script("growth", "--data {many}", "--counts 1000 10000 50000", "--counts 200 400 800", ("texts",), 5),
    Script("pretraining", "--data {data}/{texts}", "--sizes mini --steps 20 --turns 2",
           "--sizes tiny --steps 6 --turns 1", ("texts",), 2.5, long=True),
    Script("start_up", "--data {many}", "--turns 3", "--rows 300 --turns 1", ("texts",), 0.1),
    Script("store_dtypes", "--data {data}", "--heads linear crf --seeds 2", "--heads linear --train-size 40 --seeds 1",
           ("texts", "tags"), 4, long=True),
    Script("whole_question", "--data {data}", "--train-size 1000 --seeds 5 --kinds texts",
           "--train-size 32 --seeds 1 --kinds texts", ("texts",), 16, long=True),
    Script("scale", "--data {data}", "", "--train-size 40 --seeds 1 --brief 3 --turns 1", ("texts",), 12, long=True),
    Script("gpu", "", "", "--tiny --device cpu", (), 8, long=True, gpu=True),
)  # fmt: skip


def command_for(script: Script, data: Path, tiny: bool = False) -> list[str]:
    """Words of its command line, without where its results go."""
    texts = present(data, "texts") or ""
    phrases = data / texts / "train_phrases.tsv"
    many = phrases if phrases.exists() else data / texts / "train.tsv"
    filled = [word.format(data=data, texts=texts, many=many) for word in script.data.split()]
    filled += (script.tiny if tiny else script.sizes).split()
    return [sys.executable, str(HERE / f"{script.name}.py"), *filled]


def has_gpu() -> bool:
    """Whether there is a GPU."""
    import torch

    return torch.cuda.is_available()


def reason_to_skip(script: Script, data: Path, long: bool, tiny: bool = False) -> str:
    """Why it can't run here; empty if it can."""
    if not (HERE / f"{script.name}.py").exists():
        return "it is not there"
    if "add_json_option" not in (HERE / f"{script.name}.py").read_text(encoding="utf-8"):
        return "it keeps no results: it has no --json"
    if script.long and not long:
        return f"it takes {script.minutes:g} minutes and was not asked for"
    if script.gpu and not tiny and not has_gpu():
        return "there is no GPU"
    if script.beside and not script.beside.exists():
        return f"{script.beside.parent.name} is not installed"
    if missing := [kind for kind in script.needs if present(data, kind) is None]:
        return f"there is no known set of {' and '.join(missing)} in the data folder"
    return ""


def run(script: Script, data: Path, results: Path, *, long: bool, tiny: bool) -> Outcome:
    """Run one script, its output on the terminal and its findings in its folder of `results`."""
    command = command_for(script, data, tiny)
    shown = shown_command(command[1:])
    if because := reason_to_skip(script, data, long, tiny):
        return Outcome(script.name, shown, "skipped", because)
    about = "" if tiny else f"  (about {script.minutes:g} minutes)"
    print(f"\n=== {shlex.join(command[1:])}{about}", flush=True)
    file = (results.parent / GPU.folder if script.gpu else results) / f"{script.name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    code = subprocess.run([*command, "--json", str(file)], check=False).returncode
    minutes = round((time.perf_counter() - began) / 60, 1)
    if code:
        return Outcome(script.name, shown, "failed", f"it ended with status {code}", minutes)
    return Outcome(script.name, shown, "ran", minutes=minutes)


def main(words: Sequence[str] | None = None) -> int:
    """Run them, say what became of each, write the page, check; 0 if none failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of sets; default: ../shared/data if there, else examples")
    parser.add_argument("--only", nargs="+", choices=[s.name for s in SCRIPTS], help="run these alone")
    parser.add_argument("--long", action="store_true", help="also those that take long")
    parser.add_argument("--no-check", action="store_true", help="leave out the check of ratios at the end")
    parser.add_argument("--tiny", type=Path, metavar="FOLDER", help="only show that it works; all goes there")
    arguments = parser.parse_args(words)
    data = arguments.data or (BESIDE if BESIDE.exists() else ROOT / "examples")
    tiny = arguments.tiny is not None
    results, file = (arguments.tiny / "results", arguments.tiny / PAGE.name) if tiny else (RESULTS, PAGE)
    ours = results / processor_here().folder
    chosen = [script for script in SCRIPTS if script.name in (arguments.only or script.name)]
    long = arguments.long or bool(arguments.only)
    outcomes = [run(script, data, ours, long=long, tiny=tiny) for script in chosen]
    now = {outcome.name: outcome for outcome in (*read_outcomes(ours), *outcomes)}
    write_outcomes(ours, [now[script.name] for script in SCRIPTS if script.name in now])
    write_page(results, file)
    unchecked = arguments.no_check or tiny
    checked = 0 if unchecked else subprocess.run([sys.executable, str(HERE / "check.py")]).returncode
    print(f"\n=== {file} is written")
    for o in outcomes:
        print(f"{o.became:8} {o.name:14} {o.minutes:5.1f} minutes  {o.because}".rstrip())
    return int(any(outcome.became == "failed" for outcome in outcomes) or checked != 0)


if __name__ == "__main__":
    sys.exit(main())
