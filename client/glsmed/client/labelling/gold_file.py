"""The gold file made from readers' answers, beside whatever labels from elsewhere it holds."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from glsmed.client.labelling.agreement import Cell
from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.shared.files.atomic import write_text
from glsmed.site_adapters.inputs.gold_labels import COLUMNS, WEIGHT

_BOM = "\ufeff"
_DECIMALS = 6
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Written:
    """What a gold file holds now.

    Attributes:
        gold: labels of readers' answers that stand in it.
        kept: rows from elsewhere, all of which stay as they were.
        differing: answers that say otherwise than a row from elsewhere; that row stays.
    """

    gold: Mapping[Cell, int]
    kept: int
    differing: tuple[Cell, ...]


def write_gold(
    path: Path, gold: Mapping[Cell, int], weights: Mapping[Cell, float], *, before: Mapping[Cell, int]
) -> Written:
    """Put labels into the gold file; rows that did not come from here are neither changed nor left out.

    Args:
        path: the file, which need not exist.
        gold: the labels that the answers give now.
        weights: of each label.
        before: labels that were written here earlier; a row of the file that says otherwise is from elsewhere.

    Raises:
        ConfigurationError: the file exists and is not a table that can be written back without loss.
    """
    header, rows = _read(path)
    elsewhere = [row for row in rows if before.get(_cell(row)) != _value(row)]
    given = {_cell(row): _value(row) for row in elsewhere}
    mine = {cell: value for cell, value in gold.items() if cell not in given}
    columns = [*header, *(name for name in (*COLUMNS, WEIGHT) if name not in header)]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(elsewhere)
    writer.writerows(_row(cell, value, weights.get(cell, 1.0)) for cell, value in sorted(mine.items()))
    write_text(path, out.getvalue())
    differing = tuple(sorted(cell for cell, value in gold.items() if cell in given and given[cell] != value))
    return Written(mine, len(elsewhere), differing)


def _read(path: Path) -> tuple[Sequence[str], list[Row]]:
    """Header and rows; an empty table where there is no file."""
    if not path.is_file():
        return (), []
    try:
        table = csv.DictReader(
            io.StringIO(path.read_text(encoding="utf-8").removeprefix(_BOM), newline=""), strict=True
        )
        header, rows = list(table.fieldnames or ()), list(table)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _unfit(path, str(error)) from None
    if missing := [name for name in COLUMNS if name not in header]:
        raise _unfit(path, f"has no column {', '.join(missing)} between commas")
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise _unfit(path, f"row {number} has another number of values than the header")
    return header, rows


def _unfit(path: Path, why: str) -> ConfigurationError:
    hint = "save it as CSV UTF-8 with commas and the columns study_id,finding,value, or name another file as data.gold"
    return ConfigurationError([Fault(str(path), f"holds labels, and cannot be added to without loss: {why}; {hint}")])


def _cell(row: Row) -> Cell:
    return row["study_id"].strip(), row["finding"].strip()


def _value(row: Row) -> int | None:
    return {"0": 0, "1": 1}.get(row["value"].strip())


def _row(cell: Cell, value: int, weight: float) -> dict[str, object]:
    return {"study_id": cell[0], "finding": cell[1], "value": value, WEIGHT: f"{round(weight, _DECIMALS):g}"}
