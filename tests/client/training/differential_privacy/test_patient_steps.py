from collections.abc import Sequence

import pytest
import torch

from glsmed.client.training.differential_privacy import patient_steps
from glsmed.client.training.differential_privacy.patient_steps import PatientStepper, whole_patients
from glsmed.client.training.steps.batches import Batch
from tests.client.training.differential_privacy import small_network
from tests.client.training.differential_privacy.small_network import CLIP, CPU, batch, losses, settings, small


def clipped(drawn: Batch) -> list[torch.Tensor]:
    """The clipped gradient of the mean loss of one patient's images."""
    model = small()
    return small_network.clipped(model, losses(model, drawn).mean())


def move(images: Sequence[int], *, noise: float = 1e-9) -> tuple[list[torch.Tensor], float]:
    """How far a step moves each parameter, with so many images of each patient, and its loss."""
    model = small()
    stepper = PatientStepper.make(
        model, settings("all", noise), device=CPU, expected_patients=len(images) or 1, round_number=1
    )
    loss = float(stepper.step(batch(sum(images)), images))
    pairs = zip(small().parameters(), model.parameters(), strict=True)
    return [(old - new).detach() for old, new in pairs], loss


@pytest.mark.parametrize("images", [[1, 1, 1], [3, 1], [5]])
def test_a_step_is_the_mean_of_the_patients_clipped_gradients(images: list[int]) -> None:
    drawn, starts = batch(sum(images)), [sum(images[:place]) for place in range(len(images))]
    parts = [drawn.rows(slice(start, start + count)) for start, count in zip(starts, images, strict=True)]
    each = [clipped(part) for part in parts]
    moved, loss = move(images)
    for place, parameter in enumerate(moved):
        assert torch.allclose(parameter, torch.stack([of[place] for of in each]).mean(0), atol=1e-5)
    assert loss == pytest.approx(sum(losses(small(), part).mean().item() for part in parts), rel=1e-5)


def test_groups_on_the_device_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = move([3, 2, 4])
    monkeypatch.setattr(patient_steps, "IMAGES_AT_ONCE", 2)
    grouped, _ = move([3, 2, 4])
    assert all(torch.allclose(one, other, atol=1e-6) for one, other in zip(whole, grouped, strict=True))


def test_a_step_with_nobody_drawn_is_noise_alone() -> None:
    moved, loss = move([], noise=1.0)
    assert loss == 0
    sizes = torch.cat([parameter.flatten() for parameter in moved])
    assert float(sizes.std()) == pytest.approx(CLIP, rel=0.3)


@pytest.mark.parametrize(
    ("images", "groups"),
    [([1, 2, 3], [[1, 2], [3]]), ([4, 1], [[4], [1]]), ([9, 1, 1], [[9], [1, 1]]), ([], [])],
)
def test_patients_are_never_torn_apart(images: list[int], groups: list[list[int]]) -> None:
    assert list(whole_patients(images, 3)) == groups
