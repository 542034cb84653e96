"""Figures of a comparison as PNG: reliability, decision curves, and discrimination against calibration."""

import base64
import io
from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from glsmed.benchmarks.tables.finished import Finished, View
from glsmed.benchmarks.tables.summary import Table
from glsmed.shared.metrics.calibration_error import bin_sums, equal_width_bins
from glsmed.shared.metrics.decision_metrics import net_benefit, net_benefit_of_all

_BINS = 10
_THRESHOLDS = np.round(np.arange(0.05, 0.55, 0.05), 2)

Pooled = tuple[NDArray[np.float64], NDArray[np.float64]]


def pooled(finished: Finished, view: View, method: str) -> Pooled:
    """Probabilities and truths of every test cell over all seeds, each ``(n,)``."""
    jobs, results = finished.jobs(view.world, view.arm, method), finished.results
    probability = np.concatenate([results.answers(job, view.kind).ravel() for job in jobs])
    return probability, np.concatenate([results.test_set(job).truth.ravel() for job in jobs])


def reliability(curves: dict[str, Pooled]) -> str:
    """What was said against what was true, in bins of equal width."""
    figure, axes = _axes("predicted probability", "share that is present", "Reliability")
    axes.plot([0, 1], [0, 1], color="#999", linewidth=1)
    for method, (probability, truth) in curves.items():
        sums = bin_sums(equal_width_bins(probability, bins=_BINS), probability, truth, bins=_BINS)
        cases, predicted, observed = sums[:, sums[0] > 0]
        axes.plot(predicted / cases, observed / cases, marker="o", label=method)
    axes.legend(fontsize=7)
    return _png(figure)


def decision_curves(curves: dict[str, Pooled]) -> str:
    """Net benefit from a threshold of 5 % to 50 %."""
    figure, axes = _axes("threshold", "net benefit", "Decision curves")
    truth = torch.from_numpy(next(iter(curves.values()))[1])
    axes.plot(_THRESHOLDS, [net_benefit_of_all(truth, t) for t in _THRESHOLDS], color="#999", label="call all")
    axes.axhline(0, color="#ccc")
    for method, (probability, labels) in curves.items():
        benefits = [net_benefit(torch.from_numpy(probability), torch.from_numpy(labels), t) for t in _THRESHOLDS]
        axes.plot(_THRESHOLDS, benefits, label=method)
    axes.legend(fontsize=7)
    return _png(figure)


def plane(table: Table) -> str:
    """AUROC across, ECE downwards is better: one point a method that has both."""
    figure, axes = _axes("AUROC", "ECE", "Discrimination and calibration")
    for method, values in table.items():
        if "auroc" not in values:
            continue
        axes.scatter(values["auroc"], values["ece"], s=18)
        axes.annotate(method, (values["auroc"], values["ece"]), fontsize=6, xytext=(3, 2), textcoords="offset points")
    return _png(figure)


def _axes(across: str, up: str, title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(4.6, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.set_title(title, fontsize=10)
    return figure, axes


def _png(figure: Figure) -> str:
    """The figure as an ``img`` element."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110)
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}">'


def some(methods: Sequence[str], reference: str) -> list[str]:
    """At most six methods to draw, the reference first."""
    return [reference, *[method for method in methods if method != reference]][:6]
