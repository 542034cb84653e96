"""What training and evaluation see of a site: tensors without a word of a report."""

from dataclasses import dataclass
from typing import Literal, Self

from torch import Tensor

SplitName = Literal["train", "validation", "test"]


@dataclass(frozen=True, slots=True)
class Examples:
    """The images of one split with their labels; N images, K findings of the study.

    Attributes:
        images: ``(N, 1, S, S)`` uint8, grayscale; may be backed by a memory map.
        labels: ``(N, K)`` float32 in {0, 1}: the side of doubt that the report takes.
        rates: ``(N, K)`` float32: the smoothing rate r of GLS, 0 for certain, 1 for undecided.
        weights: ``(N, K)`` float32 >= 0: 0 masks a cell (unmentioned, or unknown to the site's adapter).
        gold: ``(N, K)`` float32: 0 or 1 where the site has gold, NaN elsewhere.
        patients: N patient identifiers; never leave the site.
        findings: the K names, in the study's order.
        offsets: ``(N, K)`` float32, added to the model's logits: the base rate of the site that an image comes from;
            None for 0. It stays at the site.
        image_shares: ``(N, K)`` float32 in [0, 1]: how much the image has to say in a doubted cell's target, see
            :mod:`glsmed.client.learning.image_informed`; None for nothing.
    """

    images: Tensor
    labels: Tensor
    rates: Tensor
    weights: Tensor
    gold: Tensor
    patients: tuple[str, ...]
    findings: tuple[str, ...]
    offsets: Tensor | None = None
    image_shares: Tensor | None = None

    def rows(self, places: Tensor) -> Self:
        """The examples at these ``(M,)`` places, in that order."""
        return type(self)(
            images=self.images[places],
            labels=self.labels[places],
            rates=self.rates[places],
            weights=self.weights[places],
            gold=self.gold[places],
            patients=tuple(self.patients[place] for place in places.tolist()),
            findings=self.findings,
            offsets=None if self.offsets is None else self.offsets[places],
            image_shares=None if self.image_shares is None else self.image_shares[places],
        )

    def __len__(self) -> int:
        return len(self.patients)
