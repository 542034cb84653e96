import stat
from pathlib import Path

import pytest

from glsmed.client.settings.config import SitePrivacySection
from glsmed.client.settings.patient_account import PatientAccountFile, Spent
from glsmed.client.settings.privacy_ledger import PrivacyLedger, require_small_delta
from glsmed.shared.errors import PrivacyBudgetError, PrivacyError
from glsmed.shared.privacy.accounting import PrivateSteps, epsilon
from glsmed.shared.protocol.study import PrivacySection

ROUND = Spent(noise_multiplier=1.0, sampling_rate=0.05, steps=100)
PRIVATE = PrivacySection(noise_multiplier=1.0)


def ledger(folder: Path, study: str = "a", *, own: float = 8.0) -> PrivacyLedger:
    limit = SitePrivacySection(max_epsilon_per_patient=own)
    return PrivacyLedger(PatientAccountFile(folder / "privacy.json"), study, limit)


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    first = ledger(tmp_path).pay(ROUND, PRIVATE)
    assert ledger(tmp_path).pay(ROUND, PRIVATE) > first


def test_what_was_spent_can_be_asked_without_paying(tmp_path: Path) -> None:
    assert ledger(tmp_path).spent(PRIVATE) == 0
    assert not (tmp_path / "privacy.json").exists()
    paid = ledger(tmp_path).pay(ROUND, PRIVATE)
    assert ledger(tmp_path).spent(PRIVATE) == paid


def test_the_round_that_would_spend_too_much_is_refused_and_not_written(tmp_path: Path) -> None:
    once = epsilon([ROUND.taken], delta=1e-5)
    settings = PrivacySection(noise_multiplier=1.0, max_epsilon=1.05 * once)
    ledger(tmp_path).pay(ROUND, settings)
    before = (tmp_path / "privacy.json").read_bytes()
    with pytest.raises(PrivacyBudgetError, match=r"max_epsilon of study\.yaml"):
        ledger(tmp_path).pay(ROUND, settings)
    assert (tmp_path / "privacy.json").read_bytes() == before


def test_another_study_of_the_same_patients_goes_on_with_the_account(tmp_path: Path) -> None:
    """Another seed in study.yaml is another study: what it may spend is limited by the site over all."""
    both = epsilon([ROUND.taken, ROUND.taken], delta=1e-5)
    ledger(tmp_path, "a", own=0.99 * both).pay(ROUND, PRIVATE)
    with pytest.raises(PrivacyBudgetError, match=r"max_epsilon_per_patient of config\.yaml"):
        ledger(tmp_path, "b", own=0.99 * both).pay(ROUND, PRIVATE)
    assert ledger(tmp_path, "b", own=1.01 * both).pay(ROUND, PRIVATE) == epsilon([ROUND.taken], delta=1e-5)


def test_steps_of_studies_with_other_noise_are_composed(tmp_path: Path) -> None:
    other = Spent(noise_multiplier=2.0, sampling_rate=0.2, steps=50)
    ledger(tmp_path, "a").pay(ROUND, PRIVATE)
    ledger(tmp_path, "b").pay(other, PRIVATE)
    spent = epsilon(PatientAccountFile(tmp_path / "privacy.json").read().all(), delta=1e-5)
    assert spent == epsilon([PrivateSteps(1.0, 0.05, 100), PrivateSteps(2.0, 0.2, 50)], delta=1e-5)
    assert spent < sum(epsilon([one.taken], delta=1e-5) for one in (ROUND, other))


def test_the_file_is_the_owners_alone(tmp_path: Path) -> None:
    ledger(tmp_path).pay(ROUND, PRIVATE)
    assert stat.S_IMODE((tmp_path / "privacy.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(("delta", "patients", "fits"), [(1e-3, 1000, True), (1e-3, 1100, False), (1e-5, 50_000, True)])
def test_delta_is_at_most_one_over_the_patients(delta: float, patients: int, fits: bool) -> None:
    settings = PrivacySection(noise_multiplier=1.0, delta=delta)
    if fits:
        require_small_delta(settings, patients)
        return
    with pytest.raises(PrivacyError, match="1 / patients"):
        require_small_delta(settings, patients)


@pytest.mark.parametrize(
    ("key", "value"), [("delta", 0.9), ("delta", 1e-12), ("max_epsilon", 1e12), ("max_epsilon", 0)]
)
def test_a_promise_that_promises_nothing_is_refused_in_plain_words(key: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"{key}\n.*expected .* got"):
        PrivacySection.model_validate({"noise_multiplier": 1.0, key: value})


WITH_METRICS = PrivacySection(noise_multiplier=1.0, metrics_epsilon=1.0)


def test_metrics_are_paid_for_once_whatever_is_started_anew(tmp_path: Path) -> None:
    assert ledger(tmp_path).pay_metrics(WITH_METRICS) == 3.74
    before = (tmp_path / "privacy.json").read_bytes()
    with pytest.raises(PrivacyBudgetError, match=r"metrics_epsilon of study\.yaml is 1, once"):
        ledger(tmp_path).pay_metrics(WITH_METRICS)
    assert (tmp_path / "privacy.json").read_bytes() == before


def test_training_and_metrics_are_of_other_patients_in_one_study_and_may_be_of_the_same_in_two(tmp_path: Path) -> None:
    training, metrics = ROUND.taken, PrivateSteps(3.74, 1.0, 1)
    first = ledger(tmp_path, "a", own=1.01 * epsilon([training], delta=1e-5))
    first.pay(ROUND, WITH_METRICS)
    first.pay_metrics(WITH_METRICS)
    assert first.spent(WITH_METRICS) == epsilon([training], delta=1e-5)
    assert first.over_all(first.file.read()) == epsilon([training], delta=1e-5)
    second = ledger(tmp_path, "b")
    assert second.over_all(second.file.read()) == epsilon([training, metrics], delta=1e-5)
    with pytest.raises(PrivacyBudgetError, match=r"max_epsilon_per_patient of config\.yaml"):
        ledger(tmp_path, "b", own=1.01 * epsilon([training], delta=1e-5)).pay_metrics(WITH_METRICS)
