"""The section ``import:`` of config.yaml: what a hospital would write behind the command each time."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from glsmed.shared.files.documents import StrictModel

ReportField = Literal[
    "text", "accession_number", "study_uid", "patient_id", "examined_at", "reported_at", "status"
]  # what a column of a table of reports may hold


class ImportSection(StrictModel):
    """Where ``import`` finds images and reports, and which; options of the command go before these."""

    images: Annotated[Path | None, Field(description="a folder of DICOM, PNG or JPEG, or a DICOMDIR")] = None
    image_names: Annotated[
        str | None,
        Field(
            description="what the path of a PNG or JPEG says: a regular expression with named groups `patient_id`, "
            "`accession_number`, `study_uid`, `view`"
        ),
    ] = None
    pacs: Annotated[
        str | None, Field(description="an archive: `https://host/dicom-web`, or `dicom://AET@host:port`")
    ] = None
    pacs_to: Annotated[
        Path | None,
        Field(description="where images of an archive are kept; null: `pacs-images` beside the manifest"),
    ] = None
    pacs_title: Annotated[str | None, Field(description="this site's AE title, for `dicom://`; null: GLSMED")] = None
    pacs_ca: Annotated[Path | None, Field(description="the authority of the archive's certificate")] = None
    reports: Annotated[tuple[Path, ...], Field(description="files or folders of reports")] = ()
    report_columns: Annotated[
        Mapping[ReportField, str],
        Field(description="for a table whose columns are not recognised: its column by what it holds"),
    ] = {}  # pydantic copies it
    report_names: Annotated[
        str | None,
        Field(
            description="what the path of a text file says: a regular expression with named groups `accession_number`, "
            "`study_uid`, `patient_id`, `examined_at`; null: its name is the accession number or study UID"
        ),
    ] = None
    report_statuses: Annotated[
        tuple[Literal["final", "corrected", "preliminary"], ...],
        Field(min_length=1, description="which reports are used; addenda stay"),
    ] = ("final", "corrected")
    window_days: Annotated[
        int,
        Field(ge=0, description="where only the patient is known: days between examination and report"),
    ] = 1
    modalities: Annotated[tuple[str, ...], Field(description="which images, for instance DX; empty: all")] = ()
    body_parts: Annotated[tuple[str, ...], Field(description="which images, for instance CHEST; empty: all")] = ()
    views: Annotated[tuple[str, ...], Field(description="which images: PA, AP, LATERAL; empty: all")] = ()
    first_day: Annotated[date | None, Field(description="of acquisition")] = None
    last_day: Annotated[date | None, Field(description="of acquisition")] = None
    youngest: Annotated[float | None, Field(ge=0, description="of patients, in years")] = None
    oldest: Annotated[float | None, Field(ge=0, description="of patients, in years")] = None
    for_processing: Annotated[bool, Field(description="keep detectors' raw images")] = False
    burned_in: Annotated[bool, Field(description="keep images with text in their pixels")] = False
    secondary_captures: Annotated[bool, Field(description="keep screenshots and scans")] = False

    @field_validator("image_names", "report_names")
    @classmethod
    def _check_pattern(cls, written: str | None) -> str | None:
        try:
            re.compile(written or "")
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from None
        return written

    def resolved(self, folder: Path) -> "ImportSection":
        """The same with every path made absolute from a folder."""
        paths = {name: folder / path for name in ("images", "pacs_to", "pacs_ca") if (path := getattr(self, name))}
        return self.model_copy(update={**paths, "reports": tuple(folder / path for path in self.reports)})
