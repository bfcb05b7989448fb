"""Imports go one way, and what needs no torch loads none."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "transformers", "tokenizers", "sklearn", "safetensors.torch", "altair", "vl_convert")
PROBE = """
import sys
sys.argv = ["unfreeze", *sys.argv[1:]]
try:
    {code}
except SystemExit as ended:
    assert not ended.code, ended.code
print("LOADED", *(name for name in {names} if name in sys.modules), file=sys.stderr)
"""


def _loaded(code: str, *arguments: object, names: tuple[str, ...] = HEAVY) -> set[str]:
    """The packages of `names` that a fresh process has loaded after running `code`."""
    command = [sys.executable, "-c", PROBE.format(code=code, names=names), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    return set(done.stderr.splitlines()[-1].split()[1:])


def test_imports_go_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    if not linter.exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_import_of_the_package_is_light() -> None:
    assert _loaded("import unfreeze; unfreeze.Plan(); unfreeze.compare; unfreeze.probe; unfreeze.load") == set()


def test_import_for_scikit_learn_loads_no_torch() -> None:
    code = "import unfreeze.sklearn, sklearn; unfreeze.sklearn.EncoderFeatures(); assert sklearn.__version__"
    assert _loaded(code) & {"torch", "transformers", "tokenizers"} == set()


def test_help_is_light() -> None:
    main = "from unfreeze.terminal.cli import main; main()"
    assert _loaded(main, "--help", names=(*HEAVY, "numpy", "pydantic", "yaml")) == set()
    assert _loaded(main, "compare", "--help") == set()
    assert _loaded(main, "probe", "--help") == set()
    assert _loaded(main, "pretrain", "--help") == set()


def test_check_needs_no_torch() -> None:
    main = "from unfreeze.terminal.cli import main; main()"
    assert not _loaded(main, "check", ROOT / "examples" / "wnut17")


def test_report_needs_no_torch(comparison: Callable[..., Path]) -> None:
    folder = comparison("classification", probes=True)
    main = "from unfreeze.terminal.cli import main; main()"
    assert not _loaded(main, "report", folder) & {"torch", "transformers"}
    assert (folder / "report.html").exists()


def test_log_needs_no_torch(comparison: Callable[..., Path], tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed; requirements-dev.lock has it")
    folder = comparison("classification")
    main = "from unfreeze.terminal.cli import main; main()"
    loaded = _loaded(
        main, "log", folder, "--to", "tensorboard", "--address", tmp_path / "runs", names=(*HEAVY, "tensorflow")
    )
    assert not loaded & {"torch", "transformers", "tokenizers", "tensorflow"}
    assert (tmp_path / "runs").exists()


def test_record_and_page_of_a_pretraining_need_no_torch() -> None:
    code = "import unfreeze.pretraining.page, unfreeze.pretraining.card, unfreeze.pretraining.settings"
    assert not _loaded(code) & {"torch", "transformers", "tokenizers"}


def test_bad_plan_is_refused_before_torch_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("buget: quick\n", encoding="utf-8")
    code = f"""from unfreeze.errors import InputError
    from unfreeze.plan import read_plan
    from pathlib import Path
    try:
        read_plan(Path({str(tmp_path / "plan.yaml")!r}))
    except InputError:
        pass"""
    assert _loaded(code) == set()


def test_public_names_are_there() -> None:
    import unfreeze

    assert set(unfreeze.__all__) == {"InputError", "Plan", "Recipe", "compare", "load", "probe"}
    for name in unfreeze.__all__:
        assert getattr(unfreeze, name).__doc__
