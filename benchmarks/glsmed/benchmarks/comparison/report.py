"""The report of a comparison: one HTML file that needs nothing else."""

import html
from collections.abc import Mapping, Sequence

from glsmed.benchmarks.comparison.figures import decision_curves, plane, pooled, reliability, some
from glsmed.benchmarks.comparison.jobs import Plan
from glsmed.benchmarks.comparison.paired_bootstrap import Interval
from glsmed.benchmarks.comparison.results import Results
from glsmed.benchmarks.comparison.summary import COMPARED, SHOWN, WITHIN, Differences, Table, kinds_of, means

_STYLE = """
body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:.5rem 0 1.2rem;font-variant-numeric:tabular-nums}
td,th{padding:.15rem .55rem;text-align:right;border-bottom:1px solid #e4e4e4;font-size:12.5px}
td:first-child,th:first-child{text-align:left}.clear{font-weight:600}
"""
_KINDS = {
    "last": "last epoch, the model's own probabilities",
    "best": "best epoch on validation reports, the model's own probabilities",
    "last_mapped": "last epoch, through each site's calibration map",
    "best_mapped": "best epoch on validation reports, through each site's calibration map",
}


def report_html(plan: Plan, results: Results, compared: Differences, *, reference: str) -> str:
    """The whole report."""
    parts = [_head(plan, reference)]
    for world in plan.worlds:
        parts.append(_arms_section(plan, compared, world, reference))
        for arm in plan.arms:
            parts.append(f"<h2>{html.escape(world)}, arm {html.escape(arm)}</h2>")
            parts += [_section(plan, results, compared, world, arm, kind, reference) for kind in kinds_of(arm)]
    return "\n".join([*parts, "</body></html>\n"])


def _head(plan: Plan, reference: str) -> str:
    sizes, name = plan.sizes, html.escape(reference)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Learning from doubt</title>"
        f"<style>{_STYLE}</style><body><h1>Learning from doubt: methods compared</h1>"
        f"<p>Pictures: {html.escape(plan.pixels)}. Three simulated hospitals with {sizes.train} training, "
        f"{sizes.validation} validation and {sizes.test} test studies each; {sizes.gold} of the first have gold. "
        f"{plan.seeds} seeds. Readers, their doubt and their reports are simulated; reports are read by the built-in "
        "adapters. Truth is used for scoring and, where an arm says so, as gold.</p>"
        f"<p>Differences are {name} less the method, with 95 % intervals of a bootstrap over seeds and patients; bold: "
        "clear of 0. Not corrected for the number of comparisons. auroc_within is the mean of the sites' own AUROC; "
        "auroc counts pairs across sites too, and so depends on how well the sites' base rates are told.</p>"
    )


def _arms_section(plan: Plan, compared: Differences, world: str, reference: str) -> str:
    """What the first arm gains over the others, of the reference method."""
    rows = compared.between_arms(world=world, kind="last_mapped", method=reference)
    if not rows:
        return ""
    title = f"{html.escape(world)}: arm {html.escape(plan.arms[0])} less the other arms, {html.escape(reference)}"
    return f"<h2>{title}</h2><p>{_KINDS['last_mapped']}</p>{_difference_table(rows)}"


def _section(
    plan: Plan, results: Results, compared: Differences, world: str, arm: str, kind: str, reference: str
) -> str:
    table = means(plan, results, world=world, arm=arm, kind=kind, subset="all")
    if not table:
        return "<p>No run.</p>"
    parts = [f"<h3>{_KINDS[kind]}</h3>", _figures(plan, results, world, arm, kind, reference, table)]
    parts.append(f"<h4>All cells</h4>{_means_table(table)}")
    hedged = means(plan, results, world=world, arm=arm, kind=kind, subset="hedged")
    parts.append(f"<h4>Cells whose report is in doubt</h4>{_means_table(hedged)}")
    if reference in table:
        for only, title in ((False, "all cells"), (True, "cells in doubt")):
            rows = compared.table(world=world, arm=arm, kind=kind, reference=reference, hedged=only)
            parts.append(f"<h4>{html.escape(reference)} less the method, {title}</h4>{_difference_table(rows)}")
    return "\n".join(parts)


def _figures(plan: Plan, results: Results, world: str, arm: str, kind: str, reference: str, table: Table) -> str:
    drawn = some(list(table), reference if reference in table else next(iter(table)))
    curves = {method: pooled(plan, results, world=world, arm=arm, method=method, kind=kind) for method in drawn}
    return f"<p>{reliability(curves)}{decision_curves(curves)}{plane(table)}</p>"


def _means_table(table: Table) -> str:
    names = [name for name in (WITHIN, *SHOWN) if all(name in values for values in table.values())]
    rows = [[method, *[f"{values[name]:.4f}" for name in names]] for method, values in table.items()]
    return _table(["method", *names], rows)


def _difference_table(table: Mapping[str, Mapping[str, Interval]]) -> str:
    rows = [[method, *[_interval(row[name]) for name in COMPARED]] for method, row in table.items()]
    return _table(["method", *COMPARED], rows)


def _interval(interval: Interval) -> str:
    text = f"{interval.mean:+.4f} [{interval.low:+.4f}, {interval.high:+.4f}]"
    return f"<span class=clear>{text}</span>" if interval.is_clear_of_zero else text


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{name}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td>{value}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
