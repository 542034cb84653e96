"""Reports in FHIR (R4 and R5): the text of each DiagnosticReport, what it is joined by, and its state."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from glsmed.client.imports.report_record import FoundReports, LeftOut, ReportRecord
from glsmed.client.imports.reports.fhir.attachments import attached_text, may_be_text
from glsmed.client.imports.reports.fhir.documents import Resource, listed, resources
from glsmed.client.imports.reports.fhir.observations import text_elsewhere
from glsmed.client.imports.reports.fhir.surroundings import Surroundings, written_reference
from glsmed.client.imports.reports.moments import moment_or_none
from glsmed.client.imports.reports.statuses import fhir_status
from glsmed.site_adapters.inputs.report_text import ReportText, plain_report

_OTHER_SECTIONS = re.compile(
    r"LAB|HM|CH|MB|BLB|SP|CP|CTH|GE|VR|SR|PHR|PF|PT|OT|ECG|EC|EN|EMG|laboratory", re.IGNORECASE
)
_UID = re.compile(r"(?:urn:oid:)?([0-9]+(?:\.[0-9]+){3,})")
_SPACE = re.compile(r"\s+")


def reports_in_fhir(path: Path, around: Surroundings | None = None) -> FoundReports:
    """One report for each DiagnosticReport.

    Args:
        path: the file.
        around: what the files beside it hold; without it only what stands in the same file can be referred to.

    Raises:
        ValueError: the file is neither JSON nor XML, or its encoding is in doubt.
        OSError: it cannot be read.
    """
    found = FoundReports([], [])
    placed = list(resources(path, found))
    near = (around or Surroundings()).with_file(placed)
    for place, resource in placed:
        if resource.get("resourceType") != "DiagnosticReport":
            continue
        source = f"{path}: DiagnosticReport {resource.get('id') or place}"
        try:
            found.records.append(_record(resource, near, source))
        except ValueError as error:
            found.left_out.append(LeftOut(source, str(error)))
    if not found.records and not found.left_out:
        kinds = sorted({str(resource.get("resourceType") or "no resource") for _, resource in placed})
        raise ValueError(f"holds no DiagnosticReport, only {', '.join(kinds) or 'nothing'}")
    return found


def _record(resource: Resource, around: Surroundings, source: str) -> ReportRecord:
    codes = [code for category in listed(resource, "category") for code in _codes(category)]
    if codes and all(_OTHER_SECTIONS.fullmatch(code) for code in codes):
        raise ValueError(f"is of category {', '.join(codes)}, not of radiology")
    status = fhir_status(str(resource.get("status") or ""))
    cancelled = status == "cancelled"
    read = ReportText("", "utf-8", "plain") if cancelled else _text(resource, around)
    accession, others = _numbers(resource, around)
    return ReportRecord(
        text=read.text.strip(),
        accession_number=accession,
        study_uid=_study_uid(resource, around),
        patient_id=_patient_id(resource, around),
        examined_at=moment_or_none(_effective(resource)),
        reported_at=moment_or_none(str(resource.get("issued") or "")),
        status=status,
        source=source,
        encoding=read.encoding,
        format=read.format,
        other_numbers=others,
        mended=read.mended,
    )


def _text(resource: Resource, around: Surroundings) -> ReportText:
    """What is attached, with the conclusion below it unless it is in there already; else what is written elsewhere."""
    attachments, conclusion = listed(resource, "presentedForm"), str(resource.get("conclusion") or "").strip()
    if not attachments and not conclusion:
        return text_elsewhere(resource, around)
    if conclusion and not any(map(may_be_text, attachments)):
        read = plain_report(conclusion, encoding="utf-8")
        said = "" if not attachments else "only the conclusion is read: the report itself is attached as no text"
        return replace(read, mended=read.mended or said)
    attached = attached_text(attachments, around)
    if not conclusion:
        return attached
    ending = plain_report(conclusion, encoding="utf-8").text.strip()
    if _SPACE.sub(" ", ending) in _SPACE.sub(" ", attached.text):
        return attached
    whole = f"{attached.text.rstrip()}\n\nConclusion:\n{ending}"
    return ReportText(whole, attached.encoding, attached.format, attached.mended)


def _effective(resource: Resource) -> str:
    period = resource.get("effectivePeriod")
    return str(resource.get("effectiveDateTime") or (period.get("start") if isinstance(period, dict) else "") or "")


def _numbers(resource: Resource, around: Surroundings) -> tuple[str, tuple[str, ...]]:
    """The accession number by its type ACSN, and identifiers without a type, which may be one."""
    orders = [*listed(resource, "basedOn"), *_studies(resource)]
    holders = [resource, *(around.resolve(order, within=resource) for order in orders)]
    identifiers = [each for holder in holders for each in _identifiers(holder)]
    identifiers += [order["identifier"] for order in orders if isinstance(order.get("identifier"), dict)]
    marked = [_value(each) for each in identifiers if "ACSN" in _codes(each.get("type"))]
    plain = [_value(each) for each in identifiers if not each.get("type") and not _is_uid(each)]
    distinct = list(dict.fromkeys(filter(None, marked)))
    if len(distinct) > 1:
        raise ValueError(f"has several accession numbers: {', '.join(distinct)}")
    others = tuple(number for number in dict.fromkeys(filter(None, plain)) if number not in distinct)
    return (distinct[0] if distinct else ""), others


def _studies(resource: Resource) -> Sequence[Resource]:
    """References to studies: ``imagingStudy`` in R4, ``study`` in R5."""
    return [*listed(resource, "imagingStudy"), *listed(resource, "study")]


def _study_uid(resource: Resource, around: Surroundings) -> str:
    identifiers = [
        each for study in _studies(resource) for each in _identifiers(around.resolve(study, within=resource))
    ]
    identifiers += [study["identifier"] for study in _studies(resource) if isinstance(study.get("identifier"), dict)]
    identifiers += _identifiers(resource)
    uids = dict.fromkeys(match[1] for each in identifiers if _is_uid(each) and (match := _UID.fullmatch(_value(each))))
    if len(uids) > 1:
        raise ValueError(f"is about several studies: {', '.join(uids)}")
    return next(iter(uids), "")


def _is_uid(identifier: Resource) -> bool:
    return identifier.get("system") == "urn:dicom:uid" or _value(identifier).startswith("urn:oid:")


def _patient_id(resource: Resource, around: Surroundings) -> str:
    """The hospital's own number (type MR) of the patient, else the first; else what the reference says."""
    subject = resource.get("subject")
    identifiers = _identifiers(around.resolve(subject, within=resource))
    if isinstance(subject, dict) and isinstance(subject.get("identifier"), dict):
        identifiers = [subject["identifier"], *identifiers]
    own = [each for each in identifiers if "MR" in _codes(each.get("type"))]
    for identifier in (*own, *identifiers):
        if _value(identifier):
            return _value(identifier)
    return written_reference(subject).rpartition("/")[2] if written_reference(subject).startswith("Patient/") else ""


def _identifiers(resource: Resource) -> list[Resource]:
    return listed(resource, "identifier")


def _value(identifier: Resource) -> str:
    return str(identifier.get("value") or "").strip()


def _codes(concept: object) -> list[str]:
    """The codes of a CodeableConcept."""
    return [str(coding.get("code") or "") for coding in listed(concept, "coding")] if isinstance(concept, dict) else []
