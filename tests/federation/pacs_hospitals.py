"""What two hospitals' systems hold: DICOM studies for a PACS, messages of a RIS, gold labels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import DigitalXRayImageStorageForProcessing, generate_uid

from glsmed.benchmarks.reading_room.cases import FINDINGS
from glsmed.benchmarks.reading_room.hospitals import HOSPITALS, Hospital
from glsmed.benchmarks.reading_room.sites import DrawnExamination, draw_site
from tests.drawn_dicom import draw_study, write_study

STUDIES, NEW_STUDIES = 120, 20
RAW_EVERY, DRAFT_EVERY = 10, 12  # an examination that also has the detector's raw image; one that had a first draft
NEW_DAY = "2026-03-01"
DRAFT = "Draft, not yet read."
_SEED, _NEW_SEED = 5, 6


@dataclass(frozen=True)
class PacsHospital:
    """One hospital: what it draws from, how its RIS writes, and the number of its first study."""

    drawn: Hospital
    character_set: str  # MSH-18
    encoding: str
    first_number: int

    @property
    def name(self) -> str:
        return self.drawn.name


ENGLISH = PacsHospital(HOSPITALS[0], "ASCII", "ascii", 1)
JAPANESE = PacsHospital(HOSPITALS[1], "~ISO IR87", "iso2022_jp", 1001)


def study_uid(number: int) -> str:
    """The identifier of the drawn study with this number."""
    return str(draw_study(number).dataset.StudyInstanceUID)


def write_exports(folder: Path, hospital: PacsHospital) -> Sequence[Path]:
    """Write oru.hl7 and gold.csv into ``folder``; returns the DICOM files that its PACS is to hold."""
    examinations = list(islice(draw_site(hospital.drawn, patients=STUDIES, seed=_SEED), STUDIES))
    numbered = list(enumerate(examinations, start=hospital.first_number))
    messages = "".join(part for number, each in numbered for part in _messages(hospital, number, each))
    (folder / "oru.hl7").write_bytes(messages.encode(hospital.encoding))
    gold = [f"{study_uid(number)},{name},{each.case.truth(name)}" for number, each in numbered for name in FINDINGS]
    (folder / "gold.csv").write_text("\n".join(["study_id,finding,value", *gold]) + "\n")
    return [path for number, each in numbered for path in _write_images(folder / "scanner", number, each)]


def write_new_studies(folder: Path, hospital: PacsHospital) -> Sequence[Path]:
    """Write DICOM files of patients who have no report yet, one image each."""
    first = hospital.first_number + 500
    examinations = islice(draw_site(hospital.drawn, patients=NEW_STUDIES, seed=_NEW_SEED), NEW_STUDIES)
    later = dict.fromkeys(("StudyDate", "AcquisitionDate"), NEW_DAY.replace("-", ""))
    return [
        _write_image(folder, number, 1, each.images[0], PatientID=f"N{number:04d}", **later)
        for number, each in enumerate(examinations, start=first)
    ]


def _write_images(folder: Path, number: int, examination: DrawnExamination) -> Iterator[Path]:
    patient = {"PatientID": examination.patient_id}
    for image, pixels in enumerate(examination.images, start=1):
        yield _write_image(folder, number, image, pixels, **patient)
    if number % RAW_EVERY == 0:
        raw = {"PresentationIntentType": "FOR PROCESSING", "SOPClassUID": DigitalXRayImageStorageForProcessing}
        yield _write_image(folder, number, 99, 255 - examination.images[0], **raw, **patient)


def _write_image(folder: Path, number: int, image: int, pixels: NDArray[np.uint8], **elements: Any) -> Path:
    """The picture with the 12 bits of a detector."""
    rows, columns = pixels.shape
    picture = {"Rows": rows, "Columns": columns, "PixelData": (pixels.astype("<u2") * 16).tobytes()}
    names = {"InstanceNumber": str(image), "SOPInstanceUID": generate_uid(entropy_srcs=[str(number), str(image)])}
    return write_study(folder, number, name=f"{number:05d}-{image}.dcm", **picture, **names, **elements)


def _messages(hospital: PacsHospital, number: int, examination: DrawnExamination) -> Iterator[str]:
    """The final report as a message, for some examinations after a preliminary one; CR ends a segment."""
    if number % DRAFT_EVERY == 0:
        yield _message(hospital, number, examination.patient_id, status="P", text=DRAFT)
    yield _message(hospital, number, examination.patient_id, status="F", text=examination.report)


def _message(hospital: PacsHospital, number: int, patient: str, *, status: str, text: str) -> str:
    day = f"202601{number % 28 + 1:02d}1130"
    header = ["MSH", "^~\\&", "RIS", hospital.name, "PACS", hospital.name, day, "", "ORU^R01", f"{number}{status}"]
    request = _fields({0: "OBR", 1: "1", 3: f"A{number:05d}", 4: "71046", 7: day, 22: day, 25: status, 31: "effusion?"})
    words = text.replace("\\", "\\E\\").replace("|", "\\F\\").replace("\n", "\\.br\\")
    result = _fields({0: "OBX", 1: "1", 2: "TX", 3: "71046^Report", 5: words, 11: status})
    segments = [
        "|".join([*header, "P", "2.5", *[""] * 5, hospital.character_set]),
        f"PID|1||{patient}",
        request,
        result,
    ]
    return "".join(f"{segment}\r" for segment in segments)


def _fields(values: dict[int, str]) -> str:
    return "|".join(values.get(place, "") for place in range(max(values) + 1))
