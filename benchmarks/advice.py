"""How far the verdict can be foretold before any fine-tuning: comparisons, signals, a model of them.

    python benchmarks/advice.py compare --data shared/data --out results --encoders minilm bert-small elmo-small
    python benchmarks/advice.py fit --out results --table advice.json --model model.json
    python benchmarks/advice.py terms shared/corpus/enwiki2015/*.xz

`compare` compares feature extraction and fine-tuning (recipes of the budget `quick`, dev no larger than the training
rows, as in studies) for every set, encoder and number of training rows, and writes it to OUT/comparisons.jsonl with the
signals that a forecast would have seen; what is there is not made again. `fit` fits the model on all of them,
measures it on sets that it has not seen (each set left out in turn, with all encoders and sizes), and prints what its
advice would have cost: regret is the score of the better method minus that of the advised one, on test, in points.
"""

from __future__ import annotations

import argparse
import json
import lzma
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unfreeze.advice.distance import TERMS
from unfreeze.advice.gather import gathered
from unfreeze.advice.model import Model, terms_of
from unfreeze.advice.signals import Signals
from unfreeze.advice.terms import VOCABULARY
from unfreeze.disk.files import write_json
from unfreeze.methods.budgets import recipes
from unfreeze.methods.table import method_named
from unfreeze.recipe import MethodName, Traits
from unfreeze.runs.watching import Quiet
from unfreeze.studies.asked import asked_from
from unfreeze.studies.desk import Desk
from unfreeze.studies.evidence import difference
from unfreeze.studies.sets import SETS
from unfreeze.studies.terms import corpus_terms
from unfreeze.tasks.kinds import task as task_called

Floats = npt.NDArray[np.float64]
FROZEN: MethodName = "feature-extraction"
TUNED: MethodName = "fine-tuning"
FILE = "comparisons.jsonl"


@dataclass(frozen=True)
class Compared:
    """A comparison with what was known before it.

    Attributes:
        gain: test score of fine-tuning minus that of feature extraction, points; `error` its standard error.
        frozen: test score of feature extraction, points.
        compare_s, advise_s: seconds of the comparison and of its signals.
    """

    set: str
    encoder: str
    signals: Signals
    gain: float
    error: float
    frozen: float
    compare_s: float
    advise_s: float


def compared(name: str, encoder: str, desk: Desk) -> Compared | None:
    """Compare on a set; None where the set is missing or has fewer rows than were asked for."""
    if desk.found(name) is None:
        return None
    one = desk.about(encoder)
    traits = Traits(one.layers, one.width, one.family, one.reads_pairs, one.causal)
    task = task_called(SETS[name].task)
    cells = {m: desk.cell(name, one, recipes("quick", method_named(m), task, traits)) for m in (FROZEN, TUNED)}
    plan, dataset = desk.plan(cells[FROZEN]), desk.dataset(cells[FROZEN])
    if desk.asked.rows is not None and len(dataset.train) < desk.asked.rows:
        return None
    began = time.perf_counter()
    signals = gathered(plan, dataset)
    advised = time.perf_counter()
    found = desk.measured(cells)
    desk.tidy()
    gap = difference(found[TUNED], found[FROZEN])
    return Compared(
        name, encoder, signals, 100 * gap.mean, 100 * (gap.hi - gap.lo) / 3.92, 100 * found[FROZEN].mean,
        time.perf_counter() - advised, advised - began,
    )  # fmt: skip


