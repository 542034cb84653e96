"""Reports as files of text: what their names say, and the text within."""

import re
from pathlib import Path

from glsmed.client.imports.report_record import ReportRecord
from glsmed.client.imports.reports.moments import moment
from glsmed.shared.errors import UsageError
from glsmed.site_adapters.inputs.report_text import read_report_text

_NAMED = ("accession_number", "study_uid", "patient_id", "examined_at")
_UID = re.compile(r"[0-9]+(?:\.[0-9]+){3,}")
_SUFFIX = re.compile(r"\.(?:txt|text|html?|rtf|xml|cda|md)", re.IGNORECASE)


def check_names(names: re.Pattern[str] | None) -> None:
    """Raise a UsageError where the groups of ``--report-names`` are not those that a name can say."""
    groups = set() if names is None else set(names.groupindex)
    if names is not None and (not groups or groups - set(_NAMED)):
        got = ", ".join(sorted(groups - set(_NAMED))) or "none"
        raise UsageError(f"--report-names {names.pattern}: expected named groups of {', '.join(_NAMED)}, got {got}")


def report_in_text(path: Path, names: re.Pattern[str] | None) -> ReportRecord:
    """The report in one file of plain text, HTML, RTF or CDA.

    Args:
        path: the file.
        names: what its path says, as named groups; without it, the name before the suffix is the study UID where it
            has the form of one, else the accession number.

    Raises:
        ValueError: in plain words, without the file's name.
        OSError: it cannot be read.
    """
    said = _said(path, names)
    read = read_report_text(path.read_bytes(), name="")
    if not read.text.strip():
        raise ValueError("holds no text")
    return ReportRecord(
        text=read.text.strip(),
        accession_number=said.get("accession_number", ""),
        study_uid=said.get("study_uid", ""),
        patient_id=said.get("patient_id", ""),
        examined_at=moment(said.get("examined_at", "")),
        source=str(path),
        encoding=read.encoding,
        format=read.format,
        mended=read.mended,
    )


def _said(path: Path, names: re.Pattern[str] | None) -> dict[str, str]:
    if names is None:
        stem = path.stem if _SUFFIX.fullmatch(path.suffix) else path.name
        return {"study_uid" if _UID.fullmatch(stem) else "accession_number": stem}
    match = names.search(path.as_posix())
    if match is None:
        raise ValueError(f"its path does not fit {names.pattern}")
    return {name: (value or "").strip() for name, value in match.groupdict().items()}
