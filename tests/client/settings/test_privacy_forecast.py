from pathlib import Path

import pytest

from glsmed.client.settings.config import SiteConfig
from glsmed.client.settings.patient_account import Spent
from glsmed.client.settings.privacy_forecast import account_lines, forecast
from glsmed.client.settings.privacy_ledger import PrivacyLedger
from glsmed.shared.files.audit import AuditLog
from glsmed.shared.privacy.accounting import epsilon
from glsmed.shared.privacy.planning import round_steps, rounds_within
from glsmed.shared.protocol.study import PrivacySection, Study, TrainingSection

PATIENTS = 500


def study(noise: float = 1.0, *, seed: int = 0, delta: float = 1e-5) -> Study:
    privacy = PrivacySection(noise_multiplier=noise, delta=delta)
    training = TrainingSection(rounds=8, steps_per_round=50, seed=seed, site_offset=False, privacy=privacy)
    return Study(study="chest-doubt", findings=("effusion",), training=training)


@pytest.fixture
def config(tmp_path: Path) -> SiteConfig:
    made = SiteConfig.model_validate(
        {
            "site": "st-mary",
            "centre": {"address": "c:1"},
            "data": {"manifest": "m.csv", "adapter": "en_radiology"},
            "state_folder": str(tmp_path),
        }
    )
    made.state.prepare()
    return made


def pay(config: SiteConfig, of: Study, *, rounds: int = 1) -> None:
    ledger = PrivacyLedger.of_site(config, of, record=AuditLog(config.state.audit_log).append)
    for _ in range(rounds):
        rate = of.training.batch_size / PATIENTS
        noise, steps = of.training.privacy.noise_multiplier, of.training.steps_per_round
        ledger.pay(Spent(noise_multiplier=noise, sampling_rate=rate, steps=steps), of.training.privacy)


def test_a_budget_that_does_not_last_is_a_warning_with_its_rounds(config: SiteConfig) -> None:
    found = forecast(config, study(), patients=PATIENTS)
    lasts = rounds_within(study().training, PATIENTS, limit=8, delta=1e-5)
    whole = epsilon([round_steps(study().training, PATIENTS, rounds=8)], delta=1e-5)
    assert f"8 rounds with {PATIENTS} patients end at epsilon {whole:.2f}" in found.lines[0]
    assert f"lasts for {lasts} of 8 rounds" in found.warnings[0]
    assert found.faults == []


def test_with_enough_noise_there_is_no_warning(config: SiteConfig) -> None:
    assert forecast(config, study(3.0), patients=PATIENTS).warnings == []


def test_what_another_study_spent_shortens_this_one(config: SiteConfig) -> None:
    assert forecast(config, study(1.5), patients=PATIENTS).warnings == []
    pay(config, study(1.0, seed=1), rounds=5)
    assert "privacy.max_epsilon_per_patient" in forecast(config, study(1.5), patients=PATIENTS).warnings[0]


def test_rounds_that_were_paid_are_not_forecast_again(config: SiteConfig) -> None:
    before = forecast(config, study(), patients=PATIENTS)
    pay(config, study(), rounds=2)
    after = forecast(config, study(), patients=PATIENTS)
    assert after.lines == before.lines
    assert "of 6 rounds" in after.warnings[0]


def test_a_delta_that_is_too_large_for_so_many_patients_is_a_fault(config: SiteConfig) -> None:
    found = forecast(config, study(3.0, delta=1e-3), patients=2000)
    assert "1 / patients" in found.faults[0]


def test_an_account_that_was_put_back_is_a_warning(config: SiteConfig) -> None:
    pay(config, study(3.0))
    config.state.privacy_account.unlink()
    assert "it is missing" in forecast(config, study(3.0), patients=PATIENTS).warnings[0]


def test_spent_left_and_the_next_round_are_told_per_study_and_over_all(config: SiteConfig) -> None:
    pay(config, study(1.0, seed=1))
    pay(config, study(), rounds=2)
    lines = list(account_lines(config, study(), patients=1))
    one, two, three, four = (
        epsilon([round_steps(study().training, PATIENTS, rounds=rounds)], delta=1e-5) for rounds in (1, 2, 3, 4)
    )
    assert f"epsilon {three:.3f} spent" in lines[0]
    assert f"{8 - three:.3f} left of 8" in lines[0]
    assert f"epsilon {one:.3f} spent" in lines[1]
    assert f"epsilon {two:.3f} spent" in lines[2]
    assert f"with {PATIENTS} patients: +{three - two:.3f} in the study, +{four - three:.3f} over all" in lines[3]


def test_a_study_without_privacy_spends_nothing(config: SiteConfig) -> None:
    lines = list(account_lines(config, study(0.0), patients=PATIENTS))
    assert "epsilon 0.000 spent" in lines[0]
    assert "is not private" in lines[1]


def measured(epsilon_of_metrics: float) -> Study:
    of = study()
    privacy = of.training.privacy.model_copy(update={"metrics_epsilon": epsilon_of_metrics})
    return of.model_copy(update={"training": of.training.model_copy(update={"privacy": privacy})})


def test_what_metrics_cost_and_whether_they_are_paid_for_is_told(config: SiteConfig) -> None:
    ending, lines = measured(1.0), list(account_lines(config, measured(1.0), patients=PATIENTS))
    assert "epsilon 1, once (noise 3.74)" in forecast(config, ending, patients=PATIENTS).lines[1]
    assert lines[-1].endswith("not yet paid for")
    ledger = PrivacyLedger.of_site(config, ending, record=AuditLog(config.state.audit_log).append)
    ledger.pay_metrics(ending.training.privacy)
    assert list(account_lines(config, ending, patients=PATIENTS))[-1].endswith("they are paid for")
    of_another = list(account_lines(config, study(), patients=PATIENTS))
    assert any("metrics of study" in line and "epsilon 0.997 spent" in line for line in of_another)


@pytest.mark.parametrize(("wanted", "warned"), [(0.0, False), (7.9, False), (8.5, True)])
def test_metrics_that_the_sites_own_limit_does_not_allow_are_a_warning(
    config: SiteConfig, wanted: float, warned: bool
) -> None:
    warnings = forecast(config, measured(wanted), patients=PATIENTS).warnings
    assert any("cannot be paid for" in one for one in warnings) is warned
    assert "none of a model leaves this site" in forecast(config, measured(0.0), patients=PATIENTS).lines[1]
