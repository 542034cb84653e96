"""A drawn hospital without pictures: reports, the truth, and the logits of an imagined network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from glsmed.benchmarks.reading_room.cases import FINDINGS, draw_case
from glsmed.benchmarks.reading_room.hospitals import Hospital
from glsmed.benchmarks.reading_room.readers import believe
from glsmed.benchmarks.simulator.hospital_data import reader_for
from glsmed.benchmarks.simulator.pictures import Pictures
from glsmed.benchmarks.simulator.reading import beliefs, language_for, phrasings, rules_of, write_reports
from glsmed.benchmarks.simulator.scenarios import Scenario
from glsmed.client.labelling.choosing.pool import Pool, make_pool
from glsmed.site_adapters.calibration.gold_cells import GoldCell
from glsmed.site_adapters.reading.cells import Cell
from glsmed.site_adapters.reading.reader import Reader

_SLOPE, _INTERCEPT = 0.6, -0.5  # how far the imagined network's logits are off
_LEAST_BELIEF = 1e-4

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DrawnReports:
    """N examinations of one hospital, K findings.

    Attributes:
        cells: what the adapter read in each report, by finding.
        truth: ``(N, K)`` in {0, 1}.
        logits: ``(N, K)`` of a network that knows what a second reader believes, on a wrong scale.
    """

    reader: Reader
    cells: Sequence[dict[str, Cell]]
    truth: NDArray[np.int8]
    logits: Floats

    def pool(self) -> Pool:
        """The cells that may be asked about; examinations are called by their number."""
        return make_pool(self.reader, {str(number): cells for number, cells in enumerate(self.cells)}, FINDINGS)

    def gold(self, weights: Floats) -> list[GoldCell]:
        """The cells of these weights ``(N, K)`` as gold labels; those of weight 0 are left out."""
        return [
            GoldCell(
                str(row),
                FINDINGS[column],
                float(self.truth[row, column]),
                self.cells[row].get(FINDINGS[column]),
                (),
                float(weights[row, column]),
            )
            for row, column in np.argwhere(weights > 0).tolist()
        ]


def draw_reports(
    hospital: Hospital, scenario: Scenario, *, studies: int, rarer: float, rng: np.random.Generator
) -> DrawnReports:
    """A hospital of so many examinations; ``rarer`` divides its prevalences."""
    prevalence = {name: share / rarer for name, share in hospital.prevalence.items()}
    cases = [draw_case(prevalence, rng) for _ in range(studies)]
    pictures = Pictures(
        pixels=np.zeros((studies, 1, 1), dtype=np.uint8),
        truth=np.array([[case.truth(name) for name in FINDINGS] for case in cases], dtype=np.int8),
        evidence=np.array([[case.visibility[name] for name in FINDINGS] for case in cases], dtype=np.float32),
        names=tuple(map(str, range(studies))),
    )
    rules = replace(rules_of(hospital, 0, scenario), is_first=False)
    told = phrasings(beliefs(pictures, rules, rng), pictures.truth, FINDINGS, rules, rng)
    reports = write_reports(told, language_for(hospital, FINDINGS), rng)
    reader = reader_for(hospital.adapter)
    read = [{name: cell for name, cell in reader.read(text).cells.items() if name in FINDINGS} for text in reports]
    seen = np.clip(believe(pictures.evidence, rng), _LEAST_BELIEF, 1 - _LEAST_BELIEF)
    logits = _SLOPE * (np.log(seen) - np.log1p(-seen)) + _INTERCEPT
    return DrawnReports(reader, read, pictures.truth, logits.astype(np.float64))
