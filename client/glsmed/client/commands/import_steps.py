"""What ``import`` does with its settings: images found and chosen, reports read, both joined."""

import re
from collections.abc import Iterable
from pathlib import Path

from glsmed.client.imports.image_record import FoundImages
from glsmed.client.imports.images.duplicates import without_duplicates
from glsmed.client.imports.images.retrieval.archive import ArchiveQuery
from glsmed.client.imports.images.selection import Selection, select
from glsmed.client.imports.images.sources import Connection, images_from_folder, images_from_pacs
from glsmed.client.imports.joining import JoinRules
from glsmed.client.imports.report_record import FoundReports
from glsmed.client.imports.reports.sources import ReportNames, reports_among, reports_from
from glsmed.client.imports.site_import import import_site
from glsmed.client.imports.versions import VERSIONS
from glsmed.client.settings.config import load_site
from glsmed.client.settings.import_section import ImportSection
from glsmed.shared.errors import UsageError

_FETCHED = "pacs-images"  # the folder beside the manifest that images of an archive are fetched into


def manifest_to_write(config_file: Path, out: Path | None, *, force: bool) -> Path:
    """Where the manifest goes; nothing is replaced unless that was said.

    Raises:
        UsageError: it exists.
        ConfigurationError: config.yaml, which names it, has faults.
    """
    target = out or load_site(config_file).data.manifest
    if target.exists() and not force:
        raise UsageError(f"{target} is there already: say --force to replace it, or --out for another name")
    return target


def section_of(config_file: Path, out: Path | None) -> ImportSection:
    """The section of config.yaml; where that file is not there and not needed, an empty one.

    Raises:
        ConfigurationError: config.yaml has faults.
    """
    if out is not None and not config_file.exists():
        return ImportSection()
    return load_site(config_file).import_section


def checked_statuses(written: Iterable[str]) -> None:
    """Raise a UsageError for a status that no report has."""
    for status in written:
        if status not in VERSIONS:
            raise UsageError(f"--report-status {status}: expected one of {', '.join(VERSIONS)}")


def import_with(section: ImportSection, target: Path) -> list[str]:
    """Import what the section names; the summary, as lines.

    Raises:
        UsageError: the section names no source of images or both, or a name cannot be read.
        DataError: no image has a report, or a source cannot be read.
    """
    names = ReportNames(_columns(section), _pattern("--report-names", section.report_names))
    rules = JoinRules(section.window_days, frozenset(section.report_statuses))
    images = _images(section, target)
    return import_site(images, _reports(section, names, images), rules=rules, manifest=target).lines


def _columns(section: ImportSection) -> dict[str, tuple[str, ...]]:
    """Names of columns; the command line may give several for one field, config.yaml one."""
    return {
        field: (names,) if isinstance(names, str) else tuple(names) for field, names in section.report_columns.items()
    }


def _pattern(option: str, written: str | None) -> re.Pattern[str] | None:
    try:
        return None if written is None else re.compile(written)
    except re.error as error:
        raise UsageError(f"{option} {written}: is not a regular expression: {error}") from None


def _reports(section: ImportSection, names: ReportNames, images: FoundImages) -> FoundReports:
    """The reports; structured ones among the images count where no other source is named."""
    if section.reports:
        return reports_from(section.reports, names)
    return reports_among(each.path for each in images.skipped)


def _images(section: ImportSection, target: Path) -> FoundImages:
    """The images that are wanted, each picture once; the others with their reasons."""
    selection = _selection(section)
    found = _found(section, selection, target.parent / _FETCHED)
    wanted, left_out = select(found.records, selection)
    kept, repeated = without_duplicates(wanted)
    return FoundImages(kept, [*found.skipped, *left_out, *repeated])


def _selection(section: ImportSection) -> Selection:
    return Selection(
        modalities=section.modalities,
        body_parts=section.body_parts,
        views=section.views,
        first_day=section.first_day,
        last_day=section.last_day,
        youngest_years=section.youngest,
        oldest_years=section.oldest,
        for_processing=section.for_processing,
        burned_in_annotation=section.burned_in,
        secondary_captures=section.secondary_captures,
    )


def _found(section: ImportSection, selection: Selection, beside: Path) -> FoundImages:
    """Everything that the source has; an archive is asked only for the days and modalities that are wanted."""
    if (section.images is None) == (section.pacs is None):
        got = "neither" if section.pacs is None else "both"
        raise UsageError(f"expected either --images FOLDER or --pacs URL, got {got}")
    if section.images is not None:
        return images_from_folder(section.images, names=_pattern("--image-names", section.image_names))
    query = ArchiveQuery(modalities=selection.modalities, first_day=selection.first_day, last_day=selection.last_day)
    connection = Connection(own_title=section.pacs_title or Connection().own_title, ca_certificate=section.pacs_ca)
    return images_from_pacs(str(section.pacs), section.pacs_to or beside, query=query, connection=connection)
