"""One short training each way; what it costs is measured elsewhere."""

import math

import pytest
import torch

from glsmed.benchmarks.privacy_cost import planned_training
from glsmed.benchmarks.privacy_cost.planned_training import Planned, train_as_planned
from glsmed.benchmarks.simulator.drawn_examples import drawn_examples
from glsmed.shared.privacy.planning import Plan


def _two_steps(wanted: float, **_given: object) -> Plan:
    return Plan(wanted, noise_multiplier=20.0, batch_size=32, rounds=2, steps_per_round=1, epsilon=wanted)


@pytest.mark.parametrize(("epsilon", "steps"), [(8.0, 2), (None, 4)])
def test_it_trains_with_the_plans_noise_or_with_none_for_as_many_rounds_as_wanted(
    monkeypatch: pytest.MonkeyPatch, epsilon: float | None, steps: int
) -> None:
    monkeypatch.setattr(planned_training, "plan_for", _two_steps)
    times = 1 if epsilon else 2
    trained = train_as_planned(drawn_examples(24, seed=0), Planned(epsilon, 8, seed=0, times=times))
    assert trained.steps == steps
    assert trained.noise == (20.0 if epsilon else 0.0)
    assert (trained.spent is None) == (epsilon is None)
    assert trained.spent is None or 0 < trained.spent < 8
    assert all(math.isfinite(float(torch.linalg.vector_norm(one.detach()))) for one in trained.model.parameters())
