from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from glsmed.server.admission.site_certificates import RENEWAL_MARGIN, SiteCertificates
from glsmed.server.folders.authority import issuing
from glsmed.server.folders.pki import CertificateFolder
from glsmed.shared.errors import FederationError
from glsmed.shared.protocol.enrolment import EnrolmentRequest, generate_private_key, load_public_key, make_request

PASSPHRASE = b"four words of a poem"


def _authority(folder: Path, *, passphrase: bytes | None = None) -> CertificateFolder:
    made = CertificateFolder(folder)
    made.create(study="doubt", public_names=["localhost"], passphrase=passphrase)
    return made


def _request(site: str = "st-mary") -> EnrolmentRequest:
    return make_request(generate_private_key(), site=site, study="doubt", study_digest="ab")


@pytest.fixture
def authority(tmp_path: Path) -> CertificateFolder:
    return _authority(tmp_path / "pki")


@pytest.fixture
def certificates(tmp_path: Path, authority: CertificateFolder) -> SiteCertificates:
    return SiteCertificates(tmp_path / "certificates", authority)


def test_one_that_was_issued_is_of_the_admitted_key_and_has_no_fault(certificates: SiteCertificates) -> None:
    request = _request()
    assert certificates.fault(request) == "there is none yet"
    (file,) = certificates.issue([request])
    assert file == certificates.path("st-mary")
    written = x509.load_pem_x509_certificate(file.read_bytes())
    assert written.public_key() == load_public_key(request.public_key)
    assert certificates.fault(request) is None
    certificates.remove("st-mary")
    certificates.remove("st-mary")
    assert certificates.fault(request) == "there is none yet"


def test_one_of_an_earlier_key_does_not_pass_for_the_new(certificates: SiteCertificates) -> None:
    certificates.issue([_request()])
    assert certificates.fault(_request()) == "it is of another key"


def test_a_new_authority_makes_every_certificate_due(certificates: SiteCertificates, tmp_path: Path) -> None:
    request = _request()
    certificates.issue([request])
    _authority(tmp_path / "pki")
    assert certificates.fault(request) == "another authority has issued it"


def test_one_that_ends_soon_is_due_and_a_damaged_one_too(
    certificates: SiteCertificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = _request()
    monkeypatch.setattr(issuing, "_LEAF_VALIDITY", RENEWAL_MARGIN - timedelta(days=1))
    certificates.issue([request])
    assert str(certificates.fault(request)).startswith("it ends on ")
    certificates.path("st-mary").write_text("no certificate")
    assert certificates.fault(request) == "the file cannot be read"


def test_an_encrypted_authority_issues_with_its_passphrase_alone(tmp_path: Path) -> None:
    certificates = SiteCertificates(tmp_path / "sites", _authority(tmp_path / "locked", passphrase=PASSPHRASE))
    request = _request()
    with pytest.raises(FederationError, match="is encrypted, and no passphrase was given"):
        certificates.issue([request])
    assert certificates.fault(request) == "there is none yet"
    certificates.issue([request], passphrase=PASSPHRASE)
    assert certificates.fault(request) is None
