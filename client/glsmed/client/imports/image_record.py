"""What is known of one image before it is decoded, and the files that gave none."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One image by its header; text is blank where the header does not say.

    Attributes:
        path: the image's file.
        study_uid: Study Instance UID (0020,000D).
        accession_number: the order's number at the hospital (0008,0050).
        patient_id: as written in the header (0010,0020).
        acquired_at: the scanner's wall clock without a time zone; midnight where only a date is known.
        modality: DX, CR, CT and so on, in capitals.
        body_part: BodyPartExamined or the anatomic region, in capitals.
        view: PA, AP, LATERAL, or the header's own word in capitals.
        presentation_intent: FOR PRESENTATION or FOR PROCESSING.
        manufacturer: of the scanner.
        burned_in_annotation: the header says that there is text in the pixels.
        secondary_capture: a screenshot, scan or drawing rather than the scanner's own image.
        sop_instance_uid: the identifier of this one DICOM object.
        age_years: of the patient when the image was acquired; None where unknown.
        pixel_digest: SHA-256 over size and stored pixels; blank until the pixels were read.
    """

    path: Path
    study_uid: str = ""
    accession_number: str = ""
    patient_id: str = ""
    acquired_at: datetime | None = None
    modality: str = ""
    body_part: str = ""
    view: str = ""
    presentation_intent: str = ""
    manufacturer: str = ""
    burned_in_annotation: bool = False
    secondary_capture: bool = False
    sop_instance_uid: str = ""
    age_years: float | None = None
    pixel_digest: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is not used, and why: ``reason`` continues a sentence that begins with the file's name."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class FoundImages(NamedTuple):
    """The images of one source in the order of their paths, and every file that was not taken as one."""

    records: list[ImageRecord]
    skipped: list[Skipped]
