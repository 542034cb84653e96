"""The patients of a drawn hospital, examination by examination, the same for the same seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glsmed.benchmarks.reading_room.cases import FINDINGS, Case, draw_case
from glsmed.benchmarks.reading_room.drawing import draw_radiograph
from glsmed.benchmarks.reading_room.hospital_folder import ExaminationFiles, whole_folder, write_hospital
from glsmed.benchmarks.reading_room.hospitals import Hospital
from glsmed.benchmarks.reading_room.readers import believe, phrase
from glsmed.benchmarks.reading_room.writers import write_report
from glsmed.site_adapters.inputs.progress import track

_SECOND_STUDY_SHARE = 0.15
_SECOND_IMAGE_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class DrawnExamination:
    """One examination: the truth, what the reader believed and said, the report and its images."""

    study_id: str
    patient_id: str
    case: Case
    beliefs: dict[str, float]
    phrasings: dict[str, str]
    report: str
    images: tuple[NDArray[np.uint8], ...]


def draw_site(hospital: Hospital, *, patients: int, seed: int) -> Iterator[DrawnExamination]:
    """The hospital's examinations; the same for the same arguments, whatever is drawn before or after."""
    for patient in range(patients):
        rng = np.random.default_rng([seed, *hospital.name.encode(), patient])
        for number in range(1 + int(rng.random() < _SECOND_STUDY_SHARE)):
            yield _draw_study(hospital, patient=patient, number=number, rng=rng)


def _draw_study(hospital: Hospital, *, patient: int, number: int, rng: np.random.Generator) -> DrawnExamination:
    case = draw_case(hospital.prevalence, rng)
    beliefs = dict(zip(FINDINGS, believe(_evidence(case), rng).tolist(), strict=True))
    phrasings = {finding: phrase(belief, hospital.hedging_style, rng) for finding, belief in beliefs.items()}
    images = 1 + int(rng.random() < _SECOND_IMAGE_SHARE)
    return DrawnExamination(
        study_id=f"{hospital.name}-{patient:05d}-{number + 1}",
        patient_id=f"{hospital.name}-p{patient:05d}",
        case=case,
        beliefs=beliefs,
        phrasings=phrasings,
        report=write_report(phrasings, hospital.language, rng),
        images=tuple(draw_radiograph(case, hospital.scanner, rng) for _ in range(images)),
    )


def _evidence(case: Case) -> NDArray[np.float64]:
    """``(K,)`` how plain each finding is to see."""
    return np.array([case.visibility[finding] for finding in FINDINGS])


def write_site(folder: Path, hospital: Hospital, *, patients: int, seed: int) -> None:
    """Write ``images/``, ``reports/``, ``manifest.csv`` and ``gold.csv`` under ``folder``, whole or not at all.

    Raises:
        UsageError: the folder exists.
    """
    studies = draw_site(hospital, patients=patients, seed=seed)
    with whole_folder(folder) as temporary:
        write_hospital(temporary, (_files(study) for study in track(studies, description=f"drawing {hospital.name}")))


def _files(study: DrawnExamination) -> ExaminationFiles:
    return ExaminationFiles(
        study_id=study.study_id,
        patient_id=study.patient_id,
        report=study.report,
        images={f"{study.study_id}-{number}": pixels for number, pixels in enumerate(study.images, start=1)},
        truth={finding: study.case.truth(finding) for finding in FINDINGS},
    )
