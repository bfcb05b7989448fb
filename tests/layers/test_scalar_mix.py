from __future__ import annotations

import numpy as np
import torch

from unfreeze.layers.scalar_mix import ScalarMix


def test_starts_as_the_plain_average() -> None:
    states = torch.randn(4, 5, 3)
    torch.testing.assert_close(ScalarMix(4)(states), states.mean(0))
    assert ScalarMix(4).weights().tolist() == [0.25] * 4


def test_equals_the_formula() -> None:
    mix, states = ScalarMix(3), torch.randn(3, 2, 5, 4)
    logits = np.array([0.3, -1.2, 2.0])
    with torch.no_grad():
        mix.logits.copy_(torch.from_numpy(logits))
        mix.gamma.fill_(1.7)
    weights = np.exp(logits) / np.exp(logits).sum()
    expected = 1.7 * np.einsum("k,k...->...", weights, states.double().numpy())
    np.testing.assert_allclose(mix(states).detach().numpy(), expected, atol=1e-6)
    np.testing.assert_allclose(mix.weights().numpy(), weights, atol=1e-6)


def test_all_parameters_and_the_states_get_the_right_gradient() -> None:
    mix = ScalarMix(3).double()
    states = torch.randn(3, 4, 2, dtype=torch.float64, requires_grad=True)

    def run(states: torch.Tensor, logits: torch.Tensor, gamma: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(mix, {"logits": logits, "gamma": gamma}, (states,))

    assert torch.autograd.gradcheck(run, (states, mix.logits, mix.gamma))


def test_mixes_in_fp32_whatever_comes_in() -> None:
    mix, states = ScalarMix(3), torch.randn(3, 64, 16)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(mix(states), ScalarMix(3)(states))
    half = states.half()
    assert mix(half).dtype == torch.float32
    torch.testing.assert_close(mix(half), half.float().mean(0))


def test_state_dict_round_trip() -> None:
    mix, other = ScalarMix(3), ScalarMix(3)
    torch.nn.init.normal_(mix.logits)
    other.load_state_dict(mix.state_dict())
    assert torch.equal(mix.weights(), other.weights())
