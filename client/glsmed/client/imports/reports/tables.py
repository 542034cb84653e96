"""CSV, TSV and Excel files as rows with their places; what a spreadsheet has done to numbers is named."""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import InvalidFileException

from glsmed.site_adapters.inputs.report_bytes.encodings import decode
from glsmed.site_adapters.inputs.report_bytes.mojibake import mend

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell, MergedCell

_SEPARATORS = ",;\t|"
_NAMED_SEPARATOR = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
_FORMULA = re.compile(r'="(.*)"')  # how exports keep a spreadsheet from reading a number
_LONGEST_FIELD = 10_000_000
_DIGITS_OF_A_NUMBER = 15  # more than these are lost in a spreadsheet
_ONLY_ZEROS = re.compile(r"0+")
_LOST_NUMBER = "#"  # begins the text of a cell that holds an error of Excel


@dataclass(frozen=True, slots=True)
class Table:
    """A table as text.

    Attributes:
        header: names of the columns, stripped.
        rows: place in the file and values, filled up to the header's length; rows without any value are left out.
        encoding: of the file's bytes.
    """

    header: tuple[str, ...]
    rows: Sequence[tuple[str, tuple[str, ...]]]
    encoding: str


def read_table(path: Path) -> Table:
    """The table in a file whose name ends in csv, tsv, tab, txt or xlsx.

    Raises:
        ValueError: in plain words; it is no table, is damaged, or its encoding is in doubt.
        OSError: it cannot be read.
    """
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return _read_workbook(path)
    decoded = decode(path.read_bytes())
    text, _ = mend(decoded.text.removeprefix("\ufeff"))
    separator, text = _separator(text)
    lines = list(_delimited(text, separator))
    return _table(lines, decoded.encoding)


def _separator(text: str) -> tuple[str, str]:
    """The sign between columns, as the first line says or shows, and the table without such a line."""
    if match := _NAMED_SEPARATOR.match(text):
        return match.group(1), text[match.end() :]
    first = _QUOTED.sub("", text.lstrip("\r\n").split("\n", 1)[0])
    return max(_SEPARATORS, key=first.count), text


def _delimited(text: str, separator: str) -> Iterator[tuple[str, list[str]]]:
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    start = 1
    try:
        for row in reader:
            yield str(start), [_FORMULA.sub(r"\1", value.strip()) for value in row]
            start = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(
            f"is no table from line {start} on: {error}; a quote is open, or stands within a text"
        ) from None


def _table(lines: Sequence[tuple[str, list[str]]], encoding: str) -> Table:
    filled = [(place, values) for place, values in lines if any(values)]
    if not filled:
        raise ValueError("has no rows")
    header = tuple(name.strip() for name in filled[0][1])
    while header and not header[-1]:
        header = header[:-1]
    rows = [(place, _fitted(place, values, len(header))) for place, values in filled[1:]]
    if not rows:
        raise ValueError("has no rows below its header")
    return Table(header, rows, encoding)


def _fitted(place: str, values: list[str], width: int) -> tuple[str, ...]:
    if any(values[width:]):
        raise ValueError(f"line {place} has more values than the {width} columns of the header: is a text not quoted?")
    return (*values, *[""] * (width - len(values)))[:width]


def _read_workbook(path: Path) -> Table:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations that are not read
            workbook = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError):
        raise ValueError(
            "is no Excel workbook (.xlsx), or is locked with a password: save it as CSV in UTF-8"
        ) from None
    try:
        sheets = {sheet.title: [[_cell_text(cell) for cell in row] for row in sheet.iter_rows()] for sheet in workbook}
    finally:
        workbook.close()
    filled = {title: rows for title, rows in sheets.items() if any(any(row) for row in rows)}
    if len(filled) != 1:
        raise ValueError(f"expected one sheet with values, got {', '.join(filled) or 'none'}: save the one as CSV")
    ((title, rows),) = filled.items()
    return _table([(f"{title}!{number}", row) for number, row in enumerate(rows, 1)], "utf-8")


def _cell_text(cell: "Cell | MergedCell") -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime | date | time):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return unescape(str(value)).strip()
    return _number_text(value, str(getattr(cell, "number_format", "")))


def _number_text(value: float, shown_as: str) -> str:
    """A number as its sheet shows it: without a decimal point, and with the zeros that its format puts before it."""
    text = str(int(value)) if float(value).is_integer() else str(value)
    if len(text.lstrip("-")) > _DIGITS_OF_A_NUMBER and float(value).is_integer():
        return f"{_LOST_NUMBER}{text}"
    return text.zfill(len(shown_as)) if _ONLY_ZEROS.fullmatch(shown_as) else text
