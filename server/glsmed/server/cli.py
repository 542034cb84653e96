"""``flwr-server``: what the coordinating centre types.

Each command imports its own work, so that `--help` and `init` need not wait for Flower.
"""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.shared.processes.command_line import run_command

DEFAULT_STUDY = Path("study.yaml")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)

StudyOption = Annotated[
    Path | None, typer.Option("--study", help="The study file.", show_default="study.yaml in this folder")
]


@app.callback(invoke_without_command=True)
def centre(context: typer.Context, study: StudyOption = None) -> None:
    """Run the coordinating centre of a glsmed study.

    **Examples**

    - `flwr-server init my-study --public-name centre.example.org` makes the study folder, its authority and certificate
    - `flwr-server --study my-study/study.yaml admit request.yaml` admits a hospital (compare fingerprints by telephone)
    - `flwr-server --study my-study/study.yaml` runs the study until its last round; start it again after any crash
    """
    context.obj = study
    if context.invoked_subcommand is None:
        _run(study or DEFAULT_STUDY)


@app.command("run")
def run_subcommand(context: typer.Context, study: StudyOption = None) -> None:
    """Run the study until its last round; the same as `flwr-server --study study.yaml`."""
    _run(study or context.obj or DEFAULT_STUDY)


@app.command("init")
def init_subcommand(
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
    from glsmed.server.commands.init import init_command

    init_command(
        folder,
        name=name or folder.resolve().name,
        public_names=public_name or ["localhost"],
        port=port,
        loopback_port=loopback_port,
    )


@app.command("admit")
def admit_subcommand(
    context: typer.Context,
    request: Annotated[Path, typer.Argument(help="The request.yaml that a hospital sent.")],
    study: StudyOption = None,
) -> None:
    """Admit a hospital: check its signed request and let its key join; a running study takes it up by itself.

    **Example**: `flwr-server --study my-study/study.yaml admit request.yaml`
    """
    from glsmed.server.commands.admit import admit_command

    admit_command(request, study_file=study or context.obj or DEFAULT_STUDY)


def _run(study_file: Path) -> None:
    from glsmed.server.commands.run import run_study_file

    run_study_file(study_file)


def main() -> None:
    """Entry point of ``flwr-server``."""
    run_command(app)
