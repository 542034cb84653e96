"""``glsmed-client enroll``: a key made here, a request for the centre."""

from pathlib import Path

import typer

from glsmed.client.settings.config import load_site
from glsmed.client.settings.enrolment import enroll
from glsmed.shared.protocol.enrolment import fingerprint


def enroll_command(config_file: Path, *, request_file: Path | None) -> None:
    """Write the request and print what to tell the centre."""
    config = load_site(config_file)
    target = request_file or config_file.resolve().parent / "request.yaml"
    request = enroll(config, request_file=target)
    typer.echo(f"wrote {target}: send it to the centre; the private key {config.key} stays here")
    typer.echo(f"key {fingerprint(request.public_key)}: compare it with the centre over the telephone")
