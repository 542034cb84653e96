"""Certificates for the admitted sites at each start of the centre, so that none of them ends unnoticed."""

from glsmed.server.admission.registry import read_registry
from glsmed.server.admission.site_certificates import SiteCertificates
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.errors import FederationError
from glsmed.shared.processes.command_line import Tell


def certify_sites(folder: StudyFolder, *, passphrase: bytes | None, tell: Tell) -> None:
    """Make the certificates that are missing or end soon; tells whom to send them, or why one could not be made.

    A site whose old certificate is still valid takes part with it; the study starts without the others.

    Raises:
        DataError: the folder of admitted sites is missing.
        FederationError: the authority's certificate is missing or damaged.
    """
    certificates = SiteCertificates(folder.site_certificates, folder.certificates)
    admitted = read_registry(folder.sites).admitted
    for site, fault in certificates.due(admitted).items():
        try:
            (written,) = certificates.issue([admitted[site].request], passphrase=passphrase)
        except FederationError as error:
            tell(f"{site} needs a new certificate ({fault}): run flwr-server certify {site}. It was not made: {error}")
        else:
            tell(f"{site} needs a new certificate ({fault}): send it {written}, which it keeps as keys/site.crt")
