"""docs/performance.md is what template and results give, and tells where each number is from."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from page import (
    IMAGES,
    PAGE,
    RESULTS,
    TEMPLATE,
    Measured,
    Outcome,
    images,
    page,
    read_measured,
    read_outcomes,
    read_results,
    write_outcomes,
    write_page,
)
from processors import AMX, AVX512_BF16, CLASSES, GPU
from results import Result, write_result
from run_all import SCRIPTS

RAN = Outcome("made", "python benchmarks/made.py", "ran", minutes=1.5)


def test_the_page_is_what_template_and_results_give() -> None:
    """If this fails, run `python benchmarks/page.py` and look at what it changes."""
    made = page(TEMPLATE.read_text(encoding="utf-8"), read_measured(RESULTS))
    assert PAGE.read_text(encoding="utf-8") == made


def test_the_page_has_its_charts_and_no_others() -> None:
    shown = set(re.findall(r"images/performance/([\w-]+\.svg)", PAGE.read_text(encoding="utf-8")))
    assert {file.name for file in (PAGE.parent / IMAGES).glob("*")} == shown


def test_the_page_has_a_place_for_every_script() -> None:
    template = TEMPLATE.read_text(encoding="utf-8")
    assert [s.name for s in SCRIPTS if f'result("{s.name}")' not in template] == []


def test_every_table_has_its_machine_line(result: Result) -> None:
    text = page('{{ result("made") }}', {AMX: Measured({"made": result}, (RAN,))})
    line = f"*{result.machine.line()}*"
    assert all(part in line for part in ("2026-01-31", "Some Processor", "2 cores", "torch 2.13.0"))
    tables = re.findall(r"^\|(?:[^\n]*\n\|)+", text, re.MULTILINE)
    assert len(tables) == len(result.tables) + 1  # and one of the ratios
    assert text.count(line) == len(tables)
    for after in re.split(r"^\| --- .*$", text, flags=re.MULTILINE)[1:]:
        assert line in after


def test_committed_tables_have_their_machine_lines() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for known in read_measured(RESULTS).values():
        for found in known.results.values():
            assert text.count(found.machine.line()) >= len(found.tables) + bool(found.ratios)
            assert found.command in text


def test_results_lie_in_folders_of_known_classes() -> None:
    assert {path.name for path in RESULTS.iterdir()} <= {c.folder for c in CLASSES}


def test_a_section_has_command_ratios_notes_and_charts(result: Result) -> None:
    text = page('{{ result("made") }}', {AMX: Measured({"made": result}, (RAN,))})
    assert "    python benchmarks/made.py --data DIR\n" in text
    assert "| made, against peer | 30.0 | 10.0 | texts/s | 3.00 (2.90 to 3.10) | 3.05 | 61% of bf16 |" in text
    assert r"| a \| b | 1,234 | 0.50 |  |" in text
    assert "A note." in text
    assert "![Speeds](images/performance/amx-made-0.svg)" in text


def test_every_class_has_a_table_of_its_own_targets(result: Result) -> None:
    """A target without a ratio says so; a class without any says that no such machine has been at hand."""
    measured = Measured({"made": _extraction(result)})
    text = page("{{ targets() }}", {AVX512_BF16: Measured(), AMX: measured, GPU: Measured()})
    without, amx, gpu = (part.split("###", 1)[0] for part in text.split("### ")[1:])
    assert without.startswith("AVX512-BF16")
    assert "**No run on such a machine yet.**" in without
    assert "svg" not in without
    assert "| 1 | extraction *, share of the bf16 peak |  |  |  |  |  | at least 0.7 | not measured |  |" in without
    assert "extraction sst2, share of the bf16 peak | 189 | 350 | GFLOP/s | 0.54 |" in amx
    assert "| at least 0.45 (aim 0.6) | met | 2026-01-31 |" in amx
    assert f"*{result.machine.line()}*" in amx
    assert "images/performance/amx-targets-0.svg" in amx
    assert "| not measured |" in amx
    assert "made, against another" not in text
    assert "extraction" in gpu
    assert "onnxruntime" not in gpu


def _extraction(result: Result) -> Result:
    ratio = replace(result.ratios[0], name="extraction sst2, share of the bf16 peak", ours=189.0, peer=350.0)
    ratio = replace(ratio, unit="GFLOP/s", ratio=0.54, low=None, high=None, processor=None)
    return replace(result, ratios=(ratio,))


def test_classes_keep_their_own_results(result: Result) -> None:
    other = replace(result, machine=replace(result.machine, date="2026-02-01", processor="Other"))
    text = page('{{ result("made") }}', {AVX512_BF16: Measured({"made": result}), AMX: Measured({"made": other})})
    older, newer = text.split("#### AMX")
    assert older.startswith("#### AVX512-BF16")
    assert "2026-01-31; Some Processor" in older
    assert "2026-02-01; Other" not in older
    assert "2026-02-01; Other" in newer
    assert "amx-made-0.svg" in newer


def test_what_did_not_run_is_told(result: Result) -> None:
    skipped = Outcome("made", "python benchmarks/made.py", "skipped", "there is no known set")
    text = page('{{ result("made") }}{{ runs() }}', {AMX: Measured({}, (skipped,))})
    assert text.count("skipped, because there is no known set") == 2
    earlier = page('{{ result("made") }}', {AMX: Measured({"made": result}, (skipped,))})
    assert "skipped" in earlier
    assert "First" in earlier  # what was found before stays
    assert page('{{ result("made") }}{{ runs() }}', {AMX: Measured()}) == (
        "Not measured yet.They have not been run together yet."
    )


def test_a_page_is_written_from_the_folders_of_classes(result: Result, tmp_path: Path) -> None:
    write_result(tmp_path / "results" / "amx" / "extraction.json", _extraction(result))
    (tmp_path / IMAGES).mkdir(parents=True)
    (tmp_path / IMAGES / "old-0.svg").touch()
    write_page(tmp_path / "results", tmp_path / "page.md")
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert text.count("No run on such a machine yet") == len(CLASSES) - 1
    names = {file.name for file in (tmp_path / IMAGES).iterdir()}
    assert names == {"amx-extraction-0.svg", "amx-extraction-1.svg", "amx-targets-0.svg"}


def test_a_template_that_asks_for_what_is_not_there_fails() -> None:
    with pytest.raises(Exception, match="undefined"):
        page("{{ reslt('made') }}", {})


def test_every_chart_is_drawn(result: Result) -> None:
    drawn = images({AMX: Measured({"made": _extraction(result)}), GPU: Measured({"made": result})})
    assert set(drawn) == {*(f"{c}-made-{i}.svg" for c in ("amx", "gpu") for i in (0, 1)), "amx-targets-0.svg"}
    for text in drawn.values():
        assert text.startswith("<svg")
    assert "packed" in drawn["amx-made-0.svg"]
    assert "extraction sst2" in drawn["amx-targets-0.svg"]


def test_outcomes_come_back(tmp_path: Path) -> None:
    assert read_outcomes(tmp_path) == ()
    write_outcomes(tmp_path, [RAN])
    assert read_outcomes(tmp_path) == (RAN,)
    assert read_results(tmp_path) == {}
