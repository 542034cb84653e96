import csv
import io
import os
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glsmed.client.evaluation.shipped_model import load_shipped_model
from glsmed.client.model_use import worklist
from glsmed.client.model_use.checked_picture import CheckedPicture
from glsmed.client.model_use.input_images import InputImage
from glsmed.client.monitoring.drift_reference import Cell, DriftReference, by_patient, write_drift_reference
from glsmed.client.settings.config import load_site
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


@pytest.fixture
def some_images(hospital_data: Path, tmp_path: Path) -> Path:
    """A folder with four images."""
    folder = tmp_path / "some"
    folder.mkdir()
    for image in sorted((hospital_data / "images").iterdir())[:4]:
        (folder / image.name).write_bytes(image.read_bytes())
    return folder


def _content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--in", "empty", "--out", "p.csv"), "empty: expected PNG, JPEG or DICOM images, got none"),
        (("--in", "note.txt", "--out", "p.csv"), "note.txt: expected a folder, a table"),
        (("--in", "nowhere", "--out", "p.csv"), "nowhere: no such file or folder"),
        (("--in", "some", "--out", "some"), "some: expected the name of a file to write, got a folder"),
        (("--in", "new.csv", "--out", "new.csv"), "new.csv: must not be written over"),
        (("--in", "some", "--out", "config.yaml"), "config.yaml: must not be written over"),
        (("--in", "some", "--out", "study.yaml"), "study.yaml: must not be written over"),
        (("--in", "some", "--out", "p.csv", "--html", "p.csv"), "another file of this command"),
        (("--in", "some", "--out", "note.txt/p.csv"), "note.txt/p.csv: cannot be written"),
        (("--in", "some", "--out", "p.csv", "--sr", "some/sr"), "lies in the folder that is read"),
        (("--in", "some", "--out", "p.csv", "--sc", "note.txt"), "expected a folder to write into, got a file"),
    ],
)
def test_wrong_use_is_one_line_and_changes_nothing(
    typed: Typed, site_file: Path, some_images: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "note.txt").write_text("No pleural effusion.")
    (tmp_path / "new.csv").write_text("study_id,image\ns1,some/1.png\n")
    before = _content(tmp_path)
    placed = [word if word.startswith("--") else tmp_path / word for word in words]
    done = typed("--site", site_file, "predict", *placed)
    assert done.code == 2
    assert said in done.err
    assert len(done.err.splitlines()) == 1
    assert _content(tmp_path) == before


def test_a_folder_that_is_not_there_yet_is_made(
    typed: Typed, site_file: Path, some_images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "folder" / "p.csv"
    assert typed("--site", site_file, "predict", "--in", some_images, "--out", out).code == 0
    assert out.is_file()


def test_an_image_that_a_table_names_and_nobody_has_is_named(
    typed: Typed, site_file: Path, some_images: Path, tmp_path: Path
) -> None:
    image = next(some_images.iterdir())
    (tmp_path / "new.csv").write_text(f"study_id,image\ns1,some\\{image.name}\ns2,some/gone.png\n")
    done = typed("--site", site_file, "predict", "--in", tmp_path / "new.csv", "--out", tmp_path / "p.csv")
    assert done.code == 1
    assert "1 of 2 images have a prediction" in done.out
    assert "no prediction: some/gone.png: no such file: some/gone.png" in done.out


def test_the_model_of_another_hospital_is_refused(
    typed: Typed, site_file: Path, some_images: Path, tmp_path: Path
) -> None:
    site_file.write_text(site_file.read_text().replace("site: st-mary", "site: san-lucas"))
    done = typed("--site", site_file, "predict", "--in", some_images, "--out", tmp_path / "p.csv")
    assert done.code == 2
    assert "expected the model of san-lucas, got that of st-mary" in done.err
    assert not (tmp_path / "p.csv").exists()


@pytest.mark.parametrize("largest", [100, 3000])
def test_a_full_disk_is_one_line_that_names_the_file_and_nothing_is_left_half_written(
    typed: Typed, site_file: Path, some_images: Path, tmp_path: Path, largest: int
) -> None:
    out, page = tmp_path / "out" / "p.csv", tmp_path / "out" / "p.html"
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, old[1]))
    try:
        done = typed("--site", site_file, "predict", "--in", some_images, "--out", out, "--html", page)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert done.code == 1
    assert done.err == f"error: {out if largest == 100 else page}: File too large\n"
    left = {path.name for path in out.parent.iterdir()}
    assert left == (set() if largest == 100 else {"p.csv", "p.notes.csv"})


def test_ctrl_c_ends_it_with_one_line_and_no_file(
    typed: Typed, site_file: Path, hospital_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_image: InputImage, **_how: object) -> CheckedPicture:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.2)
        return CheckedPicture(_image, refused="too late")

    monkeypatch.setattr(worklist, "check_picture", interrupt)
    done = typed("--site", site_file, "predict", "--in", hospital_data / "images", "--out", tmp_path / "o" / "p.csv")
    assert (done.code, done.err) == (130, "interrupted\n")
    assert not (tmp_path / "o").exists()


def test_against_reports_says_what_drift_says(
    typed: Typed, site_file: Path, hospital_data: Path, tmp_path: Path
) -> None:
    manifest, out = hospital_data / "manifest.csv", tmp_path / "p.csv"
    findings = load_shipped_model(load_site(site_file).state.shipped_model).findings
    cells = [Cell(f"p{n}", finding, n % 2 / 2, n % 2 / 2) for n in range(60) for finding in findings]
    reference = DriftReference(findings, by_patient(cells, findings))
    write_drift_reference(load_site(site_file).state.shipped_model, reference, study="d" * 64)
    done = typed("--site", site_file, "predict", "--in", manifest, "--out", out, "--against-reports", manifest)
    alone = typed("--site", site_file, "drift", "--predictions", out, "--manifest", manifest)
    assert (done.code, alone.code) == (0, 0)
    assert "have a report that says something of the finding" in alone.out
    assert done.out.endswith(alone.out)
