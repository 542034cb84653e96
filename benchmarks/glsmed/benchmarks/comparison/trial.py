"""One scenario with one seed, dealt into training, validation and test: what every method gets alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from glsmed.benchmarks.methods.cells import Cells, ReadHospital, cells_of
from glsmed.benchmarks.simulator.hospital_data import ABSENT, PRESENT, UNCERTAIN
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
        elsewhere: examinations of hospitals that take no part in the training; None without any.
    """

    findings: tuple[str, ...]
    sites: tuple[str, ...]
    images: Tensor
    read: Cells
    blind: Cells
    gold: Part
    validation: Part
    test: Part
    elsewhere: Part | None = None


def make_trial(hospitals: Sequence[ReadHospital], sizes: Sizes, *, seed: int) -> Trial:
    """Deal each hospital's examinations by chance, the same way for the same seed."""
    return _dealt(hospitals, _orders(hospitals, sizes, seed), sizes)


def make_folds(hospitals: Sequence[ReadHospital], sizes: Sizes, *, seed: int, folds: int) -> list[Trial]:
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


def _fold(hospitals: Sequence[ReadHospital], orders: Sequence[Tensor], sizes: Sizes, number: int, folds: int) -> Trial:
    tested = [order.tensor_split(folds)[number] for order in orders]
    rest = [torch.cat([*parts[:number], *parts[number + 1 :]]) for parts in (one.tensor_split(folds) for one in orders)]
    train = len(rest[0]) - sizes.validation
    if train < max(1, sizes.gold):
        raise UsageError(f"{folds} folds leave {train} studies to train on, {sizes.gold} with gold are asked for")
    dealt = [torch.cat(both) for both in zip(rest, tested, strict=True)]
    return _dealt(hospitals, dealt, replace(sizes, train=train, test=len(tested[0])))


def _orders(hospitals: Sequence[ReadHospital], sizes: Sizes, seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randperm(sizes.studies, generator=generator) for _ in hospitals]


def _dealt(hospitals: Sequence[ReadHospital], orders: Sequence[Tensor], sizes: Sizes) -> Trial:
    """Of each order the first are trained on, the next validate, the last are tested; the very first have gold."""
    return trial_of(
        hospitals,
        train=[order[: sizes.train] for order in orders],
        gold=[order[: sizes.gold] for order in orders],
        validation=[order[sizes.train : sizes.train + sizes.validation] for order in orders],
        test=[order[sizes.train + sizes.validation :] for order in orders],
    )


Rows = Sequence[Tensor]


def trial_of(hospitals: Sequence[ReadHospital], *, train: Rows, gold: Rows, validation: Rows, test: Rows) -> Trial:
    """The trial in which these examinations of each hospital take these parts; gold ones are among those trained on."""
    return Trial(
        findings=hospitals[0].findings,
        sites=tuple(hospital.name for hospital in hospitals),
        images=part_of(hospitals, train).images,
        read=cells_of(hospitals, train, gold),
        blind=cells_of(hospitals, train, [rows[:0] for rows in gold]),
        gold=part_of(hospitals, gold),
        validation=_plain_statements(hospitals, validation),
        test=part_of(hospitals, test),
    )


def part_of(hospitals: Sequence[ReadHospital], rows: Rows) -> Part:
    """These examinations of each hospital."""
    pairs = list(zip(hospitals, rows, strict=True))
    return Part(
        images=to_pixels(torch.cat([hospital.images[chosen] for hospital, chosen in pairs])),
        truth=torch.cat([hospital.truth[chosen] for hospital, chosen in pairs]),
        hedged=torch.cat([hospital.state[chosen] == UNCERTAIN for hospital, chosen in pairs]),
        site=torch.cat([torch.full((len(chosen),), number) for number, (_, chosen) in enumerate(pairs)]),
    )


def _plain_statements(hospitals: Sequence[ReadHospital], rows: Sequence[Tensor]) -> Part:
    part = part_of(hospitals, rows)
    state = torch.cat([hospital.state[chosen] for hospital, chosen in zip(hospitals, rows, strict=True)])
    said = torch.where(state == PRESENT, 1.0, torch.where(state == ABSENT, 0.0, torch.nan))
    return Part(part.images, said, part.hedged, part.site)
