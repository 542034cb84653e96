"""Batches of one site: which images, in which order, and the augmentation drawn for each."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from glsmed.client.data.columns import Columns
from glsmed.client.data.examples import Examples
from glsmed.client.training.steps.augmentation import draw_affine, draw_contrast, is_active
from glsmed.shared.protocol.study import TrainingSection


@dataclass(frozen=True, slots=True)
class Batch(Columns):
    """n images with their targets, still on the CPU.

    Attributes:
        images: ``(n, 1, S, S)`` uint8.
        targets: ``(n, K)`` soft targets; weights likewise.
        offsets: ``(n, K)``, or None for 0.
        image_shares: ``(n, K)``, or None for 0.
        affine: ``(n, 2, 3)`` and contrast ``(n, 2)`` of the augmentation, or None for none.
    """

    images: Tensor
    targets: Tensor
    weights: Tensor
    offsets: Tensor | None = None
    image_shares: Tensor | None = None
    affine: Tensor | None = None
    contrast: Tensor | None = None

    def __len__(self) -> int:
        return len(self.images)

    def split(self, size: int) -> Iterator["Batch"]:
        """The batch in parts of at most ``size`` images."""
        for start in range(0, len(self), size):
            yield self.rows(slice(start, start + size))

    def shares(self, count: int) -> Iterator["Batch"]:
        """The batch in exactly ``count`` parts whose sizes differ by one image at most."""
        bounds = [len(self) * number // count for number in range(count + 1)]
        for start, stop in itertools.pairwise(bounds):
            yield self.rows(slice(start, stop))

    def total_weight(self) -> Tensor:
        """The sum of all weights, which the batch's loss is divided by; never 0."""
        return self.weights.sum().clamp_min(torch.finfo(torch.float32).tiny)


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
    active, taken = is_active(settings.augmentation), examples.rows(rows)
    return Batch(
        images=taken.images,
        targets=taken.targets,
        weights=taken.weights,
        offsets=taken.offsets,
        image_shares=taken.image_shares,
        affine=draw_affine(len(rows), settings.augmentation, generator) if active else None,
        contrast=draw_contrast(len(rows), settings.augmentation, generator) if active else None,
    )
