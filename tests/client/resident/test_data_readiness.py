import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from glsmed.client.commands.check import render
from glsmed.client.resident.readiness import run_check

Write = Callable[..., Path]


@pytest.fixture
def odd_site(write_config: Write, write_dicom: Write, drawn_data: Path, tmp_path: Path) -> Path:
    """The configuration of a site with a CT slice, a raw detector image, a black one and a Spanish report."""
    data = Path(shutil.copytree(drawn_data, tmp_path / "data"))
    grey = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    elements: dict[str, dict[str, object]] = {
        "ct": {"Modality": "CT"},
        "raw": {"PresentationIntentType": "FOR PROCESSING"},
        "black": {"BodyPartExamined": "KNEE", "ViewPosition": "LL"},
    }
    lines = []
    for name, further in elements.items():
        image = write_dicom(grey * (name != "black"), name=f"{name}.dcm", **further)
        (data / "reports" / f"{name}.txt").write_text(f"Film {name}. No hay derrame pleural.")
        lines.append(f"odd-{name},odd-{name},{image},reports/{name}.txt\n")
    with (data / "manifest.csv").open("a") as manifest:
        manifest.writelines(lines)
    return write_config(manifest=data / "manifest.csv", gold=data / "gold.csv")


def test_everything_suspicious_is_counted_and_named(odd_site: Path) -> None:
    report = run_check(odd_site)
    assert report.faults == []
    text = render(report)
    for said in (
        "images: Modality is CT, expected",
        "images: is FOR PROCESSING",
        "images: every pixel has the same grey, such as ",
        "images: BodyPartExamined is KNEE",
        "images: the view is lateral (LL)",
        "3 of ",
        "sentences are in another language (es) than the adapter's (en), such as 'No hay derrame pleural.'",
    ):
        assert said in text, said


def test_reports_and_sentences_are_counted(odd_site: Path) -> None:
    lines = run_check(odd_site).lines
    assert any("reports (utf-8 " in line and "; plain " in line for line in lines)
    assert any("in another language than en" in line for line in lines)


def test_the_page_shows_them_and_stays_private(odd_site: Path) -> None:
    report = run_check(odd_site)
    assert report.page is not None
    assert report.page.stat().st_mode & 0o777 == 0o600
    assert f"look through {report.page}" in render(report)
    page = report.page.read_text()
    for said in ("Modality is CT", "No hay derrame pleural.", "data:image/jpeg;base64,", "<mark class=", "Gold 1"):
        assert said in page, said


def test_a_site_with_an_image_that_cannot_be_read_gets_its_page_too(odd_site: Path, tmp_path: Path) -> None:
    (tmp_path / "ct.dcm").write_bytes(b"no image")
    report = run_check(odd_site)
    assert report.faults
    assert report.page is not None
    assert "Training cannot start" in report.page.read_text()


def test_without_an_adapter_there_is_no_page(write_config: Write) -> None:
    report = run_check(write_config(replace={"en_radiology": "none.yaml"}))
    assert (report.page, bool(report.faults)) == (None, True)


def test_very_many_faults_of_the_manifest_are_told_by_kind_and_all_in_a_file(
    write_config: Write, write_manifest: Write, tmp_path: Path
) -> None:
    manifest = write_manifest("s,p,0.png,Text.")
    lines = [f"s{n},p{n},none{n}.png,,Text {n}." for n in range(150)]
    manifest.write_text("study_id,patient_id,image,report,report_text\n" + "\n".join(lines) + "\n")
    faults = run_check(write_config(manifest=manifest)).faults
    listed = tmp_path / "state" / "patients" / "manifest-faults.txt"
    assert f"150 rows: image: no such file: none0.png; first: {manifest}:2; all: {listed}" in faults
    assert len(listed.read_text().splitlines()) == 150
