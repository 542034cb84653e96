"""Private steps on a GPU are those on a CPU, and clip as strictly in bf16."""

from collections.abc import Callable
from typing import Literal

import pytest
import torch
from torch import Tensor, nn

from glsmed.client.training.differential_privacy.patient_steps import PatientStepper, group_gradients, norms_of
from glsmed.client.training.differential_privacy.private_losses import image_losses
from glsmed.client.training.steps.batches import Batch
from glsmed.client.training.steps.stepper import augmented_pixels
from glsmed.shared.networks.building import build_model
from glsmed.shared.protocol.study import TrainingSection
from tests.client.training.differential_privacy.small_network import CLIP, CPU, settings

pytestmark = pytest.mark.gpu

IMAGES = [1, 3, 1]  # of each patient, where all are used
Kind = Literal["one", "all"]


def fresh() -> nn.Module:
    return build_model("resnet10", n_findings=2, seed=0)


def batch(n: int = sum(IMAGES)) -> Batch:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (n, 1, 64, 64), generator=generator).byte()
    return Batch(images, torch.rand(n, 2, generator=generator), torch.rand(n, 2, generator=generator))


def plain(kind: Kind, *, noise: float = 1e-9, mixed_precision: str = "off") -> TrainingSection:
    return settings(kind, noise).model_copy(update={"mixed_precision": mixed_precision})


def move(kind: Kind, changed: TrainingSection, device: torch.device, drawn: Batch) -> Tensor:
    """How far a step moves the weights."""
    model, images = fresh(), IMAGES if kind == "all" else [1] * len(drawn)
    each = PatientStepper.make(model, changed, device=device, expected_patients=4, round_number=1)
    each.step(drawn, images if len(drawn) else [])
    pairs = zip(fresh().parameters(), model.parameters(), strict=True)
    return torch.cat([(old - new.cpu()).detach().flatten() for old, new in pairs])


@pytest.mark.parametrize("kind", ["one", "all"])
def test_without_noise_a_step_is_that_of_the_cpu(gpu: torch.device, kind: Kind) -> None:
    expected = move(kind, plain(kind), CPU, batch())
    assert float((move(kind, plain(kind), gpu, batch()) - expected).norm() / expected.norm()) < 1e-3


@pytest.mark.parametrize("kind", ["one", "all"])
def test_in_bf16_a_step_is_close_to_that_in_full_precision(gpu: torch.device, kind: Kind) -> None:
    expected = move(kind, plain(kind), gpu, batch())
    in_bf16 = move(kind, plain(kind, mixed_precision="auto"), gpu, batch())
    assert 1e-4 < float((in_bf16 - expected).norm() / expected.norm()) < 0.15


def test_in_bf16_a_patient_moves_a_step_hardly_further_than_allowed(
    gpu: torch.device, record_property: Callable[[str, object], None]
) -> None:
    """The gradient of each of these images is longer than the norm that it is clipped to."""
    changed = plain("one", mixed_precision="auto")
    rows = [batch().rows(slice(row, row + 1)) for row in range(sum(IMAGES))]
    lengths = [4 * float(move("one", changed, gpu, row).norm()) / CLIP for row in rows]
    record_property("lengths_over_clip_norm", lengths)
    assert min(lengths) > 0.99
    assert max(lengths) < 1.0001


def test_norms_in_bf16_are_those_of_each_images_own_gradient(gpu: torch.device) -> None:
    drawn, model = batch(), fresh().to(gpu).train()
    found, _ = group_gradients(model, drawn, [1] * len(drawn), autocast=True, device=gpu)
    norms = norms_of(found, len(drawn), gpu)
    for row in range(len(drawn)):
        alone = drawn.rows(slice(row, row + 1))
        loss = image_losses(model, augmented_pixels(alone, gpu), alone, autocast=True).sum()
        gradient = torch.autograd.grad(loss, list(model.parameters()))
        own = torch.stack([part.norm() for part in gradient]).norm()
        assert float(norms[row]) == pytest.approx(float(own), rel=2e-2)


@pytest.mark.parametrize("kind", ["one", "all"])
def test_a_step_with_nobody_drawn_is_noise_alone(gpu: torch.device, kind: Kind) -> None:
    moves = [move(kind, plain(kind, noise=1.0), gpu, batch(0)) for _ in range(2)]
    assert float(moves[0].std()) == pytest.approx(CLIP / 4, rel=0.02)
    assert not torch.equal(moves[0], moves[1])
