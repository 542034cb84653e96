"""Reports in FHIR (R4 and R5): DiagnosticReport alone, in a Bundle, or one resource a line.

Read as JSON rather than with a library of models: those refuse a whole resource for one loose field, and each knows one
release only.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from glsmed.client.imports.report_record import FoundReports, LeftOut, ReportRecord
from glsmed.client.imports.reports.fhir_attachments import attached_text, may_be_text
from glsmed.client.imports.reports.moments import moment_or_none
from glsmed.client.imports.reports.statuses import fhir_status
from glsmed.site_adapters.inputs.report_bytes.encodings import decode
from glsmed.site_adapters.inputs.report_text import ReportText, plain_report

Resource = Mapping[str, Any]

_OTHER_SECTIONS = re.compile(
    r"LAB|HM|CH|MB|BLB|SP|CP|CTH|GE|VR|SR|PHR|PF|PT|OT|ECG|EC|EN|EMG|laboratory", re.IGNORECASE
)
_UID = re.compile(r"(?:urn:oid:)?([0-9]+(?:\.[0-9]+){3,})")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class _Around:
    """Resources that a report may refer to, by every name that a reference can use."""

    named: Mapping[str, Resource]

    def resolve(self, reference: object) -> Resource:
        """What a Reference points at; empty where that is not here."""
        return self.named.get(_reference(reference), {})


def is_fhir(raw: bytes) -> bool:
    """Whether the bytes begin as JSON does."""
    return raw[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe\r\n\t ")[:1] in (b"{", b"[")


def reports_in_fhir(path: Path) -> FoundReports:
    """One report for each DiagnosticReport.

    Raises:
        ValueError: the file is no JSON, or its encoding is in doubt.
        OSError: it cannot be read.
    """
    found = FoundReports([], [])
    resources = list(_resources(path, found))
    around = _Around({name: resource for place, resource in resources for name in _names(place, resource)})
    for place, resource in resources:
        if resource.get("resourceType") != "DiagnosticReport":
            continue
        source = f"{path}: DiagnosticReport {resource.get('id') or place}"
        try:
            found.records.append(_record(resource, around, source))
        except ValueError as error:
            found.left_out.append(LeftOut(source, str(error)))
    if not found.records and not found.left_out:
        raise ValueError("holds no DiagnosticReport")
    return found


def _resources(path: Path, found: FoundReports) -> Iterator[tuple[str, Resource]]:
    """Every resource with its place or full URL: those of Bundles and contained ones too."""
    for place, content in _documents(path, found):
        for number, each in enumerate(content if isinstance(content, list) else [content], 1):
            yield from _unpacked(f"{place}{number}", each)


def _documents(path: Path, found: FoundReports) -> Iterator[tuple[str, Any]]:
    text = decode(path.read_bytes()).text.removeprefix("\ufeff")
    try:
        yield "", json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        if len(lines) == 1 or not _is_whole(lines[0][1]):
            raise ValueError(f"is not JSON: {error}") from None
        for number, line in lines:
            if _is_whole(line):
                yield f"line {number} ", json.loads(line)
            else:
                found.left_out.append(LeftOut(f"{path}:{number}", "is not JSON: it is cut off or damaged"))


def _is_whole(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _unpacked(place: str, resource: Any) -> Iterator[tuple[str, Resource]]:
    if not isinstance(resource, dict):
        return
    if resource.get("resourceType") == "Bundle":
        for number, entry in enumerate(_list(resource, "entry"), 1):
            yield from _unpacked(str(entry.get("fullUrl") or f"{place}.{number}"), entry.get("resource"))
        return
    yield place, resource
    for inner in _list(resource, "contained"):
        yield f"#{inner.get('id')}", inner


def _names(place: str, resource: Resource) -> Iterator[str]:
    yield place
    if resource.get("id"):
        yield f"{resource.get('resourceType')}/{resource['id']}"


def _record(resource: Resource, around: _Around, source: str) -> ReportRecord:
    codes = [code for category in _list(resource, "category") for code in _codes(category)]
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


def _text(resource: Resource, around: _Around) -> ReportText:
    """What is attached, with the conclusion below it unless it is in there already."""
    attachments, conclusion = _list(resource, "presentedForm"), str(resource.get("conclusion") or "").strip()
    if not attachments and not conclusion:
        raise ValueError("has neither presentedForm nor conclusion: there is no report text")
    if conclusion and not any(map(may_be_text, attachments)):
        read = plain_report(conclusion, encoding="utf-8")
        said = "" if not attachments else "only the conclusion is read: the report itself is attached as no text"
        return replace(read, mended=read.mended or said)
    attached = attached_text(attachments, around.named)
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


def _numbers(resource: Resource, around: _Around) -> tuple[str, tuple[str, ...]]:
    """The accession number by its type ACSN, and identifiers without a type, which may be one."""
    orders = [*_list(resource, "basedOn"), *_studies(resource)]
    holders = [resource, *(around.resolve(order) for order in orders)]
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
    return [*_list(resource, "imagingStudy"), *_list(resource, "study")]


def _study_uid(resource: Resource, around: _Around) -> str:
    identifiers = [each for study in _studies(resource) for each in _identifiers(around.resolve(study))]
    identifiers += [study["identifier"] for study in _studies(resource) if isinstance(study.get("identifier"), dict)]
    identifiers += _identifiers(resource)
    uids = dict.fromkeys(match[1] for each in identifiers if _is_uid(each) and (match := _UID.fullmatch(_value(each))))
    if len(uids) > 1:
        raise ValueError(f"is about several studies: {', '.join(uids)}")
    return next(iter(uids), "")


def _is_uid(identifier: Resource) -> bool:
    return identifier.get("system") == "urn:dicom:uid" or _value(identifier).startswith("urn:oid:")


def _patient_id(resource: Resource, around: _Around) -> str:
    """The hospital's own number (type MR) of the patient, else the first; else what the reference says."""
    subject = resource.get("subject")
    identifiers = _identifiers(around.resolve(subject))
    if isinstance(subject, dict) and isinstance(subject.get("identifier"), dict):
        identifiers = [subject["identifier"], *identifiers]
    own = [each for each in identifiers if "MR" in _codes(each.get("type"))]
    for identifier in (*own, *identifiers):
        if _value(identifier):
            return _value(identifier)
    return _reference(subject).rpartition("/")[2] if _reference(subject).startswith("Patient/") else ""


def _reference(reference: object) -> str:
    return str(reference.get("reference") or "") if isinstance(reference, dict) else ""


def _identifiers(resource: Resource) -> list[Resource]:
    return _list(resource, "identifier")


def _value(identifier: Resource) -> str:
    return str(identifier.get("value") or "").strip()


def _codes(concept: object) -> list[str]:
    """The codes of a CodeableConcept."""
    return [str(coding.get("code") or "") for coding in _list(concept, "coding")] if isinstance(concept, dict) else []


def _list(resource: Mapping[str, Any], key: str) -> list[Any]:
    """A list of objects; a single object, which loose senders write, counts as one; anything else is left away."""
    value = resource.get(key)
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, dict)]
