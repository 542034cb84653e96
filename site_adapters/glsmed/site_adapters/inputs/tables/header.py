"""The header of a table: which of its columns are meant, however they are spelled, and which line it is."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.shared.files.documents import did_you_mean
from glsmed.site_adapters.inputs.tables.records import Broken, Record

_BETWEEN_WORDS = re.compile(r"[\s\-]+")
_LOOKED_AHEAD = 10  # rows in which a header may stand below a title
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table.

    Attributes:
        line: where it stands.
        names: known columns as they are documented, further ones as they are written.
        notes: what was tolerated.
    """

    line: int
    names: Sequence[str]
    notes: Sequence[Fault]
    _canonical_names: Sequence[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_canonical_names", list(map(canonical, self.names)))

    def row(self, cells: Sequence[str]) -> Mapping[str, str]:
        """The cells by column; blank where the row is shorter than the header."""
        if len(cells) == len(self.names):
            return dict(zip(self.names, cells, strict=True))
        values = dict.fromkeys(self.names, "")
        values.update(zip(self.names, cells, strict=False))
        return values

    def is_repeated_by(self, cells: Sequence[str]) -> bool:
        """Whether a row holds the names of the columns instead of values."""
        expected = self._canonical_names
        if not cells or canonical(cells[0]) != expected[0]:
            return False  # as nearly always: a table may have very many rows
        return [canonical(cell) for cell in cells[: len(self.names)]] == expected


def canonical(name: str) -> str:
    """A column's name without what people write differently: case, white space, hyphens, quotes."""
    return _BETWEEN_WORDS.sub("_", name.strip().strip("\"'").strip().casefold())


def read_header(
    path: Path, records: Sequence[Record | Broken], *, required: Sequence[str], optional: Sequence[str]
) -> tuple[Header, Sequence[Record | Broken]]:
    """The header, and the records below it.

    Raises:
        ConfigurationError: required columns are missing, or a column is there twice.
    """
    place = next(
        (n for n, one in enumerate(records) if isinstance(one, Broken) or any(map(str.strip, one.cells))), None
    )
    if place is None:
        raise ConfigurationError([Fault(str(path), f"is empty, expected the columns {', '.join(required)}", line=1)])
    first = records[place]
    if isinstance(first, Broken):
        raise ConfigurationError([Fault(str(path), first.message, line=first.line)])
    names = _names(first.cells, [*required, *optional])
    faults = [*_missing(path, first.line, names, required, optional), *_doubled(path, first.line, names)]
    if faults:
        raise ConfigurationError([*faults, *_header_below(path, records[place + 1 :], required)])
    notes = _unused(path, first.line, names, [*required, *optional])
    return Header(first.line, names, tuple(notes)), records[place + 1 :]


def _names(cells: Sequence[str], known: Sequence[str]) -> list[str]:
    meant = {canonical(name): name for name in known}
    names = [meant.get(canonical(cell), cell.strip()) for cell in cells]
    while names and not names[-1]:
        names.pop()  # trailing separators
    return [name or f"column {number}" for number, name in enumerate(names, 1)]


def _missing(
    path: Path, line: int, names: Sequence[str], required: Sequence[str], optional: Sequence[str]
) -> Iterator[Fault]:
    others = [name for name in names if name not in required and name not in optional]
    for name in required:
        if name not in names:
            near = did_you_mean(name, others).replace("did you mean", "is it").replace("?", " here?")
            yield Fault(str(path), f"column {name!r} is missing{near}", line=line)


def _doubled(path: Path, line: int, names: Sequence[str]) -> Iterator[Fault]:
    for name, count in Counter(names).items():
        if count > 1:
            message = f"column {name!r} is there {count} times: keep one, or give the others another name"
            yield Fault(str(path), message, line=line)


def _header_below(path: Path, records: Sequence[Record | Broken], required: Sequence[str]) -> Iterator[Fault]:
    """Where the header stands, if lines above it hide it."""
    for record in records[:_LOOKED_AHEAD]:
        if isinstance(record, Record) and set(required) <= {canonical(cell) for cell in record.cells}:
            message = f"here are the columns {', '.join(required)}: take the lines above away"
            yield Fault(str(path), message, line=record.line)
            return


def _unused(path: Path, line: int, names: Sequence[str], known: Sequence[str]) -> Iterator[Fault]:
    """A note that names the columns which have no meaning here."""
    unused = [name for name in names if name not in known]
    named = [f"{name!r}{did_you_mean(name, [one for one in known if one not in names])}" for name in unused]
    if named:
        more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
        yield Fault(str(path), f"column(s) without a use here: {', '.join(named[:_MOST_NAMED])}{more}", line=line)
