"""What a simulated hospital has: pictures, reports, and what its adapter reads in them. Truth is kept for scoring."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from glsmed.benchmarks.reading_room.hospitals import HOSPITALS, Hospital
from glsmed.benchmarks.simulator.pictures import Pictures, PictureSource
from glsmed.benchmarks.simulator.reading import (
    ReadingRules,
    beliefs,
    language_for,
    phrasings,
    rules_of,
    write_reports,
)
from glsmed.benchmarks.simulator.scenarios import Scenario
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.cells import Cell
from glsmed.site_adapters.reading.reader import Reader

UNMENTIONED, ABSENT, UNCERTAIN, PRESENT = range(4)
_CODES = {"absent": ABSENT, "uncertain": UNCERTAIN, "present": PRESENT}


@dataclass(frozen=True, slots=True)
class HospitalData:
    """N examinations of one hospital, K findings.

    Attributes:
        images: ``(N, 1, S, S)`` uint8.
        truth: ``(N, K)`` float32 in {0, 1}.
        beliefs: ``(N, K)`` what the reader believed; phrasings what the report was told to say.
        cells: what the adapter read in the report, by finding.
        state: ``(N, K)`` int64 code of the cell's state; ``probability`` and ``spread`` float32, 0 where unmentioned.
        names: where each picture comes from.
    """

    hospital: Hospital
    findings: tuple[str, ...]
    images: Tensor
    truth: Tensor
    beliefs: Tensor
    phrasings: tuple[dict[str, str], ...]
    reports: tuple[str, ...]
    cells: tuple[Mapping[str, Cell], ...]
    state: Tensor
    probability: Tensor
    spread: Tensor
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """The hospital's name."""
        return self.hospital.name

    @property
    def adapter(self) -> str:
        """Name of its adapter."""
        return self.hospital.adapter


def simulate(source: PictureSource, scenario: Scenario, *, studies: int, seed: int) -> list[HospitalData]:
    """The hospitals of a scenario; the same for the same arguments."""
    rng = np.random.default_rng([seed, *scenario.name.encode()])
    pictures = source.take(HOSPITALS, studies=studies, rare=scenario.rare, rng=rng)
    return [
        _read_hospital(hospital, taken, source.findings, rules_of(hospital, place, scenario), rng)
        for place, (hospital, taken) in enumerate(zip(HOSPITALS, pictures, strict=True))
    ]


def _read_hospital(
    hospital: Hospital, taken: Pictures, findings: tuple[str, ...], rules: ReadingRules, rng: np.random.Generator
) -> HospitalData:
    believed = beliefs(taken, rules, rng)
    told = phrasings(believed, taken.truth, findings, rules, rng)
    reports = write_reports(told, language_for(hospital, findings), rng)
    cells = read_cells(hospital.adapter, reports)
    state, probability, spread = reading_tables(cells, findings)
    return HospitalData(
        hospital=hospital,
        findings=findings,
        images=torch.from_numpy(taken.pixels)[:, None],
        truth=torch.from_numpy(taken.truth.astype(np.float32)),
        beliefs=torch.from_numpy(believed.astype(np.float32)),
        phrasings=tuple(told),
        reports=tuple(reports),
        cells=tuple(cells),
        state=state,
        probability=probability,
        spread=spread,
        names=taken.names,
    )


@lru_cache(maxsize=8)
def reader_for(adapter: str) -> Reader:
    """The reader of a built-in adapter, made once."""
    return Reader(load_adapter(adapter))


def read_cells(adapter: str, reports: Sequence[str]) -> list[Mapping[str, Cell]]:
    """What the adapter reads in each report."""
    reader = reader_for(adapter)
    return [reader.read(report).cells for report in reports]


def reading_tables(cells: Sequence[Mapping[str, Cell]], findings: tuple[str, ...]) -> tuple[Tensor, Tensor, Tensor]:
    """Code of the state, probability and spread of each cell, each ``(N, K)``; 0 where unmentioned."""
    return (
        _table(cells, findings, lambda cell: float(_CODES[cell.state])).long(),
        _table(cells, findings, lambda cell: cell.probability),
        _table(cells, findings, lambda cell: cell.spread),
    )


def _table(cells: Sequence[Mapping[str, Cell]], findings: tuple[str, ...], value: Callable[[Cell], float]) -> Tensor:
    """``(N, K)`` of a cell's value; 0 where the finding is not mentioned."""
    rows = [[value(read[finding]) if finding in read else 0.0 for finding in findings] for read in cells]
    return torch.tensor(rows, dtype=torch.float32)
