"""What both kinds of private steps share: each image's loss, and how much of a gradient counts."""

import torch
from torch import Tensor

from glsmed.client.training.steps.batches import Batch
from glsmed.client.training.steps.stepper import Network, moved
from glsmed.shared.smoothing import soft_target_loss


def image_losses(network: Network, images: Tensor, batch: Batch, *, autocast: bool) -> Tensor:
    """``(n,)`` losses of augmented images ``(n, 1, S, S)``, each the mean over its findings."""
    with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=autocast):
        logits = network(images)
    if batch.offsets is not None:
        logits = logits + moved(batch.offsets, images.device)
    targets = moved(batch.targets, images.device)
    weights = moved(batch.weights, images.device) / batch.weights.shape[1]
    return soft_target_loss(logits, targets, weights, reduction="none")


def clip_factors(norms: Tensor, clip_norm: float) -> Tensor:
    """What each gradient of a norm is multiplied by; 0 for one that is not finite: it must say nothing at all."""
    factors = clip_norm / norms.clamp_min(clip_norm)
    return torch.where(norms.isfinite(), factors, torch.zeros_like(factors)).float()


def finite_sum(losses: Tensor) -> Tensor:
    """The sum of those losses that are finite, for the hospital's own eyes."""
    return torch.where(losses.isfinite(), losses, torch.zeros_like(losses)).sum()
