"""``flwr-server certify``: certificates for sites that are admitted already."""

from typing import TYPE_CHECKING, Annotated

import typer

from glsmed.server.commands.passphrase_option import PassphraseOption, chosen_passphrase_file, given_passphrase
from glsmed.server.commands.study_option import StudyOption, chosen_study

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def certify_command(
    context: typer.Context,
    sites: Annotated[
        list[str] | None,
        typer.Argument(help="Names of admitted sites.", show_default="all that need one within 60 days"),
    ] = None,
    study: StudyOption = None,
    ca_passphrase_file: PassphraseOption = None,
) -> None:
    """Make new certificates for admitted hospitals, which connect with them. Nobody enrolls again.

    Without names: for each whose certificate is missing, is of another authority, or ends within 60 days.

    **Examples**

    - `flwr-server --study my-study/study.yaml certify`
    - `flwr-server --study my-study/study.yaml certify st-mary --ca-passphrase-file /media/key/passphrase`
    """
    from glsmed.server.admission.registry import read_registry  # heavy: --help need not wait for it
    from glsmed.server.admission.site_certificates import SiteCertificates
    from glsmed.server.folders.study_folder import StudyFolder

    folder = StudyFolder(chosen_study(context, study))
    admitted = read_registry(folder.sites).admitted
    certificates = SiteCertificates(folder.site_certificates, folder.certificates)
    _require_admitted(sites or (), admitted)
    wanted = sites or list(certificates.due(admitted))
    passphrase_file = chosen_passphrase_file(context, ca_passphrase_file)
    passphrase = given_passphrase(folder.certificates, passphrase_file) if wanted else None
    for site in wanted:
        (written,) = certificates.issue([admitted[site].request], passphrase=passphrase)
        typer.echo(f"wrote {written}: send it to {site}, which keeps it as keys/site.crt and restarts glsmed-client")
    if not wanted:
        typer.echo("every admitted site has a certificate for 60 days or more: name sites to renew theirs all the same")


def _require_admitted(sites: "Iterable[str]", admitted: "Collection[str]") -> None:
    from glsmed.shared.errors import UsageError
    from glsmed.shared.files.documents import did_you_mean

    for site in sites:
        if site not in admitted:
            known = ", ".join(admitted) or "none is"
            raise UsageError(f"no site named {site!r} is admitted ({known})" + did_you_mean(site, list(admitted)))
