"""Which column of a table is what: by the names that hospitals give, or as the command line says."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from glsmed.client.imports.report_record import FoundReports, LeftOut, ReportRecord
from glsmed.client.imports.reports.moments import moment
from glsmed.client.imports.reports.statuses import status_in_words
from glsmed.client.imports.reports.tables import Table, read_table
from glsmed.shared.errors import UsageError
from glsmed.shared.files.documents import did_you_mean
from glsmed.site_adapters.inputs.report_text import plain_report

Columns = Mapping[str, tuple[str, ...]]  # names of columns by what they hold

FIELDS = ("text", "accession_number", "study_uid", "patient_id", "examined_at", "reported_at", "status")
_IDENTIFIERS = ("accession_number", "study_uid", "patient_id")
_KNOWN: Mapping[str, str] = {
    "text": "text|report|reporttext|radiologyreport|narrative|fulltext|result|resulttext|informe|textodelinforme|"
    "textoinforme|befund|befundtext|bericht|レポート|レポート本文|報告書|読影レポート|本文|読影結果",
    "findings": "findings|finding|hallazgos|befunde|所見|画像所見|読影所見",
    "impression": "impression|impressions|conclusion|conclusions|impresión|impresiondiagnostica|impresióndiagnóstica|"
    "conclusión|beurteilung|診断|画像診断|印象|結論|インプレッション",
    "accession_number": "accession|accessionnumber|accessionno|acc|accno|accnumber|acsn|accessionid|número|"
    "numerodeacceso|númerodeacceso|nacceso|anforderungsnummer|auftragsnummer|accessionnummer|untersuchungsnummer|"
    "受付番号|オーダ番号|オーダー番号|検査番号|アクセッション番号",
    "study_uid": "studyuid|studyinstanceuid|studyinstance|suid|検査インスタンスuid|検査uid",
    "patient_id": "patientid|patient|mrn|pid|patid|patientennummer|patientnumber|patientenid|nhc|historia|"
    "historiaclinica|historiaclínica|idpaciente|患者id|患者番号|診察券番号",
    "examined_at": "examdate|examined|examinedat|studydate|acquiredon|date|fecha|fechaestudio|fechadelestudio|datum|"
    "untersuchungsdatum|検査日|撮影日|検査日時|実施日",
    "reported_at": "reportdate|reported|reportedat|reporteddate|signedat|fechainforme|fechadelinforme|befunddatum|"
    "読影日|報告日|報告日時|確定日時",
    "status": "status|reportstatus|estado|estadodelinforme|befundstatus|ステータス|状態",
}
_BY_NAME = {name: field for field, names in _KNOWN.items() for name in names.split("|")}
_HEADED = ("findings", "impression")  # parts of a report in columns of their own, in this order
_SPOILED = re.compile(r"#.*|-?\d(?:[.,]\d+)?[eE]\+\d+|nan|none|null|n/a", re.IGNORECASE)


def parse_columns(options: Sequence[str]) -> Columns:
    """What ``--report-column FIELD=NAME`` says; a field with several columns has them in this order.

    Raises:
        UsageError: an option is not of that form, or names an unknown field.
    """
    columns: dict[str, tuple[str, ...]] = {}
    for option in options:
        field, sign, name = option.partition("=")
        if not sign or not name.strip():
            raise UsageError(f"--report-column {option}: expected FIELD=NAME, for instance text=Befund")
        if field.strip() not in FIELDS:
            hint = did_you_mean(field.strip(), FIELDS)
            raise UsageError(f"--report-column {option}: expected one of {', '.join(FIELDS)} before the sign{hint}")
        columns[field.strip()] = (*columns.get(field.strip(), ()), name.strip())
    return columns


def reports_in_table(path: Path, columns: Columns) -> FoundReports:
    """One report for each row.

    Raises:
        ValueError: in plain words; it is no table, or no column holds the text or an identifier.
        OSError: the file cannot be read.
    """
    table = read_table(path)
    places = _places(table.header, columns)
    found = FoundReports([], [])
    for place, values in table.rows:
        source = f"{path}:{place}"
        try:
            found.records.append(_record(values, places, table, source))
        except ValueError as error:
            found.left_out.append(LeftOut(source, str(error)))
    return found


def _places(header: Sequence[str], columns: Columns) -> Mapping[str, Sequence[int]]:
    """Positions of columns by what they hold."""
    _check_asked(header, columns)
    places = {field: [header.index(name) for name in names] for field, names in columns.items()}
    for field, found in _recognised(header).items():
        if field not in columns and not (field in _HEADED and "text" in columns):
            if len(found) > 1:
                names = ", ".join(header[place] for place in found)
                raise ValueError(
                    f"has several columns that could be {field}: {names}; say --report-column {field}=NAME"
                )
            places[field] = found
    if "text" not in places and not any(part in places for part in _HEADED):
        raise ValueError(f"has no column of reports: say --report-column text=NAME; it has {', '.join(header)}")
    if not any(field in places for field in _IDENTIFIERS):
        raise ValueError(
            f"has no column to join by: say --report-column accession_number=NAME (or study_uid, patient_id); it has "
            f"{', '.join(header)}"
        )
    return places


def _check_asked(header: Sequence[str], columns: Columns) -> None:
    for field, names in columns.items():
        for name in names:
            if header.count(name) != 1:
                count = "several columns" if name in header else "no column"
                raise ValueError(
                    f"has {count} {name!r} for {field}{did_you_mean(name, header)}; it has {', '.join(header)}"
                )


def _recognised(header: Sequence[str]) -> Mapping[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, name in enumerate(header):
        if field := _BY_NAME.get(_bare(name)):
            places.setdefault(field, []).append(place)
    return places


def _bare(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


def _record(values: Sequence[str], places: Mapping[str, Sequence[int]], table: Table, source: str) -> ReportRecord:
    said = {field: values[found[0]] for field, found in places.items() if field not in ("text", *_HEADED)}
    for field in _IDENTIFIERS:
        if _SPOILED.fullmatch(said.get(field, "")):
            raise ValueError(f"{field} {said[field].lstrip('#')!r} was spoiled by a spreadsheet: export it as text")
    if not any(said.get(field) for field in _IDENTIFIERS):
        raise ValueError("has no accession number, study UID or patient identifier")
    written = "\n".join(_written(values, places, table.header))
    if not written:
        raise ValueError("has no report text")
    read = plain_report(written, encoding=table.encoding)
    return ReportRecord(
        text=read.text.strip(),
        accession_number=said.get("accession_number", ""),
        study_uid=said.get("study_uid", ""),
        patient_id=said.get("patient_id", ""),
        examined_at=moment(said.get("examined_at", "")),
        reported_at=moment(said.get("reported_at", "")),
        status=status_in_words(said.get("status", "")),
        source=source,
        encoding=read.encoding,
        format=read.format,
        mended=read.mended,
    )


def _written(values: Sequence[str], places: Mapping[str, Sequence[int]], header: Sequence[str]) -> Iterator[str]:
    """The text, and parts that have columns of their own under the names of these."""
    texts = places.get("text", ())
    for place in texts:
        if values[place]:
            yield f"{header[place]}:\n{values[place]}" if len(texts) > 1 else values[place]
    for part in _HEADED:
        for place in places.get(part, ()):
            if values[place] and values[place] not in (values[text] for text in texts):
                yield f"{header[place]}:\n{values[place]}"
