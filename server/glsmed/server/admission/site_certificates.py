"""The certificate of each admitted site, by which the public listener knows that a connection is of this study.

It is of the key that was admitted, so nothing secret travels: the centre makes it out of request.yaml and sends it to
the hospital, which keeps it beside its key.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from glsmed.server.admission.registry import AdmittedSite
from glsmed.server.folders.pki import CertificateFolder
from glsmed.shared.files.atomic import write_bytes
from glsmed.shared.protocol.enrolment import EnrolmentRequest, load_public_key

RENEWAL_MARGIN = timedelta(days=60)


class SiteCertificates:
    """The files ``SITE.crt`` of a folder.

    Args:
        folder: need not exist.
        authority: issues them.
    """

    def __init__(self, folder: Path, authority: CertificateFolder) -> None:
        self._folder = folder
        self._authority = authority

    def path(self, site: str) -> Path:
        """The file of a site's certificate."""
        return self._folder / f"{site}.crt"

    def fault(self, request: EnrolmentRequest) -> str | None:
        """Why the certificate that a site should have cannot be used for long; None if it can.

        Raises:
            FederationError: the authority's own certificate is missing or damaged.
        """
        path = self.path(request.site)
        try:
            certificate = x509.load_pem_x509_certificate(path.read_bytes())
        except FileNotFoundError:
            return "there is none yet"
        except (OSError, ValueError):
            return "the file cannot be read"
        if certificate.public_key() != load_public_key(request.public_key):
            return "it is of another key"
        if not self._authority.has_issued(certificate):
            return "another authority has issued it"
        if certificate.not_valid_after_utc < datetime.now(UTC) + RENEWAL_MARGIN:
            return f"it ends on {certificate.not_valid_after_utc:%Y-%m-%d}"
        return None

    def due(self, admitted: Mapping[str, AdmittedSite]) -> dict[str, str]:
        """The sites that need a new certificate, each with the reason.

        Raises:
            FederationError: as :meth:`fault`.
        """
        faults = {site: self.fault(entry.request) for site, entry in admitted.items()}
        return {site: fault for site, fault in faults.items() if fault is not None}

    def issue(self, requests: Iterable[EnrolmentRequest], *, passphrase: bytes | None = None) -> list[Path]:
        """Make a new certificate for each of these sites; returns the files. Their old ones stay valid until they end.

        Raises:
            FederationError: the authority's key is missing, damaged, or not opened by the passphrase.
        """
        return [self._issue(request, passphrase) for request in requests]

    def _issue(self, request: EnrolmentRequest, passphrase: bytes | None) -> Path:
        key, path = load_public_key(request.public_key), self.path(request.site)
        write_bytes(path, self._authority.issue_site(key, site=request.site, passphrase=passphrase))
        return path

    def remove(self, site: str) -> None:
        """Forget the certificate of a site that was withdrawn: its key, which is refused, is what counts."""
        self.path(site).unlink(missing_ok=True)
