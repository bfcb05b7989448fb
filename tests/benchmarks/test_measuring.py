"""What a script measures in a process of its own reaches the one that started it, and so does its failure."""

from __future__ import annotations

from pathlib import Path

import pytest
from measuring import in_own_process


def test_the_last_line_of_the_process_is_the_answer(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import json, sys\nprint('a note')\nprint(json.dumps({'words': sys.argv[1:]}))\n")
    assert in_own_process(str(script), "--one", tmp_path, 3) == {"words": ["--one", str(tmp_path), "3"]}


def test_a_process_that_fails_ends_the_script_with_what_it_complained_of(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("print('{}')\nraise SystemExit('no data')\n")
    with pytest.raises(SystemExit, match="no data"):
        in_own_process(str(script))


def test_a_process_can_have_the_package_of_another_build(tmp_path: Path) -> None:
    (tmp_path / "unfreeze").mkdir()
    (tmp_path / "unfreeze" / "__init__.py").write_text("BUILD = 'earlier'\n")
    script = tmp_path / "script.py"
    script.write_text("import json, unfreeze\nprint(json.dumps({'build': unfreeze.BUILD}))\n")
    assert in_own_process(str(script), source=tmp_path) == {"build": "earlier"}
