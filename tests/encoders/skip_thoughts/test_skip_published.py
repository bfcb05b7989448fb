"""Published skip-thoughts folders: what is wrong with one is said with file and array."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from skip_folder import PREFIXES, WORDS, python2_pickle, random_tables, random_weights, write_folder

from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.skip_thoughts.published import is_published
from unfreeze.errors import InputError

Damage = Callable[[Path], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "skip")


def told(folder: Path, **options: str) -> str:
    with pytest.raises(InputError) as raised:
        load_encoder(str(folder), None, options)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def _gone(name: str) -> Damage:
    return lambda folder: (folder / name).unlink()


def _half(name: str) -> Damage:
    def cut(folder: Path) -> None:
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])

    return cut


def _bytes(name: str, content: bytes) -> Damage:
    return lambda folder: (folder / name).write_bytes(content)


def _table(name: str, table: np.ndarray) -> Damage:
    return lambda folder: np.save(folder / name, table)


def _weights(part: str, **changes: np.ndarray | None) -> Damage:
    arrays = {**random_weights()[part], **changes}
    return lambda folder: np.savez(folder / f"{part}_skip.npz", **{k: v for k, v in arrays.items() if v is not None})


def _options(**values: object) -> Damage:
    return _bytes("uni_skip.npz.pkl", python2_pickle(values))


UTABLE = random_tables()["uni"]


@pytest.mark.parametrize(("damage", "expected"), [
    (_gone("dictionary.txt"), "dictionary.txt: not found"),
    (_gone("utable.npy"), "utable.npy: not found"),
    (_gone("btable.npy"), "btable.npy: not found"),
    (_half("utable.npy"), "utable.npy: is not an array of numbers, or is torn"),
    (_bytes("utable.npy", b""), "utable.npy: is not an array of numbers, or is torn"),
    (_bytes("utable.npy", b"not numpy"), "utable.npy: is not an array of numbers, or is torn"),
    (_table("utable.npy", np.array([{}], dtype=object)), "utable.npy: is not an array of numbers, or is torn"),
    (_table("utable.npy", UTABLE.astype(np.int64)), "utable.npy: is not a table of floating-point numbers"),
    (_table("utable.npy", UTABLE[0]), "utable.npy: is not a table of floating-point numbers"),
    (_table("btable.npy", UTABLE[1:]), "btable.npy: has 12 rows, dictionary.txt has 13 words"),
    (_table("btable.npy", UTABLE[:, 1:]), "btable.npy: has vectors of 4 numbers, the GRU reads 5"),
    (_bytes("dictionary.txt", "\n".join(WORDS[1:]).encode()), "dictionary.txt: has no line '<eos>'"),
    (_bytes("dictionary.txt", "\n".join(("a", *WORDS)).replace("UNK\n", "").encode()), "has no line 'UNK'"),
    (_bytes("dictionary.txt", b"<eos>\nUNK\ncaf\xe9\n"), "dictionary.txt:3: is not UTF-8"),
    (_half("uni_skip.npz"), "uni_skip.npz: is not an .npz file of weights"),
    (_bytes("bi_skip.npz", b""), "bi_skip.npz: is not an .npz file of weights, or is torn"),
    (_bytes("bi_skip.npz", b"\x80\x04not this"), "bi_skip.npz: is not an .npz file of weights, or is torn"),
    (_weights("bi", encoder_r_Ux=None), "bi_skip.npz: has no array encoder_r_Ux"),
    (_weights("uni", encoder_U=np.zeros((8, 15), np.float32)),
     "uni_skip.npz: encoder_U has the shape (8, 15), uni_skip.npz.pkl asks for (8, 16)"),
    (_weights("uni", encoder_b=np.zeros((), np.float32)), "encoder_b is not an array of floating-point numbers"),
    (_weights("uni", encoder_b=np.array([{}], dtype=object)), "uni_skip.npz: is not an .npz file of weights"),
    (_options(dim_word=5, dim=9), "encoder_W has the shape (5, 16), uni_skip.npz.pkl asks for (5, 18)"),
    (_options(dim_word=5), "uni_skip.npz.pkl: must have dim_word and dim"),
    (_options(dim_word=5, dim="many"), "uni_skip.npz.pkl: must have dim_word and dim"),
    (_bytes("uni_skip.npz.pkl", b""), "uni_skip.npz.pkl: is not a pickle of plain options"),
    (_bytes("unfreeze.json", b"[1]"), "unfreeze.json: cannot be read"),
    (_bytes("unfreeze.json", b'{"kind": "tri"}'), "--encoder-option kind"),
], ids=lambda value: value[:60] if isinstance(value, str) else "")  # fmt: skip
def test_what_is_wrong_is_reported(damage: Damage, expected: str, folder: Path) -> None:
    damage(folder)
    assert expected in told(folder)


def test_shapes_that_disagree_without_options(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, options=False)
    _weights("uni", encoder_Wx=np.zeros((6, 8), np.float32))(folder)
    assert "encoder_Wx has the shape (6, 8), the first length of encoder_W and encoder_U asks for (5, 8)" in told(
        folder
    )


def test_a_folder_is_known_whole_or_not(folder: Path, tmp_path: Path) -> None:
    assert is_published(folder)
    assert not is_published(tmp_path)
    for name in ("uni_skip.npz", "bi_skip.npz"):
        (folder / name).unlink()
    assert is_published(folder)
    assert "has neither uni_skip.npz nor bi_skip.npz" in told(folder)


@pytest.mark.parametrize("part", PREFIXES)
def test_the_part_that_is_there_is_taken(part: str, tmp_path: Path) -> None:
    folder = write_folder(tmp_path, tables={part: random_tables()[part]}, weights={part: random_weights()[part]})
    assert load_encoder(str(folder)).options.kind == part  # type: ignore[attr-defined]
    other = "bi" if part == "uni" else "uni"
    assert f"{other}_skip.npz: not found" in told(folder, kind=other)


def test_a_part_that_is_not_asked_for_is_not_opened(folder: Path) -> None:
    _bytes("bi_skip.npz", b"torn")(folder)
    (folder / "btable.npy").unlink()
    assert load_encoder(str(folder), None, {"kind": "uni"}).width == 8


def test_the_last_line_may_end_without_a_line_feed(folder: Path) -> None:
    (folder / "dictionary.txt").write_bytes("\r\n".join(WORDS).encode())
    assert load_encoder(str(folder)).vocabulary.words == list(WORDS)  # type: ignore[attr-defined]
