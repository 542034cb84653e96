"""Gold labels, where a site has them: a CSV file with study_id,finding,value."""

from collections.abc import Collection, Mapping
from pathlib import Path

from glsmed.client.manifest import read_csv
from glsmed.shared.documents import did_you_mean
from glsmed.shared.errors import ConfigurationError, Fault

COLUMNS = ("study_id", "finding", "value")
_VALUES = {"0": 0, "1": 1}

Gold = Mapping[tuple[str, str], int]


def read_gold(path: Path, *, studies: Collection[str], findings: Collection[str]) -> Gold:
    """Value (0 or 1) by study and finding; rows about findings outside the federation's study are left out.

    Args:
        path: the CSV file.
        studies: the manifest's study ids.
        findings: the findings of the federation's study.

    Raises:
        ConfigurationError: with every fault: an unknown study, a value that is not 0 or 1, two values for one cell, or
            not a single row about the study's findings.
    """
    gold: dict[tuple[str, str], int] = {}
    faults: list[Fault] = []
    seen: set[str] = set()
    for line, row in read_csv(path, required=COLUMNS):
        seen.add(row["finding"])
        message = _fault(row, gold, studies)
        if message:
            faults.append(Fault(str(path), message, line=line))
        elif row["finding"] in findings:
            gold[row["study_id"], row["finding"]] = _VALUES[row["value"]]
    if not faults and not gold:
        hint = "".join(sorted(did_you_mean(name, list(findings)) for name in seen)[-1:])
        faults = [Fault(str(path), f"no row is about a finding of the study ({', '.join(findings)}){hint}")]
    if faults:
        raise ConfigurationError(faults)
    return gold


def _fault(row: Mapping[str, str], gold: Gold, studies: Collection[str]) -> str:
    if row["study_id"] not in studies:
        return f"study_id: {row['study_id']!r} is not in the manifest"
    if row["value"] not in _VALUES:
        return f"value: expected 0 or 1, came {row['value']!r}"
    known = gold.get((row["study_id"], row["finding"]))
    if known is not None and known != _VALUES[row["value"]]:
        return f"value: {row['finding']} of {row['study_id']!r} is {known} in an earlier line and {row['value']} here"
    return ""
