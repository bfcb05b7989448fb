"""The parts of task heads that know how examples, texts and words lie in packed states."""

from __future__ import annotations

import pytest
import torch
from families import make_encoder
from torch import Tensor, nn

from unfreeze.data.examples import LabelSpace
from unfreeze.encoders.protocol import LayerStates
from unfreeze.heads.linear_members import LinearMembers
from unfreeze.heads.tagger import Tagger
from unfreeze.methods.frozen import frozen_head
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.task_heads import MembersBody, Mix, PooledBody, TagHead, TextHead, halves
from unfreeze.tasks.kinds import TASKS
from unfreeze.training.objectives import Objective


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        ([[-1, 0, 0, -1, 1, -1]], (4, 2)),
        ([[-1, 0, -1, -1, 1, 1, -1]], (4, 3)),  # RoBERTa: both separators go with the first text
        ([[-1, 0, -1, -1]], (3, 1)),  # an empty second text: the closing piece stands for it
        ([[-1, -1, 1, -1]], (2, 2)),  # an empty first text
        ([[-1, -1, -1]], (2, 1)),  # both empty
        ([[-1, 0, -1, -1], [-1, 0, 0, 0, -1, 1, -1], [-1, -1, -1], [-1, 0, -1, 1, 1, -1]], (3, 1, 5, 2, 2, 1, 3, 3)),
    ],
)
def test_halves(segments: list[list[int]], expected: tuple[int, ...]) -> None:
    flat = torch.tensor([mark for one in segments for mark in one])
    assert halves(flat, [len(one) for one in segments]) == expected


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_halves_of_what_tokenizers_give(family: str) -> None:
    encoder = make_encoder(family)
    pairs = [("the cat", "dog"), ("the", ""), ("", "dog ran in"), ("", ""), ("unfathomable", "good " * 50)]
    inputs = encoder.read_texts([a for a, _ in pairs], [b for _, b in pairs])
    batch = inputs.batch(range(len(pairs)))
    got = halves(batch.segment, batch.lengths)
    assert [a + b for a, b in zip(got[0::2], got[1::2], strict=True)] == list(batch.lengths)
    assert min(got) >= 1
    bare = encoder.tokenizer.get_vocab()
    special = {bare[name] for name in encoder.tokenizer.all_special_tokens}
    parts = [[i for i in part.tolist() if i not in special] for part in batch.ids.split(list(got))]
    for (first, second), a, b in zip(pairs, parts[0::2], parts[1::2], strict=True):
        assert a == encoder.tokenizer(first, add_special_tokens=False)["input_ids"]
        assert b == encoder.tokenizer(second, add_special_tokens=False)["input_ids"][: len(b)]
        assert bool(b) is bool(second)


def test_esim_of_an_older_bundle_is_loaded() -> None:
    """Its head was `body.esim` once, and the bundle's schema is the same."""
    space = LabelSpace(("different", "same"))
    objective = Objective(TASKS["pair-classification"], space)
    recipe = FrozenRecipe("esim", pair="separate", hidden=3)
    made = [frozen_head(recipe, objective, layers=2, width=4).eval() for _ in range(2)]
    old = {name.replace("body.head.", "body.esim."): tensor for name, tensor in made[0].state_dict().items()}
    assert any(name.startswith("body.esim.") for name in old)
    made[1].load_state_dict(old)
    for name, tensor in made[0].state_dict().items():
        assert torch.equal(made[1].state_dict()[name], tensor)
    with pytest.raises(RuntimeError, match=r"Unexpected key.*body\.esin"):
        made[1].load_state_dict({**old, "body.esin.weight": torch.zeros(1)})


STATES = torch.randn(3, 5, 2, generator=torch.Generator().manual_seed(0))


def test_mix_starts_as_the_mean_and_learns() -> None:
    mix = Mix(3, "mix")
    torch.testing.assert_close(mix(STATES), STATES.mean(0))
    assert mix.weights() == pytest.approx((1 / 3,) * 3)
    assert mix.learned is not None
    with torch.no_grad():
        mix.learned.logits[2] = 100.0
    torch.testing.assert_close(mix(STATES), STATES[2])


@pytest.mark.parametrize(("how", "layers"), [("mean", [0, 1, 2]), ((-1,), [2]), ((0,), [0]), ((0, 2), [0, 2])])
def test_mix_of_chosen_layers_learns_nothing(how: str | tuple[int, ...], layers: list[int]) -> None:
    mix = Mix(3, how)
    torch.testing.assert_close(mix(STATES.half()), STATES.half().float()[layers].mean(0))
    assert mix(STATES.half()).dtype == torch.float32
    assert mix.weights() is None
    assert not list(mix.parameters())


def test_one_layer_needs_no_mix() -> None:
    mix = Mix(1, "mix")
    assert torch.equal(mix(STATES[:1]), STATES[0])
    assert mix.weights() is None


