"""Gold labels in a wide table, a column for each finding or examination: seen, and said how they are wanted."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.shared.findings import CANONICAL_FINDINGS
from glsmed.site_adapters.inputs.finding_spellings import Terms, meant_finding
from glsmed.site_adapters.inputs.tables.table import Table, read_table

_MEANT = re.compile(r"; did you mean '(.*)'\?")
_FEWEST = 2  # names of findings that make a row or column of them
_MOST_NAMED = 5


def wide_gold_hint(path: Path, findings: Collection[str], terms: Terms | None = None) -> Fault | None:
    """What to do with a table that has its findings side by side; None where it is none.

    Args:
        path: a table without the columns of gold labels.
        findings: the names that count.
        terms: what reports call each finding.
    """
    try:
        table = read_table(path, required=())
    except ConfigurationError:
        return None  # no table at all, which is said already
    columns = list(table.rows[0][1]) if table.rows else []
    named = _findings_among(columns, findings, terms)
    if len(named) >= _FEWEST or (named and len(columns) == _FEWEST):
        return Fault(str(path), _advice("column", named, _example(table, columns, named)))
    below = [row[columns[0]] for _, row in table.rows[:100]] if columns else []
    if len(columns) > _FEWEST and len(named := _findings_among(below, findings, terms)) >= _FEWEST:
        return Fault(str(path), _advice("row", named, f"{columns[1]},{named[0][1]},1"))
    return None


def _findings_among(names: Sequence[str], findings: Collection[str], terms: Terms | None) -> Sequence[tuple[str, str]]:
    """Each name of a finding with the finding that it means."""
    pairs: list[tuple[str, str]] = []
    for name in dict.fromkeys(names):
        match = _MEANT.fullmatch(meant_finding(name, findings, terms))
        if match:
            pairs.append((name, match.group(1)))
        elif name.casefold() in CANONICAL_FINDINGS:
            pairs.append((name, name.casefold()))
    return pairs


def _example(table: Table, columns: Sequence[str], named: Sequence[tuple[str, str]]) -> str:
    """A row as it is wanted, of the table's first examination."""
    others = [column for column in columns if column not in dict(named)]
    study = table.rows[0][1][others[0]] if others else ""
    return f"{study or 's1'},{named[0][1]},1"


def _advice(kind: str, named: Sequence[tuple[str, str]], example: str) -> str:
    meant = [f"{name!r}" if name == finding else f"{name!r} (did you mean {finding!r}?)" for name, finding in named]
    more = f" and {len(meant) - _MOST_NAMED} more" if len(meant) > _MOST_NAMED else ""
    return (
        f"has a {kind} for each finding: {', '.join(meant[:_MOST_NAMED])}{more}; expected a row for each examination "
        f"and finding, with the columns study_id,finding,value, for instance {example}"
    )
