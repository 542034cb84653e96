import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from glsmed.server.folders.pki import CertificateFolder
from glsmed.shared.errors import FederationError


@pytest.fixture
def certificates(tmp_path: Path) -> CertificateFolder:
    folder = CertificateFolder(tmp_path / "pki")
    folder.create(study="doubt", public_names=["centre.example.org", "192.0.2.7"])
    return folder


def _handshake(certificates: CertificateFolder, *, name: str, trusted: Path) -> None:
    """A TLS handshake between two in-memory ends, verified strictly."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(certificates.server_certificate, certificates.server_key)
    client_context = ssl.create_default_context(cafile=str(trusted))
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(down, up, server_hostname=name)
    server = server_context.wrap_bio(up, down, server_side=True)
    for end in (client, server, client, server):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue


@pytest.mark.parametrize("name", ["centre.example.org", "192.0.2.7", "localhost", "127.0.0.1"])
def test_server_is_trusted_under_its_names(certificates: CertificateFolder, name: str) -> None:
    _handshake(certificates, name=name, trusted=certificates.ca_certificate)


def test_server_is_not_trusted_under_another_name(certificates: CertificateFolder) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        _handshake(certificates, name="elsewhere.example.org", trusted=certificates.ca_certificate)


def test_another_study_does_not_trust_it(certificates: CertificateFolder, tmp_path: Path) -> None:
    other = CertificateFolder(tmp_path / "other")
    other.create(study="other", public_names=["localhost"])
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(certificates, name="localhost", trusted=other.ca_certificate)


@pytest.mark.parametrize("key", ["ca_key", "server_key"])
def test_private_keys_are_readable_by_their_owner_only(certificates: CertificateFolder, key: str) -> None:
    path: Path = getattr(certificates, key)
    assert path.stat().st_mode & 0o777 == 0o600


def test_server_certificate_cannot_sign_others(certificates: CertificateFolder) -> None:
    certificate = x509.load_pem_x509_certificate(certificates.server_certificate.read_bytes())
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert certificate.not_valid_after_utc - datetime.now(UTC) < timedelta(days=398)


def test_a_new_public_name_calls_for_a_new_certificate(certificates: CertificateFolder) -> None:
    assert not certificates.needs_renewal(["centre.example.org"])
    assert certificates.needs_renewal(["centre.example.org", "new.example.org"])
    certificates.issue(["new.example.org"])
    assert not certificates.needs_renewal(["new.example.org"])


def test_issuing_without_the_authority_names_the_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FederationError, match=r"ca\.crt is missing: run flwr-server init"):
        CertificateFolder(tmp_path).issue(["localhost"])


def _renew(certificates: CertificateFolder) -> None:
    if certificates.needs_renewal(["centre.example.org"]):
        certificates.issue(["centre.example.org"])


@pytest.mark.parametrize("damaged", ["ca_certificate", "ca_key", "server_certificate", "server_key"])
def test_a_damaged_file_is_named(certificates: CertificateFolder, damaged: str) -> None:
    path: Path = getattr(certificates, damaged)
    path.write_text("not what it was")
    if damaged == "ca_key":
        certificates.server_key.unlink()
    with pytest.raises(FederationError, match=rf"{path.name} is not a PEM .*: restore it from a backup"):
        _renew(certificates)


def test_a_lost_server_key_is_made_again(certificates: CertificateFolder) -> None:
    certificates.server_key.unlink()
    assert certificates.needs_renewal(["centre.example.org"])


def test_a_server_key_that_does_not_fit_its_certificate_is_made_again(
    certificates: CertificateFolder, tmp_path: Path
) -> None:
    other = CertificateFolder(tmp_path / "other")
    other.create(study="other", public_names=["centre.example.org"])
    certificates.server_key.write_bytes(other.server_key.read_bytes())
    assert certificates.needs_renewal(["centre.example.org"])


PASSPHRASE = b"four words of a poem"


def test_an_encrypted_authority_renews_with_its_passphrase_alone(tmp_path: Path) -> None:
    locked = CertificateFolder(tmp_path / "pki")
    locked.create(study="doubt", public_names=["centre.example.org"], passphrase=PASSPHRASE)
    assert locked.is_locked
    assert b"ENCRYPTED" in locked.ca_key.read_bytes()
    with pytest.raises(FederationError, match="ca-passphrase-file"):
        locked.issue(["new.example.org"])
    with pytest.raises(FederationError, match="does not open with this passphrase"):
        locked.issue(["new.example.org"], b"other words of a poem")
    assert locked.needs_renewal(["new.example.org"])
    locked.issue(["new.example.org"], PASSPHRASE)
    assert not locked.needs_renewal(["new.example.org"])


def test_a_passphrase_does_no_harm_where_the_key_is_not_encrypted(certificates: CertificateFolder) -> None:
    certificates.issue(["new.example.org"], PASSPHRASE)
    assert not certificates.needs_renewal(["new.example.org"])


def test_the_key_that_signs_tasks_is_its_owners_alone(certificates: CertificateFolder) -> None:
    assert certificates.tasks_key.stat().st_mode & 0o777 == 0o600
    assert not certificates.needs_task_key()


def test_a_folder_of_an_earlier_release_needs_one(certificates: CertificateFolder) -> None:
    certificates.tasks_key.unlink()
    assert certificates.needs_task_key()
    with pytest.raises(FederationError, match="start flwr-server again, it makes them"):
        certificates.task_key()
    certificates.issue_task_key()
    assert not certificates.needs_task_key()


@pytest.mark.parametrize("other", ["server_key", "ca_certificate"])
def test_another_key_in_its_place_is_told(certificates: CertificateFolder, other: str) -> None:
    certificates.tasks_key.write_bytes(getattr(certificates, other).read_bytes())
    with pytest.raises(FederationError, match="delete both and start"):
        certificates.needs_task_key()


def test_an_encrypted_authority_makes_none_without_its_passphrase(tmp_path: Path) -> None:
    folder = CertificateFolder(tmp_path / "locked")
    folder.create(study="doubt", public_names=["localhost"], passphrase=b"a long passphrase")
    assert not folder.needs_task_key()
    folder.tasks_key.unlink()
    with pytest.raises(FederationError, match="ca-passphrase-file"):
        folder.issue_task_key()
    folder.issue_task_key(b"a long passphrase")
    assert not folder.needs_task_key()
