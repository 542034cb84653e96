import pytest

from glsmed.shared.privacy.accounting import PrivateSteps, epsilon
from glsmed.shared.privacy.planning import (
    offset_steps,
    plan_for,
    planned_batch,
    round_steps,
    rounds_within,
    study_epsilon,
)
from glsmed.shared.protocol.study import PrivacySection, TrainingSection

TRAINING = TrainingSection(
    rounds=8, steps_per_round=100, site_offset=False, privacy=PrivacySection(noise_multiplier=1.0)
)


def test_the_whole_study_is_forecast() -> None:
    steps = PrivateSteps(1.0, 32 / 500, 800)
    assert round_steps(TRAINING, 500, rounds=8) == steps
    assert study_epsilon(TRAINING, 500) == epsilon([steps], delta=1e-5)
    assert study_epsilon(TRAINING, 500, before=[steps]) > study_epsilon(TRAINING, 500)


def test_the_base_rate_offset_is_one_step_more() -> None:
    with_offset = TRAINING.model_copy(update={"site_offset": True})
    steps = [PrivateSteps(1.0, 32 / 500, 800), PrivateSteps(10.0, 1.0, 1)]
    assert study_epsilon(with_offset, 500) == pytest.approx(epsilon(steps, delta=1e-5), rel=1e-6)
    assert study_epsilon(with_offset, 500) > study_epsilon(TRAINING, 500)
    assert offset_steps(TRAINING) == []
    assert offset_steps(TrainingSection()) == []  # without privacy it costs nothing


def test_a_site_with_fewer_patients_than_a_batch_draws_all() -> None:
    assert round_steps(TRAINING, 10).sampling_rate == 1


@pytest.mark.parametrize("limit", [3.0, 8.0, 100.0])
def test_rounds_within_is_the_last_round_that_the_limit_suffices_for(limit: float) -> None:
    rounds = rounds_within(TRAINING, 500, limit=limit, delta=1e-5)
    assert epsilon([round_steps(TRAINING, 500, rounds=rounds)], delta=1e-5) <= limit
    if rounds < 8:
        assert epsilon([round_steps(TRAINING, 500, rounds=rounds + 1)], delta=1e-5) > limit


def test_what_was_spent_before_leaves_fewer_rounds() -> None:
    before = [round_steps(TRAINING, 500, rounds=2)]
    with_it = rounds_within(TRAINING, 500, limit=8, delta=1e-5, before=before)
    assert with_it < rounds_within(TRAINING, 500, limit=8, delta=1e-5)


@pytest.mark.parametrize("patients", [500, 5000, 50000])
@pytest.mark.parametrize("wanted", [1.0, 8.0])
def test_a_plan_keeps_to_its_epsilon_with_hardly_more_noise_than_that_takes(patients: int, wanted: float) -> None:
    plan = plan_for(wanted, patients=patients, batch_size=64, rounds=20, delta=1e-5)
    assert plan.epsilon <= wanted
    less = PrivateSteps(0.97 * plan.noise_multiplier, 64 / patients, plan.rounds * plan.steps_per_round)
    assert epsilon([less], delta=1e-5) > wanted
    assert plan.rounds * plan.steps_per_round * 64 / patients == pytest.approx(20, rel=0.15)


@pytest.mark.parametrize(
    ("patients", "batch"), [(10, 32), (500, 32), (1023, 32), (1024, 64), (5_000, 256), (50_000, 1024), (10**6, 1024)]
)
def test_the_batch_grows_with_the_smallest_site(patients: int, batch: int) -> None:
    assert planned_batch(patients) == batch


def test_an_epsilon_that_no_noise_keeps_to_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be kept"):
        plan_for(1e-3, patients=20, batch_size=32, rounds=50, delta=1e-5)
