"""``glsmed-adapter``: what a radiologist types to read, explain and correct how a hospital's reports are read."""

import typer

from glsmed.shared.processes.command_line import run_command
from glsmed.site_adapters.commands.bench import bench_command
from glsmed.site_adapters.commands.calibrate import calibrate_command
from glsmed.site_adapters.commands.cues import cues_command
from glsmed.site_adapters.commands.evaluate import evaluate_command
from glsmed.site_adapters.commands.explain import explain_command
from glsmed.site_adapters.commands.extract import extract_command
from glsmed.site_adapters.commands.findings import findings_command
from glsmed.site_adapters.commands.in_browser.workbench import workbench_command
from glsmed.site_adapters.commands.lint import lint_command
from glsmed.site_adapters.commands.suggest import suggest_command

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="""Read findings and their doubt in radiology reports, and customise how.

    **Examples**

    - `glsmed-adapter extract en_radiology --in reports.jsonl --out labels.jsonl` reads every report
    - `glsmed-adapter explain st-mary.yaml --text "Small effusion cannot be excluded."` says why
    - `glsmed-adapter workbench st-mary.yaml --reports reports.jsonl` shows and corrects it in the browser
    """,
)
app.command("extract")(extract_command)
app.command("cues")(cues_command)
app.command("findings")(findings_command)
app.command("lint")(lint_command)
app.command("bench")(bench_command)
app.command("suggest")(suggest_command)
app.command("explain")(explain_command)
app.command("calibrate")(calibrate_command)
app.command("evaluate")(evaluate_command)
app.command("workbench")(workbench_command)


def main() -> None:
    """Entry point of ``glsmed-adapter``."""
    run_command(app)
