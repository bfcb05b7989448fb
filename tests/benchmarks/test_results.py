"""What a benchmark found is kept as it was, and told with what it needs."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
from pydantic import ValidationError
from results import ROOT, Findings, Ratio, Result, Run, Table, add_json_option, cell_text, read_result, shown_command

from results import write_result  # isort: skip


def test_a_file_gives_back_the_result(result: Result, tmp_path: Path) -> None:
    write_result(tmp_path / "made.json", result)
    again = read_result(tmp_path / "made.json")
    assert again == result
    kinds = [[type(cell) for cell in row] for row in result.tables[0].rows]
    assert [[type(cell) for cell in row] for row in again.tables[0].rows] == kinds  # 5 does not come back as 5.0


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "made.json").write_text('{"name": "made"}', encoding="utf-8")
    with pytest.raises(ValidationError):
        read_result(tmp_path / "made.json")


def test_a_run_prints_and_keeps_every_part(
    result: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parser = argparse.ArgumentParser()
    add_json_option(parser)
    file = tmp_path / "made.json"
    monkeypatch.setattr("sys.argv", ["benchmarks/made.py", "--turns", "2", "--json", str(file)])
    run = Run(result.machine, parser.parse_args(["--json", str(file)]).json)
    run.add(Findings(result.tables, result.ratios[:1]))
    run.add(Findings(ratios=result.ratios[1:], charts=result.charts))
    run.close()
    kept = read_result(file)
    assert (kept.tables, kept.ratios, kept.charts) == (result.tables, result.ratios, result.charts)
    assert kept.command == "python benchmarks/made.py --turns 2"
    said = capsys.readouterr().out
    assert said.startswith(result.machine.line())
    assert all(part.text() in said for part in (*result.tables, *result.ratios))


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="2 columns"):
        Table("Wrong", ("a", "b"), (("only",),))


def test_what_was_not_measured_is_not_told() -> None:
    assert Ratio("plain", 1.0, 2.0, "x", 0.5).text() == "plain: 1.00 to 2.00 x, ratio 0.50"


def test_a_command_tells_no_path_of_the_machine(tmp_path: Path) -> None:
    folder = tmp_path / "sets" / "sst2"
    folder.mkdir(parents=True)
    (folder / "train.tsv").write_text("sentence\tlabel\n", encoding="utf-8")
    words = ["--data", str(folder.parent), "--one", str(folder), "--file", str(folder / "train.tsv"), "--texts", "5"]
    shown = shown_command([str(tmp_path / "made.py"), *words, "--json", str(tmp_path / "made.json")])
    expected = "--data DIR --one DIR/sst2 --file DIR/sst2/train.tsv --texts 5"
    assert shown == f"python benchmarks/made.py {expected}"
    assert shown_command(["made.py", "--data", str(ROOT / "examples" / "snli")]).endswith("--data examples/snli")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("as it is", "as it is"),
        (12345, "12,345"),
        (12345.6, "12,346"),
        (12.34, "12.3"),
        (1.234, "1.23"),
        (0.01234, "0.012"),
        (0.0, "0"),
    ],
)
def test_cells_as_people_read_them(value: str | float | None, text: str) -> None:
    assert cell_text(value) == text
