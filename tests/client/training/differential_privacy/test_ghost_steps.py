import pytest
import torch

from glsmed.client.training.differential_privacy.ghost_steps import GhostStepper
from glsmed.client.training.steps.batches import Batch
from tests.client.training.differential_privacy import small_network
from tests.client.training.differential_privacy.small_network import CLIP, CPU, batch, losses, settings, small


def clipped(drawn: Batch) -> list[torch.Tensor]:
    """The clipped gradient of one image."""
    model = small()
    return small_network.clipped(model, losses(model, drawn).sum())


def move(n: int, *, noise: float = 1e-9, expected: float = 1.0) -> tuple[list[torch.Tensor], float]:
    """How far a step with n images moves each parameter, and its loss."""
    model = small()
    stepper = GhostStepper.make(model, settings("one", noise), device=CPU, expected_patients=expected, round_number=1)
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
