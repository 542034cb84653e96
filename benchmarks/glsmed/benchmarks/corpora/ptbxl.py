"""PTB-XL: German and English ECG reports with a likelihood (0 to 100) for each coded statement."""

import ast
import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class EcgReport:
    """One report; ``likelihood`` is in (0, 1] by SCP code, ``unrated`` holds the codes of unknown likelihood."""

    report_id: str
    site: str
    text: str
    likelihood: Mapping[str, float]
    validated_by_human: bool
    unrated: frozenset[str]


def read_ptbxl(folder: Path) -> list[EcgReport]:
    """Every row of ``ptbxl_dev.csv`` in file order."""
    with (folder / "ptbxl_dev.csv").open(encoding="utf-8", newline="") as source:
        return [_report(row) for row in csv.DictReader(source)]


def _report(row: dict[str, str]) -> EcgReport:
    codes: dict[str, float] = ast.literal_eval(row["scp_codes"])
    return EcgReport(
        report_id=row["ecg_id"],
        site=row["site"].removesuffix(".0"),
        text=row["report"],
        likelihood={code: value / 100 for code, value in codes.items() if value > 0},
        validated_by_human=row["validated_by_human"] == "True",
        unrated=frozenset(code for code, value in codes.items() if value == 0),
    )
