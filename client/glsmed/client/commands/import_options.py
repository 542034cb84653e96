"""The options of ``import``: each is None where it was not written, so that config.yaml can say it instead."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

_DAYS = ["%Y-%m-%d"]
_IMAGES, _REPORTS, _FILTERS = "Images", "Reports", "Which images"

MoreReports = Annotated[
    list[Path] | None, typer.Argument(help="Further files or folders of reports.", show_default=False)
]
Images = Annotated[
    Path | None, typer.Option(help="A folder of DICOM, PNG or JPEG, or a DICOMDIR.", rich_help_panel=_IMAGES)
]
ImageNames = Annotated[
    str | None,
    typer.Option(
        help="What the path of a PNG or JPEG says: a regular expression with named groups patient_id, "
        "accession_number, study_uid, view.",
        rich_help_panel=_IMAGES,
    ),
]
Pacs = Annotated[
    str | None,
    typer.Option(
        help="An archive: https://host/dicom-web, or dicom://AET@host:port. GLSMED_PACS_TOKEN, or GLSMED_PACS_USER "
        "and GLSMED_PACS_PASSWORD, in the environment.",
        rich_help_panel=_IMAGES,
    ),
]
PacsTo = Annotated[
    Path | None,
    typer.Option(
        help="Where images of an archive are kept; what is there is not fetched again.",
        show_default="pacs-images beside the manifest",
        rich_help_panel=_IMAGES,
    ),
]
PacsTitle = Annotated[str | None, typer.Option(help="This site's AE title, for dicom://.", rich_help_panel=_IMAGES)]
PacsCa = Annotated[
    Path | None, typer.Option(help="The authority of the archive's certificate.", rich_help_panel=_IMAGES)
]
Reports = Annotated[
    list[Path] | None,
    typer.Option(
        help="Files or folders: CSV, TSV, Excel, text, HTML, RTF, CDA, HL7 v2 ORU and MDM, FHIR, DICOM SR.",
        rich_help_panel=_REPORTS,
    ),
]
ReportColumn = Annotated[
    list[str] | None,
    typer.Option(
        help="FIELD=NAME for a table whose columns are not recognised; fields: text, accession_number, study_uid, "
        "patient_id, examined_at, reported_at, status.",
        rich_help_panel=_REPORTS,
    ),
]
ReportNames = Annotated[
    str | None,
    typer.Option(
        help="What the path of a text file says: named groups accession_number, study_uid, patient_id, "
        "examined_at. Without it, the file's name is the accession number or study UID.",
        rich_help_panel=_REPORTS,
    ),
]
ReportStatus = Annotated[
    list[str] | None,
    typer.Option(
        help="Which reports are used.", show_default="final and corrected; addenda stay", rich_help_panel=_REPORTS
    ),
]
WindowDays = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Where only the patient is known: days between examination and report.",
        show_default="1",
        rich_help_panel=_REPORTS,
    ),
]
Modality = Annotated[
    list[str] | None, typer.Option(help="Only this modality, for instance DX.", rich_help_panel=_FILTERS)
]
BodyPart = Annotated[
    list[str] | None, typer.Option(help="Only this body part, for instance CHEST.", rich_help_panel=_FILTERS)
]
View = Annotated[list[str] | None, typer.Option(help="Only this view: PA, AP, LATERAL.", rich_help_panel=_FILTERS)]
Day = Annotated[
    datetime | None,
    typer.Option(formats=_DAYS, help="Only images acquired from, or until, this day.", rich_help_panel=_FILTERS),
]
Age = Annotated[
    float | None, typer.Option(min=0, help="Only patients from, or up to, this age in years.", rich_help_panel=_FILTERS)
]
ForProcessing = Annotated[
    bool | None,
    typer.Option("--for-processing/--no-for-processing", help="Keep detectors' raw images.", rich_help_panel=_FILTERS),
]
BurnedIn = Annotated[
    bool | None,
    typer.Option("--burned-in/--no-burned-in", help="Keep images with text in their pixels.", rich_help_panel=_FILTERS),
]
SecondaryCaptures = Annotated[
    bool | None,
    typer.Option(
        "--secondary-captures/--no-secondary-captures",
        help="Keep screenshots and scans.",
        rich_help_panel=_FILTERS,
    ),
]
Out = Annotated[
    Path | None, typer.Option(help="The manifest to write.", show_default="data.manifest of the configuration")
]
Force = Annotated[bool, typer.Option("--force", help="Replace a manifest that exists.")]
