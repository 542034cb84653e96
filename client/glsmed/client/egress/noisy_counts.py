"""Counts of scores with Gaussian noise, to which one patient adds a vector of bounded length.

A patient counts 1 in each finding that is known of one of its images, shared evenly by those images: so it counts once,
as everybody else does, however many images it has. Over K findings that is a vector of length sqrt(K) at most.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from glsmed.shared.metrics.score_counts import score_counts

BINS = 12  # a logit each: more would bring more noise into a metric than they bring detail
_GRID = 2.0**-20  # of one patient: sums of multiples are exact, so the last bits of noisy counts tell nothing
_CLEAR = 4.0  # standard deviations of the noise in a group's size


@dataclass(frozen=True, slots=True)
class CountNoise:
    """The noise of counts over so many findings.

    Attributes:
        multiplier: its standard deviation, in the length of a patient's vector.
        findings: K.
    """

    multiplier: float
    findings: int

    @property
    def deviation(self) -> float:
        """Standard deviation in each count, in patients."""
        return self.multiplier * math.sqrt(self.findings)

    @property
    def smallest_group(self) -> float:
        """Patients with, and without, a finding that its numbers need: fewer may be noise alone."""
        return _CLEAR * self.deviation * math.sqrt(BINS)


def patient_weights(patients: Sequence[str], known: Tensor) -> Tensor:
    """``(N, K)`` float64: how much each known cell counts, in all at most 1 for a patient and a finding.

    Args:
        patients: N patients.
        known: ``(N, K)`` bool.
    """
    places = {patient: place for place, patient in enumerate(dict.fromkeys(patients))}
    rows = torch.tensor([places[patient] for patient in patients], dtype=torch.long)
    cells = torch.zeros(len(places), known.shape[1], dtype=torch.float64).index_add_(0, rows, known.double())
    shares = (1 / cells.clamp(min=1) / _GRID).floor() * _GRID
    return torch.where(known, shares[rows], 0.0)


def bounded_counts(probabilities: Tensor, truth: Tensor, patients: Sequence[str]) -> Tensor:
    """``(K, 2, BINS)`` without noise: patients without and with each finding, by the logit that they were given."""
    weights = patient_weights(patients, ~torch.isnan(truth))
    return score_counts(probabilities, truth, bins=BINS, weights=weights)


def with_noise(counts: Tensor, noise: CountNoise, drawn: Tensor) -> Tensor:
    """The counts with noise out of standard normal numbers of the same shape, which nobody else may know."""
    return counts + (drawn * noise.deviation / _GRID).round() * _GRID


def plausible(noisy: Tensor, noise: CountNoise) -> Tensor:
    """The nearest counts that can be: none below 0, and as many patients in each group; 0 where a group is too small.

    To cut at 0 alone would add patients to empty bins.
    """
    totals = noisy.sum(-1, keepdim=True)
    falling = noisy.sort(-1, descending=True).values
    places = torch.arange(1, noisy.shape[-1] + 1)
    excess = (falling.cumsum(-1) - totals.clamp(min=0)) / places
    last = (falling > excess).sum(-1, keepdim=True).clamp(min=1) - 1
    nearest = (noisy - excess.gather(-1, last)).clamp(min=0)
    enough = (totals >= noise.smallest_group).all(1, keepdim=True)
    return torch.where(enough, nearest, 0.0)
