"""``glsmed-adapter explain``: the words, the rule and the numbers behind each finding."""

from collections.abc import Iterator
from pathlib import Path

import typer

from glsmed.shared.errors import DataError, UsageError
from glsmed.site_adapters.adapters import load_adapter
from glsmed.site_adapters.explanation import as_html, as_text, explain
from glsmed.site_adapters.jsonl import Report, open_lines, open_output, parse_report
from glsmed.site_adapters.reader import Reader


def explain_command(adapter: str, *, text: str | None, source: Path | None, target: Path, html: bool) -> None:
    """Explain one text, or every report of a file, as tables or as one HTML page."""
    if (text is None) == (source is None):
        raise UsageError("give either --text or --in")
    reader = Reader(load_adapter(adapter))
    reports = [Report("text", text)] if text is not None else list(_reports(source or Path("-")))
    explained = [(report.report_id, report.text, explain(reader, report.text)) for report in reports]
    with open_output(target) as output:
        if html:
            output.write(as_html(explained, title=f"How {reader.adapter.label} reads"))
        else:
            output.writelines(f"# {name}\n{as_text(rows)}\n" for name, _, rows in explained)


def _reports(source: Path) -> Iterator[Report]:
    with open_lines(source) as lines:
        for number, line in enumerate(lines, 1):
            try:
                if line.strip():
                    yield parse_report(line)
            except DataError as error:
                typer.echo(f"{source}:{number}: {error}", err=True)
