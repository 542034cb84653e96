"""``glsmed-client enroll``: a key made here, a request for the centre."""

from pathlib import Path
from typing import Annotated

import typer


def enroll(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option(help="Where to write the request.", show_default="request.yaml beside config.yaml")
    ] = None,
) -> None:
    """Make this site's key, if it has none, and the signed request for the centre.

    **Example**: `glsmed-client --site config.yaml enroll`
    """
    from glsmed.client.settings.config import load_site
    from glsmed.client.settings.enrolment import certificate_beside
    from glsmed.client.settings.enrolment import enroll as enroll_site
    from glsmed.shared.protocol.enrolment import fingerprint

    config_file: Path = context.obj
    config = load_site(config_file)
    target = out or config_file.resolve().parent / "request.yaml"
    request = enroll_site(config, request_file=target)
    typer.echo(f"wrote {target}: send it to the centre; the private key {config.key} stays here")
    typer.echo(f"key {fingerprint(request.public_key)}: read it out when the centre calls, which admits no other key")
    typer.echo(f"then it sends a certificate of this key: put it at {certificate_beside(config.key)}")
