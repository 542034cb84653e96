"""Batches of one site: which images, in which order, and what is drawn for each of them."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from glsmed.client.data.examples import Examples
from glsmed.client.training.steps.augmentation import draw_affine, draw_contrast, is_active
from glsmed.shared.protocol.study import TrainingSection


@dataclass(frozen=True, slots=True)
class Batch:
    """n images with their targets, still on the CPU.

    Attributes:
        images: ``(n, 1, S, S)`` uint8.
        labels: ``(n, K)``; rates and weights likewise.
        offsets: ``(n, K)``, or None for 0.
        image_shares: ``(n, K)``, or None for 0.
        affine: ``(n, 2, 3)`` and contrast ``(n, 2)`` of the augmentation, or None for none.
    """

    images: Tensor
    labels: Tensor
    rates: Tensor
    weights: Tensor
    offsets: Tensor | None
    image_shares: Tensor | None
    affine: Tensor | None
    contrast: Tensor | None

    def __len__(self) -> int:
        return len(self.images)

    def split(self, size: int) -> Iterator["Batch"]:
        """The batch in parts of at most ``size`` images."""
        for start in range(0, len(self), size):
            yield self.part(start, start + size)

    def shares(self, count: int) -> Iterator["Batch"]:
        """The batch in exactly ``count`` parts whose sizes differ by one image at most."""
        bounds = [len(self) * number // count for number in range(count + 1)]
        for start, stop in itertools.pairwise(bounds):
            yield self.part(start, stop)

    def total_weight(self) -> Tensor:
        """The sum of all weights, which a batch's loss is divided by; never 0."""
        return self.weights.sum().clamp_min(torch.finfo(torch.float32).tiny)

    def part(self, start: int, stop: int) -> "Batch":
        """The images from one place up to, not with, another."""
        part = slice(start, stop)
        return Batch(
            self.images[part],
            self.labels[part],
            self.rates[part],
            self.weights[part],
            None if self.offsets is None else self.offsets[part],
            None if self.image_shares is None else self.image_shares[part],
            None if self.affine is None else self.affine[part],
            None if self.contrast is None else self.contrast[part],
        )


def shuffled_passes(usable: Tensor, settings: TrainingSection, generator: torch.Generator) -> Iterator[Tensor]:
    """``steps_per_round`` index batches from freshly shuffled passes; a pass smaller than a batch is one batch."""
    size = min(settings.batch_size, len(usable))
    order, position = usable[:0], 0
    for _ in range(settings.steps_per_round):
        if position + size > len(order):
            order, position = usable[torch.randperm(len(usable), generator=generator)], 0
        yield order[position : position + size]
        position += size


def load_batch(examples: Examples, rows: Tensor, settings: TrainingSection, generator: torch.Generator) -> Batch:
    """The rows with freshly drawn augmentation."""
    active = is_active(settings.augmentation)
    return Batch(
        images=examples.images[rows],
        labels=examples.labels[rows],
        rates=examples.rates[rows],
        weights=examples.weights[rows],
        offsets=None if examples.offsets is None else examples.offsets[rows],
        image_shares=None if examples.image_shares is None else examples.image_shares[rows],
        affine=draw_affine(len(rows), settings.augmentation, generator) if active else None,
        contrast=draw_contrast(len(rows), settings.augmentation, generator) if active else None,
    )
