"""A network small enough to compute its private steps by plain autograd, and images for it."""

import math
from pathlib import Path
from typing import Literal

import torch
from torch import nn
from torch.nn import functional as F

from glsmed.client.settings.config import SitePrivacySection
from glsmed.client.settings.patient_account import PatientAccountFile
from glsmed.client.settings.privacy_ledger import PrivacyLedger
from glsmed.client.training.steps.batches import Batch
from glsmed.shared.pixels import to_pixels
from glsmed.shared.protocol.study import PrivacySection, TrainingSection

CPU = torch.device("cpu")
CLIP = 0.2


def settings(patient_images: Literal["one", "all"], noise_multiplier: float) -> TrainingSection:
    """Plain gradient descent of rate 1, with privacy."""
    privacy = PrivacySection(noise_multiplier=noise_multiplier, clip_norm_l2=CLIP, patient_images=patient_images)
    plain = TrainingSection(optimizer="sgd", learning_rate=1.0, momentum=0.0, weight_decay=0.0)
    return plain.model_copy(update={"privacy": privacy})


def unlimited(path: Path) -> PrivacyLedger:
    """A ledger that pays whatever is asked for."""
    limit = SitePrivacySection.model_construct(max_epsilon_per_patient=math.inf, delta=1e-5)
    return PrivacyLedger(PatientAccountFile(path), study="s", limit=limit)


def small() -> nn.Sequential:
    """The network, always with the same weights."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 2))


def batch(n: int) -> Batch:
    """``n`` images with soft targets and weights of two findings."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (n, 1, 8, 8), generator=generator).byte()
    return Batch(images, torch.rand(n, 2, generator=generator), torch.rand(n, 2, generator=generator))


def losses(model: nn.Module, drawn: Batch) -> torch.Tensor:
    """Each image's loss: the weighted mean over the two findings."""
    cells = F.binary_cross_entropy_with_logits(model(to_pixels(drawn.images)), drawn.targets, reduction="none")
    return (cells * drawn.weights).mean(1)


def clipped(model: nn.Module, loss: torch.Tensor) -> list[torch.Tensor]:
    """The gradient of a loss by plain autograd, no longer than :data:`CLIP`."""
    gradient = torch.autograd.grad(loss, list(model.parameters()))
    norm = float(torch.stack([part.norm() for part in gradient]).norm())
    return [part * min(1.0, CLIP / (norm + 1e-6)) for part in gradient]
