import numpy as np
import pytest
from scipy.stats import beta  # type: ignore[import-untyped]  # scipy ships no types

from glsmed.client.case.alert_rates import Judged, PatientDraws

NAN = float("nan")


def _draws(truth: list[list[float]], patients: list[str]) -> PatientDraws:
    return PatientDraws(Judged(np.array(truth), patients), np.random.default_rng(0))


def test_rates_by_hand() -> None:
    """Two with the finding, one of them found; two without, none disturbed; one unknown that has an alert."""
    judged = _draws([[1.0], [1.0], [0.0], [0.0], [NAN]], list("abcde"))
    rates = judged.rates(np.array([[True], [False], [False], [False], [True]]))
    assert rates.sensitivity[0, 0] == 0.5
    assert rates.false_alerts[0, 0] == 0
    assert rates.quiet[0] == pytest.approx(3 / 5)


def test_with_one_image_a_patient_the_draws_are_jeffreys_interval() -> None:
    truth = np.repeat([[1.0], [0.0]], 12, axis=0)
    alerts = np.zeros((24, 1), dtype=bool)
    alerts[:12] = True  # all of 12 found, none of 12 disturbed
    rates = _draws(truth.tolist(), [f"p{n}" for n in range(24)]).rates(alerts)
    assert np.percentile(rates.sensitivity[1:, 0], 2.5) == pytest.approx(beta.ppf(0.025, 12.5, 0.5), abs=0.02)
    assert np.percentile(rates.false_alerts[1:, 0], 97.5) == pytest.approx(beta.ppf(0.975, 0.5, 12.5), abs=0.02)


def test_images_of_one_patient_stay_together() -> None:
    """Forty images of ten patients, each found wholly or not at all, leave as much open as ten images."""
    found = np.repeat([True, False], [24, 16])[:, None]
    truth = [*([[1.0]] * 40), [0.0]]
    alerts = np.concatenate([found, [[False]]])
    of_ten = _draws(truth, [*(f"p{n // 4}" for n in range(40)), "q"]).rates(alerts)
    of_forty = _draws(truth, [*(f"p{n}" for n in range(40)), "q"]).rates(alerts)
    assert of_ten.sensitivity[1:].std() > 1.7 * of_forty.sensitivity[1:].std()


def test_two_models_are_judged_on_the_same_draws() -> None:
    """The second finds one more of forty: in every draw it does, although each share alone is uncertain."""
    truth = np.repeat([[1.0], [0.0]], 40, axis=0)
    alerts = np.zeros((80, 1), dtype=bool)
    alerts[:20] = True
    better = alerts.copy()
    better[20] = True
    draws = _draws(truth.tolist(), [f"p{n}" for n in range(80)])
    one, other = draws.rates(alerts).sensitivity, draws.rates(better).sensitivity
    assert (other - one > 0).all()
    assert one[1:].std() > 0.05


def test_quiet_needs_silence_of_every_finding() -> None:
    judged = _draws([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], list("abc"))
    rates = judged.rates(np.array([[True, False], [False, True], [False, False]]))
    assert rates.quiet[0] == pytest.approx(1 / 3)
