"""The DICOM image that predictions are about: its patient and examination go into everything written about it."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import generate_uid

from glsmed.client.data.dicom_headers.character_sets import mend_character_set
from glsmed.client.data.dicom_headers.header_values import read_date, read_time, text
from glsmed.shared.errors import DataError

RESEARCH_USE = "research use - not for diagnosis"
MANUFACTURER = "glsmed"
UTF_8 = "ISO_IR 192"
_NEEDED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
_SEXES = ("M", "F", "O")
_MAY_BE_BLANK = (  # type 2 of the patient and general study modules: DICOM wants them there, blank or not
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
)


class FindingPrediction(Protocol):
    """One finding on the image, as ``Prediction`` of ``model_use`` has it."""

    @property
    def finding(self) -> str:
        """Its canonical name."""
        ...

    @property
    def probability(self) -> float:
        """That it is present, 0 to 1."""
        ...

    @property
    def low(self) -> float | None:
        """Lower end of the probability's interval; None where there is no interval."""
        ...

    @property
    def high(self) -> float | None:
        """Upper end."""
        ...

    @property
    def alert(self) -> bool | None:
        """Whether the probability reaches the site's operating point; None where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which model it was.

    Attributes:
        study: name of the study.
        round_number: of the federation, whose model this is.
        weights_sha256: of the weights.
        release: of glsmed.
    """

    study: str
    round_number: int
    weights_sha256: str
    release: str


def read_source(path: Path) -> Dataset:
    """The header of the image with its text in UTF-8 and blank values where type 2 elements are missing.

    Raises:
        DataError: it is not DICOM, or lacks an identifier that a reference needs.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # loose values are copied as they are
            dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
            mend_character_set(dataset)
            dataset.decode()
    except InvalidDicomError:
        raise DataError(f"{path}: expected a DICOM image, for only these have an examination to report to") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    missing = [keyword for keyword in _NEEDED if not dataset.get(keyword)]
    if missing:
        raise DataError(f"{path}: expected a DICOM image with {', '.join(_NEEDED)}; lacks {', '.join(missing)}")
    return _completed(dataset)


def _completed(dataset: Dataset) -> Dataset:
    """The header with its patient and examination as a new object may hold them: scanners write them more loosely."""
    dataset.SpecificCharacterSet = UTF_8
    for keyword in _MAY_BE_BLANK:
        if dataset.get(keyword) is None:
            setattr(dataset, keyword, "")
    for keyword in ("StudyDate", "PatientBirthDate"):
        day = read_date(text(dataset, keyword))
        setattr(dataset, keyword, "" if day is None else f"{day:%Y%m%d}")
    written = text(dataset, "StudyTime")
    dataset.StudyTime = f"{read_time(written):%H%M%S}" if written else ""
    sex = text(dataset, "PatientSex").upper()[:1]
    dataset.PatientSex = sex if sex in _SEXES else ""
    return dataset


def derived_uid(kind: str, *parts: object) -> str:
    """A UID that is the same for the same parts: written again, an object replaces itself instead of doubling."""
    return generate_uid(entropy_srcs=[MANUFACTURER, kind, *map(str, parts)])
