from collections.abc import Callable
from pathlib import Path

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.readiness.check import run_check

AdmitSite = Callable[[str], Path]


def test_every_fault_of_the_study_file_is_listed(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("study: Doubt\nfindings: []\n")
    faults = run_check(tmp_path / "study.yaml").faults
    assert [fault.split(": ")[1] for fault in faults] == ["study", "findings"]


def test_what_cannot_be_checked_hides_nothing_else(new_folder: StudyFolder) -> None:
    new_folder.certificates.ca_certificate.unlink()
    new_folder.sites.rmdir()
    report = run_check(new_folder.study_file)
    assert any("ca.crt is missing" in fault for fault in report.faults)
    assert any("sites: no such folder" in fault for fault in report.faults)
    assert any("is free (centre.port" in line for line in report.lines)


def test_a_study_with_its_sites_has_no_fault_and_is_left_as_it_is(
    new_folder: StudyFolder, admit_site: AdmitSite
) -> None:
    for site in ("a", "b"):
        admit_site(site)
    before = {path: path.stat().st_mtime_ns for path in new_folder.root.rglob("*")}
    report = run_check(new_folder.study_file)
    assert (report.warnings, report.faults) == ([], [])
    assert {path: path.stat().st_mtime_ns for path in new_folder.root.rglob("*")} == before
