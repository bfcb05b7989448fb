"""ELMo as an encoder: inputs are independent, words are read once, states continue only where that is asked for."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from unfreeze.encoders.elmo.bilm import LstmSize
from unfreeze.encoders.elmo.characters import CHARACTERS
from unfreeze.encoders.elmo.encoder import LONGEST_TEXT, ElmoEncoder
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.elmo.reading import Reading
from unfreeze.encoders.elmo.token_cnn import CnnSize
from unfreeze.encoders.freezing import frozen, thawed_copy
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.reading import side_by_side
from unfreeze.errors import InputError
from unfreeze.features.layout import store_key

CNN = CnnSize(CHARACTERS, 3, ((1, 4), (2, 4)), 1, 5)
LSTM = LstmSize(hidden=7, projection=5)
TEXTS = ["the cat sat .", "", "a", "the dog , the cat and the film", "cat"]


def make(**options: object) -> ElmoEncoder:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = ElmoModel(CNN, LSTM)
    limit = options.pop("max_length", LONGEST_TEXT)
    return ElmoEncoder("elmo", model, limit, Reading(**options))  # type: ignore[arg-type]


def states(encoder: ElmoEncoder, texts: list[str]) -> list[Tensor]:
    inputs = encoder.read_texts(texts)
    with torch.no_grad():
        out = encoder.encode(inputs.batch(range(len(texts))))
    return list(out.states.split(list(out.lengths), 1))


def test_shapes_and_an_empty_text_is_one_empty_word() -> None:
    encoder = make()
    inputs = encoder.read_texts(TEXTS)
    assert inputs.lengths().tolist() == [4, 1, 1, 8, 1]
    out = encoder.encode(inputs.batch([0, 1]))
    assert out.states.shape == (3, 5, 10) == (encoder.layers, 5, encoder.width)
    top = encoder.encode(inputs.batch([0, 1]), all_layers=False)
    assert torch.equal(top.states[0], out.states[-1])


def test_an_input_does_not_depend_on_its_batch() -> None:
    encoder = make()
    together = states(encoder, TEXTS)
    for text, expected in zip(TEXTS, together, strict=True):
        torch.testing.assert_close(states(encoder, [text])[0], expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("skip", [False, True])
def test_it_continues_from_any_layer(skip: bool) -> None:
    encoder = make()
    with torch.random.fork_rng():
        torch.manual_seed(1)
        encoder.model = ElmoModel(CNN, LstmSize(hidden=7, projection=5, skip=skip)).eval()
    inputs = encoder.read_texts(TEXTS)
    batch = inputs.batch([3, 0, 4, 1])
    known = encoder.encode(batch).states
    assert encoder.resumes() == {0, 1, 2}
    for layer in range(3):
        above = encoder.encode_above(layer, known[layer], batch).states
        torch.testing.assert_close(above[0], known[-1], atol=1e-6, rtol=1e-5)
    assert (encoder.encode_above(1, known[2], batch).states[0] - known[-1]).abs().max() > 1e-3
    assert make(stateful=True).resumes() == frozenset()


def test_reading_twice_gives_the_same_unless_states_go_on() -> None:
    free, going_on = make(), make(stateful=True)
    assert all(map(torch.equal, states(free, TEXTS), states(free, TEXTS)))
    first, second = states(going_on, TEXTS), states(going_on, TEXTS)
    assert torch.equal(first[0][0], second[0][0])  # characters have no state
    assert not torch.allclose(first[0][1:], second[0][1:], atol=1e-4)
    going_on.begin(going_on.read_texts(TEXTS))
    assert all(map(torch.equal, states(going_on, TEXTS), first))


def test_characters_of_a_frozen_encoder_are_read_once_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = make()
    inputs = encoder.read_texts(TEXTS)
    read: list[int] = []
    plain = encoder.model.cnn.forward
    monkeypatch.setattr(encoder.model.cnn, "forward", lambda x: (read.append(len(x)), plain(x))[1])
    words = {"the", "cat", "sat", ".", "a", "dog", ",", "and", "film", ""}
    with frozen(encoder):
        encoder.begin(inputs)
        once = [encoder.encode(inputs.batch([e])).states for e in range(len(TEXTS))]
        assert read == [len(words) + 2]  # and both ends of a sentence
        assert copy.deepcopy(encoder)._known is None
    torch.testing.assert_close(once[0], encoder.encode(inputs.batch([0])).states.detach())
    assert read[-1] == 4 + 2  # words of the batch alone while the encoder may learn


def test_inputs_that_another_thread_begins_meanwhile_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = make()
    mine, other = encoder.read_texts(TEXTS), encoder.read_texts(["film dog", "bad , bad"])
    batch = mine.batch(range(len(TEXTS)))

    def meanwhile() -> bool:
        monkeypatch.undo()
        encoder.begin(other)
        return False

    with frozen(encoder), torch.inference_mode():
        alone = encoder.encode(batch).states
        encoder.begin(mine)
        monkeypatch.setattr(encoder, "_learns", meanwhile)  # asked between finding the words' vectors and using them
        torch.testing.assert_close(encoder.encode(batch).states, alone)
        assert encoder._known is not None
        assert encoder._known[0] is other.table


def test_windows_and_cuts() -> None:
    encoder = make(max_length=4)
    words = [f"w{i}" for i in range(11)]
    tagged = encoder.read_words([words])
    marks = [w for w in tagged.words.tolist() if w >= 0]
    assert marks == list(range(11))
    assert tagged.lengths().max() == 4
    assert not tagged.truncated.any()
    cut = encoder.read_texts([" ".join(words), "a b"])
    assert (cut.lengths().tolist(), cut.truncated.tolist()) == ([4, 2], [True, False])


def test_what_memory_bounds_unless_it_is_given(tmp_path: Path) -> None:
    encoder = make()
    encoder.save(tmp_path)
    inputs = encoder.read_texts(["a " * 3000, "a " * 2048])
    assert (inputs.lengths().tolist(), inputs.truncated.tolist()) == ([2048, 2048], [True, False])
    assert [load_encoder(str(tmp_path), limit).max_length for limit in (None, 5, 5000)] == [2048, 5, 5000]
    assert ElmoEncoder("x", ElmoModel(CNN, LstmSize(4096, 5))).step_pieces == 2048


def test_pairs_side_by_side_share_one_table() -> None:
    encoder = make()
    one, other = encoder.read_texts(["the cat", "a dog"]), encoder.read_texts(["a cat", ""])
    both = side_by_side(one, other)
    assert both.table is not None
    assert len(both.table) == 5  # the, cat, a, dog and the empty word
    pairs = encoder.encode(both.batch(range(4)))
    for at, (inputs, e) in enumerate([(one, 0), (other, 0), (one, 1), (other, 1)]):
        alone = encoder.encode(inputs.batch([e])).states
        torch.testing.assert_close(pairs.states.split(list(pairs.lengths), 1)[at], alone, atol=1e-6, rtol=1e-5)
    with pytest.raises(ValueError, match="two texts in one input"):
        encoder.read_texts(["a"], ["b"])


def test_the_store_knows_words_by_their_characters_not_by_their_numbers() -> None:
    encoder = make()
    one, other = encoder.read_texts(["the cat"]), encoder.read_texts(["the dog"])
    assert np.array_equal(one.ids, other.ids)
    assert store_key("f", one, "tokens", "fp32") != store_key("f", other, "tokens", "fp32")


def test_fingerprint() -> None:
    encoder = make()
    assert make().fingerprint() == encoder.fingerprint()
    assert make(tokenizer="whitespace").fingerprint() != encoder.fingerprint() != make(stateful=True).fingerprint()
    other = copy.deepcopy(encoder)
    with torch.no_grad():
        other.model.lm.layers[1].bias[0, 0] += 1  # type: ignore[index,operator]
    assert other.fingerprint() != encoder.fingerprint()


def test_groups_hold_each_parameter_once() -> None:
    encoder = make()
    groups = encoder.layer_groups()
    assert len(groups) == 3
    assert sorted(id(p) for group in groups for p in group) == sorted(id(p) for p in encoder.parameters())


def test_gradients_reach_every_parameter_and_are_right() -> None:
    encoder = thawed_copy(make()).double().eval()
    inputs = encoder.read_texts(["ab a", "b"])
    batch = inputs.batch([0, 1])
    parameters = [p.requires_grad_() for p in encoder.parameters()]
    encoder.encode(batch).states.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in parameters)

    def run(*given: Tensor) -> Tensor:
        named = dict(zip((name for name, _ in encoder.named_parameters()), given, strict=True))
        return torch.func.functional_call(_Encode(encoder), {f"encoder.{k}": v for k, v in named.items()}, (batch,))

    assert torch.autograd.gradcheck(run, tuple(parameters), fast_mode=True, rtol=1e-6, atol=1e-9)


class _Encode(torch.nn.Module):
    def __init__(self, encoder: ElmoEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, batch: object) -> Tensor:
        return self.encoder.encode(batch).states  # type: ignore[arg-type]


def test_dropout_inside_only_while_training() -> None:
    encoder = thawed_copy(make())
    batch = encoder.read_texts(TEXTS).batch([0, 3])
    still = encoder.eval().encode(batch).states
    assert torch.equal(still, encoder.encode(batch).states)
    encoder.train()
    one, other = encoder.encode(batch).states, encoder.encode(batch).states
    assert torch.equal(one[0], still[0])  # token vectors are handed on as they are
    assert not torch.equal(one[1], other[1])


def test_saved_and_loaded_it_is_the_same(tmp_path: Path) -> None:
    encoder = make(stateful=True, batch_size=3, tokenizer="whitespace")
    encoder.save(tmp_path / "elmo")
    loaded = load_encoder(str(tmp_path / "elmo"))
    assert isinstance(loaded, ElmoEncoder)
    assert loaded.reading == encoder.reading
    assert loaded.fingerprint() == encoder.fingerprint()
    assert load_encoder(str(tmp_path / "elmo"), 7, {"stateful": "false"}).max_length == 7


def test_pieces_are_the_words() -> None:
    encoder = make(tokenizer="whitespace")
    inputs = encoder.read_texts(["naïve 猫 🙂", "", "naïve"])
    assert encoder.pieces(inputs) == ["naïve", "猫", "🙂", "", "naïve"]


@pytest.mark.parametrize(("options", "told"), [
    ({"statefull": "true"}, "--encoder-option statefull"), ({"stateful": "maybe"}, "--encoder-option stateful"),
    ({"batch_size": "0"}, "--encoder-option batch_size: input should be greater than or equal to 1"),
    ({"batch_size": "-2"}, "--encoder-option batch_size: input should be greater than or equal to 1"),
    ({"tokenizer": "moses"}, "--encoder-option tokenizer"),
])  # fmt: skip
def test_unknown_options(options: dict[str, str], told: str, tmp_path: Path) -> None:
    make().save(tmp_path)
    with pytest.raises(InputError, match=told):
        load_encoder(str(tmp_path), None, options)


def test_rows_that_a_batch_lacks_keep_their_states() -> None:
    encoder, fresh = make(stateful=True), make(stateful=True)
    first = states(encoder, TEXTS[:3])
    states(encoder, TEXTS[:1])
    states(fresh, TEXTS[:3])
    again = states(encoder, ["cat", "dog", "film"])[2]
    assert torch.equal(again, states(fresh, ["x", "y", "film"])[2])
    assert not torch.equal(first[2], again)


def test_fresh_top_layers() -> None:
    encoder = make()
    before = [p.detach().clone() for group in encoder.layer_groups() for p in group]
    encoder.reinitialise_top(1)
    groups = encoder.layer_groups()
    same = [torch.equal(p, b) for p, b in zip((p for group in groups for p in group), before, strict=True)]
    lower = sum(map(len, groups[:-1]))
    assert all(same[:lower])
    assert not any(same[lower + i] for i, p in enumerate(groups[-1]) if p.ndim > 2)
