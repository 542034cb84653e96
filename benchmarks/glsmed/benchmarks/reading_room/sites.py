"""A hospital's folder as a real one would have it: images, reports, manifest and gold, deterministic by seed."""

import csv
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from glsmed.benchmarks.reading_room.cases import FINDINGS, Case, draw_case
from glsmed.benchmarks.reading_room.drawing import draw_radiograph
from glsmed.benchmarks.reading_room.hospitals import Hospital
from glsmed.benchmarks.reading_room.readers import believe, phrase
from glsmed.benchmarks.reading_room.writers import write_report
from glsmed.shared.errors import UsageError
from glsmed.site_adapters.inputs.progress import track

_SECOND_STUDY_SHARE = 0.15
_SECOND_IMAGE_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class DrawnStudy:
    """One study: the truth, what the reader believed and said, the report and its images."""

    study_id: str
    patient_id: str
    case: Case
    beliefs: dict[str, float]
    phrasings: dict[str, str]
    report: str
    images: tuple[NDArray[np.uint8], ...]


def draw_site(hospital: Hospital, *, patients: int, seed: int) -> Iterator[DrawnStudy]:
    """The hospital's studies; the same for the same arguments, whatever is drawn before or after."""
    for patient in range(patients):
        rng = np.random.default_rng([seed, *hospital.name.encode(), patient])
        for number in range(1 + int(rng.random() < _SECOND_STUDY_SHARE)):
            yield _draw_study(hospital, patient=patient, number=number, rng=rng)


def _draw_study(hospital: Hospital, *, patient: int, number: int, rng: np.random.Generator) -> DrawnStudy:
    case = draw_case(hospital.prevalence, rng)
    beliefs = believe(case, rng)
    phrasings = {finding: phrase(belief, hospital.habit, rng) for finding, belief in beliefs.items()}
    images = 1 + int(rng.random() < _SECOND_IMAGE_SHARE)
    return DrawnStudy(
        study_id=f"{hospital.name}-{patient:05d}-{number + 1}",
        patient_id=f"{hospital.name}-p{patient:05d}",
        case=case,
        beliefs=beliefs,
        phrasings=phrasings,
        report=write_report(phrasings, hospital.language, rng),
        images=tuple(draw_radiograph(case, hospital.scanner, rng) for _ in range(images)),
    )


def write_site(folder: Path, hospital: Hospital, *, patients: int, seed: int) -> None:
    """Write ``images/``, ``reports/``, ``manifest.csv`` and ``gold.csv`` under ``folder``, whole or not at all.

    Raises:
        UsageError: the folder exists.
    """
    if folder.exists():
        raise UsageError(f"{folder} exists already: choose another folder or remove it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        _write_into(temporary, hospital, patients=patients, seed=seed)
        temporary.chmod(0o755)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write_into(folder: Path, hospital: Hospital, *, patients: int, seed: int) -> None:
    manifest: list[Sequence[str | int]] = [("study_id", "patient_id", "image", "report")]
    gold: list[Sequence[str | int]] = [("study_id", "finding", "value")]
    (folder / "images").mkdir()
    (folder / "reports").mkdir()
    studies = draw_site(hospital, patients=patients, seed=seed)
    for study in track(studies, description=f"drawing {hospital.name}"):
        report = f"reports/{study.study_id}.txt"
        (folder / report).write_text(study.report, encoding="utf-8")
        for number, pixels in enumerate(study.images, start=1):
            image = f"images/{study.study_id}-{number}.png"
            Image.fromarray(pixels).save(folder / image)
            manifest.append((study.study_id, study.patient_id, image, report))
        gold += [(study.study_id, finding, study.case.truth(finding)) for finding in FINDINGS]
    _write_csv(folder / "manifest.csv", manifest)
    _write_csv(folder / "gold.csv", gold)


def _write_csv(path: Path, rows: Sequence[Sequence[str | int]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as output:
        csv.writer(output).writerows(rows)
