"""``glsmed-client``: what a hospital types; each command is a file in ``commands``.

The commands import what they need when they run, so that ``--help`` and ``init`` need not wait for torch.
"""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.client.commands.after_study.case import case
from glsmed.client.commands.after_study.drift import drift
from glsmed.client.commands.after_study.explain import explain
from glsmed.client.commands.after_study.export import export
from glsmed.client.commands.after_study.predict import predict
from glsmed.client.commands.after_study.purge import purge
from glsmed.client.commands.audit import audit_app
from glsmed.client.commands.calibrate import calibrate
from glsmed.client.commands.check import check
from glsmed.client.commands.enroll import enroll
from glsmed.client.commands.import_ import import_
from glsmed.client.commands.in_browser.page import page
from glsmed.client.commands.in_browser.workbench import workbench
from glsmed.client.commands.init import init
from glsmed.client.commands.labelling.label import label
from glsmed.client.commands.privacy import privacy
from glsmed.client.commands.run import PageOption, run
from glsmed.client.commands.train_local import train_local
from glsmed.shared.processes.command_line import run_command

DEFAULT_SITE = Path("config.yaml")

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", pretty_exceptions_enable=False
)


@app.callback(invoke_without_command=True)
def site(
    context: typer.Context,
    site: Annotated[
        Path | None, typer.Option("--site", help="The site's configuration.", show_default="config.yaml in this folder")
    ] = None,
    show_page: PageOption = False,
) -> None:
    """Take part in a glsmed study as a hospital. Reports and images stay here.

    **Examples**

    - `glsmed-client init st-mary --study study.yaml --ca ca.crt` writes st-mary/config.yaml to fill in
    - `glsmed-client --site config.yaml import --images export/ --reports oru.hl7` makes manifest.csv
    - `glsmed-client --site config.yaml check` checks configuration, adapter, reports and images, offline
    - `glsmed-client --site config.yaml workbench` shows how reports are read, and corrects it, in the browser
    - `glsmed-client --site config.yaml label --reader tanaka` opens pages to make gold labels by click and key
    - `glsmed-client --site config.yaml calibrate` learns from gold labels what this site's words of doubt mean
    - `glsmed-client --site config.yaml enroll` makes this site's key and request.yaml for the centre
    - `glsmed-client --site config.yaml` takes part until Ctrl-C; leave it running
    - `glsmed-client --site config.yaml --page` shows in a browser beside it what left and what comes next
    - `glsmed-client --site config.yaml predict --in new-images --out predictions.csv` uses the model afterwards
    """
    context.obj = site or DEFAULT_SITE
    if context.invoked_subcommand is None:
        run(context, show_page)


_COMMANDS = (
    *(run, init, import_, check, calibrate, enroll, train_local, privacy),
    *(predict, explain, export, drift, case, purge),
)
_PAGES = (workbench, label, page)
for command in (*_COMMANDS, *_PAGES):
    app.command(command.__name__.rstrip("_").replace("_", "-"))(command)
app.add_typer(audit_app, name="audit")


def main() -> None:
    """Entry point of ``glsmed-client``."""
    run_command(app)
