"""The admitted sites against the quorum."""

from pathlib import Path

from glsmed.server.admission.quorum import quorum_shortfall
from glsmed.server.admission.registry import Registry, read_registry
from glsmed.server.admission.site_certificates import SiteCertificates
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.readiness.report import CheckReport
from glsmed.shared.protocol.bundle import RELEASE
from glsmed.shared.protocol.study import Study


def check_sites(sites: Path, study: Study) -> CheckReport:
    """Whether enough sites are admitted, and whether those approved this study.yaml.

    Raises:
        DataError: the folder of admitted sites is missing.
    """
    registry = read_registry(sites)
    quorum = study.federation.quorum
    report = CheckReport([f"{len(registry.admitted)} site(s) admitted: {', '.join(registry.admitted) or 'none'}"])
    report.warnings += [*registry.faults.values(), *_misfits(registry, study)]
    shortfall = quorum_shortfall(registry, quorum)
    if shortfall:
        report.faults.append(shortfall)
    return report


def check_site_certificates(folder: StudyFolder) -> CheckReport:
    """Whether each admitted site has a certificate to connect with, and for how long.

    Raises:
        FederationError: the authority's certificate is damaged.
    """
    if not (folder.sites.is_dir() and folder.certificates.ca_certificate.is_file()):
        return CheckReport()  # other checks say so
    certificates = SiteCertificates(folder.site_certificates, folder.certificates)
    due = certificates.due(read_registry(folder.sites).admitted)
    remedy = "flwr-server certify makes a new one, to be sent to the site"
    return CheckReport(warnings=[f"{site}'s certificate: {fault}: {remedy}" for site, fault in due.items()])


def _misfits(registry: Registry, study: Study) -> list[str]:
    """A line for each site that will not be ready: another study.yaml, or another release."""
    lines = []
    for site, entry in registry.admitted.items():
        if entry.request.study != study.study or entry.request.study_digest != study.digest():
            lines.append(
                f"{site} approved another study.yaml: send it the current one; it enrolls again, and you admit its new "
                "request"
            )
        if entry.request.glsmed != RELEASE:
            lines.append(f"{site} had glsmed {entry.request.glsmed} when it enrolled, here is {RELEASE}: upgrade it")
    return lines
