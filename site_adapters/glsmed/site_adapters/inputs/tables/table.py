"""A table with a header: rows by column name, what was tolerated, and what is wrong with it."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.site_adapters.inputs.tables.decoding import decode_table
from glsmed.site_adapters.inputs.tables.header import Header, canonical, read_header
from glsmed.site_adapters.inputs.tables.records import Broken, Record, lines_of, parse_records
from glsmed.site_adapters.inputs.tables.swallowed_rows import RowShapes

Row = Mapping[str, str]
IsHeader = Callable[[Sequence[str]], bool]

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_WORKBOOKS = {b"PK\x03\x04": "an Excel workbook or another ZIP archive", b"\xd0\xcf\x11\xe0": "an old Excel workbook"}
_LOOKED_AHEAD = 10  # lines in which the header may stand
_SEP_LINE = re.compile(r'"?sep=(.)"?[\s,;]*$', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file read as far as it can be.

    Attributes:
        rows: line and values of each row without a fault, the values stripped; blank rows are left out.
        faults: what is wrong with single rows.
        notes: what was tolerated: another encoding or separator, blank rows, extra columns.
        encoding: what the file was read with.
    """

    rows: Sequence[tuple[int, Row]]
    faults: Sequence[Fault]
    notes: Sequence[Fault]
    encoding: str


@dataclass(slots=True)
class _Rows:
    """Rows while they are gathered."""

    path: Path
    header: Header
    shapes: RowShapes
    rows: list[tuple[int, Row]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    blank: int = 0

    def add(self, record: Record | Broken) -> None:
        """Take one record into the rows, the faults or the count of blank rows."""
        if isinstance(record, Broken):
            self.faults.append(Fault(str(self.path), record.message, line=record.line))
            return
        cells = list(map(str.strip, record.cells))
        if not any(cells):
            self.blank += bool(cells)  # a line without any separator is no row
        elif problem := self._problem(record, cells):
            self.faults.append(Fault(str(self.path), problem, line=record.line))
        else:
            self.rows.append((record.line, self.header.row(cells)))

    def _problem(self, record: Record, cells: Sequence[str]) -> str:
        width = len(self.header.names)
        if self.header.is_repeated_by(cells):
            return "repeats the header: two tables in one file? take this line away"
        if any(cells[width:]):
            return f"has more values than the {width} columns of the header"
        if swallowed := self.shapes.rows_within(record.cells):
            return (
                f"a quoted cell that opens here holds {swallowed} line(s) that look like rows of this table: "
                "was a quote left open?"
            )
        return ""


def read_table(
    path: Path, *, required: Sequence[str], optional: Sequence[str] = (), is_header: IsHeader | None = None
) -> Table:
    """The table with all its rows.

    Args:
        path: the CSV file.
        required: columns that must be there.
        optional: columns that have a meaning; further ones are kept and noted.
        is_header: whether cells can be the names of its columns, where these are not known by name; lines of a title
            above them are left away.

    Raises:
        ConfigurationError: the file is missing, in no encoding that can be told, empty, or its header does not fit.
    """
    text, encoding = _content(path)
    lines = lines_of(text)
    separator, skipped = _separator(lines, required) if is_header is None else _below_titles(lines, is_header)
    records = list(parse_records(lines[skipped:], separator, first_line=skipped + 1))
    header, body = read_header(path, records, required=required, optional=optional)
    gathered = _Rows(path, header, RowShapes([one.cells for one in body if isinstance(one, Record)], separator))
    for record in body:
        gathered.add(record)
    gathered.faults.extend(_nul_faults(path, lines))
    if not gathered.rows and not gathered.faults:
        raise ConfigurationError([Fault(str(path), "has no rows", line=header.line)])
    notes = [*_format_notes(path, encoding, separator), *header.notes, *_blank_notes(path, gathered.blank)]
    return Table(gathered.rows, gathered.faults, notes, encoding)


def _content(path: Path) -> tuple[str, str]:
    try:
        raw = path.read_bytes()
        _refuse_workbook(raw)
        decoded = decode_table(raw)
    except OSError as error:
        raise ConfigurationError([Fault(str(path), f"cannot be read: {error.strerror}")]) from None
    except ValueError as error:
        raise ConfigurationError([Fault(str(path), str(error))]) from None
    return decoded.text, decoded.encoding


def _refuse_workbook(raw: bytes) -> None:
    for mark, what in _WORKBOOKS.items():
        if raw.startswith(mark):
            raise ValueError(f"is {what}, not a CSV table: save the sheet as CSV UTF-8")


def _separator(lines: Sequence[str], required: Sequence[str]) -> tuple[str, int]:
    """The sign between columns, and how many lines stand before the table."""
    if lines and (match := _SEP_LINE.match(lines[0])):
        return match[1], 1
    first = next((line for line in lines if line.strip(" \r\n\t,;|")), "")
    return max(SEPARATORS, key=lambda sign: _columns_found(first, sign, required)), 0


def _below_titles(lines: Sequence[str], is_header: IsHeader) -> tuple[str, int]:
    """The sign between columns, and how many lines stand before the first that can be the header."""
    for skipped, line in enumerate(lines[:_LOOKED_AHEAD]):
        for sign in SEPARATORS:
            if is_header([cell.strip() for cell in next(csv.reader([line], delimiter=sign), [])]):
                return sign, skipped
    return _separator(lines, ())


def _columns_found(line: str, separator: str, required: Sequence[str]) -> tuple[int, int]:
    cells = next(csv.reader([line], delimiter=separator), [])
    named = {canonical(cell) for cell in cells}
    return sum(name in named for name in required), len(cells)


def _nul_faults(path: Path, lines: Sequence[str]) -> Iterator[Fault]:
    holding = [number for number, line in enumerate(lines, 1) if "\0" in line]
    if holding:
        message = f"holds a NUL character, as do {len(holding)} line(s) in all: the file is damaged, export it again"
        yield Fault(str(path), message, line=holding[0])


def _format_notes(path: Path, encoding: str, separator: str) -> Iterator[Fault]:
    if encoding != "utf-8":
        yield Fault(str(path), f"is not UTF-8: read as {encoding}")
    if separator != ",":
        yield Fault(str(path), f"has {SEPARATORS.get(separator, repr(separator))} between its columns: read so")


def _blank_notes(path: Path, blank: int) -> Iterator[Fault]:
    if blank:
        yield Fault(str(path), f"{blank} blank row(s) left out")
