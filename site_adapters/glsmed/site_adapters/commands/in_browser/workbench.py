"""``glsmed-adapter workbench``: the workbench over a file of reports."""

from pathlib import Path

import typer

from glsmed.shared.web.page_options import LanguageOption, PortOption
from glsmed.site_adapters.commands.arguments import (
    AdapterArgument,
    CalibrationOption,
    OptionalGoldOption,
    ReportsOption,
    warn,
)


def workbench_command(
    adapter: AdapterArgument,
    *,
    reports: ReportsOption,
    gold: OptionalGoldOption = None,
    calibration: CalibrationOption = None,
    port: PortOption = 0,
    language: LanguageOption = "en",
) -> None:
    """See how reports are read, correct the adapter by click, and see at once what that changes in all of them.

    Prints an address for the browser; nobody else can open the pages, and nothing leaves this machine. Ctrl-C ends it.

    **Example**: `glsmed-adapter workbench st-mary.yaml --reports r.jsonl --gold gold.csv`
    """
    from glsmed.shared.web.serving import serve
    from glsmed.site_adapters.calibration.calibration import load_calibration
    from glsmed.site_adapters.inputs.gold_labels import Gold, read_gold_with_notes
    from glsmed.site_adapters.inputs.report_files import read_reports
    from glsmed.site_adapters.lint.lint_context import load_subject
    from glsmed.site_adapters.workbench.adapter_file import open_adapter_file
    from glsmed.site_adapters.workbench.bench import Workbench
    from glsmed.site_adapters.workbench.corpus import Corpus
    from glsmed.site_adapters.workbench.pages.site import workbench_site

    file = open_adapter_file(adapter, folder=Path())
    subject, texts = load_subject(file.path, draft=file.text), read_reports(reports)
    labels: Gold = {}
    if gold is not None:
        terms = {name: finding.terms for name, finding in subject.adapter.findings.items()}
        survey = read_gold_with_notes(
            gold, examinations=texts.keys(), findings=list(terms), terms=terms, among=str(reports)
        )
        labels = survey.labels
        warn(survey.notes)
    posterior = None if calibration is None else load_calibration(calibration, subject.adapter)
    typer.echo(f"reading {len(texts)} reports")
    bench = Workbench(Corpus(texts, labels), file, posterior)
    serve(workbench_site(bench, language=language), port=port, tell=tell_address)


def tell_address(address: str) -> None:
    """Print where to open the pages."""
    typer.echo(f"open in a browser (Ctrl-C ends): {address}")
