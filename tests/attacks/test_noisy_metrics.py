"""Who is in the test split of a private study, and with what: asked of all numbers that leave at its end.

The attacker knows every other patient, and the two worlds; it sees the numbers of many repetitions with drawn noise and
takes the best threshold on the best number. Noise has a known seed. The positive control is the same without noise.
"""

import math

import pytest
import torch
from torch import Tensor

from glsmed.client.egress.noisy_counts import CountNoise, bounded_counts, plausible
from glsmed.client.egress.noisy_numbers import numbers_of_counts
from glsmed.shared.privacy.accounting import gaussian_noise

EPSILON, DELTA = 1.0, 1e-5
PATIENTS, TIMES = 400, 120
FINDINGS = ("effusion",)


def counts_of(*, known: bool = True, label: float = 1.0) -> Tensor:
    """Without noise, of a split that the known patient is in with a label, or not in."""
    drawn = torch.Generator().manual_seed(3)
    truth = (torch.rand(PATIENTS, 1, generator=drawn) < 0.5).float()
    said = (2 * truth - 1 + torch.randn(PATIENTS, 1, generator=drawn)).sigmoid()
    truth[0], said[0] = label, 0.99  # a score that the attacker's model gives to this patient
    here = slice(0 if known else 1, None)
    return bounded_counts(said[here], truth[here], tuple(map(str, range(len(truth[here])))))


def told(counts: Tensor, noise: CountNoise, *, seed: int) -> list[float]:
    """What leaves, in order of the numbers' names, and 0 for each that is not there."""
    drawn = torch.randn(counts.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    found = numbers_of_counts(plausible(counts + noise.deviation * drawn, noise), FINDINGS, reference="gold")
    names = ["n", "positives", "auroc", "brier", "log_loss", "ece", "false_alert_rate"]
    return [found[f"{name}/effusion"].value if f"{name}/effusion" in found else 0.0 for name in names]


def advantage(one: Tensor, other: Tensor, multiplier: float, *, times: int) -> float:
    """The largest difference of true and false alarms over all numbers and thresholds."""
    noise = CountNoise(multiplier, len(FINDINGS))
    first = torch.tensor([told(one, noise, seed=2 * place) for place in range(times)])
    second = torch.tensor([told(other, noise, seed=2 * place + 1) for place in range(times)])
    best = 0.0
    for column in range(first.shape[1]):
        thresholds = torch.cat([first[:, column], second[:, column]])[:, None]
        shares = [(values[:, column] >= thresholds).double().mean(1) for values in (first, second)]
        best = max(best, float((shares[0] - shares[1]).abs().max()))
    return best


@pytest.mark.parametrize(
    ("other", "distance"),
    [(counts_of(known=False), 1), (counts_of(label=0.0), 2)],
    ids=["whether the patient is there", "which label it has"],
)
def test_a_known_patient_is_told_no_better_than_epsilon_allows(other: Tensor, distance: int) -> None:
    """Another label is one patient less and one more: twice epsilon."""
    noise = gaussian_noise(EPSILON, delta=DELTA)
    grown = math.exp(distance * EPSILON)
    bound = (grown - 1 + 2 * distance * grown * DELTA) / (grown + 1)
    assert advantage(counts_of(), other, noise, times=TIMES) <= bound


@pytest.mark.parametrize("other", [counts_of(known=False), counts_of(label=0.0)])
def test_without_noise_the_patient_is_always_told(other: Tensor) -> None:
    assert advantage(counts_of(), other, 0.0, times=2) == 1
