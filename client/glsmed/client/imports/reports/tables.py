"""Tables of reports, CSV or Excel alike: rows by column name with their places, and rows that cannot be read."""

import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import InvalidFileException

from glsmed.client.imports.report_record import LeftOut
from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.inputs.tables.table import Row, read_table

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell, MergedCell

_WORKBOOKS = (".xlsx", ".xlsm")
_LOOKED_AHEAD = 10  # rows in which the header may stand
_EXACT_DIGITS = 15  # a spreadsheet keeps so many digits of a number


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table read as far as it can be.

    Attributes:
        columns: their names in the file's order.
        rows: place and values by column, stripped; a place is the file with its line, or sheet and row.
        left_out: rows that are broken.
        encoding: of the file.
        day_zero: from which a workbook counts days, where its dates are numbers.
    """

    columns: Sequence[str]
    rows: Sequence[tuple[str, Row]]
    left_out: Sequence[LeftOut]
    encoding: str
    day_zero: datetime | None = None


class ColumnNames(Protocol):
    """What is known of the names of columns."""

    def is_known(self, name: str) -> bool:
        """Whether a cell is the name of a column that has a meaning."""
        ...

    def fit(self, names: Sequence[str]) -> bool:
        """Whether a row of cells can be the header of a table of reports."""
        ...


def read_report_table(path: Path, known: ColumnNames) -> ReportTable:
    """The table in a CSV, TSV or Excel file.

    Args:
        path: the file.
        known: names of columns, by which the header is found; titles above it are left away.

    Raises:
        ValueError: in plain words, without the file's name; it is no table, or its encoding is in doubt.
        OSError: it cannot be read.
    """
    if path.suffix.lower() in _WORKBOOKS:
        return _read_workbook(path, known)
    try:
        table = read_table(path, required=(), is_header=known.fit)
    except ConfigurationError as error:
        raise ValueError("; ".join(fault.message for fault in error.faults)) from None
    rows = [(f"{path}:{line}", row) for line, row in table.rows]
    left_out = [LeftOut(f"{path}:{fault.line}", fault.message) for fault in table.faults]
    return ReportTable(list(rows[0][1]) if rows else [], rows, left_out, table.encoding)


def _read_workbook(path: Path, known: ColumnNames) -> ReportTable:
    """The one sheet that has a table of reports."""
    sheets, day_zero = _filled_sheets(path)
    fitting = [(title, cells, header) for title, cells in sheets if (header := _header(cells, known))]
    if len(fitting) > 1 or (len(sheets) > 1 and not fitting):
        named = ", ".join(title for title, _ in sheets)
        raise ValueError(f"has several sheets with values ({named}): keep one, or save the one as CSV")
    title, cells, (names, first) = fitting[0] if fitting else (*sheets[0], _first_filled(sheets[0][1]))
    _refuse_doubled(names, first)
    rows = [
        (f"{path}: {title}, row {number}", _by_name(names, row))
        for number, row in enumerate(cells[first:], first + 1)
        if any(row)
    ]
    if not rows:
        raise ValueError("has no rows below its header")
    others = [LeftOut(f"{path}: {other}", "is a sheet without reports") for other, _ in sheets if other != title]
    return ReportTable(list(filter(None, names)), rows, others, "utf-8", day_zero)


def _refuse_doubled(names: Sequence[str], row: int) -> None:
    written = [name for name in names if name]
    if len(set(written)) < len(written):
        raise ValueError(f"has a column twice in row {row}: {', '.join(written)}")


def _header(cells: Sequence[Sequence[str]], known: ColumnNames) -> tuple[Sequence[str], int] | None:
    """Names of columns among a sheet's first rows, and where the rows below begin; titles may stand above."""
    filled = [place for place, row in enumerate(cells) if any(row)][:_LOOKED_AHEAD]
    for place in filled:
        below = cells[place + 1] if place + 1 < len(cells) else ()
        if sum(map(known.is_known, below)) > 1:
            names = _grouped(cells[place], below, known)
            if known.fit(names):
                return names, place + 2
        if known.fit(cells[place]):
            return cells[place], place + 1
    return None


def _grouped(groups: Sequence[str], names: Sequence[str], known: ColumnNames) -> Sequence[str]:
    """Names of columns below merged cells with the names of groups: "Patient" over "ID" is the patient's ID."""
    whole: list[str] = []
    group = ""
    for above, name in zip_longest(groups, names, fillvalue=""):
        group = above or group
        both = f"{group} {name}".strip()
        whole.append(both if not known.is_known(name) and known.is_known(both) else name or above)
    return whole


def _first_filled(cells: Sequence[Sequence[str]]) -> tuple[Sequence[str], int]:
    return next((row, place + 1) for place, row in enumerate(cells) if any(row))


def _by_name(header: Sequence[str], row: Sequence[str]) -> Mapping[str, str]:
    return {name: value for name, value in zip(header, row, strict=False) if name}


def _filled_sheets(path: Path) -> tuple[Sequence[tuple[str, Sequence[Sequence[str]]]], datetime]:
    """Title and cells of every sheet that has any value, and the day from which its numbers count."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations, which are not read
            workbook = load_workbook(path, read_only=True, data_only=True)
            sheets = [
                (each.title, [[_cell_text(cell) for cell in row] for row in each.iter_rows()])
                for each in workbook.worksheets
            ]
            day_zero = workbook.epoch
            workbook.close()
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError):
        raise ValueError(
            "is no Excel workbook, is damaged or locked with a password: save it as CSV in UTF-8"
        ) from None
    filled = [(title, rows) for title, rows in sheets if any(any(row) for row in rows)]
    if not filled:
        raise ValueError("has no rows")
    return filled, day_zero


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
