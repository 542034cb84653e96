"""A DICOM file opened as leniently as a viewer does, and its elements as plain text and numbers."""

import math
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pydicom
from pydicom import config
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from glsmed.shared.errors import DataError

# headers break the standard in many harmless ways: a warning for each would bury what matters
config.settings.reading_validation_mode = config.IGNORE
warnings.filterwarnings("ignore", category=UserWarning, module="pydicom")  # what matters is said in our own words

_PREAMBLE = 128
_MARK = b"DICM"
_SUFFIXES = (".dcm", ".dicom")
_FIRST_GROUPS = (2, 8)  # where a data set without the DICM mark starts: its meta header, or its own first group
_LONGEST_FIRST_VALUE = 1024


def is_dicom(path: Path, content: bytes | None = None) -> bool:
    """Whether the file is DICOM by its content, or says so by its name.

    Args:
        path: the file.
        content: how it begins at least, where it was read already.

    Raises:
        OSError: the file cannot be read.
    """
    start = _start(path) if content is None else content[: _PREAMBLE + len(_MARK)]
    return path.suffix.lower() in _SUFFIXES or start[_PREAMBLE:] == _MARK or _is_bare(start)


def _start(path: Path) -> bytes:
    with path.open("rb") as source:
        return source.read(_PREAMBLE + len(_MARK))


def _is_bare(start: bytes) -> bool:
    """Whether a data set starts here at once, as old archives write it: without preamble and DICM."""
    order: Literal["big", "little"] = "big" if start[:1] == b"\0" else "little"
    if int.from_bytes(start[:2], order) not in _FIRST_GROUPS:
        return False
    explicit = start[4:6].isalpha() and start[4:6].isupper()
    return explicit or 0 < int.from_bytes(start[4:8], order) < _LONGEST_FIRST_VALUE


def open_dicom(path: Path, *, headers_only: bool = False) -> Dataset:
    """The data set of a file, with or without its meta header; ``file_meta.TransferSyntaxUID`` is always there.

    Raises:
        DataError: the file is no DICOM, or ends within its headers.
        OSError: the file cannot be read.
    """
    start = _start(path)
    bare = start[_PREAMBLE:] != _MARK
    if bare and not _is_bare(start):
        raise DataError("is empty" if not start else "is not a DICOM file: neither DICM nor a data set at its start")
    try:
        dataset = pydicom.dcmread(path, force=bare, stop_before_pixels=headers_only)
    except (InvalidDicomError, EOFError):
        raise DataError("is not a DICOM file, or it ends within its headers") from None
    except zlib.error:
        raise DataError("its deflated data set ends early or is damaged: was the file copied whole?") from None
    if not len(dataset):  # pydicom gives nothing at all where an element of unknown length has no end
        raise DataError("its data set ends early: was the file copied whole?")
    _name_syntax(dataset)
    return dataset


def _name_syntax(dataset: Dataset) -> None:
    """Put the transfer syntax that was found by reading where a meta header would name it."""
    if text(dataset.file_meta, "TransferSyntaxUID"):
        return
    implicit, little = dataset.original_encoding
    explicit = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit


def text(dataset: Dataset, keyword: str) -> str:
    """The element as text without spaces around it; blank where it is missing or cannot be decoded."""
    try:
        value = dataset.get(keyword)
    except Exception:  # a damaged element counts as a missing one: what needs it says so
        return ""
    return "" if value is None else str(value).replace("\0", "").strip()


def numbers(dataset: Dataset, keyword: str) -> tuple[float, ...]:
    """The element as numbers, a comma taken for a decimal point; none where it is missing, blank or no number."""
    if keyword not in dataset:
        return ()
    # decimal strings as stored: pydicom's own conversion refuses "0,5"
    as_text = dictionary_VR(keyword) in ("DS", "IS")
    value = dataset.get_item(keyword).value if as_text else dataset[keyword].value
    try:
        found = tuple(float(str(part).strip(" \0").replace(",", ".")) for part in _parts(value))
    except ValueError:
        return ()
    return found if all(map(math.isfinite, found)) else ()


def whole(dataset: Dataset, keyword: str, default: int = 0) -> int:
    """The element's first number as an integer; ``default`` where :func:`numbers` gives none."""
    return int(next(iter(numbers(dataset, keyword)), default))


def _parts(value: object) -> Sequence[object]:
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if isinstance(value, str):
        return value.split("\\")
    return value if isinstance(value, Sequence) else [] if value is None else [value]


def syntax_name(dataset: Dataset) -> str:
    """The transfer syntax in words, such as JPEG 2000 Image Compression."""
    uid = UID(text(dataset.file_meta, "TransferSyntaxUID"))
    return uid.name.split(",")[0].replace(" Image Compression", "")
