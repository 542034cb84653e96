import pytest
import torch
from torch import nn

from glsmed.client.training.differential_privacy.noisy_steps import NoisySteps
from glsmed.shared.protocol.study import PrivacySection, TrainingSection


def steps_of(model: nn.Module, *, noise: float, expected: float = 2.0) -> NoisySteps:
    settings = TrainingSection(
        optimizer="sgd",
        momentum=0,
        weight_decay=0,
        learning_rate=0.1,
        site_offset=False,
        privacy=PrivacySection(noise_multiplier=noise, clip_norm_l2=1.0),
    )
    return NoisySteps.make(model, settings, expected_patients=expected, round_number=1)


def one_weight() -> nn.Linear:
    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)
    return model


def test_groups_add_up_and_are_divided_by_the_expected_number() -> None:
    model = one_weight()
    steps = steps_of(model, noise=1e-9)
    for gradient in (1.0, 0.5):
        steps.add([torch.tensor([[gradient]])])
    steps.step()
    assert model.weight.item() == pytest.approx(1 - 0.1 * 1.5 / 2, abs=1e-6)


def test_a_second_step_has_nothing_of_the_first() -> None:
    model = one_weight()
    steps = steps_of(model, noise=1e-9)
    steps.add([torch.tensor([[1.0]])])
    steps.step()
    after = model.weight.item()
    steps.step()
    assert model.weight.item() == pytest.approx(after, abs=1e-6)


def test_a_step_of_nobody_is_noise_that_no_seed_gives_again() -> None:
    moved = []
    for _ in range(2):
        torch.manual_seed(0)
        model = one_weight()
        steps_of(model, noise=1.0).step()
        moved.append(model.weight.item() - 1)
    assert moved[0] != 0
    assert moved[0] != moved[1]


def test_noise_has_the_studys_deviation() -> None:
    model = nn.Linear(400, 500, bias=False)
    before = model.weight.detach().clone()
    steps_of(model, noise=3.0, expected=1.0).step()
    moved = (before - model.weight.detach()) / 0.1
    assert float(moved.std()) == pytest.approx(3.0, rel=0.01)


def test_sums_of_patients_whose_last_bits_differ_become_the_same() -> None:
    """Rounded to the grid before noise: what only a floating-point sum's last bits tell is gone."""
    grids = []
    for last_bit in (0.0, 2.0**-40):
        steps = steps_of(one_weight(), noise=1.0)
        grid, deviation = steps._grid_and_deviation()
        grids.append(float(torch.tensor(0.5 + last_bit, dtype=torch.float64).div(grid).round()))
        assert 1 < deviation < 1 + 1e-8
    assert grids[0] == grids[1]


def test_weights_in_another_memory_layout_get_their_own_gradient() -> None:
    model = nn.Conv2d(3, 4, 3, bias=False).to(memory_format=torch.channels_last)
    before, gradient = model.weight.detach().clone(), torch.randn(4, 3, 3, 3)
    steps = steps_of(model, noise=1e-9, expected=1.0)
    steps.add([gradient])
    steps.step()
    assert torch.allclose(before - model.weight.detach(), 0.1 * gradient, atol=1e-5)
