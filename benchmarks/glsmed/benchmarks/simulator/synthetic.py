"""Drawn pictures: the reading room's radiographs, small."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from glsmed.benchmarks.reading_room.cases import FINDINGS, draw_case
from glsmed.benchmarks.reading_room.drawing import draw_radiograph
from glsmed.benchmarks.reading_room.hospitals import Hospital
from glsmed.benchmarks.simulator.pictures import Pictures
from glsmed.benchmarks.simulator.scenarios import PREVALENCE_OF_RARE


@dataclass(frozen=True, slots=True)
class SyntheticPictures:
    """Radiographs drawn at ``side_px`` with the hospital's own scanner."""

    side_px: int
    findings: tuple[str, ...] = FINDINGS

    def take(
        self, hospitals: Sequence[Hospital], *, studies: int, rare: bool, rng: np.random.Generator
    ) -> list[Pictures]:
        """``studies`` pictures for each hospital."""
        return [self._of(hospital, studies=studies, rare=rare, rng=rng) for hospital in hospitals]

    def _of(self, hospital: Hospital, *, studies: int, rare: bool, rng: np.random.Generator) -> Pictures:
        prevalence = {**hospital.prevalence, **({self.findings[0]: PREVALENCE_OF_RARE} if rare else {})}
        scanner = replace(hospital.scanner, side_px=self.side_px)
        cases = [draw_case(prevalence, rng) for _ in range(studies)]
        return Pictures(
            pixels=np.stack([draw_radiograph(case, scanner, rng) for case in cases]),
            truth=np.array([[case.truth(finding) for finding in self.findings] for case in cases], dtype=np.int8),
            evidence=np.array([[case.visibility[name] for name in self.findings] for case in cases], dtype=np.float32),
            names=tuple(f"drawn-{hospital.name}-{number}" for number in range(studies)),
        )
