"""Tables of reports, CSV or Excel alike: rows by column name with their places, and rows that cannot be read."""

import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import InvalidFileException

from glsmed.client.imports.report_record import LeftOut
from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.inputs.tables.table import Row, read_table

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell, MergedCell

_WORKBOOKS = (".xlsx", ".xlsm")
_EXACT_DIGITS = 15  # a spreadsheet keeps so many digits of a number


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table read as far as it can be.

    Attributes:
        columns: their names in the file's order.
        rows: place and values by column, stripped; a place is the file with its line, or sheet and row.
        left_out: rows that are broken.
        encoding: of the file.
    """

    columns: Sequence[str]
    rows: Sequence[tuple[str, Row]]
    left_out: Sequence[LeftOut]
    encoding: str


def read_report_table(path: Path) -> ReportTable:
    """The table in a CSV, TSV or Excel file.

    Raises:
        ValueError: in plain words, without the file's name; it is no table, or its encoding is in doubt.
        OSError: it cannot be read.
    """
    if path.suffix.lower() in _WORKBOOKS:
        return _read_workbook(path)
    try:
        table = read_table(path, required=())
    except ConfigurationError as error:
        raise ValueError("; ".join(fault.message for fault in error.faults)) from None
    rows = [(f"{path}:{line}", row) for line, row in table.rows]
    left_out = [LeftOut(f"{path}:{fault.line}", fault.message) for fault in table.faults]
    return ReportTable(list(rows[0][1]) if rows else [], rows, left_out, table.encoding)


def _read_workbook(path: Path) -> ReportTable:
    (title, cells), *others = _filled_sheets(path)
    if others:
        named = ", ".join([title, *(other for other, _ in others)])
        raise ValueError(f"has several sheets with values ({named}): keep one, or save the one as CSV")
    header, *body = [(number, row) for number, row in enumerate(cells, 1) if any(row)]
    names = [name for name in header[1] if name]
    if len(set(names)) < len(names):
        raise ValueError(f"has a column twice in row {header[0]}: {', '.join(names)}")
    rows = [(f"{path}: {title}, row {number}", _by_name(header[1], row)) for number, row in body]
    if not rows:
        raise ValueError("has no rows below its header")
    return ReportTable(names, rows, (), "utf-8")


def _by_name(header: Sequence[str], row: Sequence[str]) -> Mapping[str, str]:
    return {name: value for name, value in zip(header, row, strict=False) if name}


def _filled_sheets(path: Path) -> Sequence[tuple[str, Sequence[Sequence[str]]]]:
    """Title and cells of every sheet that has any value."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations, which are not read
            workbook = load_workbook(path, read_only=True, data_only=True)
            sheets = [
                (each.title, [[_cell_text(cell) for cell in row] for row in each.iter_rows()]) for each in workbook
            ]
            workbook.close()
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError):
        raise ValueError(
            "is no Excel workbook, is damaged or locked with a password: save it as CSV in UTF-8"
        ) from None
    filled = [(title, rows) for title, rows in sheets if any(any(row) for row in rows)]
    if not filled:
        raise ValueError("has no rows")
    return filled


def _cell_text(cell: "Cell | MergedCell") -> str:
    value = cell.value
    if isinstance(value, datetime | date | time):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number_text(value, str(getattr(cell, "number_format", "")))
    return "" if value is None else unescape(str(value)).strip()


def _number_text(value: float, shown_as: str) -> str:
    """A number as its sheet shows it: no decimal point, and the zeros that its format puts in front.

    A number whose last digits Excel has lost is written as one, so that it counts as spoiled.
    """
    if not float(value).is_integer():
        return str(value)
    if abs(value) >= 10**_EXACT_DIGITS:
        return f"{value:.14E}"
    return str(int(value)).zfill(len(shown_as) if shown_as and not shown_as.strip("0") else 0)
