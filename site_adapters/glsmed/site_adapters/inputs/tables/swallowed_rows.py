"""Rows that an open quote has drawn into a cell: told by their likeness to the rows around them."""

import csv
import re
from collections.abc import Sequence
from functools import cached_property

_DIGITS, _LETTERS = re.compile(r"\d+"), re.compile(r"[^\W\d_]+")
_COMPARED = 2  # leading columns: prose may have as many commas, but not two identifiers in front
_LONGEST_IDENTIFIER = 64


class RowShapes:
    """What the first cells of a table's rows look like, digits and letters aside.

    Args:
        rows: the cells of all records, the header left out.
        separator: the sign between columns.
    """

    def __init__(self, rows: Sequence[Sequence[str]], separator: str) -> None:
        self._separator = separator
        self._rows = rows
        self._width = max(map(len, rows), default=0)

    @cached_property
    def _shapes(self) -> frozenset[tuple[str, ...]]:
        """Of the rows of one line; made when it is first asked for, since most tables never need it."""
        return frozenset(_shape(cells) for cells in self._rows if not _has_line_break(cells))

    def rows_within(self, cells: Sequence[str]) -> int:
        """How many lines inside the cells of a record look like rows of their own."""
        if not _has_line_break(cells):
            return 0
        inner = (line for cell in cells if "\n" in cell or "\r" in cell for line in cell.splitlines()[1:])
        return sum(map(self._looks_like_a_row, inner))

    def _looks_like_a_row(self, line: str) -> bool:
        if line.count(self._separator) < self._width - 1:
            return False
        cells = next(csv.reader([line], delimiter=self._separator), [])
        leading = cells[:_COMPARED]
        if any(not cell or len(cell) > _LONGEST_IDENTIFIER or cell != cell.strip() for cell in leading):
            return False
        if not self._shapes:  # every row was swallowed
            return not any(" " in cell for cell in leading)
        return _shape(cells) in self._shapes


def _has_line_break(cells: Sequence[str]) -> bool:
    text = "".join(cells)
    return "\n" in text or "\r" in text


def _shape(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(_LETTERS.sub("a", _DIGITS.sub("9", cell)) for cell in cells[:_COMPARED])
