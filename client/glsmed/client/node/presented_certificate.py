"""What answers at the centre's address: its certificate and its clock, for messages about what is wrong there."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Self

import httpx
from cryptography import x509
from cryptography.x509.oid import NameOID

from glsmed.client.node.proxy import Proxy, centre_client
from glsmed.client.settings.enrolment import read_authority

LOOK_SECONDS = 5.0  # to connect, and to wait for an answer
_HALF_A_SECOND = 0.5  # a Date header has whole seconds: on average so much has passed since


@dataclass(frozen=True, slots=True)
class PresentedCertificate:
    """The certificate of a server: whose name it bears, who issued it, for which names and days."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Self:
        """What a certificate says."""
        return cls(
            subject=_common_name(certificate.subject),
            issuer=_common_name(certificate.issuer),
            names=_names(certificate),
            valid_from=certificate.not_valid_before_utc,
            valid_until=certificate.not_valid_after_utc,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What was seen of a server.

    Attributes:
        certificate: the one that it presented.
        headers: of its answer to ``GET /health``.
        clock_ahead: seconds that this machine's clock is ahead of the server's, to about a second; None: not known.
    """

    certificate: PresentedCertificate
    headers: Mapping[str, str]
    clock_ahead: float | None


def look(centre: str, proxy: Proxy | None, trusted: ssl.SSLContext) -> Answer:
    """The server at ``centre`` (``host:port``), as anyone can see it; nothing of the site is told to it.

    The centre answers whoever shows a site's certificate. Of others it ends the connection, but not before it has shown
    its own: then the headers are empty.

    Raises:
        httpx.TransportError: it cannot be reached, or is not trusted.
    """
    seen: list[bytes] = []

    def keep(event: str, facts: Mapping[str, Any]) -> None:
        if event.endswith(".start_tls.complete"):
            seen.append(facts["return_value"].get_extra_info("ssl_object").getpeercert(True))

    headers: Mapping[str, str] = {}
    try:
        with (
            centre_client(trusted, proxy, timeout=LOOK_SECONDS) as client,
            client.stream("GET", f"https://{centre}/health", extensions={"trace": keep}) as response,
        ):
            headers = response.headers
    except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
        if not seen:
            raise
    return Answer(PresentedCertificate.of(x509.load_der_x509_certificate(seen[-1])), headers, clock_ahead(headers))


def look_without_trust(centre: str, proxy: Proxy | None) -> Answer | None:
    """The same for a server whose certificate was refused; None where nothing can be seen."""
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname = False
    anyone.verify_mode = ssl.CERT_NONE
    try:
        return look(centre, proxy, anyone)
    except (httpx.TransportError, ValueError):  # a stranger may speak anything
        return None


def trusted_context(ca_certificate: Path) -> ssl.SSLContext:
    """Trust in the study's authority alone.

    Raises:
        DataError: the file is missing or damaged.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=read_authority(ca_certificate).decode("ascii"))
    return context


def clock_ahead(headers: Mapping[str, str], *, now: float | None = None) -> float | None:
    """Seconds that this machine's clock is ahead of an answer's ``Date``; None: it has none that can be read."""
    try:
        date = parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return (time.time() if now is None else now) - (date.timestamp() + _HALF_A_SECOND)


def authority_of(ca_certificate: Path) -> PresentedCertificate:
    """What the study's authority says of itself."""
    return PresentedCertificate.of(x509.load_pem_x509_certificates(read_authority(ca_certificate))[0])


def in_force(certificate: PresentedCertificate) -> bool:
    """Whether the certificate is valid today, by this machine's clock."""
    return certificate.valid_from <= datetime.now(UTC) <= certificate.valid_until


def _common_name(name: x509.Name) -> str:
    attributes = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(attributes[0].value) if attributes else name.rfc4514_string()


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in alternatives)
