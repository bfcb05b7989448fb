from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from torch import Tensor
from torch.nn.functional import cross_entropy

from unfreeze.heads.linear import PairFeatures
from unfreeze.heads.linear_members import LinearMembers, Which

LAYERS, ROWS, WIDTH, CLASSES = 3, 40, 5, 4
L2, SEEDS = (0.0, 0.1, 1.0, 0.0, 0.1, 1.0), (7, 7, 7, 8, 8, 8)


def data(texts: int) -> tuple[tuple[Tensor, ...], Tensor]:
    generator = torch.Generator().manual_seed(0)
    scale = torch.tensor([1.0, 10.0, 0.1])[:, None, None]
    features = tuple(5 + scale * torch.randn(LAYERS, ROWS, WIDTH, generator=generator) for _ in range(texts))
    return features, torch.randint(CLASSES, (ROWS,), generator=generator)


def train(
    head: LinearMembers, features: tuple[Tensor, ...], labels: Tensor, steps: int = 25, rate: float = 0.02
) -> None:
    optimiser = torch.optim.Adam(head.parameters(), rate)
    members = len(head.bias)
    for _ in range(steps):
        optimiser.zero_grad()
        every = cross_entropy(head(*features).flatten(0, 1), labels.repeat(members), reduction="none")
        (every.view(members, -1).mean(1) + head.penalty()).sum().backward()
        optimiser.step()


