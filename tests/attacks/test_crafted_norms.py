"""A centre that crafts a model so that one patient's gradient looks short: clipping would be off, and noise too small.

The search is random: large biases of GroupNorm make a layer's input nearly constant, channels alike in a group make
the gradients by its output add up to nothing, a scaled shortcut decides how much of the rest is left. The positive
control measures norms by the sum of (A'A)(G'G) in single precision, as releases before this one did.
"""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from glsmed.client.training.differential_privacy.patient_gradients import Factored
from glsmed.client.training.differential_privacy.patient_steps import PatientStepper, group_gradients, norms_of
from glsmed.client.training.differential_privacy.private_losses import image_losses
from glsmed.client.training.steps.batches import Batch
from glsmed.client.training.steps.stepper import augmented_pixels
from glsmed.shared.networks.building import build_model
from glsmed.shared.protocol.study import PrivacySection, TrainingSection

CPU = torch.device("cpu")
CLIP = 0.7
SETTINGS = 40


@torch.no_grad()
def crafted(model: nn.Module, chance: random.Random) -> None:
    """Change the weights of a ResNet as the attack does, by chance, around one layer whose gradient will dominate."""
    bias, scale, spread = (10 ** chance.uniform(*limits) for limits in ((2, 6), (-7, 0), (-3, 0)))
    for norm in model.get_submodule("layer3").modules():
        if isinstance(norm, nn.GroupNorm):
            norm.bias.fill_(bias)
            norm.weight.fill_(spread)
    block = model.get_submodule("layer4")
    block = block if hasattr(block, "conv1") else block.get_submodule("0")
    shortcut, last, head = (
        block.get_submodule("downsample.0"),
        block.get_submodule("conv2"),
        model.get_submodule("fc"),
    )
    assert isinstance(shortcut, nn.Conv2d)
    assert isinstance(last, nn.Conv2d)
    assert isinstance(head, nn.Linear)
    shortcut.weight.mul_(scale)
    if chance.random() < 0.8:
        for weight, channels in ((shortcut.weight, 0), (last.weight, 0), (head.weight, 1)):
            _make_alike(weight, channels)


def _make_alike(weight: Tensor, channels: int) -> None:
    """Give all channels of a group of GroupNorm the weights of its first."""
    shape = list(weight.shape)
    shape[channels : channels + 1] = [32, -1]
    groups = weight.view(shape)
    groups.copy_(groups.narrow(channels + 1, 0, 1).expand_as(groups).clone())


def one_patient(images: int) -> Batch:
    generator = torch.Generator().manual_seed(3)
    pixels = torch.randint(0, 256, (images, 1, 64, 64), generator=generator).byte()
    return Batch(pixels, torch.rand(images, 2, generator=generator), torch.ones(images, 2))


def longest(architecture: str, *, images: int, autocast: bool, seed: int) -> float:
    """The longest contribution of a patient that the search finds, in clip norms: of what is added to the sum."""
    chance, lengths = random.Random(seed), [0.0]  # noqa: S311  # a search that can be repeated
    settings = TrainingSection(site_offset=False, privacy=PrivacySection(noise_multiplier=1, clip_norm_l2=CLIP))
    for _ in range(SETTINGS):
        model = build_model(architecture, n_findings=2, seed=0)
        crafted(model, chance)
        stepper = PatientStepper.make(model, settings, device=CPU, expected_patients=1, round_number=1)
        replace(stepper, autocast=autocast)._clip_and_add(one_patient(images), [images])
        lengths.append(_added(stepper))
    return max(lengths) / CLIP


def _added(stepper: PatientStepper) -> float:
    """How long the sum is that was added, in double precision."""
    return float(torch.stack([one.double().norm() for one in stepper.steps._sums]).norm())


def as_before(precision: torch.dtype) -> Callable[[Factored], Tensor]:
    """How squared norms were measured before: in the precision of the network's outputs, and added up in float32."""

    def squared_norms(found: Factored) -> Tensor:
        patches, outputs = found.patches.to(precision), found.outputs.to(precision)
        of_patches = torch.bmm(patches.transpose(1, 2), patches).float()
        of_outputs = torch.bmm(outputs.transpose(1, 2), outputs).float()
        return (of_patches * of_outputs).sum((1, 2)).clamp_min(0).double()

    return squared_norms


@pytest.mark.parametrize("autocast", [False, True], ids=["float32", "bf16"])
@pytest.mark.parametrize(("architecture", "images"), [("resnet10_x0_25", 1), ("resnet10_x0_25", 3), ("resnet10", 1)])
def test_no_crafted_model_makes_a_contribution_longer_than_the_clip(
    architecture: str, images: int, autocast: bool
) -> None:
    assert longest(architecture, images=images, autocast=autocast, seed=1) < 1.01


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=["float32", "bf16"])
@pytest.mark.parametrize("images", [1, 3])
def test_the_search_finds_crafted_models_where_norms_cancel(
    precision: torch.dtype, images: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Factored, "squared_norms", as_before(precision))
    autocast = precision == torch.bfloat16
    assert longest("resnet10_x0_25", images=images, autocast=autocast, seed=1) > 2


def test_an_honest_models_gradients_are_hardly_clipped_for_the_bound_of_rounding() -> None:
    model = build_model("resnet10", n_findings=2, seed=0).train()
    found, _ = group_gradients(model, one_patient(3), [1, 1, 1], autocast=False, device=CPU)
    measured = norms_of(found, 3, CPU)
    for row in range(3):
        alone = one_patient(3).rows(slice(row, row + 1))
        loss = image_losses(model, augmented_pixels(alone, CPU), alone, autocast=False).sum()
        own = torch.stack([one.norm() for one in torch.autograd.grad(loss, list(model.parameters()))]).norm()
        assert float(measured[row]) == pytest.approx(float(own), rel=1e-4)
