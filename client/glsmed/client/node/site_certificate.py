"""The certificate of this site's key, which the centre makes when it admits the site: without it nothing connects.

It lies beside the key (``keys/site.key``, ``keys/site.crt``), holds nothing secret, and ends after thirteen months.
"""

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from glsmed.client.settings.enrolment import certificate_beside, read_authority, read_private_key
from glsmed.shared.errors import DataError

_REMEDY = "ask the centre for it: it is sites/certificates/SITE.crt there, and flwr-server certify makes a new one"


def read_certificate(private_key: Path, ca_certificate: Path) -> x509.Certificate:
    """The certificate of this site's key, which the study's authority has issued; it may have ended.

    Raises:
        DataError: naming the file: it is missing, damaged, of another key or by another authority; or the key or
            ca.crt cannot be used.
        OSError: a file cannot be read.
    """
    path = certificate_beside(private_key)
    key, authority = read_private_key(private_key), x509.load_pem_x509_certificates(read_authority(ca_certificate))[0]
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except FileNotFoundError:
        raise DataError(
            f"{path}: no such file, and the centre answers nobody without a certificate. Send request.yaml to the "
            "centre to be admitted, and read the fingerprint out when it calls; then it sends this file. If it has "
            f"admitted this site already, {_REMEDY}"
        ) from None
    except ValueError:
        raise DataError(f"{path}: is not a certificate in PEM; {_REMEDY}") from None
    if certificate.public_key() != key.public_key():
        raise DataError(f"{path}: is the certificate of another key than {private_key}; {_REMEDY}")
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError):
        raise DataError(f"{path}: was issued by another authority than {ca_certificate}; {_REMEDY}") from None
    return certificate


def days_left(certificate: x509.Certificate) -> int:
    """Whole days until it ends; negative afterwards."""
    return (certificate.not_valid_after_utc - datetime.now(UTC)).days
