"""One report with what it may be joined by, and the parts of a hospital's export that gave none."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from glsmed.site_adapters.inputs.report_text import ReportFormat

Status = Literal["final", "corrected", "addendum", "preliminary", "cancelled"]


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """One report, or one version of it; text is blank where the source does not say.

    Attributes:
        text: what the radiologist wrote, as lines.
        accession_number: the order's number at the hospital.
        study_uid: Study Instance UID.
        patient_id: as written in the source.
        examined_at: when the images were taken, by the hospital's clock; midnight where only a date is known.
        reported_at: when this version was written, likewise.
        status: cancelled takes back what was sent before.
        source: the file with its line, message or part.
        encoding: of the source's bytes.
        format: what was read away.
        other_numbers: numbers of the order that some systems use as accession number.
        mended: what was wrong with the characters and has been put right; blank where nothing was.
    """

    text: str
    accession_number: str = ""
    study_uid: str = ""
    patient_id: str = ""
    examined_at: datetime | None = None
    reported_at: datetime | None = None
    status: Status = "final"
    source: str = ""
    encoding: str = "utf-8"
    format: ReportFormat = "plain"
    other_numbers: tuple[str, ...] = ()
    mended: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A part of a source that is not used, and why: ``reason`` continues a sentence that begins with ``source``."""

    source: str
    reason: str

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"


class FoundReports(NamedTuple):
    """The reports of one source in its order, and everything in it that was not taken as one."""

    records: list[ReportRecord]
    left_out: list[LeftOut]
