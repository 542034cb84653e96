import pytest
import torch
from torch import nn
from torch.nn import functional as F

from glsmed.client.training.differential_privacy.ghost_steps import GhostStepper
from glsmed.client.training.steps.batches import Batch
from glsmed.client.training.steps.stepper import to_pixels
from glsmed.shared.protocol.study import PrivacySection, TrainingSection

CPU = torch.device("cpu")
CLIP = 0.2


def settings(noise_multiplier: float = 1e-9) -> TrainingSection:
    privacy = PrivacySection(noise_multiplier=noise_multiplier, clip_norm_l2=CLIP, patient_images="one")
    plain = TrainingSection(optimizer="sgd", learning_rate=1.0, momentum=0.0, weight_decay=0.0)
    return plain.model_copy(update={"privacy": privacy})


def small() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 2))


def batch(n: int) -> Batch:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (n, 1, 8, 8), generator=generator).byte()
    return Batch(images, torch.rand(n, 2, generator=generator), torch.rand(n, 2, generator=generator))


def losses(model: nn.Module, drawn: Batch) -> torch.Tensor:
    cells = F.binary_cross_entropy_with_logits(model(to_pixels(drawn.images)), drawn.targets, reduction="none")
    return (cells * drawn.weights).mean(1)


def clipped(drawn: Batch) -> list[torch.Tensor]:
    """The clipped gradient of one image, by plain autograd."""
    model = small()
    gradient = torch.autograd.grad(losses(model, drawn).sum(), list(model.parameters()))
    norm = float(torch.stack([part.norm() for part in gradient]).norm())
    return [part * min(1.0, CLIP / (norm + 1e-6)) for part in gradient]


def move(n: int, *, noise: float = 1e-9, expected: float = 1.0) -> tuple[list[torch.Tensor], float]:
    """How far a step with n images moves each parameter, and its loss."""
    model = small()
    stepper = GhostStepper.make(model, settings(noise), device=CPU, expected_patients=expected)
    loss = float(stepper.step(batch(n), [1] * n))
    stepper.close()
    pairs = zip(small().parameters(), model.parameters(), strict=True)
    return [(old - new).detach() for old, new in pairs], loss


@pytest.mark.parametrize("expected", [4.0, 2.5])
def test_a_step_is_the_sum_of_clipped_gradients_over_the_expected_number(expected: float) -> None:
    """Not over the number that was drawn, which would tell who takes part."""
    each = [clipped(batch(4).rows(slice(row, row + 1))) for row in range(4)]
    moved, loss = move(4, expected=expected)
    for place, parameter in enumerate(moved):
        assert torch.allclose(parameter, torch.stack([of[place] for of in each]).sum(0) / expected, atol=1e-5)
    assert loss == pytest.approx(losses(small(), batch(4)).sum().item(), rel=1e-5)


def test_a_step_with_nobody_drawn_is_noise_alone() -> None:
    moved, loss = move(0, noise=1.0)
    assert loss == 0
    assert float(torch.cat([parameter.flatten() for parameter in moved]).std()) == pytest.approx(CLIP, rel=0.3)


def test_noise_is_never_the_same() -> None:
    first, second = (move(2, noise=1.0)[0] for _ in range(2))
    assert not any(torch.equal(one, other) for one, other in zip(first, second, strict=True))
