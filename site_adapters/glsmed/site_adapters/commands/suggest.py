"""``glsmed-adapter suggest``: words of doubt near findings that the adapter does not know yet."""

from typing import TYPE_CHECKING

import typer

from glsmed.site_adapters.commands.arguments import AdapterArgument, OptionalGoldOption, OutOption, ReportsOption, warn
from glsmed.site_adapters.inputs.jsonl import STREAM, open_output

if TYPE_CHECKING:
    from glsmed.site_adapters.inputs.gold_labels import Gold

_MOST = 20


def suggest_command(
    adapter: AdapterArgument, *, reports: ReportsOption, gold: OptionalGoldOption = None, target: OutOption = STREAM
) -> None:
    """Frequent words near findings that look like doubt and are not in the adapter, as YAML to paste.

    **Example**: `glsmed-adapter suggest st-mary.yaml --reports r.jsonl --gold gold.csv`
    """
    from glsmed.site_adapters.inputs.gold_labels import read_gold_with_notes
    from glsmed.site_adapters.inputs.report_files import read_reports
    from glsmed.site_adapters.lint.lint_context import load_subject
    from glsmed.site_adapters.suggesting.suggestion_yaml import suggestions_yaml, usable
    from glsmed.site_adapters.suggesting.suggestions import suggest

    subject = load_subject(adapter)
    texts = read_reports(reports)
    labels: Gold = {}
    if gold is not None:
        terms = {name: finding.terms for name, finding in subject.adapter.findings.items()}
        labels, _, notes, _ = read_gold_with_notes(
            gold, examinations=texts.keys(), findings=list(terms), terms=terms, among=str(reports)
        )
        warn(notes)
    found = usable(subject, suggest(subject, texts, labels, most=_MOST))
    with open_output(target) as output:
        output.write(suggestions_yaml(subject, found))
    if target != STREAM:
        typer.echo(f"wrote {len(found)} suggestion(s) to {target}")
