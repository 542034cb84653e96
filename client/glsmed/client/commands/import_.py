"""``glsmed-client import``: from exports of PACS and RIS to manifest.csv."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from glsmed.client.imports.image_record import FoundImages
    from glsmed.client.imports.images.selection import Selection
    from glsmed.client.imports.joining import JoinRules
    from glsmed.client.imports.reports.sources import ReportNames

_DAYS = ["%Y-%m-%d"]
_IMAGES, _REPORTS, _FILTERS = "Images", "Reports", "Which images"
_FETCHED = "pacs-images"  # the folder beside the manifest that images of an archive are fetched into


@dataclass(frozen=True, slots=True, kw_only=True)
class _ImageSource:
    """Where images come from: a folder, or an archive and the folder that they are fetched into."""

    folder: Path | None
    names: str | None
    pacs: str | None
    fetched: Path
    own_title: str | None
    ca_certificate: Path | None


def import_(
    context: typer.Context,
    more_reports: Annotated[
        list[Path] | None, typer.Argument(help="Further files or folders of reports.", show_default=False)
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(help="A folder of DICOM, PNG or JPEG, or a DICOMDIR.", rich_help_panel=_IMAGES),
    ] = None,
    image_names: Annotated[
        str | None,
        typer.Option(
            help="What the path of a PNG or JPEG says: a regular expression with named groups patient_id, "
            "accession_number, study_uid, view.",
            rich_help_panel=_IMAGES,
        ),
    ] = None,
    pacs: Annotated[
        str | None,
        typer.Option(
            help="An archive: https://host/dicom-web, or dicom://AET@host:port. GLSMED_PACS_TOKEN, or GLSMED_PACS_USER "
            "and GLSMED_PACS_PASSWORD, in the environment.",
            rich_help_panel=_IMAGES,
        ),
    ] = None,
    pacs_to: Annotated[
        Path | None,
        typer.Option(
            help="Where images of an archive are kept; what is there is not fetched again.",
            show_default="pacs-images beside the manifest",
            rich_help_panel=_IMAGES,
        ),
    ] = None,
    pacs_title: Annotated[
        str | None, typer.Option(help="This site's AE title, for dicom://.", rich_help_panel=_IMAGES)
    ] = None,
    pacs_ca: Annotated[
        Path | None, typer.Option(help="The authority of the archive's certificate.", rich_help_panel=_IMAGES)
    ] = None,
    reports: Annotated[
        list[Path] | None,
        typer.Option(
            help="Files or folders: CSV, TSV, Excel, text, HTML, RTF, CDA, HL7 v2 ORU, FHIR, DICOM SR.",
            rich_help_panel=_REPORTS,
        ),
    ] = None,
    report_column: Annotated[
        list[str] | None,
        typer.Option(
            help="FIELD=NAME for a table whose columns are not recognised; fields: text, accession_number, study_uid, "
            "patient_id, examined_at, reported_at, status.",
            rich_help_panel=_REPORTS,
        ),
    ] = None,
    report_names: Annotated[
        str | None,
        typer.Option(
            help="What the path of a text file says: named groups accession_number, study_uid, patient_id, "
            "examined_at. Without it, the file's name is the accession number or study UID.",
            rich_help_panel=_REPORTS,
        ),
    ] = None,
    report_status: Annotated[
        list[str] | None,
        typer.Option(
            help="Which reports are used.", show_default="final and corrected; addenda stay", rich_help_panel=_REPORTS
        ),
    ] = None,
    window_days: Annotated[
        int,
        typer.Option(
            min=0,
            help="Where only the patient is known: days between examination and report.",
            rich_help_panel=_REPORTS,
        ),
    ] = 1,
    modality: Annotated[list[str] | None, typer.Option(help="For instance DX.", rich_help_panel=_FILTERS)] = None,
    body_part: Annotated[list[str] | None, typer.Option(help="For instance CHEST.", rich_help_panel=_FILTERS)] = None,
    view: Annotated[list[str] | None, typer.Option(help="PA, AP, LATERAL.", rich_help_panel=_FILTERS)] = None,
    first_day: Annotated[
        datetime | None, typer.Option(formats=_DAYS, help="Of acquisition.", rich_help_panel=_FILTERS)
    ] = None,
    last_day: Annotated[
        datetime | None, typer.Option(formats=_DAYS, help="Of acquisition.", rich_help_panel=_FILTERS)
    ] = None,
    youngest: Annotated[
        float | None, typer.Option(min=0, help="Of patients, in years.", rich_help_panel=_FILTERS)
    ] = None,
    oldest: Annotated[
        float | None, typer.Option(min=0, help="Of patients, in years.", rich_help_panel=_FILTERS)
    ] = None,
    for_processing: Annotated[
        bool, typer.Option("--for-processing", help="Keep detectors' raw images.", rich_help_panel=_FILTERS)
    ] = False,
    burned_in: Annotated[
        bool, typer.Option("--burned-in", help="Keep images with text in their pixels.", rich_help_panel=_FILTERS)
    ] = False,
    secondary_captures: Annotated[
        bool, typer.Option("--secondary-captures", help="Keep screenshots and scans.", rich_help_panel=_FILTERS)
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="The manifest to write.", show_default="data.manifest of the configuration")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a manifest that exists.")] = False,
) -> None:
    """Make manifest.csv of images and reports that hospital systems exported; import-log.csv says what became of each.

    A report is joined by accession number, else study UID, else patient and day. What fits twice is not joined.

    **Examples**

    - `glsmed-client --site config.yaml import --images export/ --reports oru.hl7`
    - `glsmed-client --site config.yaml import --images export/ --reports ris.csv --report-column text=Befund`
    - `glsmed-client --site config.yaml import --pacs https://pacs.hospital/dicom-web --modality DX --reports fhir/`
    - `glsmed-client --site config.yaml import --images CD/DICOMDIR --reports letters/ --view PA --out manifest.csv`
    """
    from glsmed.client.imports.images.selection import Selection

    target = _target(context.obj, out, force=force)
    rules = _rules(report_status or [], window_days)
    names = _report_names(report_column or [], report_names)
    sources = [*(reports or []), *(more_reports or [])]
    selection = Selection(
        modalities=tuple(modality or ()),
        body_parts=tuple(body_part or ()),
        views=tuple(view or ()),
        first_day=first_day.date() if first_day else None,
        last_day=last_day.date() if last_day else None,
        youngest_years=youngest,
        oldest_years=oldest,
        for_processing=for_processing,
        burned_in_annotation=burned_in,
        secondary_captures=secondary_captures,
    )
    source = _ImageSource(
        folder=images,
        names=image_names,
        pacs=pacs,
        fetched=pacs_to or target.parent / _FETCHED,
        own_title=pacs_title,
        ca_certificate=pacs_ca,
    )
    found = _images(source, selection)
    for line in _joined(found, sources, names, rules, target):
        typer.echo(line)


def _target(config_file: Path, out: Path | None, *, force: bool) -> Path:
    """Where the manifest goes; nothing is replaced unless that was said."""
    from glsmed.client.settings.config import load_site
    from glsmed.shared.errors import UsageError

    target = out or load_site(config_file).data.manifest
    if target.exists() and not force:
        raise UsageError(f"{target} is there already: say --force to replace it, or --out for another name")
    return target


def _rules(statuses: list[str], window_days: int) -> "JoinRules":
    from glsmed.client.imports.joining import JoinRules
    from glsmed.client.imports.versions import VERSIONS
    from glsmed.shared.errors import UsageError

    wanted = frozenset(status for status in VERSIONS if status in statuses)
    if unknown := sorted(set(statuses) - wanted):
        raise UsageError(f"--report-status {unknown[0]}: expected one of {', '.join(VERSIONS)}")
    return JoinRules(window_days, wanted) if wanted else JoinRules(window_days)


def _report_names(columns: list[str], files: str | None) -> "ReportNames":
    from glsmed.client.imports.reports.columns import parse_columns
    from glsmed.client.imports.reports.sources import ReportNames

    return ReportNames(parse_columns(columns), _pattern("--report-names", files))


def _pattern(option: str, written: str | None) -> "re.Pattern[str] | None":
    from glsmed.shared.errors import UsageError

    try:
        return None if written is None else re.compile(written)
    except re.error as error:
        raise UsageError(f"{option} {written}: is not a regular expression: {error}") from None


def _images(source: _ImageSource, selection: "Selection") -> "FoundImages":
    """The images that are wanted, each picture once; the others with their reasons."""
    from glsmed.client.imports.image_record import FoundImages
    from glsmed.client.imports.images.duplicates import without_duplicates
    from glsmed.client.imports.images.selection import select

    found = _found(source, selection)
    wanted, left_out = select(found.records, selection)
    kept, repeated = without_duplicates(wanted)
    return FoundImages(kept, [*found.skipped, *left_out, *repeated])


def _found(source: _ImageSource, selection: "Selection") -> "FoundImages":
    """Everything that the source has; an archive is asked only for the days and modalities that are wanted."""
    from glsmed.client.imports.images.retrieval.archive import ArchiveQuery
    from glsmed.client.imports.images.sources import Connection, images_from_folder, images_from_pacs
    from glsmed.shared.errors import UsageError

    if (source.folder is None) == (source.pacs is None):
        got = "neither" if source.pacs is None else "both"
        raise UsageError(f"expected either --images FOLDER or --pacs URL, got {got}")
    if source.folder is not None:
        return images_from_folder(source.folder, names=_pattern("--image-names", source.names))
    query = ArchiveQuery(modalities=selection.modalities, first_day=selection.first_day, last_day=selection.last_day)
    connection = Connection(own_title=source.own_title or Connection().own_title, ca_certificate=source.ca_certificate)
    return images_from_pacs(str(source.pacs), source.fetched, query=query, connection=connection)


def _joined(
    images: "FoundImages", sources: list[Path], names: "ReportNames", rules: "JoinRules", target: Path
) -> list[str]:
    """The summary, as lines; structured reports among the images count where no other source is named."""
    from glsmed.client.imports.reports.sources import reports_among, reports_from
    from glsmed.client.imports.site_import import import_site

    reports = reports_from(sources, names) if sources else reports_among(each.path for each in images.skipped)
    return import_site(images, reports, rules=rules, manifest=target).lines
