"""docs/performance.md is what template and results give, and tells where each number is from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from page import IMAGES, PAGE, RESULTS, TEMPLATE, Outcome, images, page, read_outcomes, read_results, write_outcomes
from results import Result
from run_all import SCRIPTS

RAN = Outcome("made", "python benchmarks/made.py", "ran", minutes=1.5)


def test_the_page_is_what_template_and_results_give() -> None:
    """If this fails, run `python benchmarks/page.py` and look at what it changes."""
    made = page(TEMPLATE.read_text(encoding="utf-8"), read_results(RESULTS), read_outcomes(RESULTS))
    assert PAGE.read_text(encoding="utf-8") == made


def test_the_page_has_its_charts_and_no_others() -> None:
    shown = set(re.findall(r"images/performance/([\w-]+\.svg)", PAGE.read_text(encoding="utf-8")))
    assert {file.name for file in (PAGE.parent / IMAGES).glob("*")} == shown


def test_the_page_has_a_place_for_every_script() -> None:
    template = TEMPLATE.read_text(encoding="utf-8")
    assert [s.name for s in SCRIPTS if f'result("{s.name}")' not in template] == []


def test_every_table_has_its_machine_line(result: Result) -> None:
    text = page('{{ result("made") }}', {"made": result}, [RAN])
    line = f"*{result.machine.line()}*"
    assert all(part in line for part in ("2026-01-31", "Some Processor", "2 cores", "torch 2.13.0"))
    tables = re.findall(r"^\|(?:[^\n]*\n\|)+", text, re.MULTILINE)
    assert len(tables) == len(result.tables) + 1  # and one of the ratios
    assert text.count(line) == len(tables)
    for after in re.split(r"^\| --- .*$", text, flags=re.MULTILINE)[1:]:
        assert line in after


def test_committed_tables_have_their_machine_lines() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for found in read_results(RESULTS).values():
        assert text.count(found.machine.line()) >= len(found.tables) + bool(found.ratios)
        assert found.command in text


def test_a_section_has_command_ratios_notes_and_charts(result: Result) -> None:
    text = page('{{ result("made") }}', {"made": result}, [RAN])
    assert "    python benchmarks/made.py --data DIR\n" in text
    assert "| made, against peer | 30.0 | 10.0 | texts/s | 3.00 (2.90 to 3.10) | 3.05 | 61% of bf16 |" in text
    assert "| 2 (aim 2.5) | aim met |" in text
    assert r"| a \| b | 1,234 | 0.50 |  |" in text
    assert "A note." in text
    assert "![Speeds](images/performance/made-0.svg)" in text


def test_targets_are_gathered_from_all_results(result: Result) -> None:
    text = page("{{ targets() }}", {"made": result}, [])
    assert "made, against peer" in text
    assert "made, against another" not in text
    assert "targets-0.svg" in text
    assert "svg" not in page("{{ targets() }}", {}, [])


def test_what_did_not_run_is_told(result: Result) -> None:
    skipped = Outcome("made", "python benchmarks/made.py", "skipped", "there is no known set")
    text = page('{{ result("made") }}{{ runs() }}', {}, [skipped])
    assert text.count("skipped, because there is no known set") == 2
    earlier = page('{{ result("made") }}', {"made": result}, [skipped])
    assert "skipped" in earlier
    assert "First" in earlier  # what was found before stays


def test_a_template_that_asks_for_what_is_not_there_fails() -> None:
    with pytest.raises(Exception, match="undefined"):
        page("{{ reslt('made') }}", {}, [])


def test_every_chart_is_drawn(result: Result) -> None:
    drawn = images({"made": result})
    assert set(drawn) == {"made-0.svg", "made-1.svg", "targets-0.svg"}
    for text in drawn.values():
        assert text.startswith("<svg")
    assert "packed" in drawn["made-0.svg"]
    assert "made, against peer" in drawn["targets-0.svg"]


def test_outcomes_come_back(tmp_path: Path) -> None:
    assert read_outcomes(tmp_path) == ()
    write_outcomes(tmp_path, [RAN])
    assert read_outcomes(tmp_path) == (RAN,)
    assert read_results(tmp_path) == {}
