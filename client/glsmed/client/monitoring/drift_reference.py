"""What "unchanged" looks like: how far the shipped model was from the reports of held-out patients when it shipped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import PRIVATE_FILE, write_text
from glsmed.shared.files.documents import StrictModel

REFERENCE = "drift-reference.json"
MOST_PATIENTS = 2000  # more make the band no narrower that a month of patients would notice
_DECIMALS = 5

Floats = NDArray[np.float64]
Values = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One examination and finding: what the model says, and what its report means (posterior of its words)."""

    patient: str
    finding: str
    said: float
    report: float


@dataclass(frozen=True, slots=True)
class PatientValues:
    """What model and reports say of patients, one row each; NaN where a patient has no cell of a finding.

    Attributes:
        said: ``(N, K)`` mean of what the model said.
        report: ``(N, K)`` mean of what the reports mean.
        error: ``(N, K)`` mean squared difference of the two.
    """

    said: Floats
    report: Floats
    error: Floats

    def __len__(self) -> int:
        return len(self.said)


def by_patient(cells: Sequence[Cell], findings: Sequence[str]) -> PatientValues:
    """The cells averaged over the examinations of each patient, patients in the order of their first cell."""
    patients = {patient: row for row, patient in enumerate(dict.fromkeys(cell.patient for cell in cells))}
    columns: Mapping[str, int] = {finding: column for column, finding in enumerate(findings)}
    sums = np.zeros((4, len(patients), len(findings)))
    for cell in cells:
        difference = cell.said - cell.report
        sums[:, patients[cell.patient], columns[cell.finding]] += (1.0, cell.said, cell.report, difference**2)
    with np.errstate(invalid="ignore"):
        said, report, error = sums[1:] / np.where(sums[0] > 0, sums[0], np.nan)
    return PatientValues(said, report, error)


class _File(StrictModel):
    study: Annotated[str, Field(description="digest of the study")]
    findings: tuple[str, ...]
    said: tuple[Values, ...]
    report: tuple[Values, ...]
    error: tuple[Values, ...]


@dataclass(frozen=True, slots=True)
class DriftReference:
    """The held-out patients' values at the time when the model was shipped."""

    findings: tuple[str, ...]
    values: PatientValues


def write_drift_reference(folder: Path, reference: DriftReference, *, study: str) -> None:
    """Write the reference beside the shipped model, of at most 2000 patients, without their identifiers.

    Raises:
        OSError: the disk is full.
    """
    values = reference.values
    content = _File(
        study=study,
        findings=reference.findings,
        said=_rows(values.said),
        report=_rows(values.report),
        error=_rows(values.error),
    )
    write_text(folder / REFERENCE, content.model_dump_json() + "\n", mode=PRIVATE_FILE)


def read_drift_reference(folder: Path) -> DriftReference:
    """The reference beside a shipped model.

    Raises:
        DataError: it is missing or damaged.
    """
    path = folder / REFERENCE
    try:
        content = _File.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        why = "it is damaged" if isinstance(error, ValidationError) else error.strerror
        raise DataError(
            f"{path}: there is no usable reference for drift: {why}; a study writes it with its final evaluation, "
            "beside the shipped model"
        ) from None
    columns = len(content.findings)
    values = PatientValues(*(_array(rows, columns) for rows in (content.said, content.report, content.error)))
    return DriftReference(content.findings, values)


def _rows(values: Floats) -> tuple[Values, ...]:
    return tuple(
        tuple(None if np.isnan(value) else round(float(value), _DECIMALS) for value in row)
        for row in values[:MOST_PATIENTS]
    )


def _array(rows: Sequence[Values], columns: int) -> Floats:
    return np.array([[np.nan if value is None else value for value in row] for row in rows]).reshape(-1, columns)
