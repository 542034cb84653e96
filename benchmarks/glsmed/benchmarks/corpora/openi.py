"""Open-i: English chest X-ray reports with the findings that a coder indexed from their text."""

import csv
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

# Column of gold_dev.csv → canonical finding; hernia is left out, as in the published comparisons.
FINDINGS = {
    "Atelectasis": "atelectasis",
    "Cardiomegaly": "cardiomegaly",
    "Effusion": "effusion",
    "Infiltration": "infiltration",
    "Mass": "mass",
    "Nodule": "nodule",
    "Pneumonia": "pneumonia",
    "Pneumothorax": "pneumothorax",
    "Consolidation": "consolidation",
    "Edema": "edema",
    "Emphysema": "emphysema",
    "Fibrosis": "fibrosis",
    "Pleural_Thickening": "pleural_thickening",
}


@dataclass(frozen=True, slots=True)
class OpeniReport:
    """One report as sectioned text and its gold by canonical finding; ``gold`` is empty where it is not coded."""

    report_id: str
    text: str
    gold: Mapping[str, int]


def read_openi(folder: Path) -> list[OpeniReport]:
    """The reports that have findings or an impression, in the order of their ids.

    Raises:
        FileNotFoundError: ``NLMCXR_reports.tgz`` or ``gold_dev.csv`` is missing.
    """
    gold = _read_gold(folder / "gold_dev.csv")
    reports = (
        OpeniReport(report_id, text, gold.get(report_id, {}))
        for report_id, text in _read_texts(folder / "NLMCXR_reports.tgz")
    )
    return sorted(reports, key=lambda report: int(report.report_id.removeprefix("CXR")))


def read_systems(folder: Path) -> dict[str, str]:
    """The hospital system of each report that has an image in ``folder`` (iu_xray), "A" or "B", by the report's id.

    Raises:
        FileNotFoundError: ``images.csv`` is missing.
    """
    with (folder / "images.csv").open(encoding="utf-8", newline="") as source:
        return {row["report"]: row["system"] for row in csv.DictReader(source)}


def _read_gold(path: Path) -> dict[str, dict[str, int]]:
    with path.open(encoding="utf-8", newline="") as source:
        return {
            row["filename"]: {finding: int(row[column]) for column, finding in FINDINGS.items()}
            for row in csv.DictReader(source)
        }


def _read_texts(archive: Path) -> Iterator[tuple[str, str]]:
    with tarfile.open(archive) as files:
        for member in files:
            if not member.name.endswith(".xml"):
                continue
            content = files.extractfile(member)
            if content is None:
                continue
            root = ElementTree.fromstring(content.read())  # noqa: S314  # a corpus that the user chose, not foreign input
            report_id = root.find("uId")
            text = _sections(root)
            if report_id is not None and text:
                yield report_id.attrib["id"], text


def _sections(root: ElementTree.Element) -> str:
    """``LABEL: text`` blocks in the report's own order, or nothing when it says neither findings nor impression."""
    blocks = {node.attrib.get("Label", ""): (node.text or "").strip() for node in root.iter("AbstractText")}
    if not (blocks.get("FINDINGS") or blocks.get("IMPRESSION")):
        return ""
    return "\n\n".join(f"{label}: {text}" for label, text in blocks.items() if text)
