import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # scikit-learn ships no types
from torch.nn import functional as F

from glsmed.client.learning.output_calibration import (
    CalibrationKind,
    FindingCalibration,
    OutputCalibration,
    cross_fitted_losses,
    fit_output_calibration,
)
from glsmed.shared.metrics.logistic import fit_intercept, fit_slope_intercept


def _cells(n: int, *, slope: float = 0.4, intercept: float = -1.0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(n)
    logits = torch.randn(n, 1, generator=generator) * 3
    gold = (torch.rand(n, 1, generator=generator) < (slope * logits + intercept).sigmoid()).float()
    return logits, gold


def test_slope_and_intercept_are_those_of_scikit_learn() -> None:
    logits, gold = _cells(200)
    reference = LogisticRegression(C=np.inf, tol=1e-10).fit(logits.double().numpy(), gold[:, 0].numpy())
    slope, intercept = fit_slope_intercept(logits[:, 0], gold[:, 0])
    assert slope == pytest.approx(float(reference.coef_[0, 0]), rel=1e-4)
    assert intercept == pytest.approx(float(reference.intercept_[0]), rel=1e-4)


def test_prior_is_felt_on_separated_gold() -> None:
    score, truth = torch.tensor([-2.0, -1.0, 1.0, 2.0]), torch.tensor([0.0, 0.0, 1.0, 1.0])
    assert fit_slope_intercept(score, truth, precision=(0.5, 0.02))[0] < 4


def test_intercept_alone_makes_the_mean_right() -> None:
    logits, gold = _cells(300)
    intercept = fit_intercept(logits[:, 0], gold[:, 0])
    assert float((logits.double() + intercept).sigmoid().mean()) == pytest.approx(float(gold.mean()))


@pytest.mark.parametrize("kind", ["platt", "auto", "isotonic"])
def test_map_brings_probabilities_to_what_they_say(kind: CalibrationKind) -> None:
    logits, gold = _cells(5000)
    fitted = fit_output_calibration(logits, gold, ["effusion"], kind=kind)
    truth = (0.4 * logits - 1).sigmoid()
    assert float((fitted.probabilities(logits) - truth).abs().mean()) < 0.02
    assert float((logits.sigmoid() - truth).abs().mean()) > 0.15


def test_platt_finds_slope_and_intercept_and_temperature_only_the_slope() -> None:
    logits, gold = _cells(5000)
    platt = fit_output_calibration(logits, gold, ["effusion"]).curves["effusion"]
    assert (platt.slope, platt.intercept) == pytest.approx((0.4, -1.0), abs=0.08)
    temperature = fit_output_calibration(logits, gold, ["effusion"], kind="temperature").curves["effusion"]
    assert temperature.intercept == 0
    assert temperature.slope != pytest.approx(1, abs=0.2)


@pytest.mark.parametrize(("n", "stepped"), [(999, False), (1000, True)])
def test_auto_takes_isotonic_where_gold_is_plenty(n: int, stepped: bool) -> None:
    logits, gold = _cells(n)
    assert bool(fit_output_calibration(logits, gold, ["x"], kind="auto").curves["x"].knots) is stepped


@pytest.mark.parametrize(("cells", "positives", "fitted"), [(20, 3, True), (19, 5, False), (40, 2, False)])
def test_little_gold_leaves_the_models_own_probability(cells: int, positives: int, fitted: bool) -> None:
    logits = torch.linspace(-2, 2, cells + 5)[:, None]
    gold = torch.full((cells + 5, 1), torch.nan)
    gold[:cells] = 0
    gold[: positives * 2 : 2] = 1
    curves = fit_output_calibration(logits, gold, ["nodule"])
    assert ("nodule" in curves.curves) is fitted
    if not fitted:
        assert torch.allclose(curves.probabilities(logits), logits.sigmoid())


def test_off_fits_nothing() -> None:
    logits, gold = _cells(200)
    assert fit_output_calibration(logits, gold, ["x"], kind="off").curves == {}


@pytest.mark.parametrize("kind", ["platt", "temperature", "isotonic"])
def test_the_order_of_the_model_is_never_turned_round(kind: CalibrationKind) -> None:
    logits, gold = _cells(400, slope=-1.0)
    mapped = fit_output_calibration(logits, gold, ["x"], kind=kind).probabilities(torch.linspace(-4, 4, 50)[:, None])
    assert bool((mapped.diff(dim=0) >= 0).all())


def test_each_finding_has_its_own_curve_and_unknown_gold_is_left_out() -> None:
    logits, gold = _cells(400)
    both = torch.cat([logits, logits], dim=1)
    other = torch.cat([gold, torch.full_like(gold, torch.nan)], dim=1)
    fitted = fit_output_calibration(both, other, ["effusion", "nodule"])
    assert set(fitted.curves) == {"effusion"}
    assert fitted.curves["effusion"].gold_cells == 400
    assert torch.allclose(fitted.probabilities(both)[:, 1], logits[:, 0].sigmoid())


@pytest.mark.parametrize("kind", ["platt", "isotonic"])
def test_map_is_written_and_read(kind: CalibrationKind) -> None:
    logits, gold = _cells(300)
    fitted = fit_output_calibration(logits, gold, ["effusion"], kind=kind)
    again = OutputCalibration.model_validate_json(fitted.model_dump_json())
    assert torch.equal(again.probabilities(logits), fitted.probabilities(logits))


def test_a_falling_slope_in_a_file_is_refused() -> None:
    with pytest.raises(ValueError, match="slope"):
        FindingCalibration.model_validate({"slope": -1})


def test_a_loss_is_that_of_a_map_that_has_not_seen_the_image() -> None:
    logits, gold = _cells(100)
    losses = cross_fitted_losses(logits, gold, ["x"], kind="platt")
    seen = torch.arange(100) % 5 != 2
    curves = fit_output_calibration(logits[seen], gold[seen], ["x"], kind="platt")
    expected = F.binary_cross_entropy(curves.probabilities(logits[~seen]), gold[~seen], reduction="none")
    torch.testing.assert_close(losses[~seen], expected)


def test_a_loss_without_a_map_is_that_of_the_logit_and_unknown_cells_have_none() -> None:
    logits, gold = _cells(30)
    gold[4] = torch.nan
    losses = cross_fitted_losses(logits, gold, ["x"], kind="off")
    known = ~torch.isnan(gold)
    expected = F.binary_cross_entropy_with_logits(logits[known], gold[known], reduction="none")
    torch.testing.assert_close(losses[known], expected)
    assert torch.isnan(losses[4]).all()


def test_logits_that_ran_away_have_an_infinite_loss() -> None:
    logits, gold = _cells(30)
    logits[3] = torch.inf
    assert bool(torch.isinf(cross_fitted_losses(logits, gold, ["x"], kind="platt")).all())


def test_logits_that_are_not_finite_leave_the_models_own_probability() -> None:
    gold = torch.tensor([0.0, 1.0] * 30)[:, None]
    logits = torch.where(gold > 0, torch.inf, -torch.inf)
    assert fit_output_calibration(logits, gold, ("effusion",), kind="platt").curves == {}


@pytest.mark.parametrize("kind", ["platt", "isotonic"])
def test_weights_undo_how_cells_were_drawn(kind: CalibrationKind) -> None:
    """Cells whose reports doubt were drawn ten times as often; present findings are rarer there at the same logit."""
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(40_000, 1, generator=generator)
    doubted = torch.rand(40_000, 1, generator=generator) < 0.2
    gold = (torch.rand(40_000, 1, generator=generator) < (logits - 1.5 * doubted).sigmoid()).float()
    drawn = torch.rand(40_000, 1, generator=generator) < torch.where(doubted, 0.5, 0.05)
    weights = torch.where(doubted, 2.0, 20.0)
    everything = fit_output_calibration(logits, gold, ["f"], kind=kind)
    part = torch.where(drawn, gold, torch.nan)
    weighted = fit_output_calibration(logits, part, ["f"], kind=kind, weights=weights)
    plain = fit_output_calibration(logits, part, ["f"], kind=kind)
    at = torch.tensor([[-1.0], [0.0], [1.0]])
    truth = everything.probabilities(at)
    assert (weighted.probabilities(at) - truth).abs().max() < 0.06
    assert (plain.probabilities(at) - truth).abs().max() > 0.1


def test_equal_weights_change_nothing_and_a_weight_of_0_is_no_label() -> None:
    logits, gold = _cells(100)
    plain = fit_output_calibration(logits, gold, ["f"])
    assert fit_output_calibration(logits, gold, ["f"], weights=torch.full_like(gold, 3.0)).curves["f"].slope == (
        pytest.approx(plain.curves["f"].slope, rel=1e-6)
    )
    few = torch.zeros_like(gold)
    few[:10] = 1
    assert fit_output_calibration(logits, gold, ["f"], weights=few).curves == {}
