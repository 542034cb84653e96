"""What there is to say of gold labels that an adapter cannot use."""

from collections.abc import Collection
from pathlib import Path

from glsmed.shared.files.documents import did_you_mean
from glsmed.site_adapters.inputs.gold_labels import other_findings

_MOST_NAMED = 5


def gold_warnings(gold: Path, findings: Collection[str]) -> list[str]:
    """A line that names the findings of a gold file that the adapter does not know: one may be misspelled."""
    others = other_findings(gold, findings=findings)
    named = [f"{name!r}{did_you_mean(name, sorted(findings))}" for name in sorted(others)[:_MOST_NAMED]]
    if not named:
        return []
    more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    told = f"the adapter does not know {', '.join(named)}{more}"
    return [f"warning: {gold}: {sum(others.values())} row(s) left out: {told}"]
