import math

import pytest
import torch
from torch import Tensor

from glsmed.client.egress.noisy_counts import BINS, CountNoise, bounded_counts, plausible
from glsmed.client.egress.noisy_numbers import numbers_of_counts
from glsmed.client.learning.calibration_of_counts import calibration_of_counts
from glsmed.shared.metrics.finding_metrics import finding_metrics
from glsmed.shared.privacy.accounting import gaussian_noise

FINDINGS = ("effusion", "cardiomegaly", "nodule")
RATES = torch.tensor([0.4, 0.3, 0.25])
PATIENTS = 2000


def hospital(*, spread: float = 1.0) -> tuple[Tensor, Tensor]:
    """Probabilities and truths of 2,000 patients, the logits farther apart than they should be by ``spread``."""
    drawn = torch.Generator().manual_seed(0)
    truth = (torch.rand(PATIENTS, 3, generator=drawn) < RATES).float()
    logits = 1.7 * truth + RATES.logit() - 0.9 + 1.3 * torch.randn(PATIENTS, 3, generator=drawn)
    return (spread * logits).sigmoid(), truth


def noisy(said: Tensor, truth: Tensor, *, epsilon: float, seed: int = 1) -> Tensor:
    """Counts with noise of a known seed."""
    noise = CountNoise(gaussian_noise(epsilon, delta=1e-5), len(FINDINGS))
    counts = bounded_counts(said, truth, tuple(map(str, range(len(truth)))))
    drawn = torch.randn(counts.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return plausible(counts + noise.deviation * drawn, noise)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_hospital_of_2000_test_patients_has_its_aurocs_at_epsilon_1(seed: int) -> None:
    said, truth = hospital()
    exact = finding_metrics(said, truth, FINDINGS)
    found = numbers_of_counts(noisy(said, truth, epsilon=1, seed=seed), FINDINGS, reference="gold")
    off = [found[f"auroc/{name}"].value - exact[name]["auroc"] for name in FINDINGS]
    assert max(map(abs, off)) < 0.06
    assert abs(sum(off) / len(off)) < 0.03
    for name in FINDINGS:
        assert found[f"brier/{name}"].value == pytest.approx(exact[name]["brier"], abs=0.03)
        assert found[f"n/{name}"].value == pytest.approx(PATIENTS, abs=200)
        assert found[f"auroc/{name}"].patients == pytest.approx(float(truth.sum(0)[FINDINGS.index(name)]), abs=150)


def test_a_small_hospital_has_reasons_where_noise_would_decide() -> None:
    said, truth = hospital()
    truth[:, 2] = torch.nan
    found = numbers_of_counts(noisy(said, truth, epsilon=1), FINDINGS, reference="gold")
    assert found["missing/nodule"].value == 3
    assert "auroc/nodule" not in found
    assert "auroc/effusion" in found
    nobody = numbers_of_counts(noisy(said[:60], truth[:60], epsilon=1), FINDINGS, reference="gold")
    assert nobody == {}


def test_probabilities_that_are_too_bold_are_calibrated_from_noisy_counts() -> None:
    said, truth = hospital(spread=2.0)
    curves = calibration_of_counts(noisy(said, truth, epsilon=1), FINDINGS, kind="isotonic")
    better = curves.probabilities(said.logit())
    before, after = (finding_metrics(one, truth, FINDINGS) for one in (said, better))
    assert all(after[name]["log_loss"] < before[name]["log_loss"] for name in FINDINGS)
    assert all(curves.curves[name].slope < 0.9 for name in FINDINGS)


def test_calibration_bins_are_of_the_same_counts() -> None:
    counts = torch.zeros(1, 2, BINS, dtype=torch.float64)
    counts[0, 0, 4], counts[0, 1, 8] = 60, 40
    found = numbers_of_counts(counts, ("effusion",), reference="gold")
    assert found["auroc/effusion"].value == 1
    assert sum(one.value for key, one in found.items() if key.startswith("calibration_cells_")) == 100
    assert math.isclose(found["positives/effusion"].value, 40)
