import pytest
import torch

from glsmed.client.training.differential_privacy.single_steps import SingleStepper
from tests.client.training.differential_privacy import small_network
from tests.client.training.differential_privacy.small_network import CLIP, CPU, batch, losses, settings, small


def move(images: list[int], *, noise: float = 1e-9, expected: float = 1.0) -> tuple[list[torch.Tensor], float]:
    """How far a step moves each parameter, with so many images of each patient, and its loss."""
    model = small()
    stepper = SingleStepper.make(model, settings("all", noise), device=CPU, expected_patients=expected, round_number=1)
    loss = float(stepper.step(batch(sum(images)), images))
    pairs = zip(small().parameters(), model.parameters(), strict=True)
    return [(old - new).detach() for old, new in pairs], loss


@pytest.mark.parametrize("images", [[1, 1, 1], [3, 1], [5]])
@pytest.mark.parametrize("expected", [3.0, 2.5])
def test_a_step_is_the_sum_of_clipped_gradients_over_the_expected_number(images: list[int], expected: float) -> None:
    drawn, starts = batch(sum(images)), [sum(images[:place]) for place in range(len(images))]
    parts = [drawn.rows(slice(start, start + count)) for start, count in zip(starts, images, strict=True)]
    each = []
    for part in parts:
        model = small()
        each.append(small_network.clipped(model, losses(model, part).mean()))
    moved, loss = move(images, expected=expected)
    for place, parameter in enumerate(moved):
        assert torch.allclose(parameter, torch.stack([of[place] for of in each]).sum(0) / expected, atol=1e-5)
    assert loss == pytest.approx(sum(losses(small(), part).mean().item() for part in parts), rel=1e-5)


def test_a_step_with_nobody_drawn_is_noise_alone() -> None:
    moved, loss = move([], noise=1.0)
    assert loss == 0
    assert float(torch.cat([parameter.flatten() for parameter in moved]).std()) == pytest.approx(CLIP, rel=0.3)


def test_noise_is_never_the_same() -> None:
    first, second = (move([1, 1], noise=1.0)[0] for _ in range(2))
    assert not any(torch.equal(one, other) for one, other in zip(first, second, strict=True))
