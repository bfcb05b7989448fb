"""ELMo's language model against a loop over single words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from made_corpus import asked, same_loss_and_gradients, write_corpus
from torch import Tensor

from unfreeze.encoders.load import load_encoder
from unfreeze.errors import InputError
from unfreeze.pretraining.begin import objective_for
from unfreeze.pretraining.bilm import BiLm
from unfreeze.pretraining.word_softmax import SOFTMAX, VOCABULARY

CPU = torch.device("cpu")
DIRECTIONS = (0, 1)
Cells = list[tuple[Tensor, Tensor]]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bilm")
    write_corpus(folder / "text.txt", 30)
    return folder


def objective(corpus: Path, **more: object) -> BiLm:
    """A network whose weights are large enough that every part of it counts."""
    made = objective_for(asked(corpus, "bilm", **more), corpus / "work", CPU, lambda line: None)
    assert isinstance(made, BiLm)
    if made.model.lm.dropout == 0:
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for parameter in made.module.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.7)
            made.model.cnn.embedding[0] = 0  # no character has this number, and no file
    made.module.train()
    return made


def token(made: BiLm, number: int) -> Tensor:
    """(projection,) of a word by its id, or of an end."""
    inner = list(made.words[number].encode()) if number < len(made.words) else [256 + number - len(made.words)]
    row = [258, *inner, 259, *[260] * (48 - len(inner))]  # as bilm-tf spells it
    vector: Tensor = made.model.cnn(torch.tensor([row]) + 1)[0]
    return vector


def zeros(made: BiLm) -> Cells:
    size = made.model.lm.size
    return [(torch.zeros(size.projection), torch.zeros(size.hidden)) for _ in range(size.layers)]


def read_word(made: BiLm, direction: int, x: Tensor, cells: Cells) -> list[Tensor]:
    """What each layer gives for one word; `cells` go on."""
    out = []
    for number, layer in enumerate(made.model.lm.layers):
        h, c = cells[number]
        gates = x @ layer.input[direction] + h @ layer.recurrent[direction] + layer.bias[direction]
        i, f, o, g = gates.chunk(4)
        c = (f.sigmoid() * c + i.sigmoid() * g.tanh()).clamp(-3, 3)
        h = ((o.sigmoid() * c.tanh()) @ layer.project[direction]).clamp(-3, 3)
        cells[number] = h, c
        x = h + x if number else h
        out.append(x)
    return out


def plain(made: BiLm, ids: np.ndarray) -> tuple[list[list[Tensor]], list[list[Cells]]]:
    """Of each direction the losses of ids (2, N, L + 1) that count, and the states of each row after them."""
    count = len(made.words)
    classes = [3 + i if word in made.softmax.words else 2 for i, word in enumerate(made.words)]
    classes += [0, 1]
    losses: list[list[Tensor]] = [[], []]
    after: list[list[Cells]] = [[], []]
    for direction in DIRECTIONS:
        certain = count + direction  # <S> forward, </S> backward
        for row in ids[direction].tolist():
            cells = zeros(made)
            for word, following in pairwise(row):
                top = read_word(made, direction, token(made, word), cells)[-1]
                if following != certain:
                    losses[direction].append(-made.softmax.head(top).log_softmax(0)[classes[following]])
            after[direction].append(cells)
    return losses, after


def rows_of(batch: tuple[np.ndarray, bool]) -> np.ndarray:
    return np.arange(batch[0].shape[1])


def test_loss_and_gradients_are_those_of_a_loop_over_words(corpus: Path) -> None:
    made = objective(corpus)
    assert list(made.softmax.words) == list(made.words[:12])
    batch = made.batch(0)
    losses, _ = plain(made, batch[0])
    both = [*losses[0], *losses[1]]
    assert 0 < len(both) < 2 * made.step_tokens  # beginnings of sentences are not counted
    expected = sum(both) / len(both)
    loss = made.loss(batch, rows_of(batch))
    same_loss_and_gradients(loss, expected, dict(made.module.named_parameters()))


def test_parts_add_up_to_the_whole(corpus: Path) -> None:
    made = objective(corpus)
    batch = made.batch(0)
    whole = made.loss(batch, rows_of(batch))
    carried = {name: t.clone() for name, t in made.carried().items()}
    parts = made.parts(batch, 3)
    assert [len(part) for part in parts] == [3, 3, 2]
    torch.testing.assert_close(sum(made.loss(batch, part) for part in parts), whole)
    for name, t in made.carried().items():
        torch.testing.assert_close(t, carried[name])


def test_states_are_carried_from_step_to_step(corpus: Path) -> None:
    made = objective(corpus)
    (first, fresh), (second, still_fresh) = made.batch(0), made.batch(1)
    assert fresh
    assert not still_fresh
    assert np.array_equal(first[:, :, -1], second[:, :, 0])
    long = np.concatenate([first, second[:, :, 1:]], 2)
    rows = np.arange(long.shape[1])
    for ids, new in ((first, True), (second, False)):
        last = made.loss((ids, new), rows)
    carried = {name: t.clone() for name, t in made.carried().items()}
    losses, after = plain(made, long)
    for name, t in carried.items():
        layer = int(name[1:])
        expected = [[cells[layer]["hc".index(name[0])] for cells in after[d]] for d in DIRECTIONS]
        torch.testing.assert_close(t, torch.stack([torch.stack(rows) for rows in expected]))
        assert not t.requires_grad
    before, _ = plain(made, first)
    gone_on = [loss for d in DIRECTIONS for loss in losses[d]]
    earlier = sum(len(each) for each in before)
    expected_last = (sum(gone_on) - sum(sum(each) for each in before)) / (len(gone_on) - earlier)
    torch.testing.assert_close(last[0], expected_last)
    made.loss((second, True), rows)  # a new block starts from scratch
    assert not torch.equal(made.carried()["h0"], carried["h0"])


def test_what_is_carried_can_be_put_back(corpus: Path) -> None:
    made, other = objective(corpus), objective(corpus)
    batch = made.batch(0)
    made.loss(batch, rows_of(batch))
    other.carry(made.carried())
    batch = made.batch(1)
    assert torch.equal(made.loss(batch, rows_of(batch)), other.loss(batch, rows_of(batch)))


def test_held_out_losses_by_direction(corpus: Path) -> None:
    made = objective(corpus, batch=10)
    before = {name: t.clone() for name, t in made.carried().items()}
    found = made.held_out("fp32")
    streams = made.held
    steps = streams.size // (streams.rows * streams.length)
    ids = [streams.first(step) for step in range(steps)]
    assert steps > 1
    with torch.no_grad():
        losses, _ = plain(made, np.concatenate([ids[0], *(more[:, :, 1:] for more in ids[1:])], 2))
    each = [float(torch.stack(losses[d]).mean()) for d in DIRECTIONS]
    assert [found["forward"], found["backward"]] == pytest.approx(each, rel=1e-5)
    assert found["loss"] == pytest.approx(float(torch.stack([*losses[0], *losses[1]]).mean()), rel=1e-5)
    assert next(iter(found)) == "loss"
    assert made.held_out("fp32") == found
    assert made.module.training
    for name, t in made.carried().items():
        assert torch.equal(t, before[name])


def states_of(made: BiLm, words: Sequence[str]) -> Tensor:
    """(layers + 1, words, 2 * projection) of a single sentence."""
    numbers = [made.words.index(word) for word in words]
    frame = [len(made.words), *numbers, len(made.words) + 1]
    ways = []
    for direction in DIRECTIONS:
        cells, out = zeros(made), []
        for number in frame[:: -1 if direction else 1]:
            x = token(made, number)
            out.append(torch.stack([x, *read_word(made, direction, x, cells)]))
        ways.append(torch.stack(out[1:-1][:: -1 if direction else 1], 1))
    return torch.cat(ways, 2)


def test_what_is_saved_is_a_published_folder(corpus: Path, tmp_path: Path) -> None:
    made = objective(corpus)
    made.save(tmp_path)
    with h5py.File(next(tmp_path.glob("*.hdf5"))) as file:
        projection, hidden = made.model.lm.size.projection, made.model.lm.size.hidden
        assert file["char_embed"].shape[0] == 261
        cell = file["RNN_1/RNN/MultiRNNCell/Cell1/LSTMCell"]
        assert cell["W_0"].shape == (2 * projection, 4 * hidden)
        assert cell["W_P_0"].shape == (hidden, projection)
    encoder = load_encoder(str(tmp_path))
    words = ["the", "old", "king", "sees", "."]
    inputs = encoder.read_words([words])
    with torch.no_grad():
        made.model.eval()
        torch.testing.assert_close(encoder.encode(inputs.batch([0])).states, states_of(made, words))


def start_of(corpus: Path, folder: Path) -> tuple[BiLm, Path]:
    made = objective(corpus)
    made.save(folder)
    return made, folder


def test_it_continues_with_the_softmax_beside_the_encoder(corpus: Path, tmp_path: Path) -> None:
    made, folder = start_of(corpus, tmp_path / "start")
    other = objective(corpus, start=str(folder), dropout=0.1)
    assert list(other.softmax.words) == list(made.softmax.words)
    assert other.learning_rate == 1e-4
    for (name, one), (_, same) in zip(made.module.named_parameters(), other.module.named_parameters(), strict=True):
        torch.testing.assert_close(one, same, msg=name)


def test_without_the_softmax_it_has_a_new_one_of_the_corpus(corpus: Path, tmp_path: Path) -> None:
    made, folder = start_of(corpus, tmp_path / "start")
    (folder / SOFTMAX).unlink()
    other = objective(corpus, start=str(folder), dropout=0.1)
    assert list(other.softmax.words) == list(made.words)
    torch.testing.assert_close(dict(other.model.named_parameters()), dict(made.model.named_parameters()))
    batch = other.batch(0)
    assert torch.isfinite(other.loss(batch, rows_of(batch))).all()


@pytest.mark.parametrize("harm", ["vocabulary missing", "vocabulary shorter", "weights torn", "no text"])
def test_a_softmax_that_does_not_fit_is_reported(harm: str, corpus: Path, tmp_path: Path) -> None:
    _, folder = start_of(corpus, tmp_path / "start")
    words = folder / VOCABULARY
    if harm == "vocabulary missing":
        words.unlink()
    elif harm == "vocabulary shorter":
        words.write_text("the\n", encoding="utf-8")
    elif harm == "no text":
        words.write_bytes(b"\xff\n" * 12)
    else:
        (folder / SOFTMAX).write_bytes(b"torn")
    with pytest.raises(InputError) as raised:
        objective(corpus, start=str(folder), dropout=0.1)
    assert str(folder) in str(raised.value)


def test_another_folder_is_not_an_elmo(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not the folder of a published ELMo"):
        objective(corpus, start=str(tmp_path))


def test_seeds_decide_weights_and_order(corpus: Path) -> None:
    settings = asked(corpus, "bilm")
    made = [objective_for(replace(settings, seed=seed), corpus / "work", CPU, lambda line: None) for seed in (0, 0, 1)]
    weights = [next(one.module.parameters()) for one in made]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    batches = [one.batch(0)[0] for one in made]
    assert np.array_equal(batches[0], batches[1])
    assert not np.array_equal(batches[0], batches[2])
