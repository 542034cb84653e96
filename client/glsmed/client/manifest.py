"""The site's manifest: a CSV file with one row per image; every fault is found, not only the first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from glsmed.shared.csv_files import Row, read_csv
from glsmed.shared.errors import ConfigurationError, Fault

REQUIRED = ("study_id", "patient_id", "image", "report")
OPTIONAL = ("report_text", "acquired_on", "view")
_MAY_BE_BLANK = frozenset({*OPTIONAL, "report"})


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """One row: an image of a study."""

    study_id: str
    patient_id: str
    image: Path


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a site has.

    Attributes:
        images: one entry per row, in the file's order.
        reports: the text of each study's report.
    """

    images: tuple[ImageEntry, ...]
    reports: Mapping[str, str]

    @property
    def patients(self) -> Mapping[str, str]:
        """Patient by study."""
        return {entry.study_id: entry.patient_id for entry in self.images}


def read_manifest(path: Path) -> Manifest:
    """The manifest with all its reports read.

    Raises:
        ConfigurationError: with every fault: missing columns, blank identifiers, a study with two patients or two
            reports, missing images, reports that are missing or not UTF-8.
    """
    rows = list(read_csv(path, required=REQUIRED, optional=OPTIONAL))
    faults = [fault for line, row in rows for fault in _row_faults(path, line, row)]
    faults += _study_faults(path, rows)
    reports, report_faults = _read_reports(path, rows)
    if faults or report_faults:
        raise ConfigurationError(sorted([*faults, *report_faults], key=lambda fault: fault.line or 0))
    images = tuple(ImageEntry(row["study_id"], row["patient_id"], path.parent / row["image"]) for _, row in rows)
    return Manifest(images, reports)


def _row_faults(path: Path, line: int, row: Row) -> Iterator[Fault]:
    for column in REQUIRED:
        if not row[column] and column not in _MAY_BE_BLANK:
            yield Fault(str(path), "is blank", line=line, key=column)
    if row["image"] and not (path.parent / row["image"]).is_file():
        yield Fault(str(path), f"no such file: {row['image']}", line=line, key="image")


def _study_faults(path: Path, rows: Sequence[tuple[int, Row]]) -> Iterator[Fault]:
    """A study has one patient and one report, and no image twice."""
    first: dict[str, tuple[int, Row]] = {}
    images: dict[str, int] = {}
    for line, row in rows:
        start, known = first.setdefault(row["study_id"], (line, row))
        for column, what in (("patient_id", "patient"), ("report", "report"), ("report_text", "report text")):
            if known.get(column, "") != row.get(column, ""):
                yield Fault(
                    str(path), f"study {row['study_id']!r} has another {what} in line {start}", line=line, key=column
                )
        if row["image"] in images:
            yield Fault(str(path), f"the same image stands in line {images[row['image']]}", line=line, key="image")
        images[row["image"]] = line


def _read_reports(path: Path, rows: Sequence[tuple[int, Row]]) -> tuple[dict[str, str], list[Fault]]:
    reports: dict[str, str] = {}
    faults: list[Fault] = []
    for line, row in rows:
        if row["study_id"] in reports:
            continue
        try:
            reports[row["study_id"]] = row.get("report_text") or _read_report(path.parent, row["report"])
        except (OSError, ValueError) as error:
            reports[row["study_id"]] = ""
            faults.append(Fault(str(path), str(error), line=line, key="report"))
    return reports, faults


def _read_report(folder: Path, name: str) -> str:
    if not name:
        raise ValueError("is blank, and so is report_text: a study needs its report")
    file = folder / name
    if not file.is_file():
        raise FileNotFoundError(f"no such file: {name}")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not UTF-8 (byte {error.start}): convert it to UTF-8") from None
