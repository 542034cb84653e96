"""Simulated hospitals as a data set on disk; docs/dataset.md describes the format."""

import csv
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from PIL import Image

from glsmed.benchmarks.simulator.hospital_data import HospitalData
from glsmed.benchmarks.simulator.scenarios import World
from glsmed.shared.errors import UsageError

FORMAT = 1


def write_dataset(folder: Path, hospitals: Sequence[HospitalData], world: World, *, pixels: str, seed: int) -> None:
    """Write ``dataset.json`` and one folder for each hospital, whole or not at all.

    Raises:
        UsageError: the folder exists.
    """
    if folder.exists():
        raise UsageError(f"{folder} exists already: choose another folder or remove it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for hospital in hospitals:
            _write_hospital(temporary / hospital.hospital.name, hospital)
        content = _description(hospitals, world, pixels, seed)
        (temporary / "dataset.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        temporary.chmod(0o755)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _description(hospitals: Sequence[HospitalData], world: World, pixels: str, seed: int) -> dict[str, object]:
    return {
        "format": FORMAT,
        "simulated": "readers, doubt and reports" if pixels != "drawn" else "pictures, readers, doubt and reports",
        "pixels": pixels,
        "seed": seed,
        "world": asdict(world),
        "findings": list(hospitals[0].findings),
        "hospitals": {
            one.hospital.name: {"adapter": one.hospital.adapter, "studies": len(one.reports)} for one in hospitals
        },
    }


def _write_hospital(folder: Path, hospital: HospitalData) -> None:
    (folder / "images").mkdir(parents=True)
    (folder / "reports").mkdir()
    studies = [f"{hospital.hospital.name}-{number:05d}" for number in range(len(hospital.reports))]
    for study, pixels, report in zip(studies, hospital.images, hospital.reports, strict=True):
        Image.fromarray(pixels[0].numpy()).save(folder / "images" / f"{study}.png")
        (folder / "reports" / f"{study}.txt").write_text(report, encoding="utf-8")
    manifest = [(study, f"{study}-p", f"images/{study}.png", f"reports/{study}.txt") for study in studies]
    _write_csv(folder / "manifest.csv", ("study_id", "patient_id", "image", "report"), manifest)
    gold = [
        (study, finding, int(hospital.truth[row, column]))
        for row, study in enumerate(studies)
        for column, finding in enumerate(hospital.findings)
    ]
    _write_csv(folder / "gold.csv", ("study_id", "finding", "value"), gold)
    lines = (json.dumps(cell, ensure_ascii=False) for cell in _cells(hospital, studies))
    (folder / "uncertainty.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _cells(hospital: HospitalData, studies: Sequence[str]) -> Iterator[dict[str, object]]:
    """One object for each study and finding: what was believed, said, and read."""
    for row, study in enumerate(studies):
        for column, finding in enumerate(hospital.findings):
            yield {
                "study_id": study,
                "finding": finding,
                "truth": int(hospital.truth[row, column]),
                "belief": round(float(hospital.beliefs[row, column]), 6),
                "phrasing": hospital.phrasings[row][finding],
                "original": hospital.names[row],
                **_read(hospital, row, finding),
            }


def _read(hospital: HospitalData, row: int, finding: str) -> dict[str, object]:
    cell = hospital.cells[row].get(finding)
    if cell is None:
        return {"state": "unmentioned"}
    return {
        "state": cell.state,
        "probability": round(cell.probability, 4),
        "spread": round(cell.spread, 4),
        "cue": cell.cue,
        "evidence": [{"start": span.start, "end": span.end, "role": span.role} for span in cell.evidence],
    }


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[str | int]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as output:
        csv.writer(output).writerows([header, *rows])
