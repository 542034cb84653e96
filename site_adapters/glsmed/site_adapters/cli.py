"""``glsmed-adapter``: what a radiologist types to read, explain and mend how a hospital's reports are read."""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.shared.processes.command_line import run_command
from glsmed.site_adapters.commands.batch import cues_answer
from glsmed.site_adapters.commands.explain import explain_command
from glsmed.site_adapters.commands.lines import answer_lines, extract_lines
from glsmed.site_adapters.commands.lint import lint_command

STREAM = Path("-")
AdapterArgument = Annotated[str, typer.Argument(help="A built-in vocabulary (en_radiology, …) or an adapter file.")]
InOption = Annotated[Path, typer.Option("--in", help='Reports as JSON lines {"id", "text"}; - is standard input.')]
OutOption = Annotated[Path, typer.Option("--out", help="Where the answer goes; - is standard output.")]
ReportsOption = Annotated[Path, typer.Option(help='Reports as JSON lines {"id", "text"}; - is standard input.')]
GoldOption = Annotated[Path, typer.Option(help="Gold labels: study_id,finding,value; study_id is the report's id.")]
CalibrationOption = Annotated[Path | None, typer.Option(help="What the words mean at this site (from calibrate).")]
WorkersOption = Annotated[int, typer.Option(help="Processes that share the work.")]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="""Read findings and their doubt in radiology reports, and customise how.

    **Examples**

    - `glsmed-adapter extract en_radiology --in reports.jsonl --out labels.jsonl` reads every report
    - `glsmed-adapter explain st-mary.yaml --text "Small effusion cannot be excluded."` says why
    """,
)


@app.command("extract")
def extract_subcommand(
    adapter: AdapterArgument,
    source: InOption = STREAM,
    target: OutOption = STREAM,
    calibration: CalibrationOption = None,
    workers: WorkersOption = 1,
) -> None:
    """What each report says of each finding: state, probability, cue, section and the words, one JSON line a report.

    **Examples**

    - `glsmed-adapter extract en_radiology --in reports.jsonl --out labels.jsonl --workers 4`
    - `cat reports.jsonl | glsmed-adapter extract st-mary.yaml > labels.jsonl`
    """
    extract_lines(adapter, source=source, target=target, calibration=calibration, workers=workers)


@app.command("cues")
def cues_subcommand(
    adapter: AdapterArgument, source: InOption = STREAM, target: OutOption = STREAM, workers: WorkersOption = 1
) -> None:
    """Every cue with its kind and scope, whatever the finding, one JSON line a report.

    **Example**: `glsmed-adapter cues es_radiology --in reports.jsonl --out cues.jsonl`
    """
    answer_lines(adapter, cues_answer, source=source, target=target, workers=workers)


@app.command("lint")
def lint_subcommand(
    adapter: AdapterArgument,
    against: Annotated[Path | None, typer.Option(help="Its former release: was the version raised?")] = None,
) -> None:
    """Everything that is wrong with an adapter, as file:line: key: what — what to do; exit code 1 on an error.

    **Example**: `glsmed-adapter lint st-mary.yaml`
    """
    lint_command(adapter, against=against)


@app.command("bench")
def bench_subcommand(
    adapter: AdapterArgument,
    against: Annotated[str, typer.Option(help="The adapter to compare with.")],
    reports: ReportsOption,
    gold: Annotated[Path | None, typer.Option(help="Gold labels: study_id,finding,value.")] = None,
) -> None:
    """What an adapter changes against another, cell by cell; exit code 1 if gold labels say that it is worse.

    **Example**: `glsmed-adapter bench st-mary.yaml --against en_radiology --reports r.jsonl --gold gold.csv`
    """
    from glsmed.site_adapters.commands.bench import bench_command

    bench_command(adapter, against=against, reports=reports, gold=gold)


@app.command("suggest")
def suggest_subcommand(
    adapter: AdapterArgument,
    reports: ReportsOption,
    gold: Annotated[Path | None, typer.Option(help="Gold labels: study_id,finding,value.")] = None,
    target: OutOption = STREAM,
) -> None:
    """Frequent words near findings that look like doubt and are not in the adapter, as YAML to paste.

    **Example**: `glsmed-adapter suggest st-mary.yaml --reports r.jsonl --gold gold.csv`
    """
    from glsmed.site_adapters.commands.suggest import suggest_command

    suggest_command(adapter, reports=reports, gold=gold, target=target)


@app.command("explain")
def explain_subcommand(
    adapter: AdapterArgument,
    text: Annotated[str | None, typer.Option(help="One text.")] = None,
    source: Annotated[Path | None, typer.Option("--in", help="Reports as JSON lines; - is standard input.")] = None,
    calibration: CalibrationOption = None,
    target: OutOption = STREAM,
    html: Annotated[bool, typer.Option("--html", help="One self-contained page with the words marked.")] = False,
) -> None:
    """The words, the rule, prior, posterior, rate and target behind each finding.

    **Examples**

    - `glsmed-adapter explain en_radiology --text "Possible pneumonia."`
    - `glsmed-adapter explain st-mary.yaml --in reports.jsonl --calibration calibration.yaml --html --out why.html`
    """
    explain_command(adapter, text=text, source=source, calibration=calibration, target=target, html=html)


@app.command("calibrate")
def calibrate_subcommand(
    adapter: AdapterArgument,
    target: Annotated[Path, typer.Option("--out", help="The calibration file to write.")],
    reports: Annotated[Path | None, typer.Option(help="Reports as JSON lines; - is standard input.")] = None,
    gold: Annotated[Path | None, typer.Option(help="Gold labels of these reports: study_id,finding,value.")] = None,
    prior: Annotated[Path | None, typer.Option(help="The prior that sites share, from the centre.")] = None,
    learned: Annotated[
        bool, typer.Option("--learned", help="Fit a small model too; used only where it is surely better here.")
    ] = False,
) -> None:
    """What each cue means at this site, by its gold labels, with a report of reliability.

    **Examples**

    - `glsmed-adapter calibrate st-mary.yaml --reports r.jsonl --gold gold.csv --out calibration.yaml`
    - `glsmed-adapter calibrate st-mary.yaml --prior shared.yaml --out calibration.yaml` without labels of its own
    """
    from glsmed.site_adapters.commands.calibrate import calibrate_command  # only here: it starts scipy

    calibrate_command(adapter, reports=reports, gold=gold, prior=prior, target=target, learned=learned)


@app.command("evaluate")
def evaluate_subcommand(
    adapter: AdapterArgument, reports: ReportsOption, gold: GoldOption, calibration: CalibrationOption = None
) -> None:
    """F1, precision, recall, Brier, log-loss and calibration error against gold labels, as JSON.

    **Example**: `glsmed-adapter evaluate st-mary.yaml --reports r.jsonl --gold gold.csv --calibration calibration.yaml`
    """
    from glsmed.site_adapters.commands.evaluate import evaluate_command  # only here: it starts scipy

    evaluate_command(adapter, reports=reports, gold=gold, calibration=calibration)


def main() -> None:
    """Entry point of ``glsmed-adapter``."""
    run_command(app)
