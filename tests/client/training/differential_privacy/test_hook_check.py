"""Which private steps each family of networks gets, and that they are exact."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from glsmed.client.data.examples import Examples
from glsmed.client.training.differential_privacy.hook_check import hooks_are_exact
from glsmed.client.training.differential_privacy.private_training import train_privately
from glsmed.shared.networks.building import build_model
from glsmed.shared.networks.parts import head_names
from glsmed.shared.pixels import to_pixels
from glsmed.shared.protocol.network_settings import FineTuningSection
from glsmed.shared.protocol.study import AugmentationSection, PrivacySection, TrainingSection
from tests.client.training.differential_privacy.small_network import unlimited
from tests.shared.networks.small_timm import FAMILIES, SIZE_PX, small_timm

CPU = torch.device("cpu")
HOOKED = {"resnet_gn", "frozen_resnet", "frozen_densenet", "frozen_efficientnet"}
CLIP = 0.05
STILL = AugmentationSection(rotation_degrees=0, translation_fraction=0, scale_fraction=0, contrast_fraction=0)


@pytest.mark.parametrize("family", FAMILIES)
def test_hooks_are_used_where_they_are_right(family: str) -> None:
    assert hooks_are_exact(small_timm(family), image_size_px=SIZE_PX) == (family in HOOKED)


@pytest.mark.parametrize("architecture", ["resnet10", "densenet121"])
def test_our_own_networks_have_hooks(architecture: str) -> None:
    assert hooks_are_exact(build_model(architecture, n_findings=2, seed=0), image_size_px=32)


class Windows(nn.Module):
    """Known layers only, but four windows of each image stand where hooks expect the images."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.fc = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        windows = x.unfold(2, 16, 16).unfold(3, 16, 16).reshape(-1, 1, 16, 16)
        logits: Tensor = self.fc(self.conv(windows).relu().mean((2, 3)).view(len(x), 4, 4).mean(1))
        return logits


class Twice(nn.Module):
    """A layer that is used twice, by itself and through its weight: hooks see one of the two."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3, padding=1)
        self.fc = nn.Linear(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = F.conv2d(self.conv(x).relu(), self.conv.weight, padding=1)
        logits: Tensor = self.fc(x.mean((2, 3)))
        return logits


@pytest.mark.parametrize("model", [Windows(), Twice()])
def test_hooks_that_are_wrong_are_found_by_trying(model: nn.Module) -> None:
    assert not hooks_are_exact(model, image_size_px=32)
    assert not any(hasattr(parameter, "grad_sample") for parameter in model.parameters())


def examples() -> Examples:
    generator = torch.Generator().manual_seed(0)
    return Examples(
        images=torch.randint(0, 256, (5, 1, SIZE_PX, SIZE_PX), generator=generator).byte(),
        targets=torch.rand(5, 3, generator=generator),
        weights=torch.ones(5, 3),
        gold=torch.full((5, 3), math.nan),
        patients=("a", "b", "a", "c", "a"),
        findings=("effusion", "nodule", "mass"),
    )


def settings(images: str, **fine_tuning: object) -> TrainingSection:
    privacy = {"noise_multiplier": 1e-9, "clip_norm_l2": CLIP, "patient_images": images}
    return TrainingSection(
        rounds=3,
        steps_per_round=1,
        batch_size=8,
        optimizer="sgd",
        learning_rate=1.0,
        momentum=0,
        weight_decay=0,
        site_offset=False,
        augmentation=STILL,
        privacy=PrivacySection.model_validate(privacy).model_copy(update={"max_epsilon": math.inf}),
        fine_tuning=FineTuningSection.model_validate(fine_tuning),
    )


def clipped(model: nn.Module, rows: list[int]) -> dict[str, Tensor]:
    """The clipped gradient of one patient's mean loss, by plain autograd."""
    data, named = examples(), dict(model.train().named_parameters())
    logits = model(to_pixels(data.images[rows]))
    loss = F.binary_cross_entropy_with_logits(logits, data.targets[rows])
    gradients = torch.autograd.grad(loss, list(named.values()))
    norm = float(torch.stack([part.norm() for part in gradients]).norm())
    return {name: part * min(1.0, CLIP / (norm + 1e-6)) for name, part in zip(named, gradients, strict=True)}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_private_step_is_the_mean_of_each_patients_own_clipped_gradient(tmp_path: Path, family: str) -> None:
    model, start = small_timm(family), small_timm(family)
    ledger = unlimited(tmp_path / "p")
    train_privately(model, examples(), settings("all"), ledger, round_number=1, device=CPU)
    each = [clipped(start, rows) for rows in ([0, 2, 4], [1], [3])]
    before = dict(start.named_parameters())
    for name, parameter in model.named_parameters():
        mean = torch.stack([of[name] for of in each]).mean(0)
        assert torch.allclose(before[name] - parameter, mean, atol=2e-5)


@pytest.mark.parametrize("family", ["frozen_resnet", "vit"])
@pytest.mark.parametrize("images", ["one", "all"])
def test_frozen_layers_are_not_part_of_a_private_step(tmp_path: Path, family: str, images: str) -> None:
    model, start = small_timm(family), small_timm(family)
    ledger = unlimited(tmp_path / "p")
    chosen = settings(images, frozen_rounds=1, layer_decay=0.5, average_decay=0.9)
    train_privately(model, examples(), chosen, ledger, round_number=1, device=CPU)
    before = dict(start.named_parameters())
    moved = {name for name, value in model.named_parameters() if not torch.equal(value, before[name])}
    assert moved == head_names(model)
