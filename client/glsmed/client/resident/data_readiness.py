"""Whether a site's data are fit for training: manifest, images, reports, gold; and what a person must look at."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from glsmed.client.checking.check_page import CheckPage, write_page
from glsmed.client.checking.site_review import (
    SiteReview,
    report_lines,
    review_site,
    review_warnings,
    sentence_lines,
)
from glsmed.client.data.manifest import ImageEntry, Survey
from glsmed.client.data.site_inputs import SiteInputs, survey_site_gold
from glsmed.client.data.splits import SPLITS
from glsmed.client.labels.label_table import LabelRow
from glsmed.client.labels.site_labels import label_rows
from glsmed.client.resident.preparation import (
    SiteImages,
    SiteSummary,
    by_split,
    load_images,
    summarise,
)
from glsmed.client.settings.config import SiteConfig
from glsmed.client.settings.privacy_forecast import forecast
from glsmed.shared.errors import Fault
from glsmed.shared.files.fault_lists import grouped, write_full_list
from glsmed.shared.protocol.study import Study
from glsmed.site_adapters.adapter.adapter import Adapter
from glsmed.site_adapters.inputs.gold_labels import Gold
from glsmed.site_adapters.reading.reader import Reader

if TYPE_CHECKING:
    from glsmed.client.resident.readiness import CheckReport

_FEW_PATIENTS = 10
_MOST_FAULTS = 100
_MOST_NOTES = 20


def check_manifest(report: "CheckReport", config: SiteConfig, survey: Survey) -> None:
    """Add what is wrong with a manifest, and how its reports were read."""
    report.lines.extend(report_lines(survey))
    report.faults.extend(map(str, _capped(report, config, survey.faults)))
    report.warnings.extend(map(str, survey.notes[:_MOST_NOTES]))
    if len(survey.notes) > _MOST_NOTES:
        report.warnings.append(f"{len(survey.notes) - _MOST_NOTES} more notes on the manifest")


def _capped(report: "CheckReport", config: SiteConfig, faults: Sequence[Fault]) -> Sequence[Fault]:
    """The faults, or the kinds of them where they are very many; then a file has them all."""
    if len(faults) <= _MOST_FAULTS or not config.state_folder.is_dir():
        return faults
    full_list = config.state.manifest_faults
    placed = [replace(fault, source=f"{fault.source}:{fault.line}", line=None) for fault in faults]
    try:
        write_full_list(full_list, placed)
    except OSError as error:
        report.faults.append(f"{full_list}: cannot be written: {error.strerror}")
    return grouped(placed, things="rows", full_list=full_list)


def check_data(
    report: "CheckReport", config: SiteConfig, study: Study, *, survey: Survey, adapter: Adapter | None
) -> None:
    """Add what images, gold labels and label table say, and write the page that a person must look at."""
    entries = by_split(survey.manifest, config.data.split)
    loaded = report.attempt(lambda: load_images(config, study, entries))
    gold = _check_gold(report, config, study, survey=survey, adapter=adapter)
    rows, review = None, None
    if adapter is not None:
        inputs = SiteInputs(config, study, survey.manifest, gold, Reader(adapter))
        rows = report.attempt(lambda: label_rows(inputs))
        review = _review(report, inputs, rows or [], loaded)
    report.summary = summarise(survey.manifest, rows or [], entries, gold)
    _tell_unreadable(report, config, loaded)
    if not survey.faults:  # counts of a faulty manifest would only repeat its faults
        _check_splits(report, report.summary)
        if rows is not None:
            labelled = _check_labels(report, config, rows, entries["train"])
            _check_privacy(report, config, study, labelled)
    if review is not None:
        _write_page(report, config, survey, review)


def _check_gold(
    report: "CheckReport", config: SiteConfig, study: Study, *, survey: Survey, adapter: Adapter | None
) -> Gold:
    terms: Mapping[str, Collection[str]] = {}
    if adapter is not None:
        terms = {name: finding.terms for name, finding in adapter.findings.items()}
    gold = report.attempt(lambda: survey_site_gold(config, study, survey.study_ids, terms))
    if gold is None:
        return {}
    report.faults.extend(map(str, gold.faults))
    report.warnings.extend(map(str, gold.notes))
    return gold.labels


def _review(
    report: "CheckReport", inputs: SiteInputs, rows: Sequence[LabelRow], loaded: SiteImages | None
) -> SiteReview | None:
    """What a person must look at; images without their pixels where too many could not be decoded."""
    entries = by_split(inputs.manifest, inputs.config.data.split) if loaded is None else loaded.entries
    images = None if loaded is None else loaded.images
    review = report.attempt(lambda: review_site(inputs, rows, entries, images))
    if review is not None:
        report.lines.extend(sentence_lines(review.sentences))
        report.warnings.extend(review_warnings(review))
    return review


def _tell_unreadable(report: "CheckReport", config: SiteConfig, loaded: SiteImages | None) -> None:
    if loaded is not None and loaded.unreadable and report.summary is not None:
        report.summary = replace(report.summary, unreadable_images=len(loaded.unreadable))
        left_out = grouped(loaded.unreadable, things="images left out", full_list=config.state.unreadable_images)
        report.warnings.extend(map(str, left_out))


def _check_splits(report: "CheckReport", summary: SiteSummary) -> None:
    for name in SPLITS:
        if summary.split_patients[name] == 0:
            report.faults.append(f"no patient falls into the {name} split; add patients or change data.split")
        elif summary.split_patients[name] < _FEW_PATIENTS:
            report.warnings.append(f"only {summary.split_patients[name]} patient(s) in the {name} split")


def _check_labels(
    report: "CheckReport", config: SiteConfig, rows: Sequence[LabelRow], training: Sequence[ImageEntry]
) -> int:
    """Add what keeps labels from being learned; returns how many training patients have one."""
    patients = {entry.patient_id for entry in training}
    labelled = {row.patient_id for row in rows if row.weight > 0}
    if not labelled:
        report.faults.append("no report mentions a finding of the study: wrong adapter, or wrong reports?")
    elif not labelled & patients:
        report.faults.append("no report of a training patient mentions a finding of the study")
    elif len(labelled & patients) < config.egress.min_patients:
        report.warnings.append(
            f"{len(labelled & patients)} training patients have a labelled finding, egress.min_patients is "
            f"{config.egress.min_patients}: no model update may leave"
        )
    return len(labelled & patients)


def _check_privacy(report: "CheckReport", config: SiteConfig, study: Study, patients: int) -> None:
    """Add what a private study will cost here, and whether the budget lasts."""
    if not study.training.privacy.is_on or not patients:
        return
    found = report.attempt(lambda: forecast(config, study, patients=patients))
    if found is not None:
        report.lines.extend(found.lines)
        report.warnings.extend(found.warnings)
        report.faults.extend(found.faults)


def _write_page(report: "CheckReport", config: SiteConfig, survey: Survey, review: SiteReview) -> None:
    page = CheckPage(
        site=config.site,
        when=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
        lines=report.lines,
        faults=report.faults,
        warnings=report.warnings,
        split_patients={} if report.summary is None else report.summary.split_patients,
        encodings=survey.encodings,
        formats=survey.formats,
        sentences=review.sentences,
        findings=review.findings,
        suspects=review.suspects,
        groups=review.groups,
        groups_left_out=review.groups_left_out,
        images=review.images,
    )
    path, faults = config.state.check_page, len(report.faults)
    report.attempt(lambda: write_page(path, page))
    if len(report.faults) == faults:
        report.page = path
