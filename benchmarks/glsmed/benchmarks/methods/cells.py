"""What a method may learn from: cells of all training examinations, the gold that sites have, and where they lie."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from glsmed.benchmarks.simulator.hospital_data import ABSENT, PRESENT, UNCERTAIN, UNMENTIONED, reader_for
from glsmed.server.rounds.shared_prior_fit import fit_shared_prior
from glsmed.shared.cue_calibration.shared_prior import SharedPrior
from glsmed.site_adapters.calibration.calibration import calibrate
from glsmed.site_adapters.calibration.gold_cells import GoldCell
from glsmed.site_adapters.calibration.shared_priors import count_cues, shared_cue_priors
from glsmed.site_adapters.reading.cells import Cell


class ReadHospital(Protocol):
    """A hospital whose reports were read: N examinations, K findings."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def adapter(self) -> str:
        """Name or path of its adapter."""

    @property
    def findings(self) -> tuple[str, ...]:
        """Names of the K findings."""

    @property
    def images(self) -> Tensor:
        """``(N, 1, S, S)`` uint8."""

    @property
    def truth(self) -> Tensor:
        """``(N, K)`` in {0, 1}, NaN where it is not known."""

    @property
    def cells(self) -> Sequence[Mapping[str, Cell]]:
        """What the adapter read in each report, by finding."""

    @property
    def state(self) -> Tensor:
        """``(N, K)`` code of each cell's state."""

    @property
    def probability(self) -> Tensor:
        """``(N, K)`` P(finding | words), 0 where unmentioned."""

    @property
    def spread(self) -> Tensor:
        """``(N, K)`` its standard deviation."""


@dataclass(frozen=True, slots=True)
class Cells:
    """N training examinations of all sites, K findings.

    Attributes:
        state: ``(N, K)`` code of what the words say.
        probability: ``(N, K)`` P(finding | words) of the adapter; ``spread`` is its standard deviation.
        posterior: ``(N, K)`` the same after the site's calibration; equal to probability where the site has no gold.
        posterior_spread: its standard deviation.
        gold: ``(N, K)`` 0 or 1 where the site has gold, NaN elsewhere.
        site: ``(N,)`` number of the site.
    """

    state: Tensor
    probability: Tensor
    spread: Tensor
    posterior: Tensor
    posterior_spread: Tensor
    gold: Tensor
    site: Tensor

    def with_gold_as_labels(self) -> "Cells":
        """The cells with plain, certain statements where gold is known."""
        known = ~torch.isnan(self.gold)
        state = torch.where(self.gold > 0, PRESENT, ABSENT)
        return replace(
            self,
            state=torch.where(known, state, self.state),
            probability=torch.where(known, self.gold, self.probability),
            spread=torch.where(known, 0.0, self.spread),
            posterior=torch.where(known, self.gold, self.posterior),
            posterior_spread=torch.where(known, 0.0, self.posterior_spread),
        )


@dataclass(frozen=True, slots=True)
class Targets:
    """``values`` ``(N, K)``, usually in [0, 1], and ``weights`` ``(N, K)`` >= 0; weight 0 masks a cell."""

    values: Tensor
    weights: Tensor


def cells_of(
    hospitals: Sequence[ReadHospital], rows: Sequence[Tensor], gold_rows: Sequence[Tensor], *, shared: bool = False
) -> Cells:
    """The cells of the chosen rows of each hospital, one after the other.

    Args:
        hospitals: of one scenario.
        rows: for each hospital, the examinations to train on.
        gold_rows: for each hospital, those among them whose truth the site knows.
        shared: each hospital's calibration starts from the prior that all of them share (``labels.shared_calibration``
            of a study, as if every cue had patients enough to be counted), not from its adapter's.
    """
    prior = _shared_prior(hospitals, gold_rows) if shared else None
    parts = [
        _site_cells(hospital, chosen, known, number, prior)
        for number, (hospital, chosen, known) in enumerate(zip(hospitals, rows, gold_rows, strict=True))
    ]
    return Cells(*(torch.cat([getattr(part, name) for part in parts]) for name in Cells.__dataclass_fields__))


def _shared_prior(hospitals: Sequence[ReadHospital], gold_rows: Sequence[Tensor]) -> SharedPrior:
    """What the centre would send back."""
    return fit_shared_prior(
        [
            count_cues(reader_for(hospital.adapter).adapter, list(_gold_cells(hospital, known)))
            for hospital, known in zip(hospitals, gold_rows, strict=True)
        ]
    )


def _site_cells(
    hospital: ReadHospital, rows: Tensor, gold_rows: Tensor, number: int, prior: SharedPrior | None
) -> Cells:
    gold = torch.full_like(hospital.truth, torch.nan)
    gold[gold_rows] = hospital.truth[gold_rows]
    posterior, spread = _posteriors(hospital, gold_rows, prior)
    return Cells(
        state=hospital.state[rows],
        probability=hospital.probability[rows],
        spread=hospital.spread[rows],
        posterior=posterior[rows],
        posterior_spread=spread[rows],
        gold=gold[rows],
        site=torch.full((len(rows),), number),
    )


def _posteriors(hospital: ReadHospital, gold_rows: Tensor, prior: SharedPrior | None) -> tuple[Tensor, Tensor]:
    """Mean and spread ``(N, K)`` of the site's calibration on its gold, as ``glsmed-adapter calibrate`` makes it."""
    if len(gold_rows) == 0 and prior is None:
        return hospital.probability, hospital.spread
    adapter = reader_for(hospital.adapter).adapter
    shared = None if prior is None else shared_cue_priors(adapter, prior)
    calibration = calibrate(adapter, list(_gold_cells(hospital, gold_rows)), shared)
    pairs = [
        [calibration(cells[finding]) if finding in cells else (torch.nan, torch.nan) for finding in hospital.findings]
        for cells in hospital.cells
    ]
    mean, spread = torch.tensor(pairs, dtype=torch.float32).unbind(-1)
    read = ~torch.isnan(mean)
    return torch.where(read, mean, hospital.probability), torch.where(read, spread, hospital.spread)


def _gold_cells(hospital: ReadHospital, rows: Tensor) -> Iterator[GoldCell]:
    """The gold labels of these examinations; a truth that is not known is none."""
    for row in rows.tolist():
        for column, finding in enumerate(hospital.findings):
            value = float(hospital.truth[row, column])
            if value in (0, 1):
                yield GoldCell(str(row), finding, int(value), hospital.cells[row].get(finding), ())


def hard_targets(cells: Cells, *, doubted: float | None) -> Targets:
    """Plain statements as 0 and 1, doubted ones as ``doubted`` (None masks them), unmentioned ones masked."""
    plain = torch.where(cells.state == PRESENT, 1.0, 0.0)
    known = cells.state != UNMENTIONED
    if doubted is None:
        return Targets(plain, (known & (cells.state != UNCERTAIN)).float())
    return Targets(torch.where(cells.state == UNCERTAIN, doubted, plain), known.float())
