"""A hospital's files as a real one would have them: images, reports, the manifest, and gold."""

import csv
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from glsmed.shared.errors import UsageError

_MANIFEST = ("study_id", "patient_id", "image", "report")
_GOLD = ("study_id", "finding", "value")


@dataclass(frozen=True, slots=True)
class ExaminationFiles:
    """What a hospital has of one examination.

    Attributes:
        images: by file name without its ending, ``(S, S)`` uint8.
        truth: by finding, 0 or 1.
    """

    study_id: str
    patient_id: str
    report: str
    images: Mapping[str, NDArray[np.uint8]]
    truth: Mapping[str, int]


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into that takes the place of ``folder`` once the block has ended well; else nothing stays.

    Raises:
        UsageError: ``folder`` exists.
    """
    if folder.exists():
        raise UsageError(f"{folder} exists already: choose another folder or remove it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield temporary
        temporary.chmod(0o755)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_hospital(folder: Path, studies: Iterable[ExaminationFiles]) -> None:
    """Write ``images/``, ``reports/``, ``manifest.csv`` and ``gold.csv`` into ``folder``."""
    manifest: list[Sequence[str | int]] = [_MANIFEST]
    gold: list[Sequence[str | int]] = [_GOLD]
    for name in ("images", "reports"):
        (folder / name).mkdir(parents=True)
    for study in studies:
        manifest += _write_study(folder, study)
        gold += [(study.study_id, finding, value) for finding, value in study.truth.items()]
    _write_csv(folder / "manifest.csv", manifest)
    _write_csv(folder / "gold.csv", gold)


def _write_study(folder: Path, study: ExaminationFiles) -> Iterator[Sequence[str]]:
    """Write the report and the images; yields the row of each image in the manifest."""
    report = f"reports/{study.study_id}.txt"
    (folder / report).write_text(study.report, encoding="utf-8")
    for name, pixels in study.images.items():
        image = f"images/{name}.png"
        Image.fromarray(pixels).save(folder / image)
        yield study.study_id, study.patient_id, image, report


def _write_csv(path: Path, rows: Iterable[Sequence[str | int]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as output:
        csv.writer(output).writerows(rows)
