"""``glsmed-adapter explain``: the words, the rule and the numbers behind each finding."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glsmed.shared.errors import DataError, GlsmedError, UsageError
from glsmed.site_adapters.commands.arguments import AdapterArgument, CalibrationOption, OutOption
from glsmed.site_adapters.inputs.jsonl import STREAM, Report, open_lines, open_output, parse_report

if TYPE_CHECKING:
    from glsmed.site_adapters.explaining.explanation import Posterior
    from glsmed.site_adapters.reading.reader import Reader


def explain_command(
    adapter: AdapterArgument,
    *,
    text: Annotated[str | None, typer.Option(help="One text.")] = None,
    source: Annotated[Path | None, typer.Option("--in", help="Reports as JSON lines, or a manifest (CSV).")] = None,
    calibration: CalibrationOption = None,
    target: OutOption = STREAM,
    html: Annotated[bool, typer.Option("--html", help="One self-contained page with the words marked.")] = False,
) -> None:
    """The words, the rule, prior, posterior, rate and target behind each finding.

    **Examples**

    - `glsmed-adapter explain en_radiology --text "Possible pneumonia."`
    - `glsmed-adapter explain st-mary.yaml --in reports.jsonl --calibration calibration.yaml --html --out why.html`
    """
    from glsmed.site_adapters.adapter.loader import load_adapter
    from glsmed.site_adapters.commands.line_commands import warn_of_foreign
    from glsmed.site_adapters.explaining.explanation import as_text, explain
    from glsmed.site_adapters.reading.reader import Reader

    if (text is None) == (source is None):
        raise UsageError("give either --text or --in")
    reader = Reader(load_adapter(adapter))
    posterior = None if calibration is None else _posterior(calibration, reader)
    broken: list[str] = []
    reports = [Report("text", text)] if text is not None else list(_reports(source or STREAM, broken))
    explained = [(report.report_id, report.text, explain(reader, report.text, posterior)) for report in reports]
    with open_output(target) as output:
        if html:
            from glsmed.site_adapters.explaining.explanation_page import as_html  # only here: it starts Jinja2

            output.write(as_html(explained, title=f"How {reader.adapter.label} reads"))
        else:
            output.writelines(f"# {name}\n{as_text(rows)}\n" for name, _, rows in explained)
    warn_of_foreign(reader, reader.foreign.left_out.total())
    if broken:
        raise GlsmedError(f"{source}: {len(broken)} broken line(s) left out: {'; '.join(broken)}")


def _posterior(path: Path, reader: "Reader") -> "Posterior":
    # numpy takes longer to load than a text takes to explain: only a calibration needs it.
    from glsmed.site_adapters.calibration.calibration import load_calibration

    return load_calibration(path, reader.adapter)


def _reports(source: Path, broken: list[str]) -> Iterator[Report]:
    with open_lines(source) as lines:
        for number, line in enumerate(lines, 1):
            try:
                if line.strip():
                    yield parse_report(line)
            except DataError as error:
                broken.append(f"line {number} {error}")
                typer.echo(f"{source}:{number}: {error}", err=True)
