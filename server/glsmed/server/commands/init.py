"""``flwr-server init``: make a study folder."""

from pathlib import Path
from typing import Annotated

import typer


def init_command(
    folder: Annotated[Path, typer.Argument(help="Folder to make; must not hold a study yet.")],
    name: Annotated[str | None, typer.Option(help="Name of the study.", show_default="the folder's name")] = None,
    public_name: Annotated[
        list[str] | None,
        typer.Option(help="DNS name or address under which hospitals reach the centre; may be repeated."),
    ] = None,
    port: Annotated[int, typer.Option(help="Public port, for hospitals.", min=1, max=65535)] = 8443,
    loopback_port: Annotated[int, typer.Option(help="Port for this machine only.", min=1, max=65535)] = 8440,
) -> None:
    """Make a study folder: a commented study.yaml, a certificate authority and the server's certificate.

    **Example**: `flwr-server init my-study --public-name centre.example.org`
    """
    from glsmed.server.folders.new_study import make_study_folder  # heavy: --help need not wait for it

    make_study_folder(
        folder,
        name=name or folder.resolve().name,
        public_names=public_name or ["localhost"],
        port=port,
        loopback_port=loopback_port,
    )
    typer.echo(f"made {folder}/study.yaml; edit it, then send it to every hospital with {folder}/pki/ca.crt")
    typer.echo(f"keep {folder}/pki/ca.key and server.key to yourself")
    typer.echo(f"next: flwr-server --study {folder}/study.yaml admit request.yaml   (one request from each hospital)")
