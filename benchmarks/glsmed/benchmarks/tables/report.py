"""The report of a comparison: one HTML file that needs nothing else."""

import html
from collections.abc import Mapping, Sequence

from glsmed.benchmarks.comparison.jobs import Plan
from glsmed.benchmarks.tables.differences import COMPARED, WITHIN, Differences, Row
from glsmed.benchmarks.tables.figures import decision_curves, plane, pooled, reliability, some
from glsmed.benchmarks.tables.finished import Finished, View
from glsmed.benchmarks.tables.paired_bootstrap import Interval
from glsmed.benchmarks.tables.summary import SHOWN, Means, Table, kinds_of, largest_logits

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


def report_html(finished: Finished, means: Means, differences: Differences) -> str:
    """The whole report."""
    plan = finished.plan
    parts = [_head(plan, finished.reference)]
    for world in plan.worlds:
        parts.append(_arms_section(finished, differences, world))
        for arm in plan.arms:
            parts.append(f"<h2>{html.escape(world)}, arm {html.escape(arm)}</h2>{_logits(finished, world, arm)}")
            views = [View(world, arm, kind) for kind in kinds_of(arm)]
            parts += [_section(finished, means, differences, view) for view in views]
    return "\n".join([*parts, "</body></html>\n"])


def _head(plan: Plan, reference: str) -> str:
    name = html.escape(reference)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Learning from doubt</title>"
        f"<style>{_STYLE}</style><body><h1>Learning from doubt: methods compared</h1>"
        f"<p>Pictures: {html.escape(plan.pixels)}. {_protocol(plan)} {plan.seeds} seeds, {plan.settings.epochs} "
        "epochs. Readers, their doubt and their reports are simulated; reports are read by the built-in adapters. "
        "Truth is used for scoring and, where an arm says so, as gold.</p>"
        f"<p>Differences are {name} less the method, with 95 % intervals of a bootstrap over seeds and patients; bold: "
        "clear of 0. Not corrected for the number of comparisons. auroc_within is the mean of the sites' own AUROC; "
        "auroc counts pairs across sites too, and so depends on how well the sites' base rates are told. A floor is "
        "the calibration error to expect of probabilities that are exactly right: with finitely many test studies it "
        "is not 0.</p>"
    )


def _protocol(plan: Plan) -> str:
    sizes = plan.sizes
    if plan.folds > 1:
        return (
            f"Three simulated hospitals with {sizes.studies} studies each, in {plan.folds} folds: every study is "
            "tested once, by a model and a map that have not seen it, and the answers of all folds are measured "
            f"together. In each fold {sizes.validation} studies of a hospital are for validation, and {sizes.gold} of "
            "those trained on have gold."
        )
    return (
        f"Three simulated hospitals with {sizes.train} training, {sizes.validation} validation and {sizes.test} test "
        f"studies each; {sizes.gold} of the first have gold."
    )


def _arms_section(finished: Finished, differences: Differences, world: str) -> str:
    """What the first arm gains over the others, of the reference method."""
    rows = differences.between_arms(world, "last_mapped")
    if not rows:
        return ""
    first, reference = html.escape(finished.plan.arms[0]), html.escape(finished.reference)
    title = f"{html.escape(world)}: arm {first} less the other arms, {reference}"
    return f"<h2>{title}</h2><p>{_KINDS['last_mapped']}</p>{_difference_table(rows)}"


def _logits(finished: Finished, world: str, arm: str) -> str:
    """How far the logits went: a method that runs away shows here first."""
    sizes = largest_logits(finished, world, arm)
    if not sizes:
        return ""
    said = ", ".join(f"{html.escape(method)} {size:.1f}" for method, size in sizes.items())
    return f"<p>Largest size of a logit on test studies after the last epoch: {said}.</p>"


def _section(finished: Finished, means: Means, differences: Differences, view: View) -> str:
    table = means.table(view, "all")
    if not table:
        return "<p>No run.</p>"
    parts = [f"<h3>{_KINDS[view.kind]}</h3>", _figures(finished, view, table)]
    parts.append(f"<h4>All cells</h4>{_means_table(table)}")
    parts.append(f"<h4>Cells whose report is in doubt</h4>{_means_table(means.table(view, 'hedged'))}")
    if finished.reference in table:
        reference = html.escape(finished.reference)
        for hedged, title in ((False, "all cells"), (True, "cells in doubt")):
            rows = differences.table(view, hedged=hedged)
            parts.append(f"<h4>{reference} less the method, {title}</h4>{_difference_table(rows)}")
    return "\n".join([*parts, _controls(differences, view)])


def _controls(differences: Differences, view: View) -> str:
    rows = differences.controls(view)
    if not rows:
        return ""
    title = "Methods that train several networks, less an ensemble of as many plain ones on the same labels"
    return f"<h4>{title}</h4>{_difference_table(rows)}"


def _figures(finished: Finished, view: View, table: Table) -> str:
    drawn = some(list(table), finished.reference if finished.reference in table else next(iter(table)))
    curves = {method: pooled(finished, view, method) for method in drawn}
    return f"<p>{reliability(curves)}{decision_curves(curves)}{plane(table)}</p>"


def _means_table(table: Table) -> str:
    names = [name for name in (WITHIN, *SHOWN) if all(name in values for values in table.values())]
    rows = [[method, *[f"{values[name]:.4f}" for name in names]] for method, values in table.items()]
    return _table(["method", *names], rows)


def _difference_table(table: Mapping[str, Row]) -> str:
    rows = [[method, *[_interval(row[name]) for name in COMPARED]] for method, row in table.items()]
    return _table(["method", *COMPARED], rows)


def _interval(interval: Interval) -> str:
    text = f"{interval.mean:+.4f} [{interval.low:+.4f}, {interval.high:+.4f}]"
    return f"<span class=clear>{text}</span>" if interval.is_clear_of_zero else text


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{name}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td>{value}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
