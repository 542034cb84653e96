"""The certificate of the key by which a centre signs its tasks: issued by the study's authority, for that alone.

Hospitals approve the authority (ca.crt) together with study.yaml. So the signing key can be renewed without a new kit,
and neither the certificate of the centre's TLS nor one of a site passes for it: they lack its purpose.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# the purpose: a UUID, as ITU-T X.667 has it
TASKS_USAGE = x509.ObjectIdentifier("2.25.210773114595376769111042056843067279367")
_CLOCK_SKEW = timedelta(minutes=10)
_LONGEST_DER = 4096


@dataclass(frozen=True, slots=True)
class CentreKey:
    """The key by which a centre signs, and when its certificate was made."""

    key: Ed25519PublicKey
    made_at: datetime


def centre_key(certificate: bytes, authority: x509.Certificate) -> CentreKey:
    """The key of a certificate (DER) that the authority has issued for signing tasks.

    Raises:
        ValueError: it is damaged, another authority's, for another purpose, or not valid now.
    """
    if len(certificate) > _LONGEST_DER:
        raise ValueError("too long")
    parsed = x509.load_der_x509_certificate(certificate)
    try:
        parsed.verify_directly_issued_by(authority)
    except (InvalidSignature, TypeError):
        raise ValueError("the study's authority did not issue it") from None
    now = datetime.now(UTC)
    if not parsed.not_valid_before_utc - _CLOCK_SKEW <= now <= parsed.not_valid_after_utc + _CLOCK_SKEW:
        raise ValueError(f"valid from {parsed.not_valid_before_utc} to {parsed.not_valid_after_utc}")
    key = parsed.public_key()
    if not isinstance(key, Ed25519PublicKey) or TASKS_USAGE not in _purposes(parsed):
        raise ValueError("it is not for signing tasks")
    return CentreKey(key, parsed.not_valid_before_utc)


def _purposes(certificate: x509.Certificate) -> list[x509.ObjectIdentifier]:
    try:
        return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return []
