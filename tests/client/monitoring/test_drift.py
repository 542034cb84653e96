import numpy as np
import pytest

from glsmed.client.monitoring.drift import FALSE_ALARMS, look_for_drift
from glsmed.client.monitoring.drift_reference import Cell, DriftReference, PatientValues, by_patient

FINDINGS = ("effusion", "nodule", "mass")


def drawn(rng: np.random.Generator, patients: int, *, shift: float = 0.0, is_blind: bool = False) -> PatientValues:
    """Patients whose reports follow a logit that the model sees with noise; a blind model says the base rate."""
    logit = rng.normal(-1.5, 3, (patients, len(FINDINGS)))
    report = np.where(rng.random(logit.shape) < 1 / (1 + np.exp(-logit)), 0.95, 0.05)
    said = 1 / (1 + np.exp(-(logit + rng.normal(0, 0.5, logit.shape) + shift)))
    if is_blind:
        said = np.full_like(said, said.mean())
    masked = rng.random(logit.shape) < 0.5  # reports say nothing of half the findings
    said, report = np.where(masked, np.nan, said), np.where(masked, np.nan, report)
    return PatientValues(said, report, (said - report) ** 2)


@pytest.fixture(scope="module")
def reference() -> DriftReference:
    return DriftReference(FINDINGS, drawn(np.random.default_rng(0), 400))


def test_of_unchanged_months_about_as_many_alert_as_is_said() -> None:
    """Each month with a reference of its own: the rate holds over both."""
    alerts, trials = 0, 120
    for seed in range(trials):
        rng = np.random.default_rng(1000 + seed)
        unchanged = DriftReference(FINDINGS, drawn(rng, 120))
        (month,) = look_for_drift(unchanged, {"2026-05": drawn(rng, 60)}, seed=seed)
        alerts += bool(month.outside)
    assert alerts <= trials * FALSE_ALARMS + 2.5 * np.sqrt(trials * FALSE_ALARMS)


def test_a_model_that_says_too_much_is_outside(reference: DriftReference) -> None:
    (month,) = look_for_drift(reference, {"2026-05": drawn(np.random.default_rng(5), 300, shift=2.0)})
    assert {one.finding for one in month.outside if one.watched == "difference"} == set(FINDINGS)
    assert all(one.value > one.high for one in month.outside if one.watched == "difference")


def test_a_model_that_no_longer_tells_patients_apart_is_outside_though_its_mean_is_right(
    reference: DriftReference,
) -> None:
    (month,) = look_for_drift(reference, {"2026-05": drawn(np.random.default_rng(5), 300, is_blind=True)})
    assert "error" in {one.watched for one in month.outside}


def test_months_come_in_order_and_say_why_they_are_not_judged(reference: DriftReference) -> None:
    rng = np.random.default_rng(2)
    months = look_for_drift(reference, {"2026-06": drawn(rng, 5), "2026-05": drawn(rng, 60)})
    assert [month.month for month in months] == ["2026-05", "2026-06"]
    assert months[1].reason == "5 patients with a report that says something: fewer than 20"
    assert months[1].findings == ()


def test_a_finding_that_nobody_mentions_is_not_judged(reference: DriftReference) -> None:
    values = drawn(np.random.default_rng(3), 60)
    for part in (values.said, values.report, values.error):
        part[:, 1] = np.nan
    (month,) = look_for_drift(reference, {"2026-05": values})
    assert {one.finding for one in month.findings} == {"effusion", "mass"}


def test_examinations_of_a_patient_are_averaged() -> None:
    cells = [Cell("a", "mass", 0.2, 0.0), Cell("a", "mass", 0.4, 0.0), Cell("b", "effusion", 0.9, 0.95)]
    values = by_patient(cells, FINDINGS)
    np.testing.assert_allclose(values.said, [[np.nan, np.nan, 0.3], [0.9, np.nan, np.nan]])
    np.testing.assert_allclose(values.error, [[np.nan, np.nan, 0.1], [0.0025, np.nan, np.nan]])
