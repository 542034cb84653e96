import pytest

from glsmed.server.readiness.privacy_check import check_privacy
from glsmed.shared.privacy.planning import study_epsilon
from glsmed.shared.protocol.study import PrivacySection, TrainingSection


def training(noise: float, **changes: object) -> TrainingSection:
    private = TrainingSection(site_offset=False, privacy=PrivacySection(noise_multiplier=noise))
    return private.model_copy(update=changes)


def test_a_study_without_privacy_has_no_forecast() -> None:
    report = check_privacy(TrainingSection())
    assert (report.lines, report.warnings, report.faults) == ([], [], [])


def test_the_whole_studys_epsilon_is_told_and_for_whom_it_lasts() -> None:
    """The defaults with noise 1.0, which ended in round 3 of 8 at a site of 500 patients."""
    report = check_privacy(training(1.0))
    assert f"{study_epsilon(training(1.0), 500):.2f} with 500" in report.lines[0]
    (warning,) = report.warnings
    fewest = int(warning.split("sites with ")[1].split()[0])
    assert study_epsilon(training(1.0), fewest) <= 8 < study_epsilon(training(1.0), int(fewest * 0.95))
    assert report.faults == []


def test_a_study_that_lasts_at_small_sites_has_no_warning() -> None:
    report = check_privacy(training(2.0, rounds=2, steps_per_round=10))
    assert (report.warnings, report.faults) == ([], [])


@pytest.mark.parametrize("noise", [0.2])
def test_a_study_that_lasts_nowhere_cannot_start(noise: float) -> None:
    report = check_privacy(training(noise, rounds=10_000, steps_per_round=1000))
    assert "lasts at no site" in report.faults[0]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [(0.0, "metrics: sites send none"), (1.0, "epsilon 1 of validation and test patients"), (2.0, "(noise 2)")],
)
def test_what_metrics_cost_is_told(wanted: float, said: str) -> None:
    privacy = PrivacySection(noise_multiplier=2.0, metrics_epsilon=wanted)
    told = check_privacy(TrainingSection(site_offset=False, rounds=1, steps_per_round=2, privacy=privacy)).lines
    assert said in told[1]
