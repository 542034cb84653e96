"""The records of a CSV text, each with the line where it begins; a quote that never closes costs only its own line."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_MOST_BROKEN = 20  # each is looked for from its line to the end of the file
_QUOTED = re.compile(r'"(?:[^"]|"")*+"')


class Record(NamedTuple):
    """The cells of one row, as they were written; ``line`` is where it begins."""

    line: int
    cells: Sequence[str]


class Broken(NamedTuple):
    """A record that cannot be read: what is wrong, and the line where that began."""

    line: int
    message: str


def lines_of(text: str) -> list[str]:
    """The lines with their ends, as a reader of CSV counts them."""
    return list(io.StringIO(text, newline=""))


def parse_records(lines: Sequence[str], separator: str, *, first_line: int = 1) -> Iterator[Record | Broken]:
    """Every record; after a broken one, reading goes on in the next line.

    Args:
        lines: with their ends.
        separator: one character.
        first_line: the number of the first line.
    """
    start = 0
    for _ in range(_MOST_BROKEN):
        begun = 0
        reader = csv.reader(iter(lines[start:]), delimiter=separator, strict=True, skipinitialspace=True)
        try:
            for cells in reader:
                yield Record(first_line + start + begun, cells)
                begun = reader.line_num
        except csv.Error as error:
            place = start + begun
            yield _diagnosis(lines[place:], separator, line=first_line + place, error=str(error))
            start = place + 1
        else:
            return
    yield Broken(first_line + start, f"more than {_MOST_BROKEN} broken quotes: the rest of the file was not read")


def _diagnosis(lines: Sequence[str], separator: str, *, line: int, error: str) -> Broken:
    """What is wrong with the record that begins here, at the line where the guilty quote opens."""
    text = "".join(lines)
    for opened in _opening_quotes(text, separator):
        here = line + _line_breaks(text[:opened])
        match = _QUOTED.match(text, opened)
        if match is None:
            return Broken(here, "a quote opens here and never closes: close it, or write it twice inside a quoted cell")
        after = text[match.end() : match.end() + 1]
        if after not in ("", separator, "\r", "\n"):
            closed = line + _line_breaks(text[: match.end()])
            where = f"in line {closed}" if closed != here else "in the same line"
            return Broken(
                here,
                f"a quote opens here and closes {where} before {after!r}, expected {separator!r} or the end of the "
                "line: close it where its cell ends, or write quotes inside a cell twice",
            )
        if match.end() - opened > csv.field_size_limit():
            length = f"{match.end() - opened} characters, more than {csv.field_size_limit()}"
            return Broken(here, f"is not CSV: a quoted cell opens here and holds {length}: was a quote left open?")
    return Broken(line, f"is not CSV: {error}")


def _opening_quotes(text: str, separator: str) -> Iterator[int]:
    """The places where quoted cells of the first record open, until one is wrong or the record ends."""
    unquoted = re.compile(rf"[^{re.escape(separator)}\r\n]*")
    place = 0
    while place < len(text):
        while text[place : place + 1] == " ":
            place += 1
        if text[place : place + 1] == '"':
            yield place
            match = _QUOTED.match(text, place)
            place = match.end() if match else len(text)
        else:
            place = (unquoted.match(text, place) or re.match("", text)).end()  # type: ignore[union-attr]  # matches always
        if text[place : place + 1] != separator:
            return
        place += 1


def _line_breaks(text: str) -> int:
    return text.count("\n") + text.replace("\r\n", "").count("\r")
