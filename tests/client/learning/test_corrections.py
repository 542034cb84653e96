import numpy as np
import pytest
import torch

from glsmed.client.learning.corrections import (
    asymmetric_noise_targets,
    labeller_error,
    symmetric_noise_rate,
    unbiased_targets,
)
from glsmed.shared.smoothing import rates_from_probability, smoothed_class_targets


@pytest.mark.parametrize(("error", "rate"), [(0.1, -0.25), (0.2, -2 / 3), (0.3, -1.5), (0.0, 0.0)])
def test_rate_of_symmetric_noise(error: float, rate: float) -> None:
    assert symmetric_noise_rate(error) == pytest.approx(rate)


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_rate_of_symmetric_noise_is_the_inverse_noise_matrix(n_classes: int) -> None:
    """Row y of the inverse is the target that a label y takes (Patrini et al., CVPR 2017, theorem 1)."""
    error = 0.3
    noise = np.full((n_classes, n_classes), error / (n_classes - 1))
    np.fill_diagonal(noise, 1 - error)
    rates = torch.full((n_classes,), symmetric_noise_rate(error, n_classes=n_classes), dtype=torch.float64)
    targets = smoothed_class_targets(torch.arange(n_classes), rates, n_classes)
    assert np.allclose(targets.numpy(), np.linalg.inv(noise))


@pytest.mark.parametrize(("error", "n_classes"), [(0.5, 2), (0.9, 10), (-0.1, 2)])
def test_labels_that_say_nothing_have_no_rate(error: float, n_classes: int) -> None:
    with pytest.raises(ValueError, match=r"expected `error` in"):
        symmetric_noise_rate(error, n_classes=n_classes)


def test_asymmetric_targets_are_unbiased() -> None:
    false_positive, false_negative = 0.1, 0.3
    of_zero, of_one = asymmetric_noise_targets(false_positive, false_negative)
    assert false_negative * of_zero + (1 - false_negative) * of_one == pytest.approx(1)
    assert (1 - false_positive) * of_zero + false_positive * of_one == pytest.approx(0)


@pytest.mark.parametrize("errors", [(0.6, 0.4), (-0.1, 0.2)])
def test_asymmetric_errors_that_mean_nothing_are_refused(errors: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="less than 1"):
        asymmetric_noise_targets(*errors)


def test_labeller_error_counts_known_cells_and_is_drawn_to_zero() -> None:
    nan = torch.nan
    labels = torch.tensor([[1.0, 1.0], [1.0, nan], [0.0, 0.0], [0.0, 1.0]])
    gold = torch.tensor([[0.0, nan], [1.0, 1.0], [0.0, nan], [nan, 1.0]])
    assert labeller_error(labels, gold).tolist() == pytest.approx([1 / 5, 0 / 3])


def _class_conditional(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Truth, and P(truth | phrase) of six phrases whose frequencies depend on the truth alone."""
    rng = np.random.default_rng(3)
    given = {0: np.array([0.5, 0.2, 0.12, 0.1, 0.05, 0.03]), 1: np.array([0.06, 0.08, 0.1, 0.16, 0.25, 0.35])}
    truth = rng.random(n) < 0.3
    phrases = np.array([rng.choice(6, p=given[int(value)]) for value in truth])
    calibrated = np.array([truth[phrases == phrase].mean() for phrase in range(6)])[phrases]
    return torch.tensor(truth, dtype=torch.float64), torch.tensor(calibrated, dtype=torch.float64)


def test_unbiased_target_is_one_on_average_where_the_finding_is_there() -> None:
    truth, calibrated = _class_conditional(3000)
    targets = unbiased_targets(calibrated[:, None], torch.ones(3000, 1, dtype=torch.float64))[:, 0]
    assert float(targets[truth > 0].mean()) == pytest.approx(1, abs=1e-9)
    assert float(targets[truth <= 0].mean()) == pytest.approx(0, abs=1e-9)


def test_unbiased_target_has_the_least_variance_of_all_that_are() -> None:
    truth, calibrated = _class_conditional(3000)
    targets = unbiased_targets(calibrated[:, None], torch.ones(3000, 1, dtype=torch.float64))[:, 0]
    values, place = np.unique(calibrated.numpy(), return_inverse=True)
    count = np.bincount(place)
    conditions = np.stack([np.bincount(place, weights=truth.numpy()), np.bincount(place, weights=1 - truth.numpy())])
    conditions = conditions / conditions.sum(1, keepdims=True)
    inverse = np.diag(1 / count)
    best = inverse @ conditions.T @ np.linalg.solve(conditions @ inverse @ conditions.T, np.array([1.0, 0.0]))
    assert len(values) == 6
    assert np.allclose(targets.numpy(), best[place])


def test_symmetric_noise_gives_the_rate_of_backward_correction() -> None:
    calibrated = torch.tensor([[0.8], [0.2]] * 50)
    labels, rates = rates_from_probability(unbiased_targets(calibrated, torch.ones(100, 1)))
    assert torch.equal(labels[:2, 0], torch.tensor([1.0, 0.0]))
    assert torch.allclose(rates, torch.full((100, 1), symmetric_noise_rate(0.2)), atol=1e-5)


def test_mixing_goes_from_the_calibrated_to_the_unbiased_target_by_finding() -> None:
    calibrated = torch.tensor([[0.8, 0.8], [0.2, 0.2]])
    mixed = unbiased_targets(calibrated, torch.ones(2, 2), mixing=torch.tensor([0.0, 0.5]))
    whole = unbiased_targets(calibrated, torch.ones(2, 2))
    assert torch.allclose(mixed[:, 0], calibrated[:, 0])
    assert torch.allclose(mixed[:, 1], (calibrated[:, 1] + whole[:, 1]) / 2)


def test_masked_cells_neither_count_nor_change() -> None:
    calibrated = torch.tensor([[0.8], [0.2], [0.99]])
    weight = torch.tensor([[1.0], [1.0], [0.0]])
    targets = unbiased_targets(calibrated, weight)
    assert torch.allclose(targets[:2], unbiased_targets(calibrated[:2], weight[:2]))
    assert float(targets[2]) == pytest.approx(0.99)


def test_targets_that_do_not_vary_stay() -> None:
    calibrated = torch.full((4, 1), 0.3)
    assert torch.equal(unbiased_targets(calibrated, torch.ones(4, 1)), calibrated)
