"""Which column of a table is what: by the names that hospitals give, or as the command line says."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from glsmed.client.imports.report_record import FoundReports, LeftOut, ReportRecord
from glsmed.client.imports.reports.moments import DayPlace, TwoDatesError, day_place, moment
from glsmed.client.imports.reports.statuses import status_in_words
from glsmed.client.imports.reports.tables import ReportTable, read_report_table
from glsmed.shared.errors import UsageError
from glsmed.shared.files.documents import did_you_mean
from glsmed.site_adapters.inputs.report_text import plain_report
from glsmed.site_adapters.inputs.tables.identifiers import spoiled_identifiers
from glsmed.site_adapters.inputs.tables.table import Row

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
_DATES = ("examined_at", "reported_at")
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.\d+)?")  # days since the end of 1899, from 1954 to 2119
_HEADED = ("findings", "impression")  # parts of a report in columns of their own, in this order
_FORMULA = re.compile(r'="(.*)"')  # how exports keep a spreadsheet from reading a number


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
        ValueError: in plain words; it is no table, no column holds the text or an identifier, or zeros of identifiers
            were lost throughout.
        OSError: the file cannot be read.
    """
    table = read_report_table(path, _Names(columns))
    chosen = _chosen(table.columns, columns)
    dates = {field: _dates(field, table, chosen) for field in _DATES}
    found = FoundReports([], list(table.left_out))
    for source, row in table.rows:
        try:
            found.records.append(_record(row, chosen, dates, (table.encoding, source)))
        except ValueError as error:
            found.left_out.append(LeftOut(source, str(error)))
    _refuse_spoiled_columns(found.records)
    return found


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of columns that are known or were asked for."""

    asked: Columns

    def is_known(self, name: str) -> bool:
        return _bare(name) in _BY_NAME or any(name in names for names in self.asked.values())

    def fit(self, names: Sequence[str]) -> bool:
        """Whether there is a column of reports, and one to join by."""
        try:
            _chosen([name for name in names if name], self.asked)
        except ValueError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class _Dates:
    """How a column writes its dates.

    Attributes:
        day: where the day stands, if any date of the column shows it.
        day_zero: of dates that a workbook has as numbers; None where numbers are no dates.
    """

    day: DayPlace | None
    day_zero: datetime | None

    def moment(self, written: str) -> datetime | None:
        """The date in a cell.

        Raises:
            ValueError: it is no date.
            TwoDatesError: it may be two.
        """
        if self.day_zero is not None and (match := _SERIAL.fullmatch(written)):
            return (self.day_zero + timedelta(days=float(match.group()))).replace(microsecond=0)
        return moment(written, day=self.day)


def _dates(field: str, table: ReportTable, chosen: Columns) -> _Dates:
    names = chosen.get(field, ())[:1]
    return _Dates(day_place(row.get(name, "") for name in names for _, row in table.rows), table.day_zero)


def _refuse_spoiled_columns(records: Sequence[ReportRecord]) -> None:
    """What shows in a whole column only: zeros that were lost, digits that were rounded."""
    for field in _IDENTIFIERS:
        for spoiled in spoiled_identifiers([(0, getattr(record, field)) for record in records]):
            raise ValueError(f"{field}: {spoiled.message}")


def _chosen(names: Sequence[str], asked: Columns) -> Columns:
    """The columns by what they hold: as asked, else by the names that are known."""
    _check_asked(names, asked)
    chosen = dict(asked)
    for field, found in _recognised(names).items():
        if field in asked or (field in _HEADED and "text" in asked):
            continue
        if len(found) > 1:
            raise ValueError(
                f"has several columns that could be {field}: {', '.join(found)}; say --report-column {field}=NAME"
            )
        chosen[field] = tuple(found)
    listed = ", ".join(names)
    if not any(part in chosen for part in ("text", *_HEADED)):
        raise ValueError(f"has no column of reports: say --report-column text=NAME; it has {listed}")
    if not any(field in chosen for field in _IDENTIFIERS):
        raise ValueError(f"has no column to join by: say --report-column accession_number=NAME; it has {listed}")
    return chosen


def _check_asked(names: Sequence[str], asked: Columns) -> None:
    for field, wanted in asked.items():
        for name in wanted:
            if name not in names:
                hint = did_you_mean(name, names)
                raise ValueError(f"has no column {name!r} for {field}{hint}; it has {', '.join(names)}")


def _recognised(names: Sequence[str]) -> Mapping[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for name in names:
        if field := _BY_NAME.get(_bare(name)):
            columns.setdefault(field, []).append(name)
    return columns


def _bare(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


def _record(row: Row, chosen: Columns, dates: Mapping[str, _Dates], place: tuple[str, str]) -> ReportRecord:
    said = {field: row.get(names[0], "") for field, names in chosen.items() if field not in ("text", *_HEADED)}
    _check_identifiers(said)
    written = "\n".join(_written(row, chosen))
    if not written:
        raise ValueError("has no report text")
    encoding, source = place
    read = plain_report(written, encoding=encoding)
    examined_at, unclear = _examined_at(said, dates["examined_at"])
    return ReportRecord(
        text=read.text.strip(),
        accession_number=said.get("accession_number", ""),
        study_uid=said.get("study_uid", ""),
        patient_id=said.get("patient_id", ""),
        examined_at=examined_at,
        reported_at=dates["reported_at"].moment(said.get("reported_at", "")),
        status=status_in_words(said.get("status", "")),
        source=source,
        encoding=read.encoding,
        format=read.format,
        mended="; ".join(filter(None, (read.mended, unclear))),
    )


def _examined_at(said: Mapping[str, str], dates: _Dates) -> tuple[datetime | None, str]:
    """The examination's date, or why it is not used: a number of the order or study joins without it."""
    try:
        return dates.moment(said.get("examined_at", "")), ""
    except TwoDatesError as error:
        if not (said.get("accession_number") or said.get("study_uid")):
            raise
        return None, f"its date is not used, since {error}"


def _check_identifiers(said: dict[str, str]) -> None:
    """Take Excel's ``="0012"`` apart, and refuse what a spreadsheet has spoiled."""
    for field in _IDENTIFIERS:
        said[field] = value = _FORMULA.sub(r"\1", said.get(field, ""))
        for spoiled in spoiled_identifiers([(0, value)]):
            raise ValueError(f"{field}: {spoiled.message}")
    if not any(said[field] for field in _IDENTIFIERS):
        raise ValueError("has no accession number, study UID or patient identifier")


def _written(row: Row, chosen: Columns) -> Iterator[str]:
    """The text; several columns, and parts of a report in columns of their own, each below its column's name."""
    texts = chosen.get("text", ())
    for name in texts:
        if row.get(name):
            yield f"{name}:\n{row[name]}" if len(texts) > 1 else row[name]
    for part in _HEADED:
        for name in chosen.get(part, ()):
            if row.get(name) and row[name] not in (row.get(text) for text in texts):
                yield f"{name}:\n{row[name]}"
