"""Simulated hospitals as a data set on disk; docs/dataset.md describes the format."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from glsmed.benchmarks.reading_room.hospital_folder import ExaminationFiles, whole_folder, write_hospital
from glsmed.benchmarks.simulator.hospital_data import HospitalData
from glsmed.benchmarks.simulator.scenarios import Scenario

FORMAT = 1
_SWITCHES = {"styles_differ": "habits_differ"}  # the format's own names


def write_dataset(
    folder: Path, hospitals: Sequence[HospitalData], scenario: Scenario, *, pixels: str, seed: int
) -> None:
    """Write ``dataset.json`` and one folder for each hospital, whole or not at all.

    Raises:
        UsageError: the folder exists.
    """
    with whole_folder(folder) as temporary:
        for hospital in hospitals:
            _write_hospital(temporary / hospital.hospital.name, hospital)
        content = _description(hospitals, scenario, pixels, seed)
        (temporary / "dataset.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _description(hospitals: Sequence[HospitalData], scenario: Scenario, pixels: str, seed: int) -> dict[str, object]:
    return {
        "format": FORMAT,
        "simulated": "readers, doubt and reports" if pixels != "drawn" else "pictures, readers, doubt and reports",
        "pixels": pixels,
        "seed": seed,
        "world": _switches(scenario),
        "findings": list(hospitals[0].findings),
        "hospitals": {
            one.hospital.name: {"adapter": one.hospital.adapter, "studies": len(one.reports)} for one in hospitals
        },
    }


def _switches(scenario: Scenario) -> dict[str, object]:
    """The scenario as the format has it."""
    return {_SWITCHES.get(name, name): value for name, value in asdict(scenario).items()}


def _write_hospital(folder: Path, hospital: HospitalData) -> None:
    studies = [f"{hospital.hospital.name}-{number:05d}" for number in range(len(hospital.reports))]
    write_hospital(folder, (_files(hospital, row, study) for row, study in enumerate(studies)))
    lines = (json.dumps(cell, ensure_ascii=False) for cell in _cells(hospital, studies))
    (folder / "uncertainty.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _files(hospital: HospitalData, row: int, study: str) -> ExaminationFiles:
    return ExaminationFiles(
        study_id=study,
        patient_id=f"{study}-p",
        report=hospital.reports[row],
        images={study: hospital.images[row, 0].numpy()},
        truth={finding: int(hospital.truth[row, column]) for column, finding in enumerate(hospital.findings)},
    )


def _cells(hospital: HospitalData, studies: Sequence[str]) -> Iterator[dict[str, object]]:
    """One object for each examination and finding: what was believed, said, and read."""
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
