"""Gold labels, where a site has them: a CSV file with study_id,finding,value."""

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.shared.files.documents import did_you_mean
from glsmed.site_adapters.inputs.csv_files import read_csv

COLUMNS = ("study_id", "finding", "value")
_VALUES = {"0": 0, "1": 1}

Gold = Mapping[tuple[str, str], int]


def read_gold(path: Path, *, examinations: Collection[str], findings: Collection[str], among: str = "manifest") -> Gold:
    """Value (0 or 1) by examination and finding; rows about other findings are left out.

    Args:
        path: the CSV file.
        examinations: ids of the known examinations, as column study_id has them.
        findings: the findings to keep.
        among: what lists these ids, for the message about one that is not there.

    Raises:
        ConfigurationError: with every fault: an unknown examination, a value that is not 0 or 1, two values for one
            cell, or no row about the findings at all.
    """
    gold: dict[tuple[str, str], int] = {}
    faults: list[Fault] = []
    seen: set[str] = set()
    for line, row in read_csv(path, required=COLUMNS):
        seen.add(row["finding"])
        key, message = _fault(row, gold, examinations, among)
        if message:
            faults.append(Fault(str(path), message, line=line, key=key))
        else:
            gold[row["study_id"], row["finding"]] = _VALUES[row["value"]]
    kept = {cell: value for cell, value in gold.items() if cell[1] in findings}
    if not faults and not kept:
        hint = "".join(sorted(did_you_mean(name, list(findings)) for name in seen)[-1:])
        faults = [Fault(str(path), f"no row is about any of the findings {', '.join(findings)}{hint}")]
    if faults:
        raise ConfigurationError(faults)
    return kept


def other_findings(path: Path, *, findings: Collection[str]) -> Mapping[str, int]:
    """How many rows are about each finding that does not count; errors as in :func:`read_gold`."""
    rows = (row["finding"] for _, row in read_csv(path, required=COLUMNS))
    return Counter(finding for finding in rows if finding not in findings)


def _fault(row: Mapping[str, str], gold: Gold, examinations: Collection[str], among: str) -> tuple[str, str]:
    """The column and what is wrong with it; two empty strings for a correct row."""
    if row["study_id"] not in examinations:
        return "study_id", f"{row['study_id']!r} is not in the {among}"
    if not row["finding"]:
        return "finding", "is blank"
    if row["value"] not in _VALUES:
        return "value", f"expected 0 or 1, got {row['value']!r}"
    known = gold.get((row["study_id"], row["finding"]))
    if known is not None and known != _VALUES[row["value"]]:
        message = f"{row['finding']} of {row['study_id']!r} is {known} in an earlier line and {row['value']} here"
        return "value", message
    return "", ""
