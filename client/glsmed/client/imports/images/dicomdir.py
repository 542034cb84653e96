"""The files that a DICOMDIR names: the index of a CD or an export, DICOM PS3.10 section 8."""

import warnings
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from glsmed.client.imports.image_record import Skipped
from glsmed.shared.errors import DataError

DICOMDIR = "DICOMDIR"
_IMAGE_RECORD = "IMAGE"
_VERSION = ";1"  # ISO 9660 adds it to names, and some mounts show it


def is_dicomdir(path: Path) -> bool:
    """Whether the file carries the name that the standard gives to the index."""
    return path.name.upper().removesuffix(_VERSION) == DICOMDIR


def listed_images(index: Path) -> tuple[list[Path], list[Skipped]]:
    """The image files that ``index`` names, in its order, and those that are not there.

    Names are found in any case and with a version behind them, as CDs are copied in many ways.

    Raises:
        DataError: it is not a DICOMDIR.
    """
    found: list[Path] = []
    missing: list[Skipped] = []
    for record in _image_records(index):
        path = _resolve(index.parent, _parts(record))
        if path.is_file():
            found.append(path)
        else:
            missing.append(Skipped(path, f"is named in {index.name}, but is not there"))
    return found, missing


def _image_records(index: Path) -> list[Dataset]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            records = pydicom.dcmread(index).get("DirectoryRecordSequence")
    except Exception as error:  # whatever a broken index raises
        raise DataError(f"{index}: is not a DICOMDIR: {error}") from None
    if records is None:
        raise DataError(f"{index}: is not a DICOMDIR: it holds no directory records")
    return [record for record in records if record.get("DirectoryRecordType") == _IMAGE_RECORD and _parts(record)]


def _parts(record: Dataset) -> list[str]:
    value = record.get("ReferencedFileID") or []
    return [str(part) for part in value] if isinstance(value, MultiValue | list) else [str(value)]


def _resolve(folder: Path, parts: list[str]) -> Path:
    """The file that the parts name below ``folder``; a name that would lead out of it leads nowhere."""
    path = folder
    for part in parts:
        if part in ("", ".", "..") or "/" in part or "\\" in part:
            return folder / "".join(parts).replace("/", "_")
        path = path / part if (path / part).exists() else _any_case(path, part)
    return path


def _any_case(folder: Path, name: str) -> Path:
    if folder.is_dir():
        for entry in sorted(folder.iterdir()):
            if entry.name.upper().removesuffix(_VERSION).rstrip(".") == name.upper():
                return entry
    return folder / name
