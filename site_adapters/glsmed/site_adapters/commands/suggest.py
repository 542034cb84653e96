"""``glsmed-adapter suggest``: doubt near findings that the adapter does not know yet."""

from pathlib import Path

import typer

from glsmed.site_adapters.commands.gold_warnings import warn_of_other_findings
from glsmed.site_adapters.inputs.gold_labels import Gold, read_gold
from glsmed.site_adapters.inputs.jsonl import STREAM, open_output
from glsmed.site_adapters.inputs.report_files import read_reports
from glsmed.site_adapters.lint.lint_context import load_subject
from glsmed.site_adapters.suggesting.suggestion_yaml import as_lines, usable
from glsmed.site_adapters.suggesting.suggestions import suggest

_MOST = 20


def suggest_command(adapter: str, *, reports: Path, gold: Path | None, target: Path) -> None:
    """Write YAML to paste, the most useful cue first, each with real clauses as comments."""
    subject = load_subject(adapter)
    texts = read_reports(reports)
    labels: Gold = {}
    if gold is not None:
        warn_of_other_findings(gold, subject.adapter.findings)
        labels = read_gold(gold, studies=texts.keys(), findings=list(subject.adapter.findings), among=str(reports))
    found = usable(subject, suggest(subject, texts, labels, most=_MOST))
    with open_output(target) as output:
        output.writelines(f"{line}\n" for line in as_lines(subject, found))
    if target != STREAM:
        typer.echo(f"wrote {len(found)} suggestion(s) to {target}")