@pytest.mark.parametrize(
    ("pair", "which"), [(None, "mix"), ("full", "mix"), ("absdiff-product", "mean"), (None, (0, -1))]
)
def test_a_member_learns_what_it_would_learn_alone(pair: PairFeatures | None, which: Which) -> None:
    features, labels = data(2 if pair else 1)

    def trained(l2: tuple[float, ...], seeds: tuple[int, ...]) -> LinearMembers:
        head = LinearMembers(LAYERS, WIDTH, CLASSES, l2, seeds, which, pair)
        head.standardise([features])
        train(head, features, labels)
        return head

    together = trained(L2, SEEDS)
    assert together(*features).shape == (6, ROWS, CLASSES)
    for m in (1, 3):
        alone = trained(L2[m : m + 1], SEEDS[m : m + 1])
        for name, parameter in alone.named_parameters():
            torch.testing.assert_close(parameter[0], together.get_parameter(name)[m], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(alone(*features)[0], together(*features)[m], atol=1e-4, rtol=1e-4)


def test_one_members_loss_touches_no_other_member() -> None:
    features, _ = data(1)
    head = LinearMembers(LAYERS, WIDTH, CLASSES, L2, SEEDS)
    (head(*features)[2].square().sum() + head.penalty()[2]).backward()
    for parameter in head.parameters():
        assert parameter.shape[0] == 6
        assert parameter.grad is not None
        assert [bool(grad.any()) for grad in parameter.grad] == [m == 2 for m in range(6)]


def test_seeds_decide_the_first_weights() -> None:
    torch.manual_seed(1)
    weight = LinearMembers(LAYERS, WIDTH, CLASSES, L2, SEEDS).weight
    torch.manual_seed(2)
    assert torch.equal(weight, LinearMembers(LAYERS, WIDTH, CLASSES, L2, SEEDS).weight)
    assert torch.equal(weight[0], weight[2])
    assert not torch.equal(weight[0], weight[3])


def randomised(which: Which, pair: PairFeatures | None) -> LinearMembers:
    head = LinearMembers(LAYERS, WIDTH, CLASSES, (0.5, 2.0), (0, 1), which, pair)
    for parameter in head.parameters():
        torch.nn.init.normal_(parameter)
    return head


def test_single_texts_equal_numpy() -> None:
    features, _ = data(1)
    head = randomised("mix", None)
    head.standardise([(f,) for f in features[0].split(9, 1)])
    x = features[0].double().numpy()
    x = (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
    p = {name: parameter.detach().double().numpy() for name, parameter in head.named_parameters()}
    for m in range(2):
        share = p["gamma"][m] * np.exp(p["mix"][m]) / np.exp(p["mix"][m]).sum()
        expected = np.einsum("k,kbw->bw", share, x) @ p["weight"][m] + p["bias"][m]
        np.testing.assert_allclose(head(*features)[m].detach().numpy(), expected, atol=1e-5)
    weights = head.layer_weights()
    assert weights is not None
    torch.testing.assert_close(weights.sum(1), torch.ones(2))
    penalty = [l2 * (w**2).sum() / 2 for l2, w in zip((0.5, 2.0), p["weight"], strict=True)]
    np.testing.assert_allclose(head.penalty().detach().numpy(), penalty, rtol=1e-5)


def test_pairs_are_standardised_after_pairing_under_the_plain_mean() -> None:
    features, _ = data(2)
    head = randomised("mix", "absdiff-product")
    head.standardise(zip(*(f.split(9, 1) for f in features), strict=True))

    def paired(share: np.ndarray) -> np.ndarray:
        u, v = (np.einsum("k,kbw->bw", share, f.double().numpy()) for f in features)
        return np.concatenate([abs(u - v), u * v], 1)

    base = paired(np.full(LAYERS, 1 / LAYERS))
    p = {name: parameter.detach().double().numpy() for name, parameter in head.named_parameters()}
    for m in range(2):
        share = p["gamma"][m] * np.exp(p["mix"][m]) / np.exp(p["mix"][m]).sum()
        used = (paired(share) - base.mean(0)) / base.std(0)
        np.testing.assert_allclose(head(*features)[m].detach().numpy(), used @ p["weight"][m] + p["bias"][m], atol=1e-3)


@pytest.mark.parametrize(("which", "used"), [("mean", [0, 1, 2]), ((1,), [1]), ((0, -1), [0, 2])])
def test_fixed_layers_read_only_those_and_learn_no_mix(which: Which, used: list[int]) -> None:
    features, _ = data(1)
    head = randomised(which, None)
    assert {name for name, _ in head.named_parameters()} == {"weight", "bias"}
    assert head.layer_weights() is None
    expected = features[0][used].mean(0) @ head.weight + head.bias[:, None]
    torch.testing.assert_close(head(*features), expected, atol=1e-4, rtol=1e-4)


def test_reaches_the_optimum_of_logistic_and_ridge_regression() -> None:
    (features,), labels = data(1)
    x = features[1]
    head = LinearMembers(1, WIDTH, CLASSES, (0.05,), (0,))
    head.standardise([(x[None],)])
    train(head, (x[None],), labels, steps=600, rate=0.05)
    scaled = ((x - x.mean(0)) / x.std(0, correction=0)).numpy()
    peer = LogisticRegression(C=1 / (0.05 * ROWS), tol=1e-8, max_iter=1000).fit(scaled, labels.numpy())
    got = head(x[None])[0].softmax(1).detach().numpy()
    np.testing.assert_allclose(got, peer.predict_proba(scaled), atol=2e-3)

    scores = torch.randn(ROWS, generator=torch.Generator().manual_seed(1))
    head = LinearMembers(1, WIDTH, 1, (0.2,), (0,))
    head.standardise([(x[None],)])
    optimiser = torch.optim.Adam(head.parameters(), 0.02)
    for _ in range(600):
        optimiser.zero_grad()
        ((head(x[None])[0, :, 0] - scores).square().mean() + head.penalty()[0]).backward()
        optimiser.step()
    ridge = Ridge(alpha=0.2 * ROWS / 2).fit(scaled, scores.numpy())
    np.testing.assert_allclose(head(x[None])[0, :, 0].detach().numpy(), ridge.predict(scaled), atol=2e-3)


@pytest.mark.parametrize("pair", [None, "full"])
def test_one_member_can_be_taken_out_of_the_state_dict(pair: PairFeatures | None) -> None:
    features, _ = data(2 if pair else 1)
    head = randomised("mix", pair)
    head.standardise([features])
    names = dict(head.named_parameters())
    state = {name: tensor[1:2] if name in names else tensor for name, tensor in head.state_dict().items()}
    alone = LinearMembers(LAYERS, WIDTH, CLASSES, (0.0,), (0,), "mix", pair)
    alone.load_state_dict(state)
    torch.testing.assert_close(alone(*features)[0], head(*features)[1])


def test_batches_precision_and_repeats() -> None:
    (features,), _ = data(1)
    head = randomised("mix", None).eval()
    head.standardise([(features,)])
    together = head(features)
    assert torch.equal(head(features), together)
    torch.testing.assert_close(head(features[:, 3:4]), together[:, 3:4], atol=1e-5, rtol=1e-4)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(head(features), together)


def test_penalties_and_seeds_must_match() -> None:
    with pytest.raises(ValueError, match="2 penalties for 3 seeds"):
        LinearMembers(LAYERS, WIDTH, CLASSES, (0.0, 1.0), (1, 2, 3))
