"""CSV files that people write: rows with their line numbers, and one clear error where the file is not such a table."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.shared.files.documents import did_you_mean

Row = Mapping[str, str]


def read_csv(path: Path, *, required: Sequence[str], optional: Sequence[str] = ()) -> Iterator[tuple[int, Row]]:
    """Rows with their line numbers, values stripped.

    Raises:
        ConfigurationError: the file is missing, not UTF-8, empty, its header does not fit, or a row is too long.
    """
    reader = csv.DictReader(io.StringIO(_content(path), newline=""), restval="")
    try:
        _check_header(path, list(reader.fieldnames or ()), required=required, optional=optional)
        count = 0
        for count, row in enumerate(reader, 1):  # noqa: B007  # the count is looked at after the loop
            if None in row:
                message = f"has more values than the {len(reader.fieldnames or ())} columns of the header"
                raise ConfigurationError([Fault(str(path), message, line=reader.line_num)])
            yield reader.line_num, {name: (value or "").strip() for name, value in row.items()}
    except csv.Error as error:
        raise ConfigurationError([Fault(str(path), f"is not CSV: {error}", line=reader.line_num)]) from None
    if count == 0:
        raise ConfigurationError([Fault(str(path), "has no rows", line=1)])


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError([Fault(str(path), f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError([Fault(str(path), f"is not UTF-8 (byte {error.start}): save it as UTF-8")]) from None


def _check_header(path: Path, header: list[str], *, required: Sequence[str], optional: Sequence[str]) -> None:
    known = [*required, *optional]
    if len(header) == 1 and (separator := _other_separator(header[0])):
        raise ConfigurationError(
            [Fault(str(path), f"has {separator} between its columns: save it with commas", line=1)]
        )
    faults = [
        Fault(str(path), f"column {name!r} is missing" + _like(name, header, known), line=1)
        for name in required
        if name not in header
    ]
    if not faults:
        unknown = [name for name in header if name not in known]
        faults = [Fault(str(path), f"unknown column {name!r}{did_you_mean(name, known)}", line=1) for name in unknown]
    if faults:
        raise ConfigurationError(faults)


def _other_separator(line: str) -> str:
    return next((name for sign, name in ((";", "semicolons"), ("\t", "tabs")) if sign in line), "")


def _like(name: str, header: list[str], known: Sequence[str]) -> str:
    suggestion = did_you_mean(name, [column for column in header if column not in known])
    return suggestion.replace("did you mean", "is it").replace("?", " here?") if suggestion else ""
