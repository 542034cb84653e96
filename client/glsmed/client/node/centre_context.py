"""TLS on the way to the centre: trust in the study's authority alone, and this site's certificate to show."""

import secrets
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from glsmed.client.node.connection_faults import OutsideFaultError
from glsmed.client.node.presented_certificate import trusted_context
from glsmed.client.node.site_certificate import days_left, read_certificate
from glsmed.client.settings.enrolment import certificate_beside, read_private_key


def centre_context(ca_certificate: Path, private_key: Path) -> ssl.SSLContext:
    """How this site greets the centre.

    Args:
        ca_certificate: the study's authority.
        private_key: the site's; its certificate lies beside it.

    Raises:
        OutsideFaultError: the site's certificate has ended.
        DataError: it is missing, damaged, of another key or by another authority; or another file cannot be used.
    """
    context = trusted_context(ca_certificate)
    certificate = read_certificate(private_key, ca_certificate)
    if days_left(certificate) < 0:
        raise OutsideFaultError(
            f"{certificate_beside(private_key)}: this site's certificate ended on "
            f"{certificate.not_valid_after_utc:%Y-%m-%d}: ask the centre for a new one (flwr-server certify), and put "
            "it there"
        )
    show(context, certificate, private_key)
    return context


def show(context: ssl.SSLContext, certificate: x509.Certificate, private_key: Path) -> None:
    """Let a context show a certificate. OpenSSL takes the key from a file only: an encrypted one, gone in a moment."""
    password = secrets.token_bytes(32).hex()
    key = read_private_key(private_key)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode()))
    with tempfile.NamedTemporaryFile(suffix=".pem") as chain:
        chain.write(certificate.public_bytes(Encoding.PEM) + pem)
        chain.flush()
        context.load_cert_chain(chain.name, password=password)
