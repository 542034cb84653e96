"""``flwr-server admit``: let a hospital join."""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.server.commands.study_option import StudyOption, chosen_study


def admit_command(
    context: typer.Context,
    request: Annotated[Path, typer.Argument(help="The request.yaml that a hospital sent.")],
    study: StudyOption = None,
) -> None:
    """Admit a hospital: check its signed request and let its key join. A running study takes it up by itself.

    **Example**: `flwr-server --study my-study/study.yaml admit request.yaml`
    """
    from glsmed.server.admission.registry import admit  # heavy: --help need not wait for it
    from glsmed.server.folders.study_folder import StudyFolder
    from glsmed.shared.protocol.enrolment import fingerprint

    folder = StudyFolder(chosen_study(context, study))
    approved = folder.study()
    admitted = admit(request, sites=folder.sites, study=approved.study, study_digest=approved.digest())
    typer.echo(f"admitted {admitted.site} (glsmed {admitted.glsmed}, flwr {admitted.flwr})")
    typer.echo(f"key {fingerprint(admitted.public_key)}: compare it with the hospital over the telephone")
