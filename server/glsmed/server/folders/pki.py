"""The centre's certificate authority, server certificate (X.509, ECDSA P-384) and signing key (Ed25519)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from glsmed.server.folders.authority.issuing import (
    Authority,
    authority_certificate,
    server_certificate,
    site_certificate,
    task_certificate,
)
from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import PRIVATE_FILE, write_bytes
from glsmed.shared.signing.task_signature import TaskKey

_RENEWAL_MARGIN = timedelta(days=30)
_LOCKED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """A certificate in short."""

    names: tuple[str, ...]
    expires_at: datetime

    @property
    def is_expired(self) -> bool:
        """Whether it is not valid any more."""
        return self.expires_at < datetime.now(UTC)


class CertificateFolder:
    """The PEM files of a study's ``pki`` folder."""

    def __init__(self, folder: Path) -> None:
        self.ca_certificate = folder / "ca.crt"
        self.ca_key = folder / "ca.key"
        self.server_certificate = folder / "server.crt"
        self.server_key = folder / "server.key"
        self.tasks_certificate = folder / "tasks.crt"
        self.tasks_key = folder / "tasks.key"

    def create(self, *, study: str, public_names: Sequence[str], passphrase: bytes | None = None) -> None:
        """Make a new authority, and a server certificate for ``public_names`` (DNS names or addresses).

        With a passphrase the authority's key is encrypted by it, and never on disk otherwise.
        """
        key = ec.generate_private_key(ec.SECP384R1())
        _write_key(self.ca_key, key, passphrase)
        write_bytes(self.ca_certificate, authority_certificate(key, study).public_bytes(Encoding.PEM))
        self.issue(public_names, passphrase)
        self.issue_task_key(passphrase)

    def issue_task_key(self, passphrase: bytes | None = None) -> None:
        """Make a new key that signs the centre's tasks, and the authority's certificate for it.

        Sites obey the newest that they have seen: the key before is refused from the next task on.

        Raises:
            FederationError: a file of the authority is missing or damaged, or the passphrase does not open its key.
        """
        key = Ed25519PrivateKey.generate()
        certificate = task_certificate(key.public_key(), self._opened(passphrase))
        _write_key(self.tasks_key, key)
        write_bytes(self.tasks_certificate, certificate.public_bytes(Encoding.PEM))

    def task_key(self) -> TaskKey:
        """The key that signs the centre's tasks.

        Raises:
            FederationError: it or its certificate is missing, damaged, or the two do not belong together.
        """
        if not (self.tasks_key.is_file() and self.tasks_certificate.is_file()):
            raise FederationError(
                f"{self.tasks_key} or {self.tasks_certificate.name} is missing: start flwr-server again, it makes them"
            )
        certificate = _certificate(self.tasks_certificate)
        key: PrivateKeyTypes | None
        try:
            key = load_pem_private_key(self.tasks_key.read_bytes(), password=None)
        except (ValueError, TypeError):
            key = None  # told below
        if not isinstance(key, Ed25519PrivateKey) or key.public_key() != certificate.public_key():
            raise FederationError(
                f"{self.tasks_key} is damaged, or not the key of {self.tasks_certificate.name}: delete both and start "
                "flwr-server again, it makes new ones"
            )
        return TaskKey(key, certificate.public_bytes(Encoding.DER))

    def needs_task_key(self) -> bool:
        """Whether the key that signs tasks is missing, or its certificate expires soon.

        Raises:
            FederationError: it is damaged.
        """
        if not (self.tasks_key.is_file() and self.tasks_certificate.is_file()):
            return True
        self.task_key()
        certificate = _certificate(self.tasks_certificate)
        return certificate.not_valid_after_utc < datetime.now(UTC) + _RENEWAL_MARGIN

    def issue(self, public_names: Sequence[str], passphrase: bytes | None = None) -> None:
        """Make a new server key and certificate, signed by the study's authority.

        Raises:
            FederationError: a file of the authority is missing or damaged, or the passphrase does not open its key.
        """
        key = ec.generate_private_key(ec.SECP384R1())
        certificate = server_certificate(key.public_key(), public_names, self._opened(passphrase))
        _write_key(self.server_key, key)
        write_bytes(self.server_certificate, certificate.public_bytes(Encoding.PEM))

    def issue_site(self, key: ec.EllipticCurvePublicKey, *, site: str, passphrase: bytes | None = None) -> bytes:
        """The certificate (PEM) by which a site shows the centre's listener that it is of this study.

        Raises:
            FederationError: a file of the authority is missing or damaged, or the passphrase does not open its key.
        """
        return site_certificate(key, site, self._opened(passphrase)).public_bytes(Encoding.PEM)

    def has_issued(self, certificate: x509.Certificate) -> bool:
        """Whether the study's authority has issued a certificate.

        Raises:
            FederationError: the authority's certificate is missing or damaged.
        """
        try:
            certificate.verify_directly_issued_by(self._authority())
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True

    def needs_renewal(self, public_names: Sequence[str]) -> bool:
        """Whether the server's key or certificate is missing, does not match, expires soon, or lacks a public name.

        Raises:
            FederationError: the authority's certificate, or the server's certificate or key, is damaged.
        """
        self._authority()
        if not (self.server_certificate.is_file() and self.server_key.is_file()):
            return True
        certificate = _certificate(self.server_certificate)
        if _private_key(self.server_key).public_key() != certificate.public_key():
            return True
        expires_soon = certificate.not_valid_after_utc < datetime.now(UTC) + _RENEWAL_MARGIN
        return expires_soon or not set(public_names) <= set(_names(certificate))

    def authority(self) -> CertificateFacts:
        """The study's authority, which hospitals have as ca.crt.

        Raises:
            FederationError: its certificate is missing or damaged.
        """
        return CertificateFacts((), self._authority().not_valid_after_utc)

    def server(self) -> CertificateFacts | None:
        """The server's certificate; None if it is missing.

        Raises:
            FederationError: it is damaged.
        """
        if not self.server_certificate.is_file():
            return None
        certificate = _certificate(self.server_certificate)
        return CertificateFacts(_names(certificate), certificate.not_valid_after_utc)

    @property
    def is_locked(self) -> bool:
        """Whether the authority's key is encrypted."""
        return self.ca_key.is_file() and self.ca_key.read_bytes().lstrip().startswith(_LOCKED)

    def require_authority_key(self) -> None:
        """Raise if the server's certificate could not be renewed without a passphrase.

        Raises:
            FederationError: the authority's key is missing, damaged, or not the key of its certificate.
        """
        if self._authority_key().public_key() != self._authority().public_key():
            raise FederationError(f"{self.ca_key} is not the key of {self.ca_certificate}: restore it from a backup")

    def _opened(self, passphrase: bytes | None) -> Authority:
        """The authority, ready to sign."""
        return Authority(self._authority(), self._authority_key(passphrase))

    def _authority(self) -> x509.Certificate:
        if not self.ca_certificate.is_file():
            raise FederationError(f"{self.ca_certificate} is missing: run flwr-server init first")
        return _certificate(self.ca_certificate)

    def _authority_key(self, passphrase: bytes | None = None) -> ec.EllipticCurvePrivateKey:
        if not self.ca_key.is_file():
            raise FederationError(f"{self.ca_key} is missing: without it no certificate can be issued")
        if self.is_locked and passphrase is None:
            raise FederationError(
                f"{self.ca_key} is encrypted, and no passphrase was given: name the file that holds it with "
                "--ca-passphrase-file FILE, or in the environment: GLSMED_CA_PASSPHRASE_FILE=FILE"
            )
        return _private_key(self.ca_key, passphrase if self.is_locked else None)


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return tuple(str(name.value) for name in names)


def _certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError:
        raise FederationError(f"{path} is not a PEM certificate: restore it from a backup") from None


def _private_key(path: Path, passphrase: bytes | None = None) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=passphrase)
    except (ValueError, TypeError):
        if passphrase is not None:
            raise FederationError(f"{path} does not open with this passphrase") from None
        raise FederationError(f"{path} is not a PEM private key: restore it from a backup") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise FederationError(f"{path} is not an elliptic-curve key: restore it from a backup")
    return key


def _write_key(
    path: Path, key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey, passphrase: bytes | None = None
) -> None:
    lock: KeySerializationEncryption = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
    write_bytes(path, pem, mode=PRIVATE_FILE)
