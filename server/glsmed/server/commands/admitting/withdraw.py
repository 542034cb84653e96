"""``flwr-server withdraw``, also ``revoke``: take a hospital out of the study."""

from typing import Annotated

import typer

from glsmed.server.commands.study_option import StudyOption, chosen_study


def withdraw_command(
    context: typer.Context,
    site: Annotated[str, typer.Argument(help="Name of an admitted site, as `sites` lists it.")],
    study: StudyOption = None,
) -> None:
    """Withdraw a hospital's key for good. A running study refuses it within seconds; its earlier updates stay.

    **Example**: `flwr-server --study my-study/study.yaml withdraw st-mary`
    """
    from glsmed.server.admission.quorum import quorum_shortfall  # heavy: --help need not wait for it
    from glsmed.server.admission.registry import read_registry, withdraw
    from glsmed.server.admission.site_certificates import SiteCertificates
    from glsmed.server.admission.withdrawals import NEW_KEY
    from glsmed.server.folders.study_folder import StudyFolder

    folder = StudyFolder(chosen_study(context, study))
    quorum = folder.study().federation.quorum
    withdrawal = withdraw(site, sites=folder.sites)
    SiteCertificates(folder.site_certificates, folder.certificates).remove(site)
    registry = read_registry(folder.sites)
    typer.echo(f"withdrew {site}: its key {withdrawal.key} never joins this study again")
    typer.echo("a running centre refuses it within seconds; updates that counted stay in the model")
    typer.echo(f"to return, {NEW_KEY}")
    left = f"{len(registry.admitted)} site(s) left: {', '.join(registry.admitted) or 'none'}; the quorum is {quorum}"
    typer.echo(quorum_shortfall(registry, quorum) or left)
