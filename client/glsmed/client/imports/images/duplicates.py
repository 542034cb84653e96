"""Images that a source holds twice, by their stored pixels: in one patient, and under two patients' names."""

import hashlib
import unicodedata
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from glsmed.client.data.pictures.stored_values import decoded_pixels
from glsmed.client.imports.image_record import FoundImages, ImageRecord, Skipped
from glsmed.shared.errors import DataError
from glsmed.site_adapters.inputs.progress import track

_PICTURES = (b"\x89PNG", b"\xff\xd8\xff")
_DECODERS = 4  # threads; decoders and hashes run outside Python's lock
_LONGEST_REASON = 200
_COLOURED = 3  # dimensions of an array with samples


def without_duplicates(records: Sequence[ImageRecord]) -> FoundImages:
    """The records with their ``pixel_digest``, each picture once, and the others with the file that they repeat.

    The earliest acquisition stays, then the first path. A picture under two patients' names is named as such: it is one
    patient under two names, or was filed wrongly. Images whose pixels cannot be decoded are left out and named.
    """
    digested, left_out = _digested(records)
    first: dict[str, ImageRecord] = {}
    kept: set[Path] = set()
    for record in sorted(digested, key=_order):
        original = first.setdefault(record.pixel_digest, record)
        if original is record:
            kept.add(record.path)
        else:
            left_out.append(Skipped(record.path, _reason(record, original)))
    return FoundImages([record for record in digested if record.path in kept], left_out)


def _digested(records: Sequence[ImageRecord]) -> tuple[list[ImageRecord], list[Skipped]]:
    digested: list[ImageRecord] = []
    unreadable: list[Skipped] = []
    with warnings.catch_warnings(), ThreadPoolExecutor(_DECODERS) as pool:
        warnings.simplefilter("ignore")  # loose headers; what cannot be decoded raises
        answers = pool.map(_digest_or_reason, [record.path for record in records])
        for record, (digest, reason) in zip(
            records, track(answers, description="comparing pixels", total=len(records)), strict=True
        ):
            if digest:
                digested.append(replace(record, pixel_digest=digest))
            else:
                unreadable.append(Skipped(record.path, reason))
    return digested, unreadable


def _order(record: ImageRecord) -> tuple[bool, str, Path]:
    known = record.acquired_at is not None
    return not known, record.acquired_at.isoformat() if record.acquired_at else "", record.path


def _reason(record: ImageRecord, original: ImageRecord) -> str:
    if _same_person(record.patient_id, original.patient_id):
        return f"has the same pixels as {original.path}"
    return (
        f"has the same pixels as {original.path}, but another patient: {record.patient_id!r} here, "
        f"{original.patient_id!r} there; one patient under two names, or filed wrongly"
    )


def _same_person(one: str, other: str) -> bool:
    """Whether two identifiers are the same to a manifest: white space, case and width make no difference."""
    return _bare(one) == _bare(other)


def _bare(identifier: str) -> str:
    return "".join(unicodedata.normalize("NFKC", identifier).casefold().split())


def _digest_or_reason(path: Path) -> tuple[str, str]:
    try:
        return pixel_digest(path), ""
    except DataError as error:
        return "", str(error)


def pixel_digest(path: Path) -> str:
    """SHA-256 over size and stored pixels: equal for the same picture with other headers, depths and compression.

    Raises:
        DataError: the pixels cannot be decoded; the message begins with a verb or "its" and names no file.
    """
    try:
        pixels = np.ascontiguousarray(_grey_if_colourless(_stored_pixels(path)).astype("<i4"))
    except Exception as error:  # each decoder has its own errors
        raise DataError(f"its pixels cannot be decoded: {' '.join(str(error).split())[:_LONGEST_REASON]}") from None
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(pixels.data)
    return digest.hexdigest()


def _stored_pixels(path: Path) -> NDArray[np.generic]:
    with path.open("rb") as source:
        start = source.read(4)
    if not start.startswith(_PICTURES):
        return _dicom_pixels(path)
    with Image.open(path, formats=("PNG", "JPEG")) as image:
        return np.asarray(image.convert("RGB") if image.mode == "P" else image)


def _dicom_pixels(path: Path) -> NDArray[np.generic]:
    dataset = pydicom.dcmread(path, force=True)
    if "TransferSyntaxUID" not in dataset.file_meta:  # a file without a preamble; it is as it was read
        implicit, _ = dataset.original_encoding
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    return decoded_pixels(dataset)


def _grey_if_colourless(pixels: NDArray[np.generic]) -> NDArray[np.generic]:
    coloured = pixels.ndim == _COLOURED
    return pixels[..., 0] if coloured and bool((pixels == pixels[..., :1]).all()) else pixels
