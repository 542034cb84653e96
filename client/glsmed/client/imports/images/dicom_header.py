"""From the header of one DICOM file to a record; the pixels are not read."""

import re
import warnings
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID

from glsmed.client.data.dicom_headers.character_sets import mend_character_set
from glsmed.client.data.dicom_headers.header_values import acquired_at, age_years, code_meaning, code_word, text
from glsmed.client.imports.image_record import ImageRecord
from glsmed.shared.errors import DataError

_PREAMBLE = 128
_TAGS = [
    "SpecificCharacterSet",
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "AccessionNumber",
    "PatientID",
    "PatientAge",
    "PatientBirthDate",
    "AcquisitionDateTime",
    *(f"{kind}{part}" for kind in ("Acquisition", "Content", "Series", "Study") for part in ("Date", "Time")),
    "Modality",
    "BodyPartExamined",
    "AnatomicRegionSequence",
    "ViewPosition",
    "ViewCodeSequence",
    "PresentationIntentType",
    "Manufacturer",
    "BurnedInAnnotation",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "DirectoryRecordType",
]
_PROOFS = ("SOPClassUID", "StudyInstanceUID", "Modality", "Rows")  # of these, two make a file without a preamble DICOM
_FEWEST_PROOFS = 2
_UID = re.compile(r"[0-9]+(\.[0-9]+)+")
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_FOR_PROCESSING = re.compile(r"1\.2\.840\.10008\.5\.1\.4\.1\.1\.1\.[123]\.1")
DICOMDIR_CLASS = "1.2.840.10008.1.3.10"
_VIEWS = {
    "PA": "PA",
    "AP": "AP",
    "LL": "LATERAL",
    "RL": "LATERAL",
    "LAT": "LATERAL",
    "LATERAL": "LATERAL",
    "LEFT LATERAL": "LATERAL",
    "RIGHT LATERAL": "LATERAL",
    "POSTERO-ANTERIOR": "PA",
    "POSTEROANTERIOR": "PA",
    "ANTERO-POSTERIOR": "AP",
    "ANTEROPOSTERIOR": "AP",
    "MEDIO-LATERAL": "LATERAL",
}


def is_dicom_file(start: bytes) -> bool:
    """Whether the first 132 bytes of a file are those of a DICOM file with a preamble."""
    return start[_PREAMBLE : _PREAMBLE + 4] == b"DICM"


def read_dicom_record(path: Path) -> ImageRecord:
    """The record of a DICOM file with or without a preamble.

    Raises:
        DataError: it is not DICOM, or not one image; the message begins with a verb and names no file.
        OSError: it cannot be read.
    """
    dataset = _read_header(path)
    mend_character_set(dataset)
    _check_one_image(dataset)
    return _record(path, dataset)


def _read_header(path: Path) -> Dataset:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # loose values are the rule in hospitals; what matters is checked below
            dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True, specific_tags=_TAGS)
    except (InvalidDicomError, EOFError):
        raise DataError("is not DICOM, or its header is cut short") from None
    except OSError:
        raise
    except Exception as error:  # a broken element raises nearly anything
        raise DataError(f"its DICOM header cannot be read: {error}") from None
    if not dataset.preamble and not _is_plausible(dataset):
        raise DataError("is not a DICOM, PNG or JPEG image")
    return dataset


def _is_plausible(dataset: Dataset) -> bool:
    """Whether bytes without a preamble parsed into DICOM and not into noise."""
    proofs = sum(bool(text(dataset, keyword)) for keyword in _PROOFS)
    uids = (text(dataset, keyword) for keyword in ("SOPClassUID", "StudyInstanceUID"))
    return proofs >= _FEWEST_PROOFS and all(_UID.fullmatch(uid) for uid in uids if uid)


def _check_one_image(dataset: Dataset) -> None:
    if not dataset.get("Rows") or not dataset.get("Columns"):
        kind = UID(text(dataset, "SOPClassUID")).name or text(dataset, "Modality") or "no class"
        raise DataError(f"is DICOM without an image ({kind})")
    frames = text(dataset, "NumberOfFrames")
    if frames not in ("", "0", "1"):
        raise DataError(f"has {frames} frames, expected 1: split multi-frame DICOM into single images")


def _record(path: Path, dataset: Dataset) -> ImageRecord:
    sop_class = text(dataset, "SOPClassUID")
    return ImageRecord(
        path=path,
        study_uid=text(dataset, "StudyInstanceUID"),
        accession_number=text(dataset, "AccessionNumber"),
        patient_id=text(dataset, "PatientID"),
        acquired_at=acquired_at(dataset),
        modality=code_word(dataset, "Modality"),
        body_part=code_word(dataset, "BodyPartExamined") or code_meaning(dataset, "AnatomicRegionSequence"),
        view=_view(dataset),
        presentation_intent=_presentation_intent(dataset, sop_class),
        manufacturer=text(dataset, "Manufacturer"),
        burned_in_annotation=code_word(dataset, "BurnedInAnnotation") == "YES",
        secondary_capture=sop_class == _SECONDARY_CAPTURE or sop_class.startswith(f"{_SECONDARY_CAPTURE}."),
        sop_instance_uid=text(dataset, "SOPInstanceUID"),
        age_years=age_years(dataset),
    )


def _view(dataset: Dataset) -> str:
    written = code_word(dataset, "ViewPosition") or code_meaning(dataset, "ViewCodeSequence")
    return _VIEWS.get(written, written)


def _presentation_intent(dataset: Dataset, sop_class: str) -> str:
    written = code_word(dataset, "PresentationIntentType")
    return written or ("FOR PROCESSING" if _FOR_PROCESSING.fullmatch(sop_class) else "")
