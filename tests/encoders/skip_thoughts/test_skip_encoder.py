"""Skip-thoughts behind the protocol: batches, pairs, saving, precision, and what it does not do."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from skip_folder import HIDDEN, WIDTH, WORDS, random_tables, random_weights, write_folder
from torch import Tensor

from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.reading import side_by_side
from unfreeze.encoders.skip_thoughts.encoder import SkipThoughtsEncoder
from unfreeze.encoders.skip_thoughts.gru import arrays_of, gru_from
from unfreeze.errors import InputError
from unfreeze.features.layout import layout, store_key

TEXTS = ["The cat sat.", "", "the dog", "The cat sat.", "cat " * 40, "sat"]


def load(folder: Path, limit: int | None = None, **options: str) -> SkipThoughtsEncoder:
    encoder = load_encoder(str(folder), limit, options)
    assert isinstance(encoder, SkipThoughtsEncoder)
    return encoder


@pytest.fixture
def encoder(tmp_path: Path) -> SkipThoughtsEncoder:
    return load(write_folder(tmp_path / "skip"))


def states(encoder: SkipThoughtsEncoder, texts: list[str]) -> Tensor:
    with torch.no_grad():
        return encoder.encode(encoder.read_texts(texts).batch(range(len(texts)))).states[0]


def test_a_piece_is_a_text_and_equal_texts_share_a_row(encoder: SkipThoughtsEncoder) -> None:
    inputs = encoder.read_texts(TEXTS)
    assert inputs.lengths().tolist() == [1] * len(TEXTS)
    assert inputs.table is not None
    assert inputs.table.padded().shape == (5, 40)
    assert inputs.table.values.dtype == np.int32
    assert inputs.ids.tolist() == [0, 1, 2, 0, 3, 4]
    assert len(layout(inputs, "mean").first) == 5
    assert (encoder.layers, encoder.width, encoder.family) == (1, 16, "sentence-vectors")
    top = encoder.encode(inputs.batch([0]), all_layers=False)
    assert torch.equal(top.states, encoder.encode(inputs.batch([0])).states)


def test_a_text_does_not_depend_on_its_batch(encoder: SkipThoughtsEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    together = states(encoder, TEXTS)
    assert torch.equal(together[0], together[3])
    for text, expected in zip(TEXTS, together, strict=True):
        torch.testing.assert_close(states(encoder, [text])[0], expected, atol=1e-6, rtol=1e-5)
    monkeypatch.setattr("unfreeze.encoders.skip_thoughts.encoder._WORDS", 5)
    torch.testing.assert_close(states(encoder, TEXTS), together, atol=1e-6, rtol=1e-5)


def test_memory_of_a_large_batch_is_bounded(encoder: SkipThoughtsEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    plain = encoder._vectors
    monkeypatch.setattr(encoder, "_vectors", lambda texts: (read.append(int((texts >= 0).sum())), plain(texts))[1])
    texts = [f"{i:012b}".replace("0", "cat ").replace("1", "dog ") for i in range(4096)]
    inputs = encoder.read_texts(texts)
    encoder.encode(inputs.batch(range(len(texts))))
    assert max(read) <= 2048
    assert sum(read) == 4096 * 12


def test_an_empty_text_is_the_end_alone(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    free, ended = load(folder), load(folder, use_eos="true")
    assert free.pieces(free.read_texts(["", " \n", "cat"])) == ["<eos>", "<eos>", "cat"]
    assert ended.pieces(ended.read_texts(["", "cat"])) == ["<eos>", "cat <eos>"]
    assert torch.isfinite(states(free, [""])).all()
    assert torch.equal(states(free, [""]), states(ended, [""]))


def test_words_past_the_limit_are_cut_and_reported(tmp_path: Path) -> None:
    encoder = load(write_folder(tmp_path), 3, use_eos="true")
    inputs = encoder.read_texts(["the cat sat the dog", "the cat sat", "dog"])
    assert encoder.pieces(inputs) == ["the cat sat <eos>", "the cat sat <eos>", "dog <eos>"]
    assert inputs.truncated.tolist() == [True, False, False]
    assert encoder.max_length == 3


def test_pairs_side_by_side_share_one_table(encoder: SkipThoughtsEncoder) -> None:
    one, other = encoder.read_texts(["the cat", "dog"]), encoder.read_texts(["the cat sat the dog", "the cat"])
    both = side_by_side(one, other)
    assert both.table is not None
    assert both.table.lengths().tolist() == [2, 1, 5]
    assert encoder.pieces(both) == ["the cat", "the cat sat the dog", "dog", "the cat"]
    pairs = encoder.encode(both.batch(range(4))).states[0]
    expected = torch.cat([states(encoder, [text]) for text in encoder.pieces(both)])
    torch.testing.assert_close(pairs, expected, atol=1e-6, rtol=1e-5)
    with pytest.raises(ValueError, match="two texts in one input"):
        encoder.read_texts(["a"], ["b"])
    assert not encoder.reads_pairs


def test_the_store_knows_texts_by_their_words(encoder: SkipThoughtsEncoder) -> None:
    one, other = encoder.read_texts(["the cat"]), encoder.read_texts(["the dog"])
    assert np.array_equal(one.ids, other.ids)
    assert store_key("f", one, "mean", "fp32") != store_key("f", other, "mean", "fp32")


def test_there_is_no_state_per_word(encoder: SkipThoughtsEncoder) -> None:
    with pytest.raises(InputError, match="one vector per text; tagging needs one per word"):
        encoder.read_words([["the", "cat"]])


def test_it_says_why_it_cannot_be_fine_tuned(encoder: SkipThoughtsEncoder) -> None:
    assert encoder.fixed
    for refused in (encoder.layer_groups, lambda: encoder.reinitialise_top(1)):
        with pytest.raises(ValueError, match="cannot be fine-tuned: its word vectors are read from disk"):
            refused()


@pytest.mark.parametrize("kind", ["uni", "bi", "combine"])
def test_saved_and_loaded_it_is_the_same(kind: str, tmp_path: Path) -> None:
    encoder = load(write_folder(tmp_path / "skip"), kind=kind, use_eos="true", tokenizer="whitespace")
    encoder.save(tmp_path / "saved")
    loaded = load(tmp_path / "saved")
    assert loaded.options == encoder.options
    assert loaded.fingerprint() == encoder.fingerprint()
    assert torch.equal(states(loaded, TEXTS), states(encoder, TEXTS))
    assert load(tmp_path / "saved", use_eos="false").fingerprint() != encoder.fingerprint()
    loaded.save(tmp_path / "saved")  # over itself
    assert load(tmp_path / "saved").fingerprint() == encoder.fingerprint()


def test_a_saved_table_is_whole_also_without_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = load(write_folder(tmp_path / "skip"))
    encoder.save(tmp_path / "linked")
    assert (tmp_path / "linked" / "utable.npy").samefile(tmp_path / "skip" / "utable.npy")

    def refuse(source: object, link: object) -> None:
        raise OSError("another disk")

    monkeypatch.setattr("os.link", refuse)
    encoder.save(tmp_path / "copied")
    for path in (tmp_path / "skip").iterdir():
        path.unlink()
    assert load(tmp_path / "linked").fingerprint() == load(tmp_path / "copied").fingerprint() == encoder.fingerprint()


def test_fingerprint(tmp_path: Path) -> None:
    first = load(write_folder(tmp_path / "a")).fingerprint()
    assert load(write_folder(tmp_path / "same")).fingerprint() == first
    other_words = load(write_folder(tmp_path / "words", (*WORDS[:-1], "Dog")))
    other_table = load(write_folder(tmp_path / "table", tables={**random_tables(), "bi": random_tables(seed=5)["bi"]}))
    other_gru = load(write_folder(tmp_path / "gru", weights={**random_weights(), "uni": random_weights(7)["uni"]}))
    other_kind, ended = load(tmp_path / "a", kind="bi"), load(tmp_path / "a", use_eos="true")
    found = {e.fingerprint() for e in (other_words, other_table, other_gru, other_kind, ended)}
    assert len(found | {first}) == 6


@pytest.mark.parametrize("kind", ["uni", "combine"])
def test_its_size_is_that_of_the_published_files(kind: str, tmp_path: Path) -> None:
    encoder = load(write_folder(tmp_path), kind=kind)
    parts = ("uni",) if kind == "uni" else ("uni", "bi")
    tables = sum(random_tables()[part].size for part in parts)
    # torch has a bias on the recurrent side too, zeros here
    weights = sum(a.size for part in parts for a in random_weights()[part].values())
    zeros = sum(3 * HIDDEN[part] * (2 if part == "bi" else 1) for part in parts)
    assert encoder.sizes() == (tables + weights + zeros, 4 * (tables + weights + zeros))


def test_a_half_precision_copy_shares_the_tables_and_is_close(encoder: SkipThoughtsEncoder) -> None:
    exact, before = states(encoder, TEXTS), copy.deepcopy(encoder.state_dict())
    with frozen(encoder, "bf16") as reader:
        assert reader.vocabulary is encoder.vocabulary
        assert next(reader.parameters()).dtype == torch.bfloat16
        found = states(reader, TEXTS)
    assert found.dtype == torch.float32
    assert (found - exact).norm(dim=1).max() < 0.05  # of vectors of length 1.4
    assert all(torch.equal(before[name], tensor) for name, tensor in encoder.state_dict().items())


@pytest.mark.parametrize(("options", "told"), [
    ({"kind": "tri"}, "--encoder-option kind"), ({"use_eos": "perhaps"}, "--encoder-option use_eos"),
    ({"stateful": "true"}, "--encoder-option stateful"), ({"tokenizer": "moses"}, "--encoder-option tokenizer"),
])  # fmt: skip
def test_unknown_options(options: dict[str, str], told: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=told):
        load(write_folder(tmp_path), **options)


def test_loading_draws_no_random_numbers(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    before = torch.get_rng_state()
    load(folder)
    assert torch.equal(torch.get_rng_state(), before)


def test_recurrent_biases_go_into_the_file_where_it_has_a_place() -> None:
    weights = {name.removeprefix("encoder_"): array for name, array in random_weights()["uni"].items()}
    gru = gru_from([weights])
    with torch.no_grad():
        gru.bias_hh_l0[: 2 * HIDDEN["uni"]] = 0.5
    (arrays,) = arrays_of(gru)
    np.testing.assert_allclose(arrays["b"], weights["b"] + 0.5)
    x = torch.randn(4, 1, WIDTH)
    torch.testing.assert_close(gru_from([arrays])(x)[1], gru(x)[1])
    with torch.no_grad():
        gru.bias_hh_l0[-1] = 0.5
    with pytest.raises(ValueError, match="entries for the candidate"):
        arrays_of(gru)


def test_a_table_of_more_than_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    rows, width = 440_000, 620
    words = ["<eos>", "UNK", *(f"w{i}" for i in range(rows - 2))]
    draw = np.random.default_rng(0)
    hidden = 4
    shapes = {"W": (width, 2 * hidden), "U": (hidden, 2 * hidden), "b": (2 * hidden,),
              "Wx": (width, hidden), "Ux": (hidden, hidden), "bx": (hidden,)}  # fmt: skip
    weights = {"uni": {f"encoder_{n}": draw.standard_normal(s).astype(np.float32) for n, s in shapes.items()}}
    folder = write_folder(tmp_path / "skip", words, {"uni": np.zeros((1, 1), np.float32)}, weights, options=False)
    table = np.lib.format.open_memmap(folder / "utable.npy", "w+", np.float32, (rows, width))  # a sparse file
    table[-1] = 1.0
    del table, words
    assert (folder / "utable.npy").stat().st_size > 1e9
    before = psutil.Process().memory_info().rss
    encoder = load(folder)
    encoder.fingerprint()
    found = states(encoder, ["w1 w2", f"w{rows - 3}"])
    with frozen(encoder, "bf16"):
        encoder.save(tmp_path / "saved")
    assert psutil.Process().memory_info().rss - before < 3e8  # the dictionary takes most of it
    assert not torch.allclose(found[0], found[1])
