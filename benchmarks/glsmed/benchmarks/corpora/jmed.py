"""JMED: Japanese lung-cancer CT reports with gold T, N and M (the report stands inside the question)."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Task = Literal["lymph_node_metastasis", "distant_metastasis"]
_TASKS: dict[str, Task] = {"N": "lymph_node_metastasis", "M": "distant_metastasis"}


@dataclass(frozen=True, slots=True)
class JmedReport:
    """One report with one gold value: N other than N0, or M1."""

    report_id: str
    text: str
    task: Task
    value: int


def read_jmed(folder: Path) -> list[JmedReport]:
    """The N and M rows of ``RRTNM_dev.csv`` in file order."""
    with (folder / "RRTNM_dev.csv").open(encoding="utf-8", newline="") as source:
        rows = [row for row in csv.DictReader(source) if row["tag"] in _TASKS]
    return [_report(number, row) for number, row in enumerate(rows)]


def _report(number: int, row: dict[str, str]) -> JmedReport:
    question = row["question"]
    text = question[question.index("「") + 1 : question.rindex("」")]
    value = row["answer"] != "A" if row["tag"] == "N" else row["answer"] == "B"
    return JmedReport(f"{row['tag']}{number}", text, _TASKS[row["tag"]], int(value))
