"""What training and evaluation see of a site: tensors without a word of a report."""

from dataclasses import dataclass, replace
from typing import Literal, Self

import torch
from torch import Tensor

from glsmed.client.data.columns import Columns, Places

SplitName = Literal["train", "validation", "test"]


@dataclass(frozen=True, slots=True)
class Examples(Columns):
    """The images of one split with their soft targets; N images, K findings of the study.

    Attributes:
        images: ``(N, 1, S, S)`` uint8, grayscale; may be backed by a memory map.
        targets: ``(N, K)`` float32: soft targets t = y(1 - r) + r/2 of GLS; a negative rate r gives one beyond [0, 1].
        weights: ``(N, K)`` float32 >= 0: 0 masks a cell (unmentioned, or unknown to the site's adapter).
        gold: ``(N, K)`` float32: 0 or 1 where the site has gold, NaN elsewhere.
        patients: N patient identifiers; never leave the site.
        findings: the K names, in the study's order.
        offsets: ``(N, K)`` float32, added to the model's logits: the base rate of the site that an image comes from;
            None for 0. It stays at the site.
        image_shares: ``(N, K)`` float32 in [0, 1]: how much the image has to say in a doubted cell's target, see
            :mod:`glsmed.client.learning.image_informed`; None for nothing.
        gold_weights: ``(N, K)`` float32 >= 0: for how many cells a gold cell stands in the output calibration; None
            for 1 everywhere.
    """

    images: Tensor
    targets: Tensor
    weights: Tensor
    gold: Tensor
    patients: tuple[str, ...]
    findings: tuple[str, ...]
    offsets: Tensor | None = None
    image_shares: Tensor | None = None
    gold_weights: Tensor | None = None

    @property
    def calibration_gold(self) -> Tensor:
        """``(N, K)`` the gold that an output calibration may be fitted on: NaN also where its weight is 0."""
        return self.gold if self.gold_weights is None else torch.where(self.gold_weights > 0, self.gold, torch.nan)

    def patients_where(self, chosen: Tensor) -> int:
        """How many patients have an image where ``chosen`` ``(N,)`` is true."""
        return len({patient for patient, is_chosen in zip(self.patients, chosen.tolist(), strict=True) if is_chosen})

    @property
    def labelled_patients(self) -> int:
        """How many patients have at least one cell that training sees."""
        return self.patients_where((self.weights > 0).any(1))

    def rows(self, places: Places) -> Self:
        """The examples at these places, with their patients; see :meth:`Columns.rows`."""
        chosen = range(len(self))[places] if isinstance(places, slice) else places.tolist()
        patients = tuple(self.patients[place] for place in chosen)
        return replace(Columns.rows(self, places), patients=patients)

    def __len__(self) -> int:
        return len(self.patients)
