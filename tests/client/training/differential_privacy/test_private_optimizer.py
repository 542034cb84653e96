import pytest
import torch
from opacus.optimizers import DPOptimizer  # type: ignore[import-untyped]  # opacus ships no types
from torch import nn

from glsmed.client.training.differential_privacy.private_optimizer import (
    add_clipped,
    add_noise_and_step,
    private_optimizer,
)
from glsmed.shared.protocol.study import PrivacySection, TrainingSection

CPU = torch.device("cpu")


def _optimizer(model: nn.Module, *, noise: float) -> DPOptimizer:
    settings = TrainingSection(
        optimizer="sgd",
        momentum=0,
        weight_decay=0,
        learning_rate=0.1,
        site_offset=False,
        privacy=PrivacySection(noise_multiplier=noise, clip_norm_l2=1.0),
    )
    return private_optimizer(DPOptimizer, model, settings, device=CPU, expected_patients=2.0, round_number=1)


def _one_weight() -> nn.Linear:
    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)
    return model


def test_each_patient_counts_up_to_the_clip_and_groups_add_up() -> None:
    model = _one_weight()
    optimizer = _optimizer(model, noise=1e-9)
    for gradients in ([3.0], [0.5]):
        optimizer.params[0].grad_sample = torch.tensor(gradients).reshape(-1, 1, 1)
        add_clipped(optimizer)
    add_noise_and_step(optimizer)
    assert model.weight.item() == pytest.approx(1 - 0.1 * (1 + 0.5) / 2, abs=1e-6)


def test_a_step_of_nobody_is_noise_that_no_seed_gives_again() -> None:
    moved = []
    for _ in range(2):
        torch.manual_seed(0)
        model = _one_weight()
        add_noise_and_step(_optimizer(model, noise=1.0))
        moved.append(model.weight.item() - 1)
    assert moved[0] != 0
    assert moved[0] != moved[1]
