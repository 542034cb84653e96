"""``glsmed-client import``: from exports of PACS and RIS to manifest.csv."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from glsmed.client.commands import import_options as given

if TYPE_CHECKING:
    from pathlib import Path

    from glsmed.client.settings.import_section import ImportSection


def import_(
    context: typer.Context,
    more_reports: given.MoreReports = None,
    images: given.Images = None,
    image_names: given.ImageNames = None,
    pacs: given.Pacs = None,
    pacs_to: given.PacsTo = None,
    pacs_title: given.PacsTitle = None,
    pacs_ca: given.PacsCa = None,
    reports: given.Reports = None,
    report_column: given.ReportColumn = None,
    report_names: given.ReportNames = None,
    report_status: given.ReportStatus = None,
    window_days: given.WindowDays = None,
    modality: given.Modality = None,
    body_part: given.BodyPart = None,
    view: given.View = None,
    first_day: given.Day = None,
    last_day: given.Day = None,
    youngest: given.Age = None,
    oldest: given.Age = None,
    for_processing: given.ForProcessing = None,
    burned_in: given.BurnedIn = None,
    secondary_captures: given.SecondaryCaptures = None,
    out: given.Out = None,
    force: given.Force = False,  # an option of the command line
) -> None:
    """Make manifest.csv of images and reports that hospital systems exported; import-log.csv says what became of each.

    A report is joined by accession number, else study UID, else patient and day. What fits twice is not joined. What
    the section `import` of config.yaml says need not be written here.

    **Examples**

    - `glsmed-client --site config.yaml import --images export/ --reports oru.hl7`
    - `glsmed-client --site config.yaml import --images export/ --reports ris.csv --report-column text=Befund`
    - `glsmed-client --site config.yaml import --pacs https://pacs.hospital/dicom-web --modality DX --reports fhir/`
    - `glsmed-client --site config.yaml import --images CD/DICOMDIR --reports letters/ --view PA --out manifest.csv`
    - `glsmed-client --site config.yaml import --force`
    """
    written = {name: value for name, value in locals().items() if value is not None and name not in _OF_THE_COMMAND}

    from glsmed.client.commands.import_steps import import_with, manifest_to_write, section_of

    config_file: Path = context.obj
    target = manifest_to_write(config_file, out, force=force)
    section = _with_options(section_of(config_file, out), written)
    for line in import_with(section, target):
        typer.echo(line)


_OF_THE_COMMAND = ("context", "out", "force")
_LISTS = {"report_status": "report_statuses", "modality": "modalities", "body_part": "body_parts", "view": "views"}
_DAYS = ("first_day", "last_day")


def _with_options(section: "ImportSection", written: Mapping[str, Any]) -> "ImportSection":
    """The section with what the command line says in place of its own."""
    from glsmed.client.commands.import_steps import checked_statuses
    from glsmed.client.imports.reports.columns import parse_columns

    options = {name: value for name, value in written.items() if name not in _LISTS}
    options |= {key: tuple(written[name]) for name, key in _LISTS.items() if written.get(name)}
    options |= {name: written[name].date() for name in _DAYS if name in written}
    sources = [*options.pop("reports", []), *options.pop("more_reports", [])]
    options |= {"reports": tuple(sources)} if sources else {}
    if columns := options.pop("report_column", None):
        options["report_columns"] = parse_columns(columns)
    if "report_statuses" in options:
        checked_statuses(options["report_statuses"])
    if ("images" in options) != ("pacs" in options):  # one of them replaces either of the section
        options.setdefault("images", None)
        options.setdefault("pacs", None)
    return section.model_copy(update=options)
