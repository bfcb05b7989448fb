"""All benchmarks in one run: none stops another, and the status says whether one failed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import run_all
from page import read_outcomes
from processors import AMX
from run_all import SCRIPTS, Script, command_for, reason_to_skip

EXAMPLES = run_all.ROOT / "examples"
GOOD = "# add_json_option\nimport sys, pathlib\npathlib.Path(sys.argv[-1]).write_text(' '.join(sys.argv[1:]))\n"
BAD = "# add_json_option\nraise SystemExit(3)\n"
MUTE = "print('no results')\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where scripts and results are looked for, the page not being written."""
    monkeypatch.setattr(run_all, "HERE", tmp_path)
    monkeypatch.setattr(run_all, "RESULTS", tmp_path)
    monkeypatch.setattr(run_all, "write_page", lambda results, file: None)
    monkeypatch.setattr(run_all, "processor_here", lambda: AMX)
    return tmp_path


def _scripts(folder: Path, monkeypatch: pytest.MonkeyPatch, **sources: str) -> None:
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    made = tuple(
        Script(name, "--data {data}/{texts}", "--texts 5", "--texts 1", ("texts",), 1) for name in (*sources, "absent")
    )
    monkeypatch.setattr(run_all, "SCRIPTS", made)


def test_one_that_fails_stops_no_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _scripts(folder, monkeypatch, first=BAD, second=GOOD, third=MUTE)
    assert run_all.main(["--data", str(EXAMPLES), "--no-check"]) == 1
    became = {o.name: (o.became, o.because) for o in read_outcomes(folder / "amx")}
    assert became["first"] == ("failed", "it ended with status 3")
    assert became["second"] == ("ran", "")
    assert became["third"][0] == became["absent"][0] == "skipped"
    given = (folder / "amx" / "second.json").read_text(encoding="utf-8").split()
    assert given == ["--data", f"{EXAMPLES}/ewt_genre", "--texts", "5", "--json", str(folder / "amx" / "second.json")]


def test_what_is_skipped_is_no_failure(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _scripts(folder, monkeypatch, first=GOOD)
    assert run_all.main(["--data", str(folder), "--no-check"]) == 0
    assert "no known set of texts" in read_outcomes(folder / "amx")[0].because


def test_a_part_keeps_what_became_of_the_rest(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _scripts(folder, monkeypatch, first=GOOD, second=GOOD)
    run_all.main(["--data", str(EXAMPLES), "--no-check"])
    (folder / "second.py").write_text(BAD, encoding="utf-8")
    run_all.main(["--data", str(EXAMPLES), "--no-check", "--only", "second"])
    assert {o.name: o.became for o in read_outcomes(folder / "amx")} == {
        "first": "ran",
        "second": "failed",
        "absent": "skipped",
    }


def test_what_takes_long_runs_only_when_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _scripts(folder, monkeypatch, first=GOOD)
    monkeypatch.setattr(run_all, "SCRIPTS", (replace(run_all.SCRIPTS[0], long=True),))
    for words, became in (([], "skipped"), (["--long"], "ran"), (["--only", "first"], "ran")):
        assert run_all.main(["--data", str(EXAMPLES), "--no-check", *words]) == 0
        assert [o.became for o in read_outcomes(folder / "amx")] == [became]


def test_a_gpu_is_needed_but_for_a_tiny_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _scripts(folder, monkeypatch, first=GOOD)
    monkeypatch.setattr(run_all, "SCRIPTS", (replace(run_all.SCRIPTS[0], gpu=True),))
    monkeypatch.setattr(run_all, "has_gpu", lambda: False)
    assert run_all.main(["--data", str(EXAMPLES), "--no-check"]) == 0
    assert [(o.became, o.because) for o in read_outcomes(folder / "amx")] == [("skipped", "there is no GPU")]
    assert run_all.main(["--data", str(EXAMPLES), "--tiny", str(folder / "tiny")]) == 0
    assert (folder / "tiny" / "results" / "gpu" / "first.json").exists()
    monkeypatch.setattr(run_all, "has_gpu", lambda: True)
    assert run_all.main(["--data", str(EXAMPLES), "--no-check"]) == 0
    assert (folder / "gpu" / "first.json").exists()


def test_a_check_that_fails_is_a_failure(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _scripts(folder, monkeypatch, first=GOOD, check=BAD)
    monkeypatch.setattr(run_all, "SCRIPTS", run_all.SCRIPTS[:1])
    assert run_all.main(["--data", str(EXAMPLES)]) == 1
    (folder / "check.py").write_text("", encoding="utf-8")
    assert run_all.main(["--data", str(EXAMPLES)]) == 0


def test_a_tiny_run_leaves_page_and_results_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _scripts(folder, monkeypatch, first=GOOD)
    written = []
    monkeypatch.setattr(run_all, "write_page", lambda results, file: written.append((results, file)))
    assert run_all.main(["--data", str(EXAMPLES), "--tiny", str(folder / "tiny")]) == 0
    assert written == [(folder / "tiny" / "results", folder / "tiny" / "performance.md")]
    given = (folder / "tiny" / "results" / "amx" / "first.json").read_text(encoding="utf-8").split()
    assert given[2:4] == ["--texts", "1"]
    assert not list(folder.glob("*/first.json"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.name)
def test_options_are_known_to_their_script(script: Script) -> None:
    file = run_all.HERE / f"{script.name}.py"
    if not file.exists():
        pytest.skip("not in this checkout")
    source = file.read_text(encoding="utf-8")
    options = [
        word for words in (script.data, script.sizes, script.tiny) for word in words.split() if word.startswith("--")
    ]
    assert [option for option in options if f'"{option}"' not in source] == []


@pytest.mark.parametrize("script", [s for s in SCRIPTS if s.needs and not s.beside], ids=lambda s: s.name)
def test_the_examples_have_data_for_every_script(script: Script) -> None:
    """So that all of them run on a fresh clone."""
    assert "no known set" not in reason_to_skip(script, EXAMPLES, long=True)
    paths = [Path(word) for word in command_for(script, EXAMPLES) if word.startswith(str(EXAMPLES))]
    assert paths
    assert all(path.exists() for path in paths)


def test_all_take_fifty_minutes_at_most() -> None:
    """As told beside them; the check at the end takes up to three."""
    assert sum(script.minutes for script in SCRIPTS if not script.long) + 2.5 <= 50
