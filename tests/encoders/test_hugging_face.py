"""What is said, and refused, while a transformer is loaded."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from families import change_json, make_model, save_folder

import unfreeze
from unfreeze.encoders.load import load_encoder

ROOT = Path(unfreeze.__file__).parent


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_folder(tmp_path_factory.mktemp("plain") / "encoder", make_model("bert"))


@pytest.mark.parametrize(
    "settings",
    [
        {"attn_implementation": "flash_attention_2"},
        {"attn_implementation": "someone/kernel"},
        {"_attn_implementation": "someone/kernel"},
        {"return_dict": False},
        {"output_attentions": True, "output_hidden_states": True},
        {"chunk_size_feed_forward": 2},
    ],
)
def test_how_a_model_runs_is_not_for_its_configuration_to_say(settings: Any, plain: Path, tmp_path: Path) -> None:
    """A kernel's name would fetch code from the hub, where the package for that is installed."""
    folder = Path(shutil.copytree(plain, tmp_path / "encoder"))
    change_json(folder / "config.json", **settings)
    found = []
    for encoder in (load_encoder(str(folder)), load_encoder(str(plain))):
        assert encoder.notes == ()
        batch = encoder.read_texts(["good film", "the cat sat in paris"]).batch([0, 1])
        with torch.no_grad():
            found.append(encoder.encode(batch).states)
    assert torch.equal(*found)


def _loading_calls(path: Path) -> Iterator[ast.Call]:
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)) if re.search("from_pretrained|from_config|SentenceTransformer", text) else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            auto = ast.unparse(node.func.value).rpartition(".")[2].startswith("Auto")
            if node.func.attr == "from_pretrained" or (auto and node.func.attr == "from_config"):
                yield node
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "SentenceTransformer":
            yield node


@pytest.mark.parametrize("root", [ROOT, ROOT.parents[1] / "benchmarks"], ids=["package", "benchmarks"])
def test_code_of_a_folder_is_never_trusted_nor_asked_about(root: Path) -> None:
    """Without `trust_remote_code=False` transformers asks on the terminal, and runs the code if told to."""
    calls = [(path, call) for path in root.rglob("*.py") for call in _loading_calls(path)]
    assert len(calls) >= 5
    for path, call in calls:
        given = {k.arg: ast.unparse(k.value) for k in call.keywords}
        assert given.get("trust_remote_code") == "False", f"{path.name}:{call.lineno}"