def test_pooled_body_reads_the_top_layer_and_both_texts_of_a_pair() -> None:
    lengths = (2, 1, 1, 1)
    none = torch.full((5,), -1)
    body = PooledBody(2, 3, "max", dropout=0.5, pair="full").eval()
    seen: list[Tensor] = []
    body.linear.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    assert body(LayerStates(STATES, none, none, lengths)).shape == (1, 2, 3)
    top = STATES[-1]
    both = torch.stack([top[:2].amax(0), top[3]]), torch.stack([top[2], top[4]])
    u, v = (x / x.norm(dim=1, keepdim=True) * 2**0.5 for x in both)  # all of one length, numbers about 1
    torch.testing.assert_close(seen[0], torch.cat([u, v, (u - v).abs(), u * v], 1))


class Recorder(nn.Module):
    """A tagger that keeps what it is given."""

    def decode(self, states: Tensor, mask: Tensor) -> list[list[int]]:
        self.given = [one[m] for one, m in zip(states, mask, strict=True)]
        return [[0] * int(m.sum()) for m in mask]


def test_tag_head_joins_the_windows_of_a_sentence() -> None:
    encoder = make_encoder(limit=9)
    sentences = [
        ["the", "unfathomable", "dog", "ran"],
        ["cat"],
        ["bob", "in", "rome", "and", "paris", "cats", "ran"] * 2,
    ]
    inputs = encoder.read_words(sentences)
    counts = (inputs.examples[1:] - inputs.examples[:-1]).tolist()
    assert max(counts) > 2
    batch = inputs.batch(range(len(inputs.truncated)))
    states = torch.arange(len(batch.ids)).float()[None, :, None]  # the place of each piece
    recorder = Recorder()
    head = TagHead(Mix(1, (0,)), recorder, Objective(TASKS["tagging"], LabelSpace(("O",), None)))  # type: ignore[arg-type]
    (decoded,) = head.decode(LayerStates(states, batch.segment, batch.words, batch.lengths), counts)
    assert decoded.labels == tuple(("O",) * len(words) for words in sentences)
    for words, read in zip(sentences, recorder.given, strict=True):
        firsts = [ids[0] for ids in encoder.tokenizer(words, add_special_tokens=False)["input_ids"]]
        assert [int(batch.ids[int(place)]) for place in read] == firsts
        assert read.flatten().tolist() == sorted(read.flatten().tolist())


def test_tag_loss_is_the_mean_over_words_whatever_the_padding() -> None:
    torch.manual_seed(0)
    objective = Objective(TASKS["tagging"], LabelSpace(("O", "B-X"), "BIO"))
    head = TagHead(Mix(1, (0,)), Tagger(2, 2, use_crf=False, dropout=0.0), objective).eval()
    words = torch.tensor([0, 1, -1, 2, 0])
    states = LayerStates(STATES[:1], torch.zeros(5), words, (4, 1))
    tags = [torch.tensor([0, 1, 0]), torch.tensor([1])]
    emissions = head.tagger(STATES[0, words >= 0][None], torch.ones(1, 4, dtype=torch.bool))[0]
    expected = nn.functional.cross_entropy(emissions, torch.cat(tags))
    torch.testing.assert_close(head.loss(states, (1, 1), tags), expected[None])


def test_text_head_gives_the_objectives_loss() -> None:
    torch.manual_seed(0)
    objective = Objective(TASKS["classification"], LabelSpace(("a", "b")))
    head = TextHead(PooledBody(2, 2, "cls", dropout=0.0), objective)
    none = torch.full((5,), -1)
    states = LayerStates(STATES, none, none, (3, 2))
    logits = head.body.linear(STATES[-1, [0, 3]])
    expected = nn.functional.cross_entropy(logits, torch.tensor([1, 0]))
    torch.testing.assert_close(head.loss(states, (1, 1), [torch.tensor(1), torch.tensor(0)]), expected[None])
    assert head.mix_weights() == [None]


@pytest.mark.parametrize("normalise", [False, True])
def test_vectors_of_one_length_say_nothing_of_how_long_they_were(normalise: bool) -> None:
    torch.manual_seed(0)
    members = LinearMembers(3, 2, 2, (0.0,), (0,), (-1,))
    bodies = PooledBody(2, 2, "mean", 0.0, normalise=normalise), MembersBody(members, normalise)
    none = torch.full((2,), -1)
    states = torch.randn(3, 2, 2)
    once, twice = (LayerStates(factor * states, none, none, (1, 1)) for factor in (1, 2))
    for body in bodies:
        assert torch.allclose(body(once), body(twice), atol=1e-6) == normalise


def test_the_vectors_of_a_pair_lie_side_by_side() -> None:
    torch.manual_seed(0)
    members = LinearMembers(3, 2, 2, (0.0,), (0,), (-1,), pair="full")
    states, none = torch.randn(3, 4, 2), torch.full((4,), -1)
    unit = states / states.norm(dim=2, keepdim=True)
    expected = members(unit[:, [0, 2]], unit[:, [1, 3]])
    torch.testing.assert_close(MembersBody(members)(LayerStates(states, none, none, (1,) * 4)), expected)
