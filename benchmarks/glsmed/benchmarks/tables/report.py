"""The report of a comparison: one HTML file that needs nothing else."""

from collections.abc import Iterator, Mapping

from glsmed.benchmarks.tables.differences import COMPARED, WITHIN, Differences, Row
from glsmed.benchmarks.tables.figures import decision_curves, plane, pooled, reliability, some
from glsmed.benchmarks.tables.finished import Finished, View
from glsmed.benchmarks.tables.pages import Grid, image_source, render_page
from glsmed.benchmarks.tables.summary import SHOWN, Means, Table, kinds_of, largest_logits

_KINDS = {
    "last": "last epoch, the model's own probabilities",
    "best": "best epoch on validation reports, the model's own probabilities",
    "last_mapped": "last epoch, through each site's output calibration",
    "best_mapped": "best epoch on validation reports, through each site's output calibration",
}


def report_html(finished: Finished, means: Means, differences: Differences) -> str:
    """The whole report."""
    content = {
        "plan": finished.plan,
        "reference": finished.reference,
        "compared": COMPARED,
        "scenarios": [_scenario(finished, means, differences, name) for name in finished.plan.scenarios],
    }
    return render_page("comparison.html.j2", content)


def _scenario(finished: Finished, means: Means, differences: Differences, name: str) -> Mapping[str, object]:
    """What the template shows of a scenario: what the first arm gains, and every arm."""
    arms = [
        {
            "name": arm,
            "logits": largest_logits(finished, name, arm),
            "views": [_view(finished, means, differences, View(name, arm, kind)) for kind in kinds_of(arm)],
        }
        for arm in finished.plan.arms
    ]
    gains = differences.between_arms(name, "last_mapped")
    return {"name": name, "kind": _KINDS["last_mapped"], "between_arms": gains, "arms": arms}


def _view(finished: Finished, means: Means, differences: Differences, view: View) -> Mapping[str, object]:
    table = means.table(view, "all")
    return {
        "kind": _KINDS[view.kind],
        "figures": [*_figures(finished, view, table)] if table else [],
        "all_cells": _grid(table),
        "hedged_cells": _grid(means.table(view, "hedged")),
        "differences": _less_method(differences, view) if finished.reference in table else {},
        "controls": differences.controls(view),
    }


def _less_method(differences: Differences, view: View) -> Mapping[str, Mapping[str, Row]]:
    return {
        "all cells": differences.table(view, hedged=False),
        "cells in doubt": differences.table(view, hedged=True),
    }


def _figures(finished: Finished, view: View, table: Table) -> Iterator[str]:
    drawn = some(list(table), finished.reference if finished.reference in table else next(iter(table)))
    curves = {method: pooled(finished, view, method) for method in drawn}
    for figure in (reliability(curves), decision_curves(curves), plane(table)):
        yield image_source(figure)


def _grid(table: Table) -> Grid:
    names = [name for name in (WITHIN, *SHOWN) if all(name in values for values in table.values())]
    rows = [[method, *[f"{values[name]:.4f}" for name in names]] for method, values in table.items()]
    return Grid(["method", *names], rows)
