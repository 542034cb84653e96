"""One scenario with one seed, dealt into training, validation and test: what every method gets alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from glsmed.benchmarks.methods.cells import Cells, cells_of
from glsmed.benchmarks.simulator.hospital_data import ABSENT, PRESENT, UNCERTAIN, HospitalData
from glsmed.shared.errors import UsageError
from glsmed.shared.pixels import to_pixels


@dataclass(frozen=True, slots=True)
class Sizes:
    """Examinations of each hospital, and how many of those trained on have gold labels."""

    train: int = 700
    validation: int = 80
    test: int = 270
    gold: int = 100

    @property
    def studies(self) -> int:
        """All of a hospital."""
        return self.train + self.validation + self.test


@dataclass(frozen=True, slots=True)
class Part:
    """M examinations of all hospitals, one hospital after the other.

    Attributes:
        images: ``(M, 1, S, S)`` float32.
        truth: ``(M, K)`` in {0, 1}, NaN where it may not be looked at.
        hedged: ``(M, K)`` bool: the report doubts the finding.
        site: ``(M,)`` number of the hospital.
    """

    images: Tensor
    truth: Tensor
    hedged: Tensor
    site: Tensor


@dataclass(frozen=True, slots=True)
class Trial:
    """Training cells with and without gold, and the parts that are measured on.

    Attributes:
        read: training cells, posteriors from the sites' gold; ``blind`` the same from a site without any gold.
        gold: the training examinations whose truth the sites know.
        validation: its truth is what reports state plainly: choosing an epoch costs no gold.
    """

    findings: tuple[str, ...]
    sites: tuple[str, ...]
    images: Tensor
    read: Cells
    blind: Cells
    gold: Part
    validation: Part
    test: Part


def make_trial(hospitals: Sequence[HospitalData], sizes: Sizes, *, seed: int) -> Trial:
    """Deal each hospital's examinations by chance, the same way for the same seed."""
    return _dealt(hospitals, _orders(hospitals, sizes, seed), sizes)


def make_folds(hospitals: Sequence[HospitalData], sizes: Sizes, *, seed: int, folds: int) -> list[Trial]:
    """A trial for each fold; each examination is a patient's only one and is tested in exactly one fold.

    A fold's other examinations are dealt in the same order each time, so that mostly the same examinations have gold.

    Args:
        hospitals: of one scenario.
        sizes: of validation and gold, and how many examinations there are; how many are tested follows from the folds.
        seed: the same seed deals the same way.
        folds: 2 or more.

    Raises:
        UsageError: too little is left to train on.
    """
    orders = _orders(hospitals, sizes, seed)
    return [_fold(hospitals, orders, sizes, number, folds) for number in range(folds)]


def _fold(hospitals: Sequence[HospitalData], orders: Sequence[Tensor], sizes: Sizes, number: int, folds: int) -> Trial:
    tested = [order.tensor_split(folds)[number] for order in orders]
    rest = [torch.cat([*parts[:number], *parts[number + 1 :]]) for parts in (one.tensor_split(folds) for one in orders)]
    train = len(rest[0]) - sizes.validation
    if train < max(1, sizes.gold):
        raise UsageError(f"{folds} folds leave {train} studies to train on, {sizes.gold} with gold are asked for")
    dealt = [torch.cat(both) for both in zip(rest, tested, strict=True)]
    return _dealt(hospitals, dealt, replace(sizes, train=train, test=len(tested[0])))


def _orders(hospitals: Sequence[HospitalData], sizes: Sizes, seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randperm(sizes.studies, generator=generator) for _ in hospitals]


def _dealt(hospitals: Sequence[HospitalData], orders: Sequence[Tensor], sizes: Sizes) -> Trial:
    """Of each order the first are trained on, the next validate, the last are tested; the very first have gold."""
    train = [order[: sizes.train] for order in orders]
    gold = [order[: sizes.gold] for order in orders]
    validation = [order[sizes.train : sizes.train + sizes.validation] for order in orders]
    test = [order[sizes.train + sizes.validation :] for order in orders]
    return Trial(
        findings=hospitals[0].findings,
        sites=tuple(hospital.hospital.name for hospital in hospitals),
        images=_part(hospitals, train).images,
        read=cells_of(hospitals, train, gold),
        blind=cells_of(hospitals, train, [rows[:0] for rows in gold]),
        gold=_part(hospitals, gold),
        validation=_plain_statements(hospitals, validation),
        test=_part(hospitals, test),
    )


def _part(hospitals: Sequence[HospitalData], rows: Sequence[Tensor]) -> Part:
    pairs = list(zip(hospitals, rows, strict=True))
    return Part(
        images=to_pixels(torch.cat([hospital.images[chosen] for hospital, chosen in pairs])),
        truth=torch.cat([hospital.truth[chosen] for hospital, chosen in pairs]),
        hedged=torch.cat([hospital.state[chosen] == UNCERTAIN for hospital, chosen in pairs]),
        site=torch.cat([torch.full((len(chosen),), number) for number, (_, chosen) in enumerate(pairs)]),
    )


def _plain_statements(hospitals: Sequence[HospitalData], rows: Sequence[Tensor]) -> Part:
    part = _part(hospitals, rows)
    state = torch.cat([hospital.state[chosen] for hospital, chosen in zip(hospitals, rows, strict=True)])
    said = torch.where(state == PRESENT, 1.0, torch.where(state == ABSENT, 0.0, torch.nan))
    return Part(part.images, said, part.hedged, part.site)
