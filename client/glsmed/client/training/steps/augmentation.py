"""Random changes of a batch of radiographs, on the device where the batch is.

One affine map and one brightness and contrast per image, drawn at once and applied in a single resampling: on a batch
this costs a small part of what per-image transforms cost.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from glsmed.shared.protocol.study import AugmentationSection


def draw_affine(count: int, settings: AugmentationSection, generator: torch.Generator) -> Tensor:
    """Inverse affine maps ``(count, 2, 3)`` in the normalised coordinates of ``affine_grid``."""

    def uniform(limit: float) -> Tensor:
        return (torch.rand(count, generator=generator) * 2 - 1) * limit

    angle = uniform(math.radians(settings.rotation_degrees))
    scale = 1 + uniform(settings.scale_fraction)
    mirror = torch.ones(count)
    if settings.horizontal_flip:
        mirror = torch.randint(0, 2, (count,), generator=generator) * 2.0 - 1
    shift = torch.stack([uniform(settings.translation_fraction), uniform(settings.translation_fraction)], dim=1) * 2
    cosine, sine = angle.cos() * scale, angle.sin() * scale
    top = torch.stack([cosine * mirror, -sine, shift[:, 0]], dim=1)
    bottom = torch.stack([sine * mirror, cosine, shift[:, 1]], dim=1)
    return torch.stack([top, bottom], dim=1)


def draw_contrast(count: int, settings: AugmentationSection, generator: torch.Generator) -> Tensor:
    """Gain and offset ``(count, 2)``: pixel * gain + offset."""
    change = (torch.rand(count, 2, generator=generator) * 2 - 1) * settings.contrast_fraction
    return torch.stack([1 + change[:, 0], change[:, 1] / 2], dim=1)


def augment(images: Tensor, affine: Tensor, contrast: Tensor, *, outside: float) -> Tensor:
    """Apply drawn changes to ``(N, 1, S, S)`` float images; what moves in from outside has the value ``outside``."""
    grid = F.affine_grid(affine.to(images), list(images.shape), align_corners=False)
    moved = F.grid_sample(images - outside, grid, align_corners=False, padding_mode="zeros") + outside
    gain, offset = contrast.to(images)[:, :, None, None, None].unbind(1)
    return moved * gain + offset


def is_active(settings: AugmentationSection) -> bool:
    """Whether any change is switched on."""
    return any(settings.model_dump().values())
