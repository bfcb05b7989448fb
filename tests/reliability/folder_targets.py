"""What the package itself wrote, damaged: bundles, run folders, stores, plans; and corpora for pretraining."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import math
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import made_corpus
import numpy as np
import tiny
from fuzz import Target, UndecidedError, WrongError

TEXTS = ("good film with the music", "awful story", "was a really great end")
_PLAN: dict[str, Any] = {
    "data": "data", "encoder": "minilm", "budget": "quick", "seeds": 3, "train_size": 100, "max_length": 64,
    "device": "cpu", "cache_gb": 2.5, "methods": ["fine-tuning"], "text": "text", "label": "label",
    "recipes": [{"method": "fine-tuning", "head": "linear", "name": "low", "learning_rate": 2e-5, "epochs": 3}],
}  # fmt: skip


def _call(*arguments: object) -> str:
    from unfreeze.terminal.cli import app

    with redirect_stdout(io.StringIO()) as said:
        app([str(argument) for argument in arguments], standalone_mode=False)
    return said.getvalue()


def make_comparison(folder: Path) -> None:
    """A finished comparison of a few steps, with its bundle."""
    from unfreeze.commands.compare import compare

    tiny.make_encoder(folder / "encoder")
    tiny.write_data(folder / "data", "classification")
    recipes = tuple(replace(recipe, epochs=2) for recipe in tiny.recipes("classification"))
    plan = tiny.tiny_plan(folder / "data", folder / "encoder", folder / "out", "classification")
    compare(replace(plan, recipes=recipes))


def predict(folder: Path) -> list[Any]:
    """`unfreeze predict` from the command line: label and confidence of each text."""
    data, out = folder / "texts.jsonl", folder / "said.jsonl"
    data.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS), encoding="utf-8")
    _call("predict", folder / "out" / "bundle", data, "--out", out, "--device", "cpu")
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    return [[row["text"], row["label"], row.get("confidence")] for row in rows]


def judge_predictions(folder: Path, sound: Path, rows: list[Any]) -> None:
    """Labels are the sound bundle's; with an unhurt model and settings, so are the predictions."""
    sound_about = json.loads((sound / "out" / "bundle" / "bundle.json").read_text(encoding="utf-8"))
    about = json.loads((folder / "out" / "bundle" / "bundle.json").read_text(encoding="utf-8-sig"))
    if [row[0] for row in rows] != list(TEXTS):
        raise WrongError(f"other texts: {rows}")
    for _, label, sure in rows:
        if not isinstance(sure, float) or not 0 <= sure <= 1 or label not in about["labels"]["names"]:
            raise WrongError(f"{label!r} with {sure} was predicted")
    told = ("task", "labels", "recipe", "score_mean", "score_spread", "max_length", "fingerprint")
    if any(about.get(key) != sound_about[key] for key in told):
        raise UndecidedError("the settings are others")
    place = Path("out") / "bundle" / "head.safetensors"
    if (folder / place).read_bytes() != (sound / place).read_bytes():
        raise UndecidedError("the head is another")
    expected = predict(sound)
    (sound / "texts.jsonl").unlink()
    (sound / "said.jsonl").unlink()
    if [row[:2] for row in rows] != [row[:2] for row in expected] or not np.allclose(
        [row[2] for row in rows], [row[2] for row in expected], atol=1e-6
    ):
        raise WrongError(f"{rows}, sound {expected}")


