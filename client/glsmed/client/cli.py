"""``glsmed-client``: what a hospital types.

Each command imports its own work, so that `--help` and `init` need not wait for torch.
"""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.shared.processes.command_line import run_command

DEFAULT_SITE = Path("config.yaml")

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", pretty_exceptions_enable=False
)
audit_app = typer.Typer(no_args_is_help=True, help="Read the record of everything that left this site.")
app.add_typer(audit_app, name="audit")


@app.callback(invoke_without_command=True)
def site(
    context: typer.Context,
    site: Annotated[
        Path | None, typer.Option("--site", help="The site's configuration.", show_default="config.yaml in this folder")
    ] = None,
) -> None:
    """Take part in a glsmed study as a hospital. Reports and images stay here.

    **Examples**

    - `glsmed-client init st-mary --study study.yaml --ca ca.crt` writes st-mary/config.yaml to fill in
    - `glsmed-client --site config.yaml check` looks at configuration, adapter, reports and images, offline
    - `glsmed-client --site config.yaml calibrate` learns from gold labels what this site's words of doubt mean
    - `glsmed-client --site config.yaml enroll` makes this site's key and request.yaml for the centre
    - `glsmed-client --site config.yaml` takes part until Ctrl-C; leave it running
    """
    context.obj = site or DEFAULT_SITE
    if context.invoked_subcommand is None:
        _run(context.obj)


@app.command("run")
def run_subcommand(context: typer.Context) -> None:
    """Take part until Ctrl-C; the same as `glsmed-client --site config.yaml`."""
    _run(context.obj)


@app.command("init")
def init_subcommand(
    folder: Annotated[Path, typer.Argument(help="Folder to make for this site.")],
    study: Annotated[Path, typer.Option(help="The study.yaml that the centre sent.")],
    ca: Annotated[Path, typer.Option(help="The ca.crt that the centre sent.")],
    name: Annotated[
        str | None, typer.Option(help="Name of the site in the study.", show_default="the folder's name")
    ] = None,
    adapter: Annotated[str, typer.Option(help="Built-in adapter or adapter file.")] = "en_radiology",
) -> None:
    """Write a commented config.yaml beside the site's own copies of study.yaml and ca.crt.

    **Example**: `glsmed-client init st-mary --study study.yaml --ca ca.crt --adapter en_radiology`
    """
    from glsmed.client.commands.init import init_command

    init_command(folder, name=name or folder.resolve().name, study_file=study, ca_file=ca, adapter=adapter)


@app.command("check")
def check_subcommand(context: typer.Context) -> None:
    """Look at everything that training needs, offline; exit code 2 if it could not start.

    **Example**: `glsmed-client --site config.yaml check`
    """
    from glsmed.client.commands.check import check_command

    check_command(context.obj)


@app.command("calibrate")
def calibrate_subcommand(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file to write.", show_default="data.calibration, else calibration.yaml beside config.yaml"
        ),
    ] = None,
    prior: Annotated[Path | None, typer.Option(help="The prior that sites share, from the centre.")] = None,
    learned: Annotated[
        bool, typer.Option("--learned", help="Fit a small model too; used only where it is surely better here.")
    ] = False,
) -> None:
    """What each cue means at this site, by its gold labels without those of test patients.

    **Example**: `glsmed-client --site config.yaml calibrate`
    """
    from glsmed.client.commands.calibrate import calibrate_command

    calibrate_command(context.obj, out=out, prior=prior, learned=learned)


@app.command("enroll")
def enroll_subcommand(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option(help="Where to write the request.", show_default="request.yaml beside config.yaml")
    ] = None,
) -> None:
    """Make this site's key, if it has none, and the signed request for the centre.

    **Example**: `glsmed-client --site config.yaml enroll`
    """
    from glsmed.client.commands.enroll import enroll_command

    enroll_command(context.obj, request_file=out)


@app.command("train-local")
def train_local_subcommand(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(help="Also write the result as JSON to this file.")] = None,
) -> None:
    """Train a model on this site's data alone, with as many steps as the study: would we do better without the others?

    **Example**: `glsmed-client --site config.yaml train-local --out local.json`
    """
    from glsmed.client.commands.train_local import train_local_command

    train_local_command(context.obj, out=out)


@audit_app.command("verify")
def verify_subcommand(context: typer.Context) -> None:
    """Check that no line of the audit log was changed, removed or added; exit code 1 if one was.

    **Example**: `glsmed-client --site config.yaml audit verify`
    """
    from glsmed.client.commands.audit import verify_command

    verify_command(context.find_root().obj)


def _run(config_file: Path) -> None:
    from glsmed.client.commands.run import run_site

    run_site(config_file)


def main() -> None:
    """Entry point of ``glsmed-client``."""
    run_command(app)
