"""``flwr-server``: what the coordinating centre types. Each command is a file in ``commands/``."""

import os

import typer

from glsmed.server.commands.admitting.admit import admit_command
from glsmed.server.commands.admitting.certify import certify_command
from glsmed.server.commands.admitting.sites import sites_command
from glsmed.server.commands.admitting.withdraw import withdraw_command
from glsmed.server.commands.check import check_command
from glsmed.server.commands.export import export_command
from glsmed.server.commands.init import init_command
from glsmed.server.commands.passphrase_option import PassphraseOption, keep_for_command
from glsmed.server.commands.report import case_command, page_command, report_command
from glsmed.server.commands.run import PageOption, PagePortOption, run_study_command
from glsmed.server.commands.status import status_command
from glsmed.server.commands.steer import extend_command, pause_command, resume_command, stop_command
from glsmed.server.commands.study_option import StudyOption
from glsmed.server.commands.weights import weights_app
from glsmed.shared.files.atomic import PRIVATE_UMASK
from glsmed.shared.processes.command_line import run_command
from glsmed.shared.web.page_options import LanguageOption

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def centre(
    context: typer.Context,
    study: StudyOption = None,
    ca_passphrase_file: PassphraseOption = None,
    page: PageOption = False,
    page_port: PagePortOption = 0,
    page_language: LanguageOption = "en",
) -> None:
    """Run the coordinating centre of a glsmed study.

    **Examples**

    - `flwr-server init my-study --public-name centre.example.org` makes the study folder, its authority and certificate
    - `flwr-server --study my-study/study.yaml admit request.yaml` admits a hospital (type the fingerprint it reads out)
    - `flwr-server --study my-study/study.yaml` runs the study until its last round; start it again after any crash
    - `flwr-server --study my-study/study.yaml status --watch` shows beside it how the study stands
    - `flwr-server --study my-study/study.yaml --page` runs the study, and shows in a browser how it stands
    """
    context.obj = study
    keep_for_command(context, ca_passphrase_file)
    typed_before = {"page": page, "page_port": page_port, "page_language": page_language}
    context.default_map = {"run": typed_before}
    if context.invoked_subcommand is None:
        run_study_command(
            context, study, ca_passphrase_file, page=page, page_port=page_port, page_language=page_language
        )


app.command("run")(run_study_command)
app.command("init")(init_command)
app.command("admit")(admit_command)
app.command("certify")(certify_command)
app.command("status")(status_command)
app.command("page")(page_command)
app.command("report")(report_command)
app.command("case")(case_command)
app.command("stop")(stop_command)
app.command("pause")(pause_command)
app.command("resume")(resume_command)
app.command("extend")(extend_command)
app.command("sites")(sites_command)
app.command("withdraw")(withdraw_command)
app.command("revoke", hidden=True)(withdraw_command)
app.command("check")(check_command)
app.add_typer(weights_app, name="weights")
app.command("export")(export_command)


def main() -> None:
    """Entry point of ``flwr-server``; what it and its processes write is for the user who runs it alone."""
    os.umask(PRIVATE_UMASK)
    run_command(app)
