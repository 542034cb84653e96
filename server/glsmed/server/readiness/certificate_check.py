"""The authority that hospitals trust, and the server's certificate."""

from collections.abc import Sequence

from glsmed.server.folders.pki import CertificateFolder
from glsmed.server.readiness.report import CheckReport
from glsmed.shared.errors import FederationError

_OTHERS = 0o077
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def check_certificates(certificates: CertificateFolder, public_names: Sequence[str]) -> CheckReport:
    """Whether hospitals will be able to verify the centre under its public names, and until when.

    Raises:
        FederationError: a certificate or key is missing or damaged.
    """
    report = CheckReport()
    authority = certificates.authority()
    report.lines.append(f"authority {certificates.ca_certificate}: valid until {authority.expires_at:%Y-%m-%d}")
    if authority.is_expired:
        report.faults.append(
            f"{certificates.ca_certificate} expired on {authority.expires_at:%Y-%m-%d}: make a new study folder with "
            "flwr-server init; every hospital needs the new ca.crt"
        )
    if set(public_names) <= _LOOPBACK:
        report.warnings.append("centre.public_names: only this machine: hospitals elsewhere cannot verify the centre")
    report.add(_check_server(certificates, public_names))
    report.add(_check_task_key(certificates))
    return report


def _check_task_key(certificates: CertificateFolder) -> CheckReport:
    """The key without which no site obeys; a study folder of an earlier release has none until its next start."""
    report = CheckReport()
    if not certificates.needs_task_key():
        report.lines.append(f"{certificates.tasks_key.name} signs tasks; each start renews it from a month before")
    elif certificates.is_locked:
        report.warnings.append(
            f"{certificates.tasks_key}: the next start has to make a new key that signs tasks, and needs "
            "`run --ca-passphrase-file FILE` for it"
        )
    else:
        report.lines.append(f"{certificates.tasks_key.name}, the key that signs tasks: the next start makes a new one")
    return report


def _check_server(certificates: CertificateFolder, public_names: Sequence[str]) -> CheckReport:
    report = CheckReport()
    renew = certificates.needs_renewal(public_names)
    server = certificates.server()
    if server is not None and not renew:
        days = f"for {', '.join(server.names)}, valid until {server.expires_at:%Y-%m-%d}"
        report.lines.append(f"server certificate {days}; each start renews it from a month before")
    elif server is not None:
        report.lines.append(f"server certificate: the next start renews it for {', '.join(public_names)}")
    if certificates.is_locked and not renew:
        report.lines.append("authority's key: encrypted; the next renewal needs `run --ca-passphrase-file FILE`")
        return report
    try:
        certificates.require_authority_key()
    except FederationError as error:
        if renew:
            report.faults.append(str(error))
        else:
            report.warnings.append(f"{error}; the next renewal needs it")
    if certificates.ca_key.exists() and certificates.ca_key.stat().st_mode & _OTHERS:
        report.warnings.append(f"{certificates.ca_key}: others on this machine can read it: chmod 600")
    return report
