"""The rows of a manifest one by one: each is right by itself, and does not contradict an earlier one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from glsmed.client.data.patient_keys import patient_key
from glsmed.shared.errors import Fault
from glsmed.site_adapters.inputs.manifest_reports import same_report
from glsmed.site_adapters.inputs.tables.file_names import FileFinder
from glsmed.site_adapters.inputs.tables.table import Row

_IDENTIFIERS = ("study_id", "patient_id", "image")
_ONE_TO_AN_EXAMINATION = (("patient_id", "patient"), ("report", "report"), ("report_text", "report text"))


class SiteRow(NamedTuple):
    """A row without a fault of its own; ``image`` is the file that was found."""

    line: int
    study_id: str
    patient_id: str
    image: Path
    view: str


@dataclass(slots=True)
class SiteRows:
    """Rows while they are gathered.

    Attributes:
        path: the manifest.
        finder: finds the images that it names.
        good: the rows that are right by themselves; a row may be in it and contradict another.
        faults: what is wrong, with its line.
    """

    path: Path
    finder: FileFinder
    good: list[SiteRow] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    _first: dict[str, tuple[int, Row]] = field(default_factory=dict)
    _images: dict[Path, int] = field(default_factory=dict)

    def add(self, line: int, row: Row) -> bool:
        """Take a row in; whether it is right by itself."""
        blank = [column for column in _IDENTIFIERS if not row[column]]
        self.faults.extend(self._fault(line, column, "is blank") for column in blank)
        self.faults.extend(self._contradictions(line, row))
        image = self._found(line, row["image"]) if row["image"] else None
        if image is None or blank:
            return False
        self.good.append(SiteRow(line, row["study_id"], row["patient_id"], image, row.get("view", "")))
        return True

    def _fault(self, line: int, column: str, message: str) -> Fault:
        return Fault(str(self.path), message, line=line, key=column)

    def _contradictions(self, line: int, row: Row) -> Iterator[Fault]:
        """An examination has one patient and one report."""
        start, known = self._first.setdefault(row["study_id"], (line, row))
        for column, what in _ONE_TO_AN_EXAMINATION if known is not row else ():
            if not _same(column, known, row):
                message = f"examination {row['study_id']!r} has another {what} in line {start}"
                yield self._fault(line, column, message)

    def _found(self, line: int, name: str) -> Path | None:
        try:
            image = self.finder.find(name)
        except ValueError as error:
            self.faults.append(self._fault(line, "image", str(error)))
            return None
        earlier = self._images.setdefault(image, line)
        if earlier != line:
            self.faults.append(self._fault(line, "image", f"line {earlier} names the same image"))
        return image


def _same(column: str, left: Row, right: Row) -> bool:
    if column == "patient_id":
        return patient_key(left[column]) == patient_key(right[column])
    return same_report(column, left, right)
