"""``flwr-server init``: a new study folder."""

from collections.abc import Sequence
from pathlib import Path

import typer

from glsmed.server.commands.study_template import study_template
from glsmed.server.folders.pki import CertificateFolder
from glsmed.shared.errors import UsageError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.files.documents import parse_document, validate
from glsmed.shared.protocol.study import Study


def init_command(folder: Path, *, name: str, public_names: Sequence[str], port: int, loopback_port: int) -> None:
    """Make the folder and say what to do next."""
    init_study(folder, name=name, public_names=public_names, port=port, loopback_port=loopback_port)
    typer.echo(f"made {folder}/study.yaml; edit it, then send it to every hospital with {folder}/pki/ca.crt")
    typer.echo(f"keep {folder}/pki/ca.key and server.key to yourself")
    typer.echo(f"next: flwr-server --study {folder}/study.yaml admit request.yaml   (one request from each hospital)")


def init_study(folder: Path, *, name: str, public_names: Sequence[str], port: int, loopback_port: int) -> Path:
    """A new study file with its authority and certificate; returns the file's path.

    Raises:
        UsageError: the folder holds a study already.
        ConfigurationError: a name or port is not allowed.
    """
    study_file = folder / "study.yaml"
    if study_file.exists():
        raise UsageError(f"{study_file} exists already: choose another folder, or edit that file")
    text = study_template(name, public_names=public_names, port=port, loopback_port=loopback_port)
    study = validate(parse_document(text, source=str(study_file)), Study)
    certificates = CertificateFolder(folder / "pki")
    if certificates.ca_key.exists():
        raise UsageError(f"{certificates.ca_key} is the authority of another study: choose another folder")
    certificates.create(study=study.study, public_names=study.centre.public_names)
    (folder / "sites").mkdir(exist_ok=True)
    write_text(study_file, text)
    return study_file