def report(folder: Path) -> dict[str, Any]:
    """`unfreeze report` from the command line: what it judged."""
    (folder / "out" / "result.json").unlink()
    _call("report", folder / "out")
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    if "</html>" not in page:
        raise WrongError("the page is torn")
    return json.loads((folder / "out" / "result.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def judge_report(folder: Path, sound: Path, result: dict[str, Any]) -> None:
    """Accuracies in the result are those of the predictions and gold labels in the files."""
    import pyarrow.parquet as pq

    out = folder / "out"
    gold = pq.read_table(out / "items.parquet", use_threads=False)["gold"].to_pylist()
    for name, method in tiny.methods(result).items():
        for run in method["runs"]:
            said = pq.read_table(out / "runs" / run["id"] / "test.parquet", use_threads=False)["prediction"].to_pylist()
            right = sum(a == b for a, b in zip(gold, said, strict=True)) / len(gold)
            told = run["test"]["accuracy"] if isinstance(run["test"], dict) else run["test"]
            if not math.isclose(right, told, abs_tol=1e-9):
                raise WrongError(f"{name} {run['id']}: accuracy {told} is reported, {right} is in the files")
        if not 0 <= method["test"] <= 1 if isinstance(method["test"], float) else False:
            raise WrongError(f"{name}: {method['test']}")


def make_store(folder: Path) -> None:
    """A feature store beside its encoder."""
    tiny.make_encoder(folder / "bert")
    _extracted(folder)


def _extracted(folder: Path) -> Any:
    from unfreeze.encoders.freezing import frozen
    from unfreeze.encoders.load import load_encoder
    from unfreeze.features.extract import extract

    encoder = load_encoder(str(folder / "bert"))
    inputs = encoder.read_texts([text for text, _ in tiny.rows("classification", 30, 0)])
    with frozen(encoder) as reader:
        features = extract(reader, inputs, "tokens", folder=folder / "store", cap_bytes=10**9, precision="fp32")
        return features.read(range(30)).states.tolist()


def judge_states(folder: Path, sound: Path, states: Any) -> None:
    """A damaged store changes no state."""
    if states != _extracted(sound):
        raise WrongError("other states")


def make_plan(folder: Path) -> None:
    """A plan file with most settings."""
    import yaml

    (folder / "data").mkdir()
    (folder / "plan.yaml").write_text(yaml.safe_dump(_PLAN, sort_keys=False), encoding="utf-8")


def read_plan(folder: Path) -> dict[str, Any]:
    """A plan's settings as plain values."""
    from unfreeze.plan import plain
    from unfreeze.plan import read_plan as read

    return json.loads(json.dumps(plain(read(folder / "plan.yaml"))))  # type: ignore[no-any-return]


def judge_plan(folder: Path, sound: Path, plan: dict[str, Any]) -> None:
    """Every setting of the file is one of the plan, with the value that YAML has."""
    import yaml

    values = yaml.safe_load((folder / "plan.yaml").read_text(encoding="utf-8-sig"))
    for key, value in values.items():
        if key in ("data", "train", "dev", "test", "out") and isinstance(value, str):
            value = str(folder / value) if key != "out" else value
        found = plan.get(key, "nothing")
        if key == "recipes":
            pairs = [(one.get(k), v) for one, told in zip(found, value, strict=True) for k, v in told.items()]
            fine = all(_json(one) == _json(v) for one, v in pairs)
        else:
            fine = _json(found) == _json(value)
        if not fine and value is not None:
            raise WrongError(f"{key}: {value!r} is in the file, {found!r} in the plan")


def _json(value: Any) -> str:
    """Numbers by value, since 3 is as good as 3.0 for a fraction, and YAML takes 1e-5 for a text."""
    try:
        return str(float(value) + 0.0) if not isinstance(value, bool) else str(value)
    except (TypeError, ValueError):
        return json.dumps(value, default=str)


def _sentences(seed: int) -> str:
    text = made_corpus.write_corpus(Path("corpus-to-read"), 8, seed)
    made = text.read_text(encoding="utf-8")
    text.unlink()
    return made.replace("The", "Ünïcode 中文", 1)


def make_corpus(folder: Path, name: str) -> None:
    """Text in one of the kinds that pretraining reads."""
    text = _sentences(1)
    if "wiki" in name:
        documents = text.strip().split("\n\n")
        text = "".join(f'<doc id="{i}" title="T">\nTitle\n\n{d}\n</doc>\n' for i, d in enumerate(documents))
    elif "jsonl" in name:
        text = "".join(json.dumps({"id": i, "text": d}) + "\n" for i, d in enumerate(text.strip().split("\n\n")))
    data = text.encode()
    (folder / name).write_bytes(_PACK.get(Path(name).suffix, lambda one: one)(data))


def _zst(data: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


_PACK: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".xz": lzma.compress, ".bz2": bz2.compress,
                                              ".zst": _zst}  # fmt: skip


def read_corpus(folder: Path, name: str) -> list[Any]:
    """Documents of paragraphs."""
    from unfreeze.pretraining.corpus import corpus_files, read_documents

    return [list(document) for document in read_documents(corpus_files([folder / name]))]


def judge_corpus(folder: Path, sound: Path, found: list[Any], name: str) -> None:
    """Documents are those of a plain reader over what the standard library (of .zst: pyarrow) unpacks."""
    text = _unpacked(folder / name).decode("utf-8-sig")
    lines = [line.strip() for line in text.replace("\r\n", "\n").split("\n")]
    first = next((line for line in lines if line), "")
    if first.startswith("<doc "):
        expected = list(_wiki(lines))
    elif first.startswith("{"):
        expected = [json.loads(line)["text"].split("\n") for line in lines if line]
        expected = [[part.strip() for part in document if part.strip()] for document in expected]
    else:
        expected = [block.split("\n") for block in _blocks(lines)]
    expected = [document for document in expected if document]
    if found != expected:
        odd = next((pair for pair in zip(found, expected, strict=False) if pair[0] != pair[1]), ("other number", ""))
        raise WrongError(f"{len(found)} documents, a plain reader has {len(expected)}: {str(odd)[:300]}")


def _blocks(lines: list[str]) -> Iterator[str]:
    kept: list[str] = []
    for line in [*lines, ""]:
        if line:
            kept.append(line)
        elif kept:
            yield "\n".join(kept)
            kept = []


def _wiki(lines: list[str]) -> Iterator[list[str]]:
    """As WikiExtractor writes: a line that opens a document, its title, paragraphs, a line that closes it."""
    kept: list[str] = []
    titled = True
    for line in lines:
        if line.startswith("<doc "):
            kept, titled = [], False
        elif line.startswith("</doc"):
            yield kept
            kept = []
        elif line and not titled:
            titled = True
        elif line:
            kept.append(line)
    yield kept


def _unpacked(path: Path) -> bytes:
    known: dict[str, Any] = {".gz": gzip.open, ".xz": lzma.open, ".bz2": bz2.open}
    try:
        if path.suffix in known:
            with known[path.suffix](path) as file:
                return bytes(file.read())
        if path.suffix == ".zst":
            import pyarrow as pa

            with pa.input_stream(str(path), compression="zstd") as file:
                return bytes(file.read())
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise WrongError(f"a torn file was read: {error}") from None
    return path.read_bytes()


def _corpus_target(name: str, file: str, share: float) -> Target:
    return Target(
        name, lambda folder: make_corpus(folder, file), (file,), lambda folder: read_corpus(folder, file),
        lambda folder, sound, found: judge_corpus(folder, sound, found, file), share,
    )  # fmt: skip


def targets() -> list[Target]:
    """Everything that is neither a table nor an encoder."""
    corpora = [_corpus_target(f"corpus {kind}", f"text.{kind}", 0.6) for kind in ("txt", "wiki", "jsonl")]
    packed = [_corpus_target(f"corpus {kind}", f"text.txt.{kind}", 0.4) for kind in ("gz", "xz", "bz2", "zst")]
    runs = ("out/*.json", "out/*.parquet", "out/runs/*/*.json", "out/runs/*/*.parquet")
    return [
        Target("bundle", make_comparison, ("out/bundle/**/*",), predict, judge_predictions),
        Target("run folder", make_comparison, runs, report, judge_report, 1.2),
        Target("store", make_store, ("store/**/*",), _extracted, judge_states, 0.4),
        Target("plan", make_plan, ("plan.yaml",), read_plan, judge_plan),
        *corpora, *packed,
    ]  # fmt: skip
