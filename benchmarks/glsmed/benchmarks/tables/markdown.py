"""The main tables of a comparison in Markdown, as a document takes them: no number has to be copied by hand."""

from collections.abc import Mapping, Sequence

from glsmed.benchmarks.tables.differences import WITHIN, Differences, Row
from glsmed.benchmarks.tables.finished import Finished, View
from glsmed.benchmarks.tables.paired_bootstrap import Interval
from glsmed.benchmarks.tables.summary import Means, Table

_MEANS = {
    WITHIN: ("within", ".4f"),
    "auroc": ("AUROC", ".4f"),
    "auprc": ("AUPRC", ".4f"),
    "brier": ("Brier", ".4f"),
    "log_loss": ("log-loss", ".4f"),
    "ece": ("ECE", ".3f"),
    "ece_floor": ("its floor", ".3f"),
    "calibration_slope": ("slope", ".2f"),
    "false_alerts_90": ("false alerts", ".1f"),
    "net_benefit": ("net benefit", ".4f"),
}
_COMPARED = {
    WITHIN: ("within", "+.4f"),
    "auroc": ("AUROC", "+.4f"),
    "brier": ("Brier", "+.4f"),
    "log_loss": ("log-loss", "+.4f"),
    "false_alerts_90": ("false alerts", "+.1f"),
}


def tables_markdown(finished: Finished, means: Means, differences: Differences) -> str:
    """For each scenario and arm: means after the last epoch, and differences; an interval clear of 0 is bold."""
    plan, lines = finished.plan, [f"# {finished.plan.pixels}, {finished.plan.seeds} seeds"]
    for scenario in plan.scenarios:
        for arm in plan.arms:
            view = View(scenario, arm, "last" if arm.startswith("no-gold") else "last_mapped")
            lines += _section(finished, means, differences, view)
        rows = differences.between_arms(scenario, "last_mapped")
        lines += _differences(f"{scenario}: {plan.arms[0]} less the arm, {finished.reference}", "arm", rows)
    return "\n".join(lines) + "\n"


def _section(finished: Finished, means: Means, differences: Differences, view: View) -> list[str]:
    title, reference = f"{view.scenario}, {view.arm}, {view.kind}", finished.reference
    return [
        *_means(title, means.table(view, "all")),
        *_differences(f"{title}: {reference} less the method", "method", differences.table(view, hedged=False)),
        *_differences(f"{title}: the same, cells in doubt", "method", differences.table(view, hedged=True)),
        *_differences(f"{title}: less an ensemble", "method", differences.controls(view)),
    ]


def _means(title: str, table: Table) -> list[str]:
    shown = [name for name in _MEANS if all(name in row for row in table.values())]
    rows = [[method, *(format(row[name], _MEANS[name][1]) for name in shown)] for method, row in table.items()]
    return _table(title, ["method", *(_MEANS[name][0] for name in shown)], rows)


def _differences(title: str, first: str, table: Mapping[str, Row]) -> list[str]:
    rows = [
        [name, *(_interval(row[metric], style) for metric, (_, style) in _COMPARED.items())]
        for name, row in table.items()
    ]
    return _table(title, [first, *(label for label, _ in _COMPARED.values())], rows)


def _interval(interval: Interval, style: str) -> str:
    text = f"{interval.mean:{style}} [{interval.low:{style}}, {interval.high:{style}}]"
    return f"**{text}**" if interval.is_clear_of_zero else text


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Nothing where there is no row."""
    if not rows:
        return []
    head = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    return ["", f"## {title}", "", *head, *(f"| {' | '.join(row)} |" for row in rows)]
