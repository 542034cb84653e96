import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.drawn_dicom import write_study
from tests.orthanc_on_loopback import Orthanc

Typed = Callable[..., Any]


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_the_command_writes_the_table_and_the_worklist(
    typed: Typed, site_file: Path, hospital_data: Path, tmp_path: Path
) -> None:
    out, page = tmp_path / "predictions.csv", tmp_path / "worklist.html"
    done = typed("--site", site_file, "predict", "--in", hospital_data / "manifest.csv", "--out", out, "--html", page)
    assert done.code == 0
    rows = _rows(out)
    assert list(rows[0]) == ["study_id", "image", "finding", "probability", "low", "high", "alert"]
    manifest = _rows(hospital_data / "manifest.csv")
    assert [row["image"] for row in rows[::5]] == [row["image"] for row in manifest]
    for row in rows:
        assert 0 <= float(row["low"]) <= float(row["probability"]) <= float(row["high"]) <= 1
        assert row["alert"] in ("", "0", "1")
    assert "1" in {row["alert"] for row in rows}
    assert f"{len(manifest)} of {len(manifest)} images have a prediction" in done.out
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_images_without_a_prediction_are_named_and_the_rest_is_done(
    typed: Typed, site_file: Path, hospital_data: Path, tmp_path: Path
) -> None:
    good = next((hospital_data / "images").iterdir())
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.png").write_bytes(good.read_bytes())
    (tmp_path / "in" / "half.png").write_bytes(good.read_bytes()[:900])
    done = typed("--site", site_file, "predict", "--in", tmp_path / "in", "--out", tmp_path / "p.csv")
    assert done.code == 1
    assert done.err.startswith("error: 1 of 2 images have no prediction")
    assert "no prediction: half.png" in done.out
    assert {row["image"] for row in _rows(tmp_path / "p.csv")} == {"good.png"}
    assert _rows(tmp_path / "p.notes.csv")[0]["image"] == "half.png"


def test_a_finding_without_an_operating_point_has_blank_alerts_and_the_reason(
    typed: Typed, write_config: Callable[..., Path], site_file: Path, hospital_data: Path, tmp_path: Path
) -> None:
    done = typed("--site", site_file, "predict", "--in", hospital_data / "images", "--out", tmp_path / "p.csv")
    blank = {row["finding"] for row in _rows(tmp_path / "p.csv") if row["alert"] == ""}
    told = {line.split(":")[0] for line in done.out.splitlines() if "no operating point: too few positives" in line}
    assert blank == told


def test_a_site_that_has_no_model_yet_is_one_line(typed: Typed, write_config: Callable[..., Path]) -> None:
    done = typed("--site", write_config(), "predict", "--in", ".", "--out", "p.csv")
    assert done.code == 2
    assert "there is no usable model here" in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("way", ["web", "dicom"])
def test_an_archive_is_asked_for_the_days_that_are_named(
    typed: Typed, site_file: Path, orthanc: Orthanc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    for number in (1, 2, 3):
        orthanc.store(write_study(tmp_path / "scanner", number))  # on the 2nd, 3rd and 4th of January
    orthanc.store(write_study(tmp_path / "raw", 3, PresentationIntentType="FOR PROCESSING", SOPInstanceUID="1.2.3"))
    for name, value in orthanc.variables.items():
        monkeypatch.setenv(name, value)
    archive = ("--in", orthanc.web if way == "web" else orthanc.dicom, "--pacs-ca", orthanc.ca)
    words = ("predict", *archive, "--first-day", "2026-01-03", "--out", tmp_path / "p.csv", "--sc", tmp_path / "sc")
    done = typed("--site", site_file, *words)
    assert done.code == 0, done.err
    assert "2 of 2 images have a prediction" in done.out
    assert "1.2.3.dcm: is FOR PROCESSING" in done.out
    orthanc.store(*(tmp_path / "sc").iterdir())
    again = typed("--site", site_file, *words)  # what was written is not predicted on
    assert "2 of 2 images have a prediction" in again.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--in", "https://pacs.hospital/dicom-web"), "expected --first-day or --accession with it, got neither"),
        (("--in", ".", "--first-day", "2026-01-03"), "expected https:// or dicom:// after --in, got ."),
        (("--in", "ftp://pacs.hospital", "--accession", "A1"), "got 'ftp://pacs.hospital'"),
    ],
)
def test_wrong_use_of_an_archive_is_said_in_one_line(
    typed: Typed, site_file: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = typed("--site", site_file, "predict", *words, "--out", tmp_path / "p.csv")
    assert done.code == 2
    assert said in done.err
    assert len(done.err.strip().splitlines()) == 1
