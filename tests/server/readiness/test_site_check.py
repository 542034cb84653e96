from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.server.admission.site_certificates import SiteCertificates
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.readiness import site_check
from glsmed.server.readiness.site_check import check_site_certificates, check_sites

AdmitSite = Callable[[str], Path]


@pytest.fixture
def two_sites(new_folder: StudyFolder, admit_site: AdmitSite) -> StudyFolder:
    for site in ("a", "b"):
        admit_site(site)
    return new_folder


def test_a_quorum_of_sites_is_enough(two_sites: StudyFolder) -> None:
    report = check_sites(two_sites.sites, two_sites.study())
    assert (report.lines, report.warnings, report.faults) == (["2 site(s) admitted: a, b"], [], [])


def test_too_few_sites_are_a_fault_and_a_bad_file_a_warning(two_sites: StudyFolder) -> None:
    (two_sites.sites / "b.yaml").write_text("site: st-")
    report = check_sites(two_sites.sites, two_sites.study())
    assert "1 site(s) admitted (a), the quorum is 2" in report.faults[0]
    assert "b.yaml:1" in report.warnings[0]


def test_a_site_that_approved_another_study_is_named(two_sites: StudyFolder) -> None:
    changed = two_sites.study().model_copy(update={"findings": ("nodule",)})
    warnings = check_sites(two_sites.sites, changed).warnings
    assert [warning.split(":")[0] for warning in warnings] == [
        "a approved another study.yaml",
        "b approved another study.yaml",
    ]


def test_a_site_with_another_release_is_named(two_sites: StudyFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_check, "RELEASE", "9.9")
    assert "here is 9.9: upgrade it" in check_sites(two_sites.sites, two_sites.study()).warnings[0]


def test_a_site_without_a_certificate_cannot_connect_and_is_named(two_sites: StudyFolder) -> None:
    assert check_site_certificates(two_sites).warnings == []
    SiteCertificates(two_sites.site_certificates, two_sites.certificates).remove("b")
    (warning,) = check_site_certificates(two_sites).warnings
    assert warning.startswith("b's certificate: there is none yet: flwr-server certify makes a new one")
