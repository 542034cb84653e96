"""Drawn radiographs as DICOM studies: what a scanner would have sent, with no patient behind it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

SIDE = 64
JAPANESE_NAME = "Yamada^Tarou=山田^太郎=やまだ^たろう"


def phantom(seed: int, side: int = SIDE) -> NDArray[np.uint16]:
    """``(side, side)`` with 12 bits: two dark lungs on a bright body, different for each seed."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    body = 2600 + 400 * y
    for centre in (-0.42, 0.42):
        body = np.where((x - centre) ** 2 / 0.1 + y**2 / 0.5 < 1, 900 + 200 * y, body)
    return np.asarray(np.clip(body + rng.normal(0, 40, (side, side)), 0, 4095), dtype=np.uint16)


@dataclass(frozen=True)
class DrawnStudy:
    """One image of one drawn examination."""

    number: int
    dataset: Dataset

    @property
    def pixels(self) -> NDArray[np.uint16]:
        return np.frombuffer(self.dataset.PixelData, "<u2").reshape(self.dataset.Rows, self.dataset.Columns)


def draw_study(number: int, **elements: object) -> DrawnStudy:
    """The study of this number; further elements by keyword, None takes one away."""
    pixels = phantom(number)
    dataset = Dataset()
    standard: dict[str, object] = {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": DigitalXRayImageStorageForPresentation,
        "SOPInstanceUID": _uid("instance", number),
        "StudyInstanceUID": _uid("study", number),
        "SeriesInstanceUID": _uid("series", number),
        "StudyID": str(number),
        "SeriesNumber": "1",
        "InstanceNumber": "1",
        "AccessionNumber": f"A{number:05d}",
        "ReferringPhysicianName": "",
        "PatientID": f"P{number:04d}",
        "PatientName": JAPANESE_NAME,
        "PatientBirthDate": "19600229",
        "PatientSex": "M",
        "StudyDate": f"202601{number % 28 + 1:02d}",
        "StudyTime": "101500",
        "AcquisitionDate": f"202601{number % 28 + 1:02d}",
        "AcquisitionTime": "102030",
        "Modality": "DX",
        "BodyPartExamined": "CHEST",
        "ViewPosition": "PA",
        "PatientOrientation": ["L", "F"],
        "Laterality": "",
        "PresentationIntentType": "FOR PRESENTATION",
        "Manufacturer": "Drawn",
        "BurnedInAnnotation": "NO",
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "WindowCenter": 2048,
        "WindowWidth": 4096,
        "PixelData": pixels.tobytes(),
    }
    for name, value in {**standard, **elements}.items():
        if value is not None:
            setattr(dataset, name, value)
    return DrawnStudy(number, dataset)


def write_study(folder: Path, number: int, *, name: str = "", **elements: Any) -> Path:
    """A file with a preamble that holds :func:`draw_study`."""
    dataset = draw_study(number, **elements).dataset
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    path = folder / (name or f"{number:05d}.dcm")
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def _uid(kind: str, number: int) -> str:
    return generate_uid(entropy_srcs=["glsmed drawn", kind, str(number)])
