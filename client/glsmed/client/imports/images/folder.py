"""The images below a folder or named by a DICOMDIR, by their headers; nothing is decoded or written."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from glsmed.client.imports.image_record import FoundImages, ImageRecord, Skipped
from glsmed.client.imports.images.dicom_header import is_dicom_file, read_dicom_record
from glsmed.client.imports.images.dicomdir import is_dicomdir, listed_images
from glsmed.shared.errors import DataError, UsageError
from glsmed.site_adapters.inputs.progress import track

_START = 132
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_JUNK = re.compile(r"\._.*|\.DS_Store|Thumbs\.db|desktop\.ini", re.IGNORECASE)  # left by file managers
_NAMED = ("patient_id", "accession_number", "study_uid", "view")


def images_in_folder(folder: Path, *, names: re.Pattern[str] | None = None) -> FoundImages:
    """Every DICOM, PNG and JPEG below ``folder`` in the order of paths, and every other file with the reason.

    ``folder`` may also be a DICOMDIR: then only the images that it names are read. A DICOMDIR inside a folder is
    compared with what is there. Links to folders are not followed.

    Args:
        folder: where to look.
        names: what the path of a PNG or JPEG below ``folder`` says, as named groups ``patient_id``,
            ``accession_number``, ``study_uid``, ``view``: these files have no header.

    Raises:
        DataError: there is no such folder, or the DICOMDIR cannot be read.
        UsageError: ``names`` has other groups.
    """
    _check_names(names)
    paths, skipped = _listed(folder)
    found = _read_all(paths, folder, names)
    return FoundImages(found.records, sorted([*skipped, *found.skipped], key=lambda each: each.path))


def images_at(paths: Sequence[Path]) -> FoundImages:
    """The DICOM images among ``paths``, in their order, and the others with the reason."""
    return _read_all(paths, Path(), None)


def _read_all(paths: Sequence[Path], folder: Path, names: re.Pattern[str] | None) -> FoundImages:
    found = FoundImages([], [])
    for path in track(paths, description="reading image headers"):
        try:
            found.records.append(_read_record(path, folder, names))
        except DataError as error:
            found.skipped.append(Skipped(path, str(error)))
        except OSError as error:
            found.skipped.append(Skipped(path, f"cannot be read: {error.strerror or error}"))
    return found


def _check_names(names: re.Pattern[str] | None) -> None:
    unknown = set() if names is None else set(names.groupindex) - set(_NAMED)
    if unknown or (names is not None and not names.groupindex):
        got = ", ".join(sorted(unknown)) or "no named group"
        raise UsageError(f"{names.pattern if names else ''}: expected named groups of {', '.join(_NAMED)}, got {got}")


def _listed(folder: Path) -> tuple[list[Path], list[Skipped]]:
    if folder.is_file() and is_dicomdir(folder):
        return listed_images(folder)
    if not folder.is_dir():
        raise DataError(f"{folder}: expected a folder of images or a DICOMDIR, but there is none")
    paths, skipped = _walk(folder)
    for index in filter(is_dicomdir, paths):
        skipped += _missing(index)
    return [path for path in paths if not is_dicomdir(path)], skipped


def _missing(index: Path) -> list[Skipped]:
    try:
        return listed_images(index)[1]
    except DataError as error:
        return [Skipped(index, str(error).removeprefix(f"{index}: "))]


def _walk(folder: Path) -> tuple[list[Path], list[Skipped]]:
    paths: list[Path] = []
    skipped: list[Skipped] = []

    def refuse(error: OSError) -> None:
        skipped.append(Skipped(Path(error.filename), f"cannot be opened: {error.strerror}"))

    for parent, children, files in os.walk(folder, onerror=refuse):
        children.sort()
        links = [Path(parent, child) for child in children if Path(parent, child).is_symlink()]
        skipped += [Skipped(link, "is a link to a folder, which is not followed") for link in links]
        paths += [Path(parent, name) for name in sorted(files)]
    return sorted(paths), skipped


def _read_record(path: Path, folder: Path, names: re.Pattern[str] | None) -> ImageRecord:
    if _JUNK.fullmatch(path.name):
        raise DataError("was left by a file manager")
    if not path.is_file():
        raise DataError("is not a file, or a link to nothing")
    with path.open("rb") as source:
        start = source.read(_START)
    if not start:
        raise DataError("is empty")
    if start.startswith(_PICTURES) and not is_dicom_file(start):
        return _picture_record(path, folder, names)
    return read_dicom_record(path)


def _picture_record(path: Path, folder: Path, names: re.Pattern[str] | None) -> ImageRecord:
    try:
        with Image.open(path, formats=("PNG", "JPEG")):
            pass  # opening reads the header alone
    except UnidentifiedImageError:
        raise DataError("begins like a PNG or JPEG, but its header is broken") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError("has far more pixels than a radiograph") from None
    match = None if names is None else names.search(path.relative_to(folder).as_posix())
    if names is not None and match is None:
        raise DataError(f"its path does not fit {names.pattern}")
    said = {} if match is None else {name: (value or "").strip() for name, value in match.groupdict().items()}
    return ImageRecord(
        path=path,
        study_uid=said.get("study_uid", ""),
        accession_number=said.get("accession_number", ""),
        patient_id=said.get("patient_id", ""),
        view=said.get("view", "").upper(),
    )
