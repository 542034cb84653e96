"""``flwr-server admit``: let a hospital join."""

from pathlib import Path

import typer

from glsmed.server.folders.registry import admit
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.protocol.enrolment import fingerprint


def admit_command(request_file: Path, *, study_file: Path) -> None:
    """Admit the hospital and print the fingerprint that both sides should compare."""
    folder = StudyFolder(study_file)
    study = folder.study()
    request = admit(request_file, sites=folder.sites, study=study.study, study_digest=study.digest())
    typer.echo(f"admitted {request.site} (glsmed {request.glsmed}, flwr {request.flwr})")
    typer.echo(f"key {fingerprint(request.public_key)}: compare it with the hospital over the telephone")
