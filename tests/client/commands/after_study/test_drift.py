import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glsmed.client.monitoring.drift_reference import Cell, DriftReference, by_patient, write_drift_reference
from glsmed.client.settings.config import load_site

Typed = Callable[..., Any]
FINDINGS = ("effusion", "cardiomegaly", "nodule", "consolidation", "pneumothorax")


@pytest.fixture
def files(write_config: Callable[..., Path], tmp_path: Path) -> dict[str, Path]:
    """A site whose reports and model agreed when it was shipped, and a month in which the model says far too much."""
    config, rng = write_config(), np.random.default_rng(0)
    cells = [Cell(f"p{n}", "effusion", float(rng.uniform(0, 0.2)), 0.1) for n in range(100)]
    reference = DriftReference(FINDINGS, by_patient(cells, FINDINGS))
    write_drift_reference(load_site(config).state.shipped_model, reference, study="d" * 64)
    manifest = [["study_id", "patient_id", "image", "report", "report_text", "acquired_on"]]
    said = [["study_id", "finding", "probability"]]
    for n in range(40):
        (tmp_path / f"{n}.png").touch()
        manifest.append([f"s{n}", f"new{n}", f"{n}.png", "", f"No pleural effusion. Image {n}.", "2026-05-07"])
        said.append([f"s{n}", "effusion", f"{rng.uniform(0.8, 1):.3f}"])
    return {
        "site": config,
        "manifest": _table(tmp_path / "m.csv", manifest),
        "predictions": _table(tmp_path / "p.csv", said),
    }


def _table(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as output:
        csv.writer(output).writerows(rows)
    return path


def test_an_alert_is_printed_and_stands_on_the_page(typed: Typed, files: dict[str, Path], tmp_path: Path) -> None:
    page = tmp_path / "drift.html"
    read = ("--predictions", files["predictions"], "--manifest", files["manifest"])
    done = typed("--site", files["site"], "drift", *read, "--html", page)
    assert (done.code, done.err) == (0, "")
    assert "2026-05: ALERT, 40 patients" in done.out
    assert "ALERT" in page.read_text(encoding="utf-8")
    assert page.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("taken", ["manifest", "predictions", "site"])
def test_the_page_never_replaces_what_is_read(typed: Typed, files: dict[str, Path], taken: str) -> None:
    before = files[taken].read_bytes()
    read = ("--predictions", files["predictions"], "--manifest", files["manifest"])
    done = typed("--site", files["site"], "drift", *read, "--html", files[taken])
    assert done.code == 2
    assert "must not be written over" in done.err
    assert files[taken].read_bytes() == before


def test_the_two_files_the_wrong_way_round_are_told_by_their_columns(typed: Typed, files: dict[str, Path]) -> None:
    read = ("--predictions", files["manifest"], "--manifest", files["predictions"])
    done = typed("--site", files["site"], "drift", *read)
    assert done.code == 2
    assert "m.csv" in done.err
    assert "column 'finding' is missing" in done.err
