from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from glsmed.server.folders.authority import issuing
from glsmed.server.folders.pki import CertificateFolder
from glsmed.shared.signing.centre_certificate import centre_key


@pytest.fixture
def certificates(tmp_path: Path) -> CertificateFolder:
    folder = CertificateFolder(tmp_path / "pki")
    folder.create(study="doubt", public_names=["localhost"])
    return folder


def _authority(folder: CertificateFolder) -> x509.Certificate:
    return x509.load_pem_x509_certificate(folder.ca_certificate.read_bytes())


def _der(path: Path) -> bytes:
    return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)


def test_the_key_that_the_authority_certified_for_tasks(certificates: CertificateFolder) -> None:
    key = certificates.task_key()
    assert centre_key(key.certificate, _authority(certificates)).key == key.key.public_key()


def test_the_servers_certificate_signs_no_tasks(certificates: CertificateFolder) -> None:
    with pytest.raises(ValueError, match="not for signing tasks"):
        centre_key(_der(certificates.server_certificate), _authority(certificates))


def test_the_authority_itself_signs_no_tasks(certificates: CertificateFolder) -> None:
    with pytest.raises(ValueError, match="not for signing tasks"):
        centre_key(_der(certificates.ca_certificate), _authority(certificates))


def test_another_authoritys_is_refused(certificates: CertificateFolder, tmp_path: Path) -> None:
    other = CertificateFolder(tmp_path / "other")
    other.create(study="doubt", public_names=["localhost"])
    with pytest.raises(ValueError, match="did not issue it"):
        centre_key(other.task_key().certificate, _authority(certificates))


def test_an_expired_one_is_refused(certificates: CertificateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "_CLOCK_SKEW", timedelta(days=3))
    monkeypatch.setattr(issuing, "_LEAF_VALIDITY", timedelta(days=-2))
    certificates.issue_task_key()
    with pytest.raises(ValueError, match="valid from"):
        centre_key(certificates.task_key().certificate, _authority(certificates))


@pytest.mark.parametrize("certificate", [b"", b"no certificate", bytes(5000)])
def test_what_is_no_certificate_is_refused(certificates: CertificateFolder, certificate: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        centre_key(certificate, _authority(certificates))
