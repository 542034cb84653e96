"""What both kinds of private steps share: each image's loss, and randomness that nobody can know."""

import os

import torch
from torch import Tensor

from glsmed.client.training.steps.batches import Batch
from glsmed.client.training.steps.stepper import Network, moved
from glsmed.shared.smoothing import soft_target_loss

_SEED_BYTES = 8


def image_losses(network: Network, images: Tensor, batch: Batch, *, autocast: bool) -> Tensor:
    """``(n,)`` losses of augmented images ``(n, 1, S, S)``, each the mean over its findings."""
    with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=autocast):
        logits = network(images)
    if batch.offsets is not None:
        logits = logits + moved(batch.offsets, images.device)
    targets = moved(batch.targets, images.device)
    weights = moved(batch.weights, images.device) / batch.weights.shape[1]
    return soft_target_loss(logits, targets, weights, reduction="none")


def secret_generator(device: torch.device) -> torch.Generator:
    """A generator seeded by the operating system's randomness, never by the study's seed, which all sites know."""
    seed = int.from_bytes(os.urandom(_SEED_BYTES), "big") % 2**63
    return torch.Generator(device=device).manual_seed(seed)
