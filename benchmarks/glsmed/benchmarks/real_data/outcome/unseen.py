"""A model at hospitals that took no part in its training: as it comes, and after a few labels of theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from glsmed.benchmarks.real_data.plans import RealJob
from glsmed.benchmarks.real_data.runs import RealRuns
from glsmed.benchmarks.tables.calibration_floor import calibration_floors
from glsmed.client.learning.output_calibration import fit_output_calibration
from glsmed.shared.metrics.finding_metrics import full_metrics
from glsmed.shared.metrics.macro import macro

LABELS = 25  # of the unseen hospital
_DEALS = 5  # of which these labels are
_SHOWN = ("auroc", "brier", "log_loss", "ece", "calibration_slope")
_DRAWS = 400


@dataclass(frozen=True, slots=True)
class Unseen:
    """Means over seeds, with the standard deviation over seeds, by metric.

    Attributes:
        before: of the model as it comes; ``after`` through an output calibration from :data:`LABELS` labels, on the
            examinations without these; nothing where there are fewer than twice as many.
        auroc_interval: of ``before``; images and seeds are drawn again, since patients are not known here.
    """

    examinations: int
    before: dict[str, float]
    after: dict[str, float]
    auroc_interval: tuple[float, float]


def unseen(runs: RealRuns, jobs: Sequence[RealJob]) -> Unseen:
    """How the models of these trainings do elsewhere."""
    kept = [runs.answers(job) for job in jobs]
    pairs = [(torch.from_numpy(one["elsewhere"]), torch.from_numpy(one["elsewhere_truth"])) for one in kept]
    before = [_metrics(logits.sigmoid(), truth, seed) for seed, (logits, truth) in enumerate(pairs)]
    deals = range(_DEALS if len(pairs[0][1]) >= 2 * LABELS else 0)
    after = [_after(logits, truth, seed, deal) for seed, (logits, truth) in enumerate(pairs) for deal in deals]
    return Unseen(len(pairs[0][1]), _means(before), _means(after), _interval(pairs))


def _after(logits: torch.Tensor, truth: torch.Tensor, seed: int, deal: int) -> dict[str, float]:
    order = torch.from_numpy(np.random.default_rng([seed, deal]).permutation(len(truth)))
    known, rest = order[:LABELS], order[LABELS:]
    names = [str(column) for column in range(truth.shape[1])]
    fitted = fit_output_calibration(logits[known], truth[known], names)
    return _metrics(fitted.probabilities(logits[rest]), truth[rest], deal)


def _metrics(probability: torch.Tensor, truth: torch.Tensor, seed: int) -> dict[str, float]:
    result = {}
    for column in range(truth.shape[1]):
        known = ~torch.isnan(truth[:, column])
        result[str(column)] = full_metrics(probability[known, column], truth[known, column])
    known = ~torch.isnan(truth)
    floor = calibration_floors(probability.numpy().astype(float), known.numpy(), seed=seed, draws=50)["ece_floor"]
    means = macro(result)
    return {**{name: means[name] for name in _SHOWN if name in means}, "ece_floor": floor}


def _means(each: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([one[name] for one in each if name in one])) for name in (each or [{}])[0]}


def _interval(pairs: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> tuple[float, float]:
    from glsmed.benchmarks.tables.paired_bootstrap import METRICS, bootstrap_samples, mean_of_known

    samples: list[NDArray[np.float64]] = [
        bootstrap_samples(
            logits.double().numpy(),
            truth.double().numpy(),
            METRICS["auroc"],
            groups=np.zeros(len(truth), dtype=int),
            seed=0,
            draws=_DRAWS,
        )[1:]
        for logits, truth in pairs
    ]
    stacked = np.stack(samples)
    chosen = np.random.default_rng(0).integers(len(stacked), size=(_DRAWS, len(stacked)))
    means = mean_of_known(stacked[chosen, np.arange(_DRAWS)[:, None]].T)
    low, high = np.nanpercentile(means, [2.5, 97.5])
    return float(low), float(high)
