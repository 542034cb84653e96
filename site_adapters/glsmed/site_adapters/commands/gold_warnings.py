"""What ``calibrate``, ``evaluate``, ``bench`` and ``suggest`` say of gold labels that they cannot use."""

from collections.abc import Collection
from pathlib import Path

import typer

from glsmed.shared.files.documents import did_you_mean
from glsmed.site_adapters.inputs.gold_labels import other_findings

_MOST_NAMED = 5


def warn_of_other_findings(gold: Path, findings: Collection[str]) -> None:
    """Name the findings of a gold file that the adapter does not know: a misspelled one would be missed silently."""
    others = other_findings(gold, findings=findings)
    named = [f"{name!r}{did_you_mean(name, sorted(findings))}" for name in sorted(others)[:_MOST_NAMED]]
    if named:
        more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
        told = f"the adapter does not know {', '.join(named)}{more}"
        typer.echo(f"warning: {gold}: {sum(others.values())} row(s) left out: {told}", err=True)
