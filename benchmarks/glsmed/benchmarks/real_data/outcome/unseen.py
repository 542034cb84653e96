"""A model at hospitals that took no part in its training: as it comes, and after a few labels of theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from glsmed.benchmarks.real_data.plans import Arrays, RealJob
from glsmed.benchmarks.real_data.runs import RealRuns
from glsmed.benchmarks.tables.calibration_floor import calibration_floors
from glsmed.benchmarks.tables.paired_bootstrap import METRICS, Interval, Values, bootstrap_samples, interval_of
from glsmed.client.learning.output_calibration import fit_output_calibration
from glsmed.shared.metrics.finding_metrics import full_metrics
from glsmed.shared.metrics.macro import macro

LABELS = 25  # of the unseen hospital
_DEALS = 5  # of which these labels are
_SHOWN = ("auroc", "brier", "log_loss", "ece", "calibration_slope")
PAIRED = ("auroc", "brier")
_DRAWS = 400


@dataclass(frozen=True, slots=True)
class Unseen:
    """Means over seeds, with the standard deviation over seeds, by metric.

    Attributes:
        before: of the model as it comes; ``after`` through an output calibration from :data:`LABELS` labels, on the
            examinations without these; nothing where there are fewer than twice as many.
        auroc: with its interval, patients and seeds drawn again; None where no finding has both classes.
        less: by metric, the reference less these models as they come, the same patients in each draw; nothing without
            a reference.
    """

    examinations: int
    before: dict[str, float]
    after: dict[str, float]
    auroc: Interval | None
    less: dict[str, Interval]


def unseen(runs: RealRuns, jobs: Sequence[RealJob], reference: Sequence[RealJob] = ()) -> Unseen:
    """How the models of these trainings do elsewhere, alone and beside those of a reference's trainings."""
    kept = [runs.answers(job) for job in jobs]
    pairs = [(torch.from_numpy(one["elsewhere"]), torch.from_numpy(one["elsewhere_truth"])) for one in kept]
    before = [_metrics(logits.sigmoid(), truth, seed) for seed, (logits, truth) in enumerate(pairs)]
    deals = range(_DEALS if len(pairs[0][1]) >= 2 * LABELS else 0)
    after = [_after(logits, truth, seed, deal) for seed, (logits, truth) in enumerate(pairs) for deal in deals]
    auroc, has_both = [_samples(one, "auroc") for one in kept], "auroc" in before[0]
    others = [runs.answers(job) for job in reference] if has_both else []
    return Unseen(
        examinations=len(pairs[0][1]),
        before=_means(before),
        after=_means(after),
        auroc=interval_of(auroc, [np.zeros_like(one) for one in auroc]) if has_both else None,
        less={name: interval_of(*([_samples(one, name) for one in each] for each in (others, kept))) for name in PAIRED}
        if others
        else {},
    )


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


def _samples(kept: Arrays, metric: str) -> Values:
    """``(1 + draws,)`` of one training; the same patients are drawn for every training."""
    return bootstrap_samples(
        1 / (1 + np.exp(-kept["elsewhere"].astype(float))),
        kept["elsewhere_truth"].astype(float),
        METRICS[metric],
        groups=np.zeros(len(kept["elsewhere"]), dtype=int),
        seed=0,
        draws=_DRAWS,
        patients=kept["elsewhere_patient"].astype(int),
    )
