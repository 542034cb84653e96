import math
import stat
from pathlib import Path

import pytest
from scipy import optimize, stats  # type: ignore[import-untyped]  # scipy ships no types

from glsmed.client.training.differential_privacy.privacy_ledger import PrivacyLedger, Spent, epsilon
from glsmed.shared.errors import DataError, PrivacyError
from glsmed.shared.protocol.study import PrivacySection

ROUND = Spent(noise_multiplier=1.0, sampling_rate=0.05, steps=100)


def ledger(folder: Path, study: str = "a") -> PrivacyLedger:
    return PrivacyLedger(folder / "privacy.json", study=study)


def test_one_step_on_everybody_is_a_gaussian_mechanism() -> None:
    """Balle and Wang (ICML 2018), theorem 8, give the exact epsilon; Renyi accounting lies a little above."""
    noise, delta = 4.0, 1e-5

    def gap(value: float) -> float:
        first = stats.norm.cdf(1 / (2 * noise) - value * noise)
        return float(first - math.exp(value) * stats.norm.cdf(-1 / (2 * noise) - value * noise) - delta)

    exact = optimize.brentq(gap, 0.01, 5)
    accounted = epsilon((Spent(noise_multiplier=noise, sampling_rate=1.0, steps=1),), delta=delta)
    assert exact < accounted < 1.2 * exact


def test_nothing_spent_is_zero_and_more_steps_cost_more() -> None:
    assert epsilon((), delta=1e-5) == 0
    assert epsilon((ROUND, ROUND), delta=1e-5) > epsilon((ROUND,), delta=1e-5)
    twice = Spent(noise_multiplier=1.0, sampling_rate=0.05, steps=200)
    assert epsilon((ROUND, ROUND), delta=1e-5) == pytest.approx(epsilon((twice,), delta=1e-5))


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    settings = PrivacySection(noise_multiplier=1.0)
    first = ledger(tmp_path).pay(ROUND, settings)
    assert ledger(tmp_path).pay(ROUND, settings) > first


def test_what_was_spent_can_be_asked_without_paying(tmp_path: Path) -> None:
    settings = PrivacySection(noise_multiplier=1.0)
    assert ledger(tmp_path).spent(settings) == 0
    assert not (tmp_path / "privacy.json").exists()
    paid = ledger(tmp_path).pay(ROUND, settings)
    assert ledger(tmp_path).spent(settings) == paid


def test_the_round_that_would_spend_too_much_is_refused_and_not_written(tmp_path: Path) -> None:
    once = epsilon((ROUND,), delta=1e-5)
    settings = PrivacySection(noise_multiplier=1.0, max_epsilon=1.05 * once)
    ledger(tmp_path).pay(ROUND, settings)
    before = (tmp_path / "privacy.json").read_bytes()
    with pytest.raises(PrivacyError, match="max_epsilon"):
        ledger(tmp_path).pay(ROUND, settings)
    assert (tmp_path / "privacy.json").read_bytes() == before


def test_the_file_is_the_owners_alone(tmp_path: Path) -> None:
    ledger(tmp_path).pay(ROUND, PrivacySection(noise_multiplier=1.0))
    assert stat.S_IMODE((tmp_path / "privacy.json").stat().st_mode) == 0o600


def test_a_damaged_account_stops_training(tmp_path: Path) -> None:
    (tmp_path / "privacy.json").write_text('{"study": "a", "spent": [{"steps": 0}]}')
    with pytest.raises(DataError, match=r"privacy.json: .* cannot be read: restore it from a backup"):
        ledger(tmp_path).pay(ROUND, PrivacySection(noise_multiplier=1.0))


def test_an_account_of_another_study_stops_training(tmp_path: Path) -> None:
    ledger(tmp_path).pay(ROUND, PrivacySection(noise_multiplier=1.0))
    with pytest.raises(DataError, match="another study"):
        ledger(tmp_path, "b").pay(ROUND, PrivacySection(noise_multiplier=1.0))
