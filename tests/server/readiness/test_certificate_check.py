from datetime import timedelta
from pathlib import Path

import pytest

from glsmed.server.folders.authority import issuing
from glsmed.server.folders.pki import CertificateFolder
from glsmed.server.readiness.certificate_check import check_certificates
from glsmed.shared.errors import FederationError

NAMES = ["centre.example.org"]


@pytest.fixture
def certificates(tmp_path: Path) -> CertificateFolder:
    folder = CertificateFolder(tmp_path / "pki")
    folder.create(study="doubt", public_names=NAMES)
    return folder


def test_a_new_folder_has_nothing_to_say(certificates: CertificateFolder) -> None:
    report = check_certificates(certificates, NAMES)
    assert (report.warnings, report.faults) == ([], [])
    assert "server certificate for centre.example.org, localhost" in report.lines[1]


def test_a_name_that_the_certificate_lacks_is_renewed_at_the_start(certificates: CertificateFolder) -> None:
    report = check_certificates(certificates, [*NAMES, "new.example.org"])
    assert report.faults == []
    assert "the next start renews it for centre.example.org, new.example.org" in report.lines[1]


@pytest.mark.parametrize(("names", "fatal"), [(NAMES, False), (["new.example.org"], True)])
def test_a_lost_authority_key_stops_the_start_only_where_it_is_needed(
    certificates: CertificateFolder, names: list[str], fatal: bool
) -> None:
    certificates.ca_key.unlink()
    report = check_certificates(certificates, names)
    assert len(report.faults) == fatal
    assert "ca.key is missing" in (report.faults or report.warnings)[0]


def test_an_authority_key_of_another_study_is_named(certificates: CertificateFolder, tmp_path: Path) -> None:
    other = CertificateFolder(tmp_path / "other")
    other.create(study="other", public_names=NAMES)
    certificates.ca_key.write_bytes(other.ca_key.read_bytes())
    assert "is not the key of" in check_certificates(certificates, NAMES).warnings[0]


def test_an_expired_authority_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "_CA_VALIDITY", timedelta(minutes=-1))
    expired = CertificateFolder(tmp_path / "pki")
    expired.create(study="doubt", public_names=NAMES)
    (fault,) = check_certificates(expired, NAMES).faults
    assert "ca.crt expired on" in fault


def test_a_key_that_others_can_read_is_a_warning(certificates: CertificateFolder) -> None:
    certificates.ca_key.chmod(0o644)
    assert "others on this machine can read it" in check_certificates(certificates, NAMES).warnings[0]


def test_a_centre_that_only_this_machine_can_verify_is_a_warning(certificates: CertificateFolder) -> None:
    assert "only this machine" in check_certificates(certificates, ["localhost"]).warnings[0]


def test_a_missing_authority_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FederationError, match=r"ca\.crt is missing"):
        check_certificates(CertificateFolder(tmp_path), NAMES)


@pytest.mark.parametrize(("names", "fatal"), [(NAMES, False), (["new.example.org"], True)])
def test_an_encrypted_authority_key_stops_the_start_only_where_it_is_needed(
    tmp_path: Path, names: list[str], fatal: bool
) -> None:
    locked = CertificateFolder(tmp_path / "pki")
    locked.create(study="doubt", public_names=NAMES, passphrase=b"four words of a poem")
    report = check_certificates(locked, names)
    assert len(report.faults) == fatal
    assert report.warnings == []
    assert "encrypted" in "\n".join(report.faults or report.lines)