def read_all(path: Path) -> list[Compared]:
    """What was compared so far."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [_compared(json.loads(line)) for line in lines]


def _compared(values: dict[str, Any]) -> Compared:
    signals = values.pop("signals")
    signals["probes"] = tuple(tuple(one) for one in signals["probes"])
    return Compared(signals=Signals(**signals), **values)


def fitted(rows: Sequence[Compared], names: Sequence[str]) -> Model:
    """Bayesian linear regression of the gain on some terms; `noise` is that of the regression."""
    from sklearn.linear_model import BayesianRidge

    raw = np.array([[terms_of(one.signals)[name] for name in names] for one in rows])
    centre, scale = raw.mean(0), raw.std(0)
    scale[scale == 0] = 1.0
    made = BayesianRidge().fit((raw - centre) / scale, np.array([one.gain for one in rows]))
    return Model(
        tuple(names), tuple(centre.tolist()), tuple(scale.tolist()), tuple(made.coef_.tolist()),
        float(made.intercept_), tuple(tuple(line) for line in made.sigma_.tolist()), float(made.alpha_**-0.5),
        {"comparisons": len(rows), "sets": len({r.set for r in rows}), "encoders": len({r.encoder for r in rows})}, 0.0,
    )  # fmt: skip


def unseen(rows: Sequence[Compared], names: Sequence[str]) -> list[tuple[float, float]]:
    """The forecast for every comparison, mean and standard deviation, by a model that has not seen its set."""
    models = {name: fitted([r for r in rows if r.set != name], names) for name in {r.set for r in rows}}
    return [models[one.set].forecast(one.signals) for one in rows]


def regret(rows: Sequence[Compared], tune: Sequence[bool]) -> float:
    """Mean points lost by tuning where `tune` says so and freezing elsewhere, against the better of both."""
    return float(np.mean([max(0.0, -r.gain) if t else max(0.0, r.gain) for r, t in zip(rows, tune, strict=True)]))


def told(rows: Sequence[Compared], names: Sequence[str]) -> tuple[Model, dict[str, Any]]:
    """The model of all rows, its noise from sets that it had not seen; and what is to be said of it."""
    forecasts = unseen(rows, names)
    missed = np.array([mean - one.gain for one, (mean, _) in zip(rows, forecasts, strict=True)])
    model = fitted(rows, names)
    noise = float(np.sqrt(max(np.mean(missed**2), model.noise**2)))
    model = replace(model, noise=noise, missed=float(np.abs(missed).mean()))
    gains = np.array([one.gain for one in rows])
    sure = [abs(mean) > 1.2816 * noise for mean, _ in forecasts]
    right = [np.sign(mean) == np.sign(one.gain) for one, (mean, _) in zip(rows, forecasts, strict=True)]
    about = {
        "made_from": dict(model.made_from), "missed": model.missed, "noise": noise,
        "explained": 1 - float(np.sum(missed**2) / np.sum((gains - gains.mean()) ** 2)),
        "regret": regret(rows, [mean > 0 for mean, _ in forecasts]),
        "regret_always_tuning": regret(rows, [True] * len(rows)),
        "regret_always_freezing": regret(rows, [False] * len(rows)),
        "sure": int(sum(sure)), "sure_and_right": int(sum(s and r for s, r in zip(sure, right, strict=True))),
        "right": int(sum(right)),
    }  # fmt: skip
    return model, about


def main() -> None:
    """Do as asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked = parser.add_subparsers(dest="do", required=True)
    one = asked.add_parser("compare")
    one.add_argument("--data", type=Path, required=True)
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("--encoders", nargs="+", required=True)
    one.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    one.add_argument("--rows", nargs="+", type=int, default=[200, 800, 3200])
    one.add_argument("--seeds", type=int, default=2)
    one.add_argument("--test-size", type=int, default=1000, help="test examples at most")
    two = asked.add_parser("fit")
    two.add_argument("--out", type=Path, required=True)
    two.add_argument("--table", type=Path)
    two.add_argument("--model", type=Path)
    three = asked.add_parser("terms")
    three.add_argument("corpus", nargs="+")
    arguments = parser.parse_args()
    {"compare": _compare, "fit": _fit, "terms": _terms}[arguments.do](arguments)


def _compare(arguments: argparse.Namespace) -> None:
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / FILE
    for rows in arguments.rows:
        asked = asked_from(
            arguments.data, arguments.encoders, arguments.out, arguments.seeds, None, rows, arguments.test_size, None,
            "quick", (), "cpu",
        )  # fmt: skip
        desk = Desk(asked, Quiet(), print)
        for encoder in arguments.encoders:
            for name in arguments.sets:
                if any((r.set, r.encoder, r.signals.rows) == (name, encoder, rows) for r in read_all(path)):
                    continue
                found = compared(name, encoder, desk)
                if found is not None:
                    with path.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(asdict(found)) + "\n")
                    print(f"{name}, {encoder}, {rows}: {found.gain:+.1f} ± {found.error:.1f}", flush=True)


def _fit(arguments: argparse.Namespace) -> None:
    rows = read_all(arguments.out / FILE)
    names = tuple(terms_of(rows[0].signals))
    model, about = told(rows, names)
    print(json.dumps(about, indent=1))
    for name, weight in sorted(zip(model.names, model.weights, strict=True), key=lambda pair: -abs(pair[1])):
        print(f"{weight:+7.2f}  {name}")
    if arguments.table:
        write_json(arguments.table, about)
    if arguments.model:
        write_json(arguments.model, asdict(model))


def _terms(arguments: argparse.Namespace) -> None:
    lines = [f"{word} {count}" for word, count in corpus_terms(arguments.corpus).most_common(VOCABULARY)]
    packed = lzma.compress("\n".join(lines).encode(), preset=9)
    (Path(__file__).parent.parent / "src" / "unfreeze" / "advice" / TERMS).write_bytes(packed)


if __name__ == "__main__":
    main()
