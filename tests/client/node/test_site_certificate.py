from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from glsmed.client.node.site_certificate import days_left, read_certificate
from glsmed.client.settings.enrolment import certificate_beside, read_private_key
from glsmed.server.folders.pki import CertificateFolder
from glsmed.shared.errors import DataError
from glsmed.shared.protocol.enrolment import generate_private_key


@pytest.fixture
def authority(tmp_path: Path) -> CertificateFolder:
    made = CertificateFolder(tmp_path / "pki")
    made.create(study="doubt", public_names=["localhost"])
    return made


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "site.key"
    path.write_bytes(generate_private_key())
    path.chmod(0o600)
    return path


def test_the_certificate_that_the_centre_sends_is_read(authority: CertificateFolder, key: Path) -> None:
    sent = authority.issue_site(read_private_key(key).public_key(), site="st-mary")
    certificate_beside(key).write_bytes(sent)
    assert certificate_beside(key) == key.parent / "site.crt"
    certificate = read_certificate(key, authority.ca_certificate)
    assert certificate == x509.load_pem_x509_certificate(sent)
    assert days_left(certificate) == (certificate.not_valid_after_utc - datetime.now(UTC)).days
    assert 390 < days_left(certificate) < 397


def test_what_will_not_do_is_said_with_the_file(authority: CertificateFolder, key: Path, tmp_path: Path) -> None:
    stranger, other = ec.generate_private_key(ec.SECP384R1()).public_key(), CertificateFolder(tmp_path / "other")
    other.create(study="doubt", public_names=["localhost"])
    own = read_private_key(key).public_key()
    for content, said in (
        (b"no certificate", "is not a certificate in PEM"),
        (authority.issue_site(stranger, site="st-mary"), "is the certificate of another key"),
        (other.issue_site(own, site="st-mary"), "was issued by another authority"),
        (authority.ca_certificate.read_bytes(), "is the certificate of another key"),
    ):
        certificate_beside(key).write_bytes(content)
        with pytest.raises(DataError, match=f"site.crt: {said}.*flwr-server certify"):
            read_certificate(key, authority.ca_certificate)
