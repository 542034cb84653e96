"""Which images a person asks about: a folder, a table of images, or a single file."""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from glsmed.client.data.manifest import OPTIONAL, REQUIRED
from glsmed.client.data.pictures.dicom_file import is_dicom, open_dicom, text
from glsmed.shared.errors import ConfigurationError, DataError, Fault, UsageError
from glsmed.site_adapters.inputs.csv_files import read_csv
from glsmed.site_adapters.inputs.tables.file_names import FileFinder

_NEEDED = ("study_id", "image")
_PICTURES = (".png", ".jpg", ".jpeg")
_TABLES = (".csv", ".tsv")
_INDEX = "DICOMDIR"


@dataclass(frozen=True, slots=True)
class InputImage:
    """One image to predict on.

    Attributes:
        study_id: the examination that it belongs to.
        image: its name in the output: as the table gives it, or relative to the folder.
        path: where it lies.
        problem: why there is no such file, in words; empty where there may be.
    """

    study_id: str
    image: str
    path: Path
    problem: str = ""


def find_images(source: Path, *, only: Collection[Path] | None = None) -> list[InputImage]:
    """The images that ``source`` names, in the order of the table or of their paths.

    A table needs the columns ``study_id`` and ``image``; those of a manifest beside them are left alone. In a folder,
    all PNG, JPEG and DICOM files below it count, whatever DICOM files are called. There the examination of a DICOM file
    is its StudyInstanceUID; that of a PNG or JPEG is its path without the ending.

    Args:
        source: a folder, a table or an image.
        only: these files of the folder, and no others.

    Raises:
        UsageError: there is no such file or folder, or the file is neither an image nor a table.
        ConfigurationError: the table has faults.
        DataError: there is no image at all.
    """
    if not source.exists():
        raise UsageError(f"{source}: no such file or folder")
    if source.is_file():
        listed = _of_one_file(source)
    else:
        paths = _files_below(source) if only is None else sorted(only)
        listed = [_of_file(path, path.relative_to(source).as_posix()) for path in paths]
    if not listed:
        raise DataError(f"{source}: expected PNG, JPEG or DICOM images, got none")
    return listed


def _of_one_file(path: Path) -> list[InputImage]:
    if path.suffix.lower() in _TABLES:
        return _of_table(path)
    if not _is_image(path):
        raise UsageError(
            f"{path}: expected a folder, a table (.csv or .tsv) with {' and '.join(_NEEDED)}, or one image (PNG, JPEG, "
            "DICOM); this is none of them"
        )
    return [_of_file(path, path.name)]


def _of_table(path: Path) -> list[InputImage]:
    """The images of a table, found as those of a manifest are: whatever the spelling of accents and slashes."""
    others = [name for name in (*REQUIRED, *OPTIONAL) if name not in _NEEDED]
    rows, finder = read_csv(path, required=_NEEDED, optional=others), FileFinder(path.parent)
    blank = [
        Fault(str(path), "is blank", line=line, key=name) for line, row in rows for name in _NEEDED if not row[name]
    ]
    if blank:
        raise ConfigurationError(blank)
    return [_named(finder, path.parent, row["study_id"], row["image"]) for _, row in rows]


def _named(finder: FileFinder, folder: Path, study_id: str, image: str) -> InputImage:
    try:
        return InputImage(study_id, image, finder.find(image))
    except ValueError as error:
        return InputImage(study_id, image, folder / image, problem=str(error))


def _files_below(folder: Path) -> Iterator[Path]:
    """The images below a folder in the order of their paths; hidden files and folders are left out."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            if not name.startswith(".") and name != _INDEX and path.is_file() and _is_image(path):
                yield path


def _is_image(path: Path) -> bool:
    try:
        return path.suffix.lower() in _PICTURES or is_dicom(path)
    except OSError:
        return True  # what cannot be read is named later, with the reason


def _of_file(path: Path, name: str) -> InputImage:
    return InputImage(_study_uid(path) or name.removesuffix(path.suffix), name, path)


def _study_uid(path: Path) -> str:
    """The examination that a DICOM file belongs to; blank for other files and where the file does not say."""
    if path.suffix.lower() in _PICTURES:
        return ""
    try:
        return text(open_dicom(path, headers_only=True), "StudyInstanceUID")
    except (DataError, OSError):
        return ""  # the image is refused when it is read, with the reason
